/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers that routes.def names, a file per group of endpoints.
 * A handler reads straight down and returns its answer; needs are met before it runs.
 * Source: oauth2-service reference. */
#pragma once

#include "sso/call.h"

#define ROUTE(verb, pattern, needs, scopes, fn) struct message *endpoint_##fn(struct sso_call *);
#include "sso/routes.def"
#undef ROUTE
