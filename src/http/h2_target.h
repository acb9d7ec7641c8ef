/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 connections to targets, and the requests on them.  Of this room only.
 * A connection is its origin's and closes itself: idle for long, broken, or told to go and without streams.
 * Source: RFC 9113; house. */
#pragma once

#include "http/fetch.h"
#include "http/h2.h"

struct h2_target {
	struct h2 h2; /* first: its end's functions cast */
	struct origin *origin;
	struct h2_target *next; /* of the origin */
	struct timer timer;
	int64_t keep_ms;
	bool leaving; /* takes no new streams */
};

struct early {
	struct message message; /* an interim answer */
	struct early *next;
};

struct h2_ask {                  /* in the fetch's arena */
	struct h2_stream stream; /* first: its functions cast */
	struct fetch *fetch;
	int64_t length;                   /* of the answer's body, -1: not said */
	size_t left;                      /* of the piece, when it was last looked at */
	struct early *early, **early_end; /* 1xx answers that are still to be passed on */
	unsigned n_early;                 /* so far */
	uint32_t code;                    /* why it was closed */
	enum http_failure bad;
};

/* h2_target.c */
struct h2_target *h2_target_with_room(struct origin *); /* NULL: none */
struct h2_target *h2_target_new(struct origin *, struct sock *, int64_t keep_ms);
void h2_targets_close_idle(struct h2_target *first);

/* h2_ask.c */
void h2_ask_begin(struct fetch *, struct h2_target *);
bool h2_answer_field(struct h2_stream *, str name, str value);
void h2_answer_head(struct h2_stream *);
void h2_ask_closed(struct h2_stream *, uint32_t code);
