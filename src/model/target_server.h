/* SPDX-License-Identifier: Apache-2.0 */
/* A target server: a host and port under a name, so that one bundle runs in every environment.
 * The name is unique in its environment; a proxy sees it only through a LoadBalancer.
 * Source: Apigee management API, targetservers. */
#pragma once

#include "model/organization.h"

struct target_server {
	str host;
	bool is_enabled;
	str name;
	int64_t port;
	str protocol;         /* absent: HTTP */
	struct ssl_info *ssl; /* NULL: plain http */
};

extern const struct noun target_server_noun;
