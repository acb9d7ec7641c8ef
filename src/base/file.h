/* SPDX-License-Identifier: Apache-2.0 */
/* Files that must not be lost, nor found by half.
 * Whoever reads one sees it as it was or as it is.
 * Source: rename(2), fsync(2). */
#pragma once

#include "base/err.h"
#include "base/str.h"

/* Puts the bytes at path, for its owner alone (0600), in the place of what is there; name and bytes have outlived a
 * power cut when it answers DONE.  ERR_IO: errno says why, and what was there stays.  Writes PATH.new on its way. */
err file_put(const char *path, str bytes) MUST_CHECK;

/* All of the bytes to a file that is open.  False: errno says why. */
bool file_write(int fd, str bytes);
