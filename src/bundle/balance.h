/* SPDX-License-Identifier: Apache-2.0 */
/* LoadBalancer at deploy time: names become hosts, or findings.
 * What comes out owes nothing to the rows that it was made from.
 * Source: Apigee, "Load balancing across backend servers"; flow/balancer.h. */
#pragma once

#include "base/diag.h"
#include "bundle/endpoints.h"
#include "flow/balancer.h"

struct balancer_place {
	struct arena *arena; /* the proxy's */
	struct diag *diag;   /* its file is set */
	str environment;
	const struct list *target_servers; /* struct target_server; NULL: not looked up */
};

/* balance_health.c */
err balancer_monitor(const struct balancer_place *, const struct monitor_xml *,
                     const struct health_monitor **out) MUST_CHECK;
err balancer_codes(const struct balancer_place *, const struct strs *, unsigned line,
                   struct code_range **out, size_t *n) MUST_CHECK;

/* Goes on after a finding; the answer is the last trouble. */
err balancer_make(const struct balancer_place *, const struct connection_xml *,
                  struct balancer **out) MUST_CHECK;
