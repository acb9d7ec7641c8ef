/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the scanner share: the place in the buffer, and what was understood so far.
 * Of this room only.
 * Source: house. */
#pragma once

#include "http/h1.h"

struct scan {
	const char *at, *end;
	struct arena *arena;
	const struct h1_limits *limits;
	struct message *m;
	struct h1_head *h;
	size_t host;   /* index of the Host field, plus one; 0: none yet */
	str authority; /* of a target in absolute form */
	bool close, keep, asks_upgrade, names_protocol; /* said by Connection and Upgrade */
	bool names_fields;                              /* Connection lists something else */
	unsigned listed;                                /* in Connection, all told */
	bool sized, coded, chunked; /* said by Content-Length and Transfer-Encoding */
};

enum step { STEP_ON, STEP_MORE, STEP_BAD };

/* Notes why the head is refused; answers STEP_BAD. */
COLD enum step h1_bad(struct scan *, unsigned status, const char *what);

/* What a field says of the connection or the body; it is the last of the message's headers. */
enum step h1_field_meaning(struct scan *, str name, str value);

/* After the last field: the framing of the body, and what becomes of the connection. */
enum step h1_request_framing(struct scan *);
enum step h1_response_framing(struct scan *, str request_verb);
