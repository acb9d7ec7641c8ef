/* SPDX-License-Identifier: Apache-2.0 */
/* The words for trouble, and the end of the process on a bug.
 * must_failed() allocates nothing, so that it also speaks when memory is what broke.
 * Source: backtrace(3). */
#include "base/err.h"

#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *err_word(enum err_code code)
{
	static const char *const words[] = {
		[ERR_NONE] = "none",     [ERR_SYNTAX] = "syntax",     [ERR_LIMIT] = "limit",
		[ERR_IO] = "io",         [ERR_TIMEOUT] = "timeout",   [ERR_CANCELED] = "canceled",
		[ERR_STORE] = "store",   [ERR_CONFLICT] = "conflict", [ERR_NOT_FOUND] = "not_found",
		[ERR_DENIED] = "denied",
	};
	return words[code];
}

void must_failed(const char *cond, const char *file, int line)
{
	void *frames[32];
	dprintf(STDERR_FILENO, "%s:%d: must(%s) does not hold\n", file, line, cond);
	backtrace_symbols_fd(frames, backtrace(frames, 32), STDERR_FILENO);
	abort();
}
