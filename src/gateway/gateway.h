/* SPDX-License-Identifier: Apache-2.0 */
/* The data plane: listeners, what is deployed, and the exchanges that run through it.
 * Opened and closed once by main; what changes in the store it follows by itself.
 * Source: house ("the walk of a request"). */
#pragma once

#include "bundle/bundle.h"
#include "http/server.h"

struct gateway;
struct services;
struct store;

struct gateway_listener {
	str name;                /* of the virtual hosts that it serves: "default" */
	str address;             /* "HOST:PORT"; virtual hosts of this port are served too */
	int fd;                  /* a socket that listens there, taken; 0: opened here */
	struct tls_context *tls; /* NULL: plain; held by the caller until it gives another */
};

struct gateway_conf {
	struct loop *const *loops; /* of the data plane; they run already */
	size_t n_loops;
	struct loop *control; /* follows the change feed; runs already */
	const struct gateway_listener *listeners;
	size_t n_listeners;
	struct store *store;
	struct services *services;
	policy_finder find_policy;
	struct tls_context *client_tls; /* for https targets that say nothing of TLS */
	struct http_limits limits;
	str access_log;       /* a file, appended to; STR_NONE: none */
	bool h2;              /* is spoken to clients, too */
	int64_t flood_ban_ms; /* no connection for an address that flooded; 0: it may try again at once */
};

/* From a plain thread.  Loads and compiles what is deployed, then listens.  A proxy that does not compile
 * is noted in the store and left out; only what keeps the gateway from running is an error. */
err gateway_open(const struct gateway_conf *, struct diag *, struct gateway **out) MUST_CHECK;

/* From a plain thread, while the loops still run, after gateway_open() whatever it answered: stops
 * accepting, waits until what runs has ended or the deadline has passed, closes all connections, the
 * access log and the feed. */
void gateway_drain(struct gateway *, deadline);
/* Of a running gateway, from a fiber of the control loop. */
void gateway_use_tls(struct gateway *, str listener, struct tls_context *);
bool gateway_has_log(const struct gateway *);
void gateway_use_log(struct gateway *, int fd); /* takes the descriptor; only if it has a log */
/* The socket of a listener, which stays the gateway's; -1: none. */
int gateway_socket(const struct gateway *, str listener);
/* For a hand-over: accepts no more and gives each connection one more answer, but keeps the sockets; and accepts
 * (again).  Said to a gateway that does, it looks at once who waits. */
void gateway_rest(struct gateway *);
void gateway_accept(struct gateway *);
bool gateway_is_idle(struct gateway *);        /* no connection is left */
void gateway_forget_targets(struct gateway *); /* kept connections go: hosts may be elsewhere now */
/* After the loops have ended. */
void gateway_close(struct gateway **);

/* Added up over the loops; each loop counts for itself. */
struct gateway_totals {
	uint64_t by_class[6]; /* answers 1xx to 5xx by the first digit; [0]: the client had gone */
	uint64_t faults, no_proxy, bytes_out;
	uint64_t tokens_issued, tokens_good, tokens_refused, arena_bytes;
	uint64_t active;      /* exchanges now */
	uint64_t log_dropped; /* access-log lines that found no room */
};
struct gateway_totals gateway_totals(const struct gateway *);

/* Adds the gateway's part of a Prometheus page.  From a fiber of the control loop, or a plain thread. */
void gateway_metrics(struct gateway *, struct buf *);
