/* SPDX-License-Identifier: Apache-2.0 */
/* Zip archives in memory, by libzip.
 * Reading is bounded before a byte is unpacked: entries, sizes (as declared and as found), names.
 * Source: APPNOTE.TXT 6.3; OWASP on zip slip and zip bombs. */
#pragma once

#include "base/diag.h"

enum {
	ZIP_ENTRIES_MAX = 5000,
	ZIP_FILE_MAX = 15 << 20,
	ZIP_TOTAL_MAX = 64 << 20,
	ZIP_PATH_MAX = 512
};
enum { ZIP_RATIO_MAX = 200, ZIP_RATIO_FROM = 1 << 20 }; /* the ratio counts above this size */

struct zip_file {
	str path; /* relative, '/' between parts, never "..", "." or empty parts, no backslash, no NUL */
	str bytes;
};
struct zip_files {
	struct zip_file *v;
	size_t n, cap;
};

/* Folders are left out; links, duplicate paths, encryption and absolute paths are refused. */
err zip_read(struct arena *, str archive, struct diag *, struct zip_files *out) MUST_CHECK;
/* Files in the order given, deflated, all with the same time stamp: the same files, the same bytes.
 * ERR_SYNTAX for a path that zip_read would refuse, and for a duplicate. */
err zip_write(struct arena *, const struct zip_files *, str *out) MUST_CHECK;
/* The same for programs: unpacked, they may be run (0755; the others have 0644). */
err zip_write_programs(struct arena *, const struct zip_files *, str *out) MUST_CHECK;
