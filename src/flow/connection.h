/* SPDX-License-Identifier: Apache-2.0 */
/* HTTPTargetConnection and LocalTargetConnection: as written, and what becomes of them when deployed.
 * Target endpoints and callouts have the same tables; what comes out owes nothing to the environment's rows.
 * Source: Apigee, "API proxy configuration reference", "Load balancing across backend servers". */
#pragma once

#include "flow/balancer.h"
#include "flow/properties.h"
#include "model/surroundings.h"

struct ssl_xml {
	bool enabled, ignore_errors, enforce, client_auth;
	str key_store, key_alias, trust_store;
	struct strs ciphers, protocols;
	struct common_name *common_name;
	unsigned line;
};

struct server_xml { /* of a LoadBalancer */
	str name;
	uint64_t weight;
	bool enabled, fallback;
	unsigned line;
};

struct balancer_xml {
	int algorithm; /* enum balance */
	struct list servers;
	uint64_t max_failures, disable_s;
	bool retry;
	struct strs unhealthy;
	unsigned line;
};

struct http_monitor_xml {
	bool tls, trust_all, own_tls, includes_id;
	uint64_t connect_s, io_s, port;
	str verb, path, payload;
	struct list headers; /* struct property */
	struct strs codes;
	struct list answer_headers;
	unsigned line;
};

struct tcp_monitor_xml {
	uint64_t connect_s, port;
};

struct monitor_xml { /* HealthMonitor */
	bool enabled;
	uint64_t interval_s;
	struct tcp_monitor_xml *tcp;
	struct http_monitor_xml *http;
	unsigned line;
};

struct connection_xml { /* HTTPTargetConnection */
	struct balancer_xml *balancer;
	struct monitor_xml *monitor;
	struct template *path;
	struct template *url;
	struct list properties;
	struct ssl_xml *ssl;
	unsigned line;
};

struct local_xml { /* LocalTargetConnection */
	struct template *proxy, *endpoint, *path;
	struct list properties;
	unsigned line;
};

/* Of a struct with the members connection and local, of these types: NULL if absent. */
#define TARGET_FIELDS(strct)                                                                 \
	FIELD(strct, connection, "HTTPTargetConnection", T_GROUPP, .sub = connection_fields, \
	      .sub_size = sizeof(struct connection_xml)),                                    \
		FIELD(strct, local, "LocalTargetConnection", T_GROUPP, .sub = local_fields,  \
	              .sub_size = sizeof(struct local_xml))

extern const struct field connection_fields[], local_fields[];

/* All of these go on after a finding; the answer is the last trouble.  What is named of the environment is
 * noted with the binder, and looked up in its surroundings, if it has some. */

/* All of the target but its flows, from one of the two; `what` has them, and names itself in findings. */
struct target_owner {
	str what; /* "the TargetEndpoint \"default\"" */
	unsigned line;
};
err target_make(struct binder *, const struct target_owner *, const struct connection_xml *,
                const struct local_xml *, struct target_endpoint *out) MUST_CHECK;
/* NULL: it has variables, or is none; then the call says so. */
const struct uri *fixed_uri(struct arena *, const struct template *url);
void binder_names(struct binder *, const char *kind, str name); /* kind: "targetservers" */

/* The context for an SSLInfo; NULL: the gateway's own for clients will do. */
err ssl_make(struct binder *, const struct ssl_xml *, struct tls_context **out) MUST_CHECK;
err ssl_info_make(struct binder *, const struct ssl_info *, unsigned line,
                  struct tls_context **out) MUST_CHECK;
/* balancer_make.c, balancer_monitor.c */
err balancer_make(struct binder *, const struct connection_xml *, struct balancer **out) MUST_CHECK;
err balancer_monitor(struct binder *, const struct monitor_xml *,
                     const struct health_monitor **out) MUST_CHECK;
err balancer_codes(struct binder *, const struct strs *, unsigned line,
                   struct codes *out) MUST_CHECK;
