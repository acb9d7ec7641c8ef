/* SPDX-License-Identifier: Apache-2.0 */
/* A client's connection and the request that runs on it, as server.c, conn.c, exchange.c and answer.c
 * see them.  Of this room only.
 * Source: house ("the walk of a request"). */
#pragma once

#include <stdatomic.h>

#include "http/h1_body.h"
#include "http/server.h"

enum {
	KEPT_ARENAS = 64,
	FIRST_BLOCK = 8 * 1024,
	DRAIN_BYTES = 64 * 1024,
	LINGER_MS = 2000,
	RESTING = 1024
};

struct conn;
struct h2_front;

struct http_server {
	struct watch watch; /* of the listening socket; first: its callback casts */
	struct http_local *local;
	struct tls_context *tls;
	struct http_server_conf conf;
	struct http_server *const *peers; /* of http_servers_balance(), itself among them */
	size_t n_peers;
	struct conn *conns;
	_Atomic(size_t) n_conns; /* raised by whoever accepts one for it */
	size_t n_resting;
	uint64_t accepted;
	struct arena *arenas[KEPT_ARENAS];
	unsigned n_arenas;
	bool paused;   /* does not accept: as many connections as allowed, or no descriptors */
	bool draining; /* accepts no more */
	bool last;     /* every answer is its connection's last */
	bool closed;   /* its owner has let go: it ends with its last connection */
	struct timer retry;
};

enum conn_state {
	CONN_HANDSHAKE,
	CONN_WAITING, /* for a request: the loop reads its head */
	CONN_BUSY,    /* a fiber has it */
	CONN_RESTING, /* answered; the rest of the request comes, and is thrown away */
	CONN_H2,      /* h2_conn.c has it */
	CONN_LINGERING, /* all is said; what still comes in is thrown away, so that the last answer arrives */
};

struct conn {
	struct http_server *server;
	struct sock *sock;
	struct conn *prev, *next;
	struct timer timer;
	struct read_buf *in;      /* NULL while there is nothing in it */
	struct fiber *fiber;      /* that runs the exchange */
	struct exchange *resting; /* CONN_RESTING: whose request it is */
	struct h2_front *h2;      /* CONN_H2 */
	size_t scanned;           /* of in: bytes that an earlier scan has seen */
	unsigned lingered;        /* bytes thrown away */
	int fd;                   /* until there is a sock */
	enum conn_state state;
	bool served;           /* at least one request */
	int64_t head_start_ms; /* UTC, the first byte of the request */
};

struct exchange {              /* in its own arena, like all it points to */
	struct http_call call; /* first: http_answer() casts */
	struct message request;
	struct h1_head head;
	struct conn *conn;
	struct h1_body body;
	struct interim interim;
	bool streams; /* body is in use */
	bool expects; /* the client waits for 100 Continue before it sends the body */
	bool keep;    /* the connection may go on after the answer */
	size_t rest;  /* bytes of the request that were thrown away */
};

/* server.c */
void server_ended_conn(struct http_server *); /* a connection is gone: accept again, or end */
struct arena *server_arena(struct http_server *);
void server_give_arena(struct http_server *, struct arena **);

/* conn.c */
struct conn *conn_make(struct http_server *, int fd); /* on any loop; counted at once */
void conn_begin(void *conn);                          /* on its own */
void conn_close(struct conn *);
void conn_linger(struct conn *);
/* Waits until exchange_go_on() finds the request's end.  False: as many as may do so already. */
bool conn_rest(struct conn *, struct exchange *);
void conn_rested(struct conn *);
void conn_advance(struct conn *); /* waits for the next request, or starts it */
void conn_time_up(void *conn);

/* exchange.c */
enum scanned { SCAN_MORE, SCAN_STARTED };
enum scanned exchange_scan(struct conn *);
void exchange_refuse(struct conn *, unsigned status, const char *what);
void exchange_go_on(struct exchange *); /* there may be more of its request */
void exchange_drop(struct exchange *); /* it is gone; what came behind it stays in its connection */

/* answer.c */
err h1_answer(struct http_call *, struct message *, deadline) MUST_CHECK;
err h1_interim(struct interim *, const struct message *, deadline) MUST_CHECK;
err answer_refusal(struct exchange *, unsigned status, const char *what) MUST_CHECK;
/* What Content-Length says: with bodiless the length that the body would have; -1: nothing. */
int64_t answer_length(const struct message *, bool bodiless);
struct message *server_error_answer(const struct http_server *, struct arena *, unsigned status,
                                    const char *what);
/* Without a fiber: one try to say it. */
void answer_at_once(struct conn *, struct exchange *, unsigned status, const char *what);
