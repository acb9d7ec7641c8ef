/* SPDX-License-Identifier: Apache-2.0 */
/* Filters of lists: userName eq "a" and (active pr or meta.created gt "2026-01-01T00:00:00.000Z").
 * What is no filter, and an attribute that the table has not, is refused before anything is read.
 * Source: SCIM 1.1 core schema §3.2.2.1; oauth2-service reference, 3.5. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/* Bounds: bytes, comparisons, parentheses in parentheses. */
enum { FILTER_BYTES = 2048, FILTER_TERMS = 64, FILTER_DEPTH = 10 };

enum filter_kind { FILTER_TEXT, FILTER_EXACT, FILTER_BOOL, FILTER_TIME, FILTER_NUMBER };

struct filter_value {
	bool given;
	str text;  /* FILTER_TEXT (compared without case), FILTER_EXACT */
	int64_t n; /* FILTER_BOOL, FILTER_TIME (milliseconds), FILTER_NUMBER */
};

struct filter_attribute { /* a table of these ends with an empty name */
	const char *name; /* "name.givenName"; found without case */
	enum filter_kind kind;
	struct filter_value (*get)(const void *thing);
	bool costs; /* get() needs what is read only on demand */
};

const struct filter_attribute *filter_attribute(const struct filter_attribute *table, str name);

struct filter;
/* ERR_SYNTAX, ERR_LIMIT.  *costs: it asks for an attribute that does. */
err filter_parse(struct arena *, const struct filter_attribute *, str text, struct filter **,
                 bool *costs) MUST_CHECK;
/* Whether all that fits has one and the same text there: what name eq "x" says, also and-ed with others. */
bool filter_pins(const struct filter *, const char *name, str *text);
bool filter_fits(const struct filter *, const void *thing);
int filter_compare(enum filter_kind, const struct filter_value *, const struct filter_value *);
