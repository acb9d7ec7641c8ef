/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a JSONPath, from its start to where the parser is.
 * `at` never passes the end, where scan_peek() answers 0.
 * Source: RFC 9535 §2.3.1. */
#pragma once

#include "base/diag.h"

struct scanner {
	struct arena *arena;
	struct diag *diag;
	unsigned line, depth;
	str text;
	size_t at;
};

/* Adds a finding: what should stand at that offset, or does and should not. */
err scan_refuse(struct scanner *, size_t at, const char *what) MUST_CHECK;
#define REFUSE(p, what) scan_refuse((p), (p)->at, (what))

static inline char scan_peek(const struct scanner *p)
{
	return p->at < p->text.n ? p->text.p[p->at] : 0;
}
static inline bool scan_starts_integer(struct scanner *p)
{
	return scan_peek(p) == '-' || (scan_peek(p) >= '0' && scan_peek(p) <= '9');
}

void scan_blanks(struct scanner *);
bool scan_eat(struct scanner *, str sign);              /* false: something else stands here */
err scan_quoted(struct scanner *, str *out) MUST_CHECK; /* at the opening quote, ' or " */
bool scan_integer(struct scanner *, int64_t *out);
