/* SPDX-License-Identifier: Apache-2.0 */
/* A request or a response: start line, headers, body.  The same for server, client and flows.
 * What goes out is always written anew from this; no byte is passed through raw.
 * Source: RFC 9110. */
#pragma once

#include "http/body.h"
#include "http/headers.h"

enum message_kind { MESSAGE_REQUEST, MESSAGE_RESPONSE };

struct message {
	enum message_kind kind;
	str verb;            /* request: "GET"; any token */
	str path;            /* request: raw, as sent, no query */
	str query;           /* request: raw, without '?'; STR_NONE: there was no '?' */
	str host;            /* request that came in: whom it is for, without port; or absent */
	unsigned version;    /* 10, 11 or 20 */
	bool takes_trailers; /* request: its sender reads fields behind the answer's body */
	unsigned status;     /* response */
	str reason;          /* response */
	struct headers headers;
	struct body body;
	/* A request that may become a WebSocket, or the answer 101 that makes it one: the bytes that its
	 * sender says from then on, until it closes.  NULL: HTTP and nothing else. */
	struct body_source *tunnel;
};

/* Who waits for an answer, as the target's interim ones (1xx) find their way there. */
struct interim {
	/* The head is written before it returns: waits until the deadline at most.  With trouble nothing else
	 * reaches the client either. */
	err (*pass)(struct interim *, const struct message *, deadline);
};

struct message *message_request(struct arena *, str verb, str path);
struct message *message_response(struct arena *, unsigned status);
bool http_idempotent(str verb);   /* RFC 9110 §9.2.2: once is as good as twice */
str http_reason(unsigned status); /* the RFC's phrase, "" if unknown */

/* Replaces the body and what headers say of it. */
void message_set_content(struct arena *, struct message *, str bytes, str content_type);
/* The whole body in memory, read now if it is still a stream: waits.  ERR_LIMIT over limit bytes; ERR_TIMEOUT
 * also when a request comes at less than 500 bytes a second, after 20 seconds. */
err message_content(struct arena *, struct message *, size_t limit, deadline, str *out) MUST_CHECK;
