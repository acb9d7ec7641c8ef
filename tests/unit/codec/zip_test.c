/* SPDX-License-Identifier: Apache-2.0 */
/* Zip: round trips, equal bytes for equal files, and archives that lie or climb.
 * A bad archive is a good one with a few bytes changed.
 * Source: APPNOTE.TXT 6.3 §4.3.7, §4.3.12. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec/zip.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void put(struct arena *a, struct zip_files *files, str path, str bytes)
{
	VEC_PUSH(a, files, (struct zip_file){ path, bytes });
}

static void round_trip(void **state)
{
	struct arena *a = *state;
	struct zip_files files = { 0 }, back;
	struct diag diag = { .arena = a };
	str archive, again;
	put(a, &files, S("apiproxy/x.xml"), S("<APIProxy name='x'/>"));
	put(a, &files, S("apiproxy/policies/\xc3\xa9.xml"), S("<A/>"));
	put(a, &files, S("empty"), S(""));
	put(a, &files, S("binary"), S("\0\1\2\xff"));
	assert_int_equal(zip_write(a, &files, &archive).code, ERR_NONE);
	assert_int_equal(zip_write(a, &files, &again).code, ERR_NONE);
	assert_true(str_eq(archive, again));
	assert_int_equal(zip_read(a, archive, &diag, &back).code, ERR_NONE);
	assert_int_equal(back.n, files.n);
	for (size_t i = 0; i < back.n; i++) {
		assert_true(str_eq(back.v[i].path, files.v[i].path));
		assert_true(str_eq(back.v[i].bytes, files.v[i].bytes));
	}
	struct zip_files none = { 0 };
	assert_int_equal(zip_write(a, &none, &archive).code, ERR_NONE);
	assert_int_equal(zip_read(a, archive, &diag, &back).code, ERR_NONE);
	assert_int_equal(back.n, 0);
}

/* Changes the name in both headers of a stored one-file archive. */
static void names(void **state)
{
	struct arena *a = *state;
	static const struct { str name; enum err_code code; size_t n; } rows[] = {
		{ S_INIT("good/name"), ERR_NONE, 1 },      { S_INIT("a.b..c..."), ERR_NONE, 1 },
		{ S_INIT("folders//"), ERR_SYNTAX, 0 },    { S_INIT("folder99/"), ERR_NONE, 0 },
		{ S_INIT("../escape"), ERR_SYNTAX, 0 },    { S_INIT("a/../../b"), ERR_SYNTAX, 0 },
		{ S_INIT("abcdef/.."), ERR_SYNTAX, 0 },    { S_INIT("/absolute"), ERR_SYNTAX, 0 },
		{ S_INIT("a/./b/c/d"), ERR_SYNTAX, 0 },    { S_INIT("a//b/c/de"), ERR_SYNTAX, 0 },
		{ S_INIT("..\\escape"), ERR_SYNTAX, 0 },   { S_INIT("C:\\window"), ERR_SYNTAX, 0 },
		{ S_INIT("nul\0.xml."), ERR_SYNTAX, 0 },   { S_INIT("line\nbrea"), ERR_SYNTAX, 0 },
		{ S_INIT("........."), ERR_NONE, 1 },      { S_INIT("./curren/"), ERR_SYNTAX, 0 },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct zip_files files = { 0 }, back;
		struct diag diag = { .arena = a };
		str archive;
		put(a, &files, S("@@@@@@@@@"), S("content"));
		assert_int_equal(zip_write(a, &files, &archive).code, ERR_NONE);
		assert_int_equal(rows[i].name.n, 9);
		archive = str_replace(a, archive, S("@@@@@@@@@"), rows[i].name);
		err e = zip_read(a, archive, &diag, &back);
		if (e.code != rows[i].code || (!e.code && back.n != rows[i].n))
			fail_msg("row %zu: %.*s", i, STR(diag_text(a, &diag)));
		assert_int_equal(diag.findings.n, e.code != ERR_NONE);
	}
}

