/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the folder: one server, or the two of a hand-over, and which of the two may write.
 * The lock is its descriptor's: it is handed on with it, and gone when the last who has it has ended.
 * Source: flock(2), fcntl(2) ("open file description locks"), unix(7). */
#pragma once

#include "base/diag.h"

struct folder {
	int lock; /* held; what is handed over.  -1: not open */
	int turn; /* the same file, of this process alone */
};

/* handed: the lock of the process before, taken; 0: nobody hands it over.  One finding, and nothing open. */
err folder_open(struct folder *, const char *dir, int handed, struct diag *) MUST_CHECK;
void folder_close(struct folder *);

/* Around a write: two that write all the time have it by turns, where SQLite's own lock knows no queue and the
 * second would wait until it gives up. */
void folder_begin(struct folder *);
void folder_end(struct folder *);
