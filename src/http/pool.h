/* SPDX-License-Identifier: Apache-2.0 */
/* Kept connections to targets, per loop and origin; the last one put back is the first one taken.
 * A kept connection is watched: one that its target closes is gone before anybody takes it.
 * Source: RFC 9112 §9.3; house. */
#pragma once

#include "http/client.h"
#include "http/local.h"

struct http_pool;
struct origin; /* host, port and TLS context */

struct wire { /* one connection */
	struct sock *sock;
	struct origin *origin;
	struct wire *prev, *next; /* among the kept ones of the origin */
	int64_t expires_ms;
	bool reused;
};

struct http_pool *http_pool_create(struct http_local *);
void http_pool_destroy(struct http_pool **);
void http_pool_close_idle(struct http_pool *);

/* The origin is held until origin_release(). */
struct origin *origin_hold(struct http_pool *, const struct http_origin *);
void origin_release(struct origin **);

struct wire *wire_take(struct origin *); /* NULL: none is kept */
err wire_connect(struct origin *, deadline, struct wire **out) MUST_CHECK;
void wire_keep(struct wire **, int64_t keep_ms);
void wire_close(struct wire **);
