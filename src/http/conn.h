/* SPDX-License-Identifier: Apache-2.0 */
/* A server and a client's connection to it, whatever is spoken on it.  Of this room only.
 * A connection is in its server's list from conn_open() to conn_close(), and only its own loop sees it.
 * Source: house ("the walk of a request"). */
#pragma once

#include <stdatomic.h>

#include "http/ban.h"
#include "http/local.h"
#include "http/server.h"

enum { KEPT_ARENAS = 64, DRAIN_BYTES = 64 * 1024 };

struct conn;

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
	void (*lost)(struct http_server *); /* a connection is gone: accept again, or end */
};

/* What a connection speaks, as far as its server asks. */
struct protocol {
	void (*last)(struct conn *);   /* the end is near; NULL: the next answer says so */
	void (*cancel)(struct conn *); /* its server ends: so does it, at once or with what runs */
	void (*finish)(struct conn *); /* what the protocol made of it goes; NULL: nothing */
};

/* Of HTTP/1. */
enum conn_state {
	CONN_HANDSHAKE,
	CONN_WAITING, /* for a request: the loop reads its head */
	CONN_BUSY,    /* a fiber has it */
	CONN_RESTING, /* answered; the rest of the request comes, and is thrown away */
};

struct conn {
	struct http_server *server;
	const struct protocol *protocol;
	struct sock *sock;
	struct conn *prev, *next;
	struct timer timer;
	struct read_buf *in;      /* NULL while there is nothing in it */
	struct fiber *fiber;      /* that runs the exchange */
	struct exchange *resting; /* CONN_RESTING: whose request it is */
	struct h2_front *h2;      /* NULL: it is HTTP/1 */
	size_t scanned;           /* of in: bytes that an earlier scan has seen */
	unsigned lingered;        /* bytes thrown away */
	int fd;                   /* until there is a sock */
	uint64_t from;            /* ban_key(), where the server has a ban */
	enum conn_state state;
	bool served;           /* at least one request */
	int64_t head_start_ms; /* UTC, the first byte of the request */
};

struct conn *conn_make(struct http_server *, int fd); /* on any loop; counted at once */
/* On its own loop.  False: its server has ended meanwhile, and it is gone. */
bool conn_open(struct conn *);
/* ready(conn) and what the protocol does are from now on what this one says. */
void conn_speak(struct conn *, const struct protocol *, void (*ready)(void *, unsigned));
void conn_arm(struct conn *, int64_t ms, void (*time_up)(void *conn));
/* All is said: our half is closed, and what still comes in is thrown away a while, so that the last answer
 * arrives.  It may be gone. */
void conn_linger(struct conn *);
void conn_close(struct conn *);

struct arena *server_arena(struct http_server *); /* for an exchange */
void server_give_arena(struct http_server *, struct arena **);

/* answer.c */
/* What Content-Length says: with bodiless the length that the body would have; -1: nothing. */
int64_t answer_length(const struct message *, bool bodiless);
struct message *server_error_answer(const struct http_server *, struct arena *, unsigned status,
                                    const char *what);
