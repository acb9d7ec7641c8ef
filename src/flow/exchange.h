/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way through a proxy, and all that belongs to it.
 * Lives in its own arena, on one fiber of one loop; nobody else touches it.
 * Source: house ("the walk of a request"). */
#pragma once

#include "base/map.h"
#include "flow/proxy.h"
#include "flow/vars.h"
#include "http/server.h"
#include "http/uri.h"

struct balanced_server;
struct snapshot;
struct services; /* what policies use of other rooms: policy/services.h */
struct tls_context;
struct tls_peer;
struct vars_lazy;

enum segment {
	SEG_PROXY_REQUEST,
	SEG_TARGET_REQUEST,
	SEG_TARGET_RESPONSE,
	SEG_PROXY_RESPONSE,
	SEG_POST_CLIENT
};

struct tally { /* what policies did in one exchange, for the metrics */
	unsigned tokens_issued, tokens_good, tokens_refused;
};

struct tls_shown { /* which tls.* variables the virtual host lets a proxy see */
	bool connection, client;
};

struct exchange {
	struct scope scope; /* first member: &x->scope is what templates and conditions take */
	struct arena *arena;
	deadline deadline; /* absolute; policies may only shorten it */
	struct http_call *call;
	struct loop *loop;

	const struct snapshot *snapshot; /* held until the exchange ends */
	const struct proxy *proxy;
	const struct proxy_endpoint *endpoint;
	const struct route_rule *route;
	const struct target_endpoint *target;
	str virtual_host; /* its name: "default" */
	struct tls_shown tls_shown;
	str base_path;                   /* as matched, wildcards filled in */
	str path_suffix;                 /* the rest of the path, "" or "/..." */
	str request_path, request_query; /* as the client sent them; policies may edit request's */

	enum segment segment;
	bool in_error;
	str flow_name;                         /* current.flow.name */
	const struct step *step;               /* the policy that runs; NULL: the engine itself */
	str step_name;                         /* its name */
	str proxy_flow_name, target_flow_name; /* the last of each that ran */
	unsigned callout_depth;                /* FlowCallout, at most 10 */
	unsigned chain_depth;                  /* of LocalTargetConnections, at most 10 */
	struct exchange *chained;              /* the last that this one started, in its arena */
	struct exchange *chained_before;       /* the one that the same started before */

	struct message *request, *response, *error;
	struct map vars;          /* set by policies: name -> struct var * */
	struct vars_lazy *lazies; /* newest first */
	unsigned vars_turn;       /* grows with each setting, so that the newest wins */
	bool vars_full;           /* a policy went over VARS_MAX: a fault between steps */
	struct raised raised;
	bool fault_pending; /* raised, and the engine has not seen it yet */
	bool client_gone;   /* canceled: nobody reads the answer */
	bool undecodable
		[2]; /* by enum message_kind: its body is not of the coding that its head says */
	struct headers fault_headers;

	str target_url;        /* target.url as a policy set it; STR_NONE: the target's own */
	struct uri target_uri; /* before suffix and query were joined to it */
	str target_path, target_query; /* what was asked of it; absent before the call */
	str target_host_header;
	str target_expected_cn;                      /* target.expectedcn */
	const struct balanced_server *target_server; /* of a LoadBalancer, once one was called */
	str failed_servers;                          /* "a,b": that failed in this exchange */
	str target_ip;                               /* that answered */
	const struct tls_peer *target_peer;          /* its certificate; NULL: none */
	bool no_copy_pathsuffix, no_copy_queryparams;
	int64_t target_sent_start_ms, target_sent_end_ms, target_received_start_ms,
		target_received_end_ms;
	int64_t client_sent_start_ms, client_sent_end_ms; /* 0 until then */
	str message_id;

	struct tls_context *tls; /* for https targets that say nothing of TLS */
	struct services *services;
	struct tally tally;
};

/* The content of a message, decoded and read into memory now if it still streams (docs/why/bodies.md).  At
 * most 10 MB, or what the endpoint says; over it, or when the sender fails, the fault is raised and "" is the answer. */
str exchange_content(struct exchange *, struct message *);
/* A form is a body whose Content-Type is form_type.  Its content, as above: who looks for one of its pairs walks
 * all of them, so of more than 10,000 it is a body that is too big. */
extern const str form_type;
bool message_is_form(const struct message *);
str exchange_form(struct exchange *, struct message *);
/* A body's bytes as they came, whatever their Content-Encoding: to be sent on more than once. */
str exchange_bytes(struct exchange *, struct message *);
