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

/* diag_add(diag, code, line, fmt, ...): adds a finding at the current file and answers FAIL(code).
 * A macro, so that the compiler and the analyzer see that what follows it is never success. */
#define diag_add(d, code, ...) (diag_note((d), __VA_ARGS__), diag_fail(code))
COLD void diag_note(struct diag *, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static inline err diag_fail(enum err_code code) { return FAIL(code); }

/* All findings, a line each: "file:line: text".  "" when there are none. */
str diag_text(struct arena *, const struct diag *);
