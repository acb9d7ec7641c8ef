/* SPDX-License-Identifier: Apache-2.0 */
/* Kept connections to targets, per loop and origin; the last one put back is the first one taken.
 * A kept connection is watched: one that its target closes is gone before anybody takes it.
 * Source: RFC 9112 §9.3; house. */
#pragma once

#include "http/client.h"
#include "http/local.h"

struct http_pool;
struct origin; /* host, port, TLS context, HTTP/2 alone or not */
struct h2_target;

struct wire { /* one connection */
	struct sock *sock;
	struct origin *origin;
	struct wire *prev, *next; /* among the kept ones of the origin */
	int64_t expires_ms;
};

struct http_pool *http_pool_create(struct http_local *);
void http_pool_destroy(struct http_pool **);
void http_pool_close_idle(struct http_pool *);

/* The origin is held until origin_release(). */
struct origin *origin_hold(struct http_pool *, const struct http_origin *);
void origin_release(struct origin **);
void origin_share(struct origin *); /* holds it once more */
struct http_local *origin_local(const struct origin *);
/* HTTP/2 connections to it; each holds it. */
struct h2_target **origin_h2(struct origin *);
/* Whether what is being made for others will have room: waits until that is known. */
err origin_wait(struct origin *, deadline, bool *waited) MUST_CHECK;

struct wire *wire_take(struct origin *); /* NULL: none is kept */
/* *h2: HTTP/2 may be spoken; then: it is. */
err origin_connect(struct origin *, deadline, struct sock **out, bool *h2) MUST_CHECK;
struct wire *wire_new(struct origin *, struct sock *);
void wire_keep(struct wire **, int64_t keep_ms);
void wire_close(struct wire **);
