/* SPDX-License-Identifier: Apache-2.0 */
/* The small target that samples call: the paths of mocktarget.apigee.net.
 * Stateless; safe to run beside the gateway.
 * Source: reference of that host's paths as its /help lists them. */
#pragma once

#include "http/server.h"

void mocktarget_handle(struct http_call *);
