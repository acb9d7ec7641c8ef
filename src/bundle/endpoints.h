/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a bundle look like as structs, before anything in them is resolved.
 * Lists of steps hold struct chosen (Step or its old name Policy) with a struct step_xml each.
 * Source: Apigee, "API proxy configuration reference". */
#pragma once

#include "base/field.h"
#include "bundle/bind.h"
#include "flow/properties.h"

struct step_xml {
	str name;
	struct condition *when;
};

struct flow_xml {
	str name;
	struct condition *when;
	struct list request, response;
	unsigned line;
};

struct fault_rule_xml {
	str name;
	struct condition *when;
	struct list steps;
	bool always;
	unsigned line;
};

enum flow_place { FLOW_CONDITIONAL, FLOW_PRE, FLOW_POST }; /* choices below Flows */

struct endpoint_xml {
	str name;
	struct flow_xml *pre, *post;
	struct list flows;       /* struct chosen: enum flow_place, struct flow_xml */
	struct list fault_rules; /* struct fault_rule_xml */
	struct fault_rule_xml *default_rule;
	unsigned line;
};

struct route_xml {
	str name, target;
	struct condition *when;
	struct template *url;
	unsigned line;
};

struct listen_xml { /* HTTPProxyConnection */
	str base_path;
	struct strs virtual_hosts;
	struct list properties; /* struct property */
	unsigned line;
};

struct proxy_endpoint_xml {
	struct endpoint_xml ep;
	struct listen_xml *listen;
	struct list routes; /* struct route_xml */
	struct flow_xml *post_client;
};

struct ssl_xml {
	bool enabled, ignore_errors, enforce, client_auth;
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

struct target_endpoint_xml {
	struct endpoint_xml ep;
	struct local_xml *local;
	struct connection_xml *connection;
};

struct shared_flow_xml {
	str name;
	struct list steps;
};

struct manifest_xml {
	str name, revision;
};

struct policy_xml { /* what all policies share */
	str name;
	bool enabled, continue_on_error, async;
};

extern const struct field proxy_endpoint_fields[], target_endpoint_fields[], shared_flow_fields[];
extern const struct field proxy_manifest_fields[], shared_manifest_fields[], policy_fields[];
