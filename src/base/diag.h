/* SPDX-License-Identifier: Apache-2.0 */
/* Where and why something is wrong, for the person who wrote it: "proxies/default.xml:12: ...".
 * Collects up to DIAG_MAX findings; a function that adds one also returns the err.
 * Source: house. */
#pragma once

#include "base/err.h"
#include "base/vec.h"

enum { DIAG_MAX = 50 };

struct finding {
	str file;      /* absent: the input as a whole */
	unsigned line; /* 0: unknown */
	str text;      /* one sentence: what is wrong, and what would be right */
};

struct diag {
	struct arena *arena;
	str file; /* the file being read; findings take it over */
	VEC(struct finding) findings;
};

/* Adds a finding at the current file and returns FAIL(code). */
err diag_add(struct diag *, enum err_code code, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* All findings, a line each: "file:line: text".  "" when there are none. */
str diag_text(struct arena *, const struct diag *);