/* One byte at an offset of the central header. */
static void lies(void **state)
{
	struct arena *a = *state;
	static const struct { const char *what; int at; unsigned char byte; enum err_code code; } rows[] = {
		{ "untouched", 34, 0, ERR_NONE },
		{ "larger than said", 24, 1, ERR_SYNTAX },
		{ "smaller than said", 24, 200, ERR_SYNTAX },
		{ "over the bound for a file", 27, 1, ERR_LIMIT },
		{ "a ratio that no text has", 26, 0x7f, ERR_LIMIT },
		{ "wrong CRC", 16, 0x55, ERR_SYNTAX },
		{ "encrypted", 8, 1, ERR_SYNTAX },
		{ "method bzip2", 10, 12, ERR_SYNTAX },
		{ "a symbolic link", 41, 0xa1, ERR_SYNTAX },
		{ "a device", 41, 0x21, ERR_SYNTAX },
		{ "points past the end", 45, 0x7f, ERR_SYNTAX },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct zip_files files = { 0 }, back;
		struct diag diag = { .arena = a };
		str archive;
		put(a, &files, S("name"), S("some content, some content, some content, some content"));
		assert_int_equal(zip_write(a, &files, &archive).code, ERR_NONE);
		size_t base = str_find(archive, S("PK\1\2"));
		char *bytes = (char *)(uintptr_t)archive.p;
		bytes[base + (size_t)rows[i].at] = (char)rows[i].byte;
		if (zip_read(a, archive, &diag, &back).code != rows[i].code)
			fail_msg("%s: %.*s", rows[i].what, STR(diag_text(a, &diag)));
	}
}

static void duplicates(void **state)
{
	struct arena *a = *state;
	struct zip_files files = { 0 }, back;
	struct diag diag = { .arena = a };
	str archive;
	put(a, &files, S("same-name-1"), S("1"));
	put(a, &files, S("same-name-2"), S("2"));
	assert_int_equal(zip_write(a, &files, &archive).code, ERR_NONE);
	archive = str_replace(a, archive, S("same-name-2"), S("same-name-1"));
	assert_int_equal(zip_read(a, archive, &diag, &back).code, ERR_SYNTAX);
	assert_true(str_eq(diag_text(a, &diag), S("\"same-name-1\" is there twice")));
	put(a, &files, S("same-name-1"), S("3"));
	assert_int_equal(zip_write(a, &files, &archive).code, ERR_SYNTAX);
}

/* Every cut and every changed byte of a good archive is read or refused, and never more. */
static void damaged(void **state)
{
	struct arena *a = *state;
	struct zip_files files = { 0 }, back;
	str archive;
	put(a, &files, S("a/b"), S("some content, some content, some content"));
	put(a, &files, S("c"), S("x"));
	assert_int_equal(zip_write(a, &files, &archive).code, ERR_NONE);
	for (size_t i = 0; i < archive.n; i++) {
		struct arena *b = arena_create(0, 0);
		struct diag diag = { .arena = b };
		if (zip_read(b, str_sub(archive, 0, i), &diag, &back).code == ERR_NONE)
			fail_msg("cut at %zu of %zu", i, archive.n);
		char *bytes = memcpy(arena_alloc(b, archive.n, 1), archive.p, archive.n);
		bytes[i] ^= 0x41;
		(void)!zip_read(b, str_from(bytes, archive.n), &diag, &back).code;
		arena_destroy(&b);
	}
}

static void bombs(void **state)
{
	struct arena *a = *state;
	struct zip_files files = { 0 }, back;
	struct diag diag = { .arena = a };
	str archive, zeros = { arena_zalloc(a, 14 << 20, 1), 14 << 20 };
	put(a, &files, S("bomb"), zeros);
	assert_int_equal(zip_write(a, &files, &archive).code, ERR_NONE);
	assert_int_equal(zip_read(a, archive, &diag, &back).code, ERR_LIMIT);

	struct zip_files many = { 0 };
	for (int i = 0; i <= ZIP_ENTRIES_MAX; i++)
		put(a, &many, str_fmt(a, "%d", i), S(""));
	assert_int_equal(zip_write(a, &many, &archive).code, ERR_NONE);
	assert_int_equal(zip_read(a, archive, &diag, &back).code, ERR_LIMIT);
	many.n--;
	assert_int_equal(zip_write(a, &many, &archive).code, ERR_NONE);
	assert_int_equal(zip_read(a, archive, &diag, &back).code, ERR_NONE);
}

static int setup(void **state)
{
	*state = arena_create(0, 0);
	return 0;
}

static int teardown(void **state)
{
	arena_destroy((struct arena **)state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(names),   cmocka_unit_test(lies),
		cmocka_unit_test(duplicates), cmocka_unit_test(damaged), cmocka_unit_test(bombs),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
