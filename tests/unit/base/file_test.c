/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are whole or absent: what stands there afterwards, for whom, and why one could not be written.
 * A test is a row.
 * Source: base/file.h. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

#define MUST(x) assert_int_equal((x), 0)

static void holds(const char *path, const char *bytes)
{
	char got[64] = "";
	struct stat st;
	int fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_true(read(fd, got, sizeof got - 1) >= 0);
	MUST(fstat(fd, &st));
	close(fd);
	assert_string_equal(got, bytes);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void puts_files(void **state)
{
	static const struct {
		const char *path, *bytes;
		int why;          /* 0: it is written */
		const char *then; /* what stands there afterwards; NULL: nothing */
	} rows[] = {
		{ "new", "one\n", 0, "one\n" },
		{ "new", "two", 0, "two" },
		{ "new", "", 0, "" },
		{ "open", "closed", 0, "closed" },        /* others could read it, and what was left beside it */
		{ "link", "its own", 0, "its own" },      /* a link is replaced, not followed, */
		{ "linked", "mine", ELOOP, NULL },        /* nor is one where it is made */
		{ "none/new", "x", ENOENT, NULL },
		{ "folder", "x", EISDIR, NULL },
	};
	umask(0);
	MUST(mkdir("folder", 0700));
	close(open("open", O_CREAT | O_WRONLY, 0666));
	close(open("open.new", O_CREAT | O_WRONLY, 0666));
	MUST(symlink("elsewhere", "link"));
	MUST(symlink("elsewhere", "linked.new"));
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		errno = 0;
		err e = file_put(rows[i].path, str_from_z(rows[i].bytes));
		assert_int_equal(e.code, rows[i].why ? ERR_IO : 0);
		assert_int_equal(e.code ? errno : 0, rows[i].why);
		if (rows[i].then)
			holds(rows[i].path, rows[i].then);
		assert_int_equal(access("elsewhere", F_OK), -1);
	}
	assert_int_equal(access("new.new", F_OK), -1);
}

static int removes(const char *path, const struct stat *st, int what, struct FTW *where)
{
	(void)st, (void)what, (void)where;
	return remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(puts_files) };
	char folder[] = "/tmp/gatehouse-file.XXXXXX";
	if (!mkdtemp(folder) || chdir(folder))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	return nftw(folder, removes, 8, FTW_DEPTH | FTW_PHYS) || failed;
}
