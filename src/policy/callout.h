/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP exchange on a policy's behalf: waited for, or left to itself.
 * The answer comes whole, at most CALLOUT_BODY_MAX bytes; a detached one keeps what it needs alive.
 * Source: Apigee, "ServiceCallout policy". */
#pragma once

#include "http/client.h"

enum { CALLOUT_BODY_MAX = 10 << 20 };

struct callout {
	str host;
	unsigned port;
	struct tls_context *tls; /* NULL: plain */
	struct message *request; /* its body is none or in memory */
	struct http_timeouts timeouts;
	enum http_failure why; /* out */
};

err callout_send(struct arena *, struct callout *, deadline, struct message **answer) MUST_CHECK;
/* On a fiber and in an arena of its own.  ERR_LIMIT: too many fibers. */
err callout_detach(struct loop *, const struct callout *, int64_t timeout_ms) MUST_CHECK;
str callout_reason(enum http_failure);
