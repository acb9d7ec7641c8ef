/* SPDX-License-Identifier: Apache-2.0 */
/* etc/gatehouse.conf against the table of keys: every key is shown, with its default, in words that parse.
 * Invariant: a new row without its lines there, or a stale line, fails here.
 * Source: house ("configuration"). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "main/configure.h"

static str file_text(struct arena *a)
{
	const char *root = getenv("GATEHOUSE_SOURCE");
	struct buf b = buf_in(a);
	size_t got;
	FILE *f = fopen(str_z(a, str_fmt(a, "%s/etc/gatehouse.conf", root ? root : ".")), "re");
	assert_non_null(f);
	while ((got = fread(buf_room(&b, 4096), 1, 4096, f)) > 0)
		b.n += got;
	fclose(f);
	return buf_str(&b);
}

/* The file with every "#key = value" taken for "key = value"; prose begins with "# ". */
static str all_lines(struct arena *a, str text)
{
	struct buf b = buf_in(a);
	for (str rest = text; str_given(rest);) {
		str line = str_cut(&rest, '\n');
		bool shown = line.n > 1 && line.p[0] == '#' && line.p[1] != ' ';
		buf_add(&b, shown ? str_sub(line, 1, STR_NPOS) : line);
		buf_char(&b, '\n');
	}
	return buf_str(&b);
}

static void holds_every_key(void **state)
{
	struct arena *a = arena_create(0, 0);
	str text = all_lines(a, file_text(a));
	(void)state;
	for (const struct field *f = settings_fields; f->type; f++) {
		bool quoted = f->type == T_STR || f->type == T_ENUM;
		str line = str_fmt(a, "\n%s = %s%s%s\n", f->path, quoted ? "\"" : "", f->dflt, quoted ? "\"" : "");
		if (!str_has(text, line))
			fail_msg("etc/gatehouse.conf has no line%.*s", STR(line));
	}
	arena_destroy(&a);
}

static void holds_nothing_else(void **state)
{
	struct arena *a = arena_create(0, 0);
	str texts[] = { file_text(a), all_lines(a, file_text(a)) };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct diag d = { .arena = a };
		struct settings s = { 0 };
		config_defaults(a, settings_fields, &s);
		if (config_read(a, texts[i], settings_fields, &s, &d).code)
			fail_msg("%.*s", STR(diag_text(a, &d)));
	}
	arena_destroy(&a);
}

static const struct {
	const char *set[3]; /* --set, in order */
	bool demo;
	const char *finding; /* NULL: it starts */
	const char *listens; /* gateway.default.listen afterwards */
} rows[] = {
	{ { NULL }, false, NULL, "0.0.0.0:9001" },
	{ { NULL }, true, NULL, "127.0.0.1:9001" },
	{ { "gateway.default.listen=0.0.0.0:1" }, true, NULL, "0.0.0.0:1" },
	{ { "gateway.default.listen=:1", "gateway.default.listen=:2" }, false, NULL, ":2" },
	{ { "store=postgres://localhost/x" }, false, NULL, NULL },
	{ { "store=mysql://localhost/x" }, false, "store", NULL },
	{ { "organization=" }, false, "organization", NULL },
	{ { "organization=Acme" }, false, "organization", NULL },
	{ { "organization=a.b" }, false, "organization", NULL },
	{ { "organization=" "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-abcd" }, false, NULL, NULL },
	{ { "organization=" "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-abcde" }, false, "organization", NULL },
	{ { "sso.password.min_length=20", "sso.password.max_length=10" }, false, "sso.password.min_length", NULL },
	{ { "hosts={ \"a:1\" = \"127.0.0.1:2\" }" }, false, NULL, NULL },
	{ { "hosts={ \"a:1\" = \"b:2\" }" }, false, "hosts takes", NULL },
	{ { "nonsense=1" }, false, "nonsense", NULL },
	{ { "workers=-1" }, false, "workers", NULL },
};

static void configures(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena *a = arena_create(0, 0);
		struct diag d = { .arena = a };
		struct settings s = { 0 };
		str set[3];
		struct serve_options o = { .demo = rows[i].demo, .set = { set, 0 } };
		while (o.set.n < 3 && rows[i].set[o.set.n]) {
			set[o.set.n] = str_from_z(rows[i].set[o.set.n]);
			o.set.n++;
		}
		err e = configure(a, &o, &d, &s);
		str text = diag_text(a, &d);
		if (!e.code != !rows[i].finding || (e.code && !str_has(text, str_from_z(rows[i].finding))))
			fail_msg("row %zu: %.*s", i, STR(text));
		if (rows[i].listens)
			assert_true(str_eq(s.default_listen, str_from_z(rows[i].listens)));
		arena_destroy(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_every_key),
		cmocka_unit_test(holds_nothing_else),
		cmocka_unit_test(configures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
