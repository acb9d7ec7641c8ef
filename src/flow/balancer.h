/* SPDX-License-Identifier: Apache-2.0 */
/* A LoadBalancer: which target server gets the next call, and which have failed too often.
 * What it was told is immutable; what it learns is shared by all loops of the process, by atomics.
 * Source: Apigee, "Load balancing across backend servers"; house ("health, failure counts and balancing
 * belong to the process"). */
#pragma once

#include <stdatomic.h>

#include "base/clock.h"
#include "base/field.h"
#include "flow/proxy.h"
#include "http/client.h"
#include "http/uri.h"

struct template;
struct tls_context;

enum balance { BALANCE_ROUND_ROBIN, BALANCE_WEIGHTED, BALANCE_LEAST_CONNECTIONS };

struct health_monitor {
	int64_t interval_ms, connect_ms, io_ms;
	unsigned port;                 /* 0: the server's own */
	const struct message *request; /* NULL: to connect is all */
	bool includes_id;              /* a header that says who asks */
	bool tls, own_tls;             /* own_tls: as the server itself is called */
	struct tls_context
		*any_tls;  /* for tls, any certificate; NULL: the default client context */
	struct codes good; /* none: 2xx */
	const struct message *answer; /* the headers that an answer must have; NULL: any */
};

enum { BALANCER_SERVERS_MAX = 64 }; /* those that were tried are bits of a uint64_t */

struct balanced_server {
	/* set at deploy time */
	str name;
	struct uri uri; /* "http://host:port", the port only where it is not the usual one */
	struct tls_context *tls; /* for https; NULL: the default client context */
	unsigned weight;         /* from 1 */
	bool h2;                 /* HTTP/2 and nothing else, also in clear */
	bool enabled;            /* in the bundle and in the environment */
	bool fallback;

	/* learnt */
	_Alignas(64) _Atomic(uint64_t) failures; /* in a row */
	_Atomic(uint64_t) active;                /* calls; only LeastConnections counts them */
	_Atomic(int64_t) out_until_ms;           /* monotonic; 0: in rotation */
	bool being_checked;                      /* the control loop's alone */
};

struct balancer {
	enum balance algorithm;
	struct balanced_server *v;
	size_t n;
	uint64_t max_failures; /* 0: none is ever taken out */
	int64_t disable_ms;    /* 0: until it is deployed again */
	bool retry;
	struct codes unhealthy;               /* that count as a failure */
	const struct template *path;          /* NULL: "/" */
	const struct health_monitor *monitor; /* NULL: none */
	int64_t next_check_ms;                /* the control loop's alone */

	_Alignas(64) _Atomic(uint64_t) turn;
};

/* The next server, not one whose bit (by its place) is set in tried; the fallback when no other is
 * there; NULL: none. */
struct balanced_server *balancer_pick(struct balancer *, uint64_t tried, int64_t now_ms);
/* What came of a call. */
void balancer_answered(struct balanced_server *);
void balancer_failed(const struct balancer *, struct balanced_server *, int64_t now_ms);
/* A check found it well: it is in rotation again. */
void balancer_restored(struct balanced_server *);
str balanced_url(struct arena *, const struct balanced_server *, str path);

/* balanced_call.c: one request, which goes from server to server until one answers, where that is safe. */
struct balanced_call {
	struct balancer *balancer;
	struct arena *arena;
	struct loop *loop;
	const struct message *request; /* its verb and body say what is safe */
	deadline until;                /* then no other server is asked */
	deadline excused;              /* when this passes, no server has failed */
	/* One server's turn; with HTTP_FAILED_NOT it is none's failure, and the end. */
	err (*ask)(void *self, struct balanced_server *, struct message **answer,
	           enum http_failure *);
	void *self;
	str *failed; /* out: the names of those that failed, with commas, behind what is there */
	bool none;   /* out: there was no server to ask */
};
err balanced_call(struct balanced_call *, struct message **answer,
                  enum http_failure *why) MUST_CHECK;
