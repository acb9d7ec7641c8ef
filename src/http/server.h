/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/1.1 and HTTP/2 server on a loop: accepts, reads heads without a fiber, runs the handler in one.
 * An idle or slow connection holds no fiber; idle, it holds no buffer either.
 * Source: RFC 9112; house ("the walk of a request"). */
#pragma once

#include "http/h1.h"
#include "rt/sock.h"

struct ban;
struct http_server;

struct http_call {           /* one request, as its handler sees it */
	struct arena *arena; /* the exchange's: dropped when the handler has returned */
	struct loop *loop;
	struct sock *sock; /* for addresses and TLS facts */
	struct message *request;
	/* The client asks for a WebSocket: what http_fetch() gets in its request's tunnel, to ask the target
	 * the same.  NULL: it does not. */
	struct body_source *tunnel;
	struct interim
		*interim; /* for http_fetch(), too; NULL: the client knows no interim answers */
	int64_t received_start_ms, received_end_ms; /* UTC */
	void *arg;                                  /* of the server */
	bool answered;
	uint64_t bytes_out;
	err (*answer)(struct http_call *, struct message *, deadline); /* http_answer() calls it */
};

struct http_limits {
	struct h1_limits head;
	int64_t head_ms, idle_ms, io_ms; /* slow head, idle keep-alive, one read or write */
	size_t max_connections;
	unsigned streams; /* of an HTTP/2 connection: open, or reset with a fiber still running */
	size_t arena_cap; /* bytes an exchange may take */
};
struct http_limits http_limits_default(void);

struct http_server_conf {
	void (*handle)(struct http_call *); /* in a fiber; must answer once with http_answer() */
	/* The body of an error that the server itself answers (bad head, limits); may be NULL: plain text. */
	str (*error_body)(struct arena *, unsigned status, const char *what, str *content_type);
	void *arg;
	struct http_limits limits;
	bool h2;         /* HTTP/2 too: by ALPN with TLS, by prior knowledge without */
	struct ban *ban; /* for whom a connection is ended for a flood; NULL: none is */
};

/* A server for the listening socket fd, which others may have too.  tls may be NULL. */
struct http_server *http_serve(struct loop *, int fd, struct tls_context *tls,
                               const struct http_server_conf *);
/* Accepts from now on, also again after http_server_drain().  Said to one that does, it looks at once: another
 * who had the socket may have let go of it with somebody in its queue. */
err http_server_accept(struct http_server *) MUST_CHECK;
/* Before they accept: servers of several loops on one socket give a new connection to the one that has the
 * fewest.  The array must outlive them; all are drained before any is closed. */
void http_servers_balance(struct http_server *const *, size_t n);

/* Writes the answer, pumping a streamed body.  After it, code that must follow the last byte runs.
 * ERR_SYNTAX: the message cannot be written; this, and trouble with a stream before the first byte,
 * leaves call->answered false: something else may be answered.  With other trouble the connection ends. */
err http_answer(struct http_call *, struct message *response, deadline) MUST_CHECK;

/* Who connects from now on is presented this; on its loop.  NULL is not for a server with TLS. */
void http_server_use_tls(struct http_server *, struct tls_context *);
/* Stops accepting.  Each connection gets one more answer, with Connection: close; idle ones stay open for
 * it until http_server_close(), because a request may be on its way (RFC 9112 §9.3). */
void http_server_drain(struct http_server *);
/* The second half of it alone: who asks over and over is accepted still, each time anew. */
void http_server_say_last(struct http_server *);
struct http_connections {
	uint64_t open, accepted; /* now; since the start */
};
struct http_connections http_server_connections(const struct http_server *); /* on its loop */
bool http_server_idle(const struct http_server *); /* no connection is left */
void http_server_close(struct http_server **);     /* cancels what still runs */
