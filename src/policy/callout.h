/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP exchange on a policy's behalf: waited for, or left to itself.
 * The answer comes whole, at most CALLOUT_BODY_MAX bytes; a detached one keeps what it needs alive.
 * Source: Apigee, "ServiceCallout policy". */
#pragma once

#include "flow/balancer.h"
#include "flow/proxy.h"

enum { CALLOUT_BODY_MAX = 10 << 20 };

struct callout {
	str host;
	unsigned port;
	struct tls_context *tls;   /* NULL: plain */
	str expected_cn;           /* as of struct http_origin */
	bool h2;                   /* HTTP/2 and nothing else */
	struct balancer *balancer; /* not NULL: its servers instead, one after another */
	struct tls_context *usual; /* for a server that says nothing of TLS */
	struct message *request;   /* its body is none or in memory */
	struct http_timeouts timeouts;
	deadline excused;      /* when this passes, no server of the balancer has failed */
	enum http_failure why; /* out */
	bool none;             /* out: there was no server to ask */
};

err callout_send(struct arena *, struct callout *, deadline, struct message **answer) MUST_CHECK;
/* On a fiber and in an arena of its own, holding the proxy.  ERR_LIMIT: too many fibers. */
err callout_detach(struct loop *, const struct proxy *, const struct callout *,
                   int64_t timeout_ms) MUST_CHECK;
str callout_reason(const struct callout *);
