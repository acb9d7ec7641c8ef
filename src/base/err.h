/* SPDX-License-Identifier: Apache-2.0 */
/* Trouble and bugs: `err` says what kind of trouble it was, `must` ends the process on a bug.
 * An err is never ignored: every function that returns one is MUST_CHECK.
 * Source: the house rules on errors (docs/ARCHITECTURE.md); faults, the third kind, are in flow/. */
#pragma once

#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))
/* Of what a good request does not call: the code that leads there stands apart, out of the caches' way. */
#define COLD __attribute__((cold))

enum err_code {
	ERR_NONE,
	ERR_SYNTAX,   /* what came in does not follow its grammar or its schema */
	ERR_LIMIT,    /* it follows the grammar, and is too much                */
	ERR_IO,       /* a socket, a file or a peer failed                      */
	ERR_TIMEOUT,  /* the deadline passed                                    */
	ERR_CANCELED, /* nobody waits for the result any more                   */
	ERR_STORE,    /* the database failed                                    */
	ERR_CONFLICT, /* it exists already, or changed meanwhile                */
	ERR_NOT_FOUND,
	ERR_DENIED, /* known, and not allowed                                 */
};

typedef struct err {
	enum err_code code;
} err;

#define DONE ((err){ ERR_NONE })
#define FAIL(c) ((err){ (c) })

/* The one control-flow macro of the house: passes trouble on to the caller. */
#define TRY(expr)                                            \
	do {                                                 \
		err try_err_ = (expr);                       \
		if (__builtin_expect(try_err_.code != 0, 0)) \
			return try_err_;                     \
	} while (0)

/* Runs fn on the variable when it leaves its scope; fn takes a pointer to it. */
#define AUTO(fn) __attribute__((cleanup(fn)))

/* A word for logs, e.g. "timeout"; static storage. */
const char *err_word(enum err_code code);

/* Aborts with place and backtrace when cond is false.  For bugs only, and always on. */
#define must(cond) ((cond) ? (void)0 : must_failed(#cond, __FILE__, __LINE__))
COLD _Noreturn void must_failed(const char *cond, const char *file, int line);
