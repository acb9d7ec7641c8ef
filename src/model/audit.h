/* SPDX-License-Identifier: Apache-2.0 */
/* An audit record: who changed what by which call.
 * The URI is written without its query and with the segments masked that hold a token or a key.
 * Source: Apigee management API, audits. */
#pragma once

#include "model/noun.h"

struct audit_record {
	str operation; /* CREATE, UPDATE, DELETE, ... */
	str request;   /* the method: POST */
	str request_uri;
	str response_code; /* "201" */
	int64_t time_ms;   /* "timeStamp" */
	str user;
};

extern const struct noun audit_record_noun;
