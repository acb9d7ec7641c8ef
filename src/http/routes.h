/* SPDX-License-Identifier: Apache-2.0 */
/* Routes: a table of verbs and path patterns, and which row of it answers a request.
 * A path is cut before it is decoded: no name, however it is spelled, makes a segment or leaves its own.
 * Source: RFC 3986 §3.3; RFC 9110 §9.2.1, §10.2.1, §15.5.6. */
#pragma once

#include "http/message.h"

enum { ROUTE_SEGMENTS = 17 };

/* A row: {name} in a pattern takes any segment, {name!} one that is secret.  GET answers HEAD, too, but not
 * when it changes something: that is for who means it, not for who looks ahead (RFC 9110 §9.2.1). */
struct route {
	const char *verb, *pattern;
	bool changes;
};

struct routes;       /* a compiled table: shared by all threads, lives as long as its arena */
struct route_shape;  /* a row of it */
struct route_match { /* of one request; its segments live as long as the request's path and arena */
	str segments[ROUTE_SEGMENTS]; /* decoded */
	size_t n;
	size_t row;                      /* of the table, when one was found */
	const struct route_shape *shape; /* its pattern; NULL: none was found */
	bool safe; /* GET, or HEAD that is answered like it, that changes nothing */
};

/* The rows must outlive it. */
const struct routes *routes_compile(struct arena *, const struct route *rows, size_t n);

/* Cuts a path, as sent, into match->segments.  One slash may end it.  False: no route can have it, because
 * of an empty segment, "." or "..", a NUL, or more than ROUTE_SEGMENTS. */
bool route_cut(struct arena *, str path, struct route_match *);
/* Spells a short form out: the segment at this place, if it is that. */
void route_expand(struct route_match *, size_t place, str brief, str whole);
/* Of what was cut, the first row that fits it and the request.  False: *allow is what a 405 must say of the
 * path, or absent when no row has it. */
bool route_find(struct arena *, const struct routes *, const struct message *request,
                struct route_match *, str *allow);

/* Of a row that was found: the segment that the pattern calls {name}, or absent; */
str route_param(const struct route_match *, const char *name);
/* whether the pattern itself says a word; */
bool route_says(const struct route_match *, str word);
/* the path as logs may show it, secrets masked. */
str route_shown(struct arena *, const struct route_match *);
