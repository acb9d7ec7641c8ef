/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled form of a bundle: flat arrays that the engine walks.
 * Immutable once built, in an arena of its own, shared by all threads; all thinking happened before.
 * Source: Apigee, "API proxy configuration reference". */
#pragma once

#include "base/field.h"
#include "base/map.h"
#include "flow/policy.h"
#include "lang/condition.h"
#include "lang/path_pattern.h"
#include "lang/template.h"

struct balancer;
struct tls_context;

struct step {
	const struct condition *when; /* NULL: always */
	const struct policy *policy;
	const void *conf;
	str name; /* the policy's name attribute */
	bool enabled, continue_on_error;
};

struct steps {
	const struct step *v;
	size_t n;
};

struct flow {
	str name;
	const struct condition *when; /* NULL: always */
	struct steps request, response;
};

struct fault_rule {
	str name;
	const struct condition *when;
	struct steps steps;
	bool always; /* DefaultFaultRule: AlwaysEnforce */
};

struct endpoint { /* what proxy and target endpoints share */
	str name;
	struct flow pre, post;
	const struct flow *flows; /* in document order; the first that matches runs */
	size_t n_flows;
	const struct fault_rule
		*fault_rules; /* in document order; the engine knows which way to walk */
	size_t n_fault_rules;
	const struct fault_rule *default_fault_rule; /* NULL: none */
};

struct retained { /* off: only what is named goes on */
	bool off;
	struct strs names;
};

enum compression { COMPRESSION_AS_IS, COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_DEFLATE };

struct codes { /* statuses */
	struct code_range {
		unsigned from, to;
	} * v;
	size_t n;
};
bool codes_have(const struct codes *, unsigned status);

struct target_properties {
	int64_t connect_ms, io_ms, keep_ms; /* as of struct http_timeouts */
	int64_t content_max;                /* bytes of an answer that a policy may read */
	int compression;                    /* enum compression: of what is sent */
	bool http10;                        /* what is sent says HTTP/1.0 */
	bool copy_pathsuffix, copy_queryparams;
	struct codes success; /* none: below 400 */
	bool allow_405_without_allow;
	struct retained request_headers, response_headers, query;
};

bool target_succeeded(const struct target_properties *, unsigned status);

struct local_target { /* LocalTargetConnection: another proxy of the environment, without a socket */
	const struct template *proxy, *endpoint; /* by name; endpoint NULL: its first */
	const struct template *path;             /* else by path */
};

struct target_endpoint { /* of a callout, too: without flows */
	struct endpoint ep;
	const struct template *url;       /* NULL for a target that is only named */
	const struct uri *fixed;          /* url, read already; NULL: it holds variables */
	const struct local_target *local; /* NULL: none */
	struct balancer *balancer; /* NULL: the url; of a proxy, this alone changes as it runs */
	struct tls_context *tls;   /* for https; NULL: the default client context */
	struct target_properties props;
};

enum route_kind { ROUTE_NULL, ROUTE_TARGET, ROUTE_URL };
struct route_rule {
	str name;
	const struct condition *when;
	enum route_kind kind;
	const struct target_endpoint
		*target; /* ROUTE_TARGET; ROUTE_URL: a bare one with that url */
};

struct proxy_endpoint {
	struct endpoint ep;
	str base_path;             /* "/weather"; '*' may stand for a whole segment but the first */
	struct strs virtual_hosts; /* names; none given in the bundle: all */
	const struct route_rule *routes;
	size_t n_routes;
	struct steps post_client;
	int64_t api_timeout_ms; /* 0: none */
	int64_t content_max;    /* bytes of a request that a policy may read */
	int compression;        /* enum compression: of what is answered */
	struct strs repeatable; /* fields that may come twice, though each says one thing */
	bool x_forwarded_for;
};

struct proxy {                     /* one revision, as it is deployed; or a shared flow */
	_Atomic(unsigned) holders; /* starts at 1 */
	struct arena *arena;
	str organization, environment, name, revision;
	unsigned metric; /* where the gateway counts for this name; 0: with all the others */
	struct {
		str where, what;
	} in_log; /* what the gateway's access log says of it */
	const struct proxy_endpoint *endpoints;
	size_t n_endpoints;
	const struct target_endpoint *targets;
	size_t n_targets;
	struct steps shared; /* of a shared flow */
	bool is_shared_flow;
	struct strs named; /* of the environment, "targetservers/NAME", "keystores/", "references/";
	                    * with some, the proxy is compiled anew when such a thing changes */
	VEC(struct balancer *) monitored; /* those with a health monitor */
	struct map policies;  /* name -> struct step * (its configuration), attached or not */
	struct map resources; /* "jsc/x.js" -> str * */
};

/* Proxies are shared by snapshots and counted; both may be called from any thread. */
void proxy_hold(const struct proxy *);
void proxy_release(const struct proxy *); /* the last one frees the arena */
