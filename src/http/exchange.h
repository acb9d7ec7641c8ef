/* SPDX-License-Identifier: Apache-2.0 */
/* One request of HTTP/1 and its answer.  Of this room only.
 * It is read by the loop, runs in a fiber, and is dropped by its connection.
 * Source: house ("the walk of a request"). */
#pragma once

#include "http/conn.h"
#include "http/h1_body.h"

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

/* exchange.c */
struct exchange *
exchange_read(struct conn *); /* of a whole head, good or bad; NULL: more is to come */
struct exchange *exchange_refused(struct conn *, unsigned status, const char *what); /* of none */
void exchange_run(struct exchange *); /* in its fiber, to its answer's end */
/* What the handler left of the request's body is read, if it is little: else the connection ends.  Nothing
 * waits here, so that a sender who takes his time holds no fiber.  False: more is to come. */
bool exchange_rest_is_read(struct exchange *);
void exchange_drop(struct exchange *); /* it is gone; what came behind it stays in its connection */

/* answer.c */
err h1_answer(struct http_call *, struct message *, deadline) MUST_CHECK;
err h1_interim(struct interim *, const struct message *, deadline) MUST_CHECK;
err answer_refusal(struct exchange *, unsigned status, const char *what) MUST_CHECK;
/* Without a fiber: one try to say it. */
void answer_at_once(struct exchange *, unsigned status, const char *what);
