/* SPDX-License-Identifier: Apache-2.0 */
/* The pooled HTTP/1.1 and HTTP/2 client of a loop.
 * A kept connection that dies before a byte of the answer came is retried once on a new one, if the
 * request may be sent twice (RFC 9110 §9.2.2) and its body is in memory.
 * Source: RFC 9112 §9.3, RFC 9113; Apigee, "Endpoint properties reference" for the time-outs. */
#pragma once

#include "http/message.h"
#include "rt/sock.h"

struct http_timeouts {
	int64_t connect_ms; /* 0: 3000 */
	int64_t io_ms;      /* 0: 55000; the next byte of the answer */
	int64_t keep_ms;    /* 0: 60000; an idle connection */
};

struct http_origin {
	str host;
	uint64_t host_hash; /* str_hash() of it; 0: it is worked out */
	unsigned port;
	struct tls_context *tls; /* NULL: plain */
	str expected_cn; /* of TLS: what its certificate must say, besides; empty: whatever tls takes */
	bool h2; /* HTTP/2 and nothing else, also in clear; else: where TLS finds that it is spoken */
	str host_header; /* what Host says; absent: what the message says, or else the origin's name */
	struct http_timeouts times; /* a zero: the usual value */
	str *peer_ip; /* out, may be NULL: the address that answered, in the call's arena */
	const struct tls_peer **peer; /* out, may be NULL: who answered, by its certificate */
	bool http10;                  /* it is asked so; a body's length must be known then */
	struct interim *interim;      /* who gets its 1xx answers; NULL: nobody */
};

/* clang-format off */
enum http_failure { /* why there was no answer, for the gateway's error table */
	HTTP_FAILED_NOT, HTTP_CONNECT_REFUSED, HTTP_CONNECT_TIMEOUT, HTTP_RESOLVE, HTTP_TLS,
	HTTP_READ_TIMEOUT, HTTP_UNEXPECTED_END, HTTP_BAD_ANSWER, HTTP_HEAD_TOO_BIG, HTTP_DENIED,
	HTTP_REQUEST_BODY, /* the body's own source failed: the client went away, sent a bad chunk, ... */
};
/* clang-format on */

/* From a fiber.  Sends and reads the answer's head; its body is bytes if it came whole with the head,
 * else a stream on the connection, which goes back to the pool when the body ends, or is closed with
 * the arena.  Hop-by-hop headers are dropped both ways.  Of the 1xx answers 100 is skipped: what it permits
 * was done without asking.
 * An answer that comes before the request's body is sent does not end the sending: the rest goes out
 * whenever somebody waits for the answer, or by it (body_wait()), until the answer is over.
 * ERR_CANCELED has no failure of its own; ERR_TIMEOUT may also be the deadline's. */
err http_fetch(struct arena *, const struct http_origin *, struct message *request, deadline,
               struct message **response, enum http_failure *why) MUST_CHECK;
void http_pool_drain(struct loop *); /* closes what is idle; at the loop's end */
