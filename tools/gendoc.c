/* SPDX-License-Identifier: Apache-2.0 */
/* gendoc check|write FOLDER: the tables on the pages of docs/policies, made from the field tables.
 * Invariant: a page is what people wrote, with the part between the two marks made here, to the byte.
 * Source: house ("one field table serves five readers"). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "flow/policy.h"
#include "policy/assign.h"

#define POLICY(file) extern const struct policy policy_##file;
#include "policy/policies.def"
#undef POLICY

static const struct page {
	const char *name;
	const struct policy *policy;
} pages[] = {
#define POLICY(file) { #file, &policy_##file },
#include "policy/policies.def"
#undef POLICY
};

static const str begin = S_INIT("<!-- made by gendoc -->\n"), end = S_INIT("<!-- end -->\n");

/* ---- rows ----------------------------------------------------------------------------------- */

static str kind_of(struct arena *a, const struct field *f)
{
	static const char *const kinds[] = {
		[T_STR] = "text",          [T_TEXT] = "text, to the byte",
		[T_BOOL] = "true or false", [T_DOUBLE] = "number",
		[T_MS] = "milliseconds",   [T_STRS] = "text; may be repeated",
		[T_PRESENT] = "empty element", [T_FLOWVAR] = "a flow variable's name",
		[T_TEMPLATE] = "message template", [T_TEMPLATE_TEXT] = "message template, to the byte",
		[T_COND] = "condition",    [T_OWN] = "text", [T_LATER] = "",
	};
	if (f->type == T_ENUM) {
		struct buf b = buf_in(a);
		for (int i = 0; f->names[i]; i++)
			if (*f->names[i])
				buf_fmt(&b, "%s`%s`", b.n ? ", " : "", f->names[i]);
		return buf_str(&b);
	}
	if (f->type == T_UINT || f->type == T_INT) {
		if (f->min || (f->max && f->max != INT64_MAX))
			return str_fmt(a, "whole number, %lld to %lld", (long long)f->min, (long long)f->max);
		return S("whole number");
	}
	return str_from_z(kinds[f->type] ? kinds[f->type] : "text");
}

static void one_row(struct arena *a, struct buf *out, const char *prefix, const struct field *f)
{
	const char *path = strcmp(f->path, ".") ? f->path : "";
	bool joined = *prefix && *path;
	buf_fmt(out, "| `%s%s%s` | %.*s | %s%s%s | ", prefix, joined ? "/" : "", path, STR(kind_of(a, f)),
	        f->dflt ? "`" : "", f->dflt ? f->dflt : f->required ? "needed" : "", f->dflt ? "`" : "");
	if (f->type == T_LATER)
		buf_add(out, S("not supported yet: refused"));
	buf_fmt(out, "%s |\n", f->doc && f->type != T_LATER ? f->doc : "");
}

static void all_rows(struct arena *a, struct buf *out, const char *prefix, const struct field *fields, bool own);

static const char *below(struct arena *a, const char *prefix, const char *path)
{
	if (!strcmp(path, "."))
		return prefix;
	return str_z(a, str_fmt(a, "%s%s%s", prefix, *prefix ? "/" : "", path));
}

static void choice_rows(struct arena *a, struct buf *out, const char *prefix, const struct field *f, bool own)
{
	if (f->choices == assign_choices && !own) {
		buf_fmt(out, "| `%s` | `Set`, `Add`, `Copy`, `Remove`, `AssignVariable` | | as in [AssignMessage](assign_message.md) |\n",
		        *below(a, prefix, f->path) ? below(a, prefix, f->path) : ".");
		return;
	}
	for (const struct field_choice *c = f->choices; c->element; c++)
		all_rows(a, out, below(a, below(a, prefix, f->path), c->element), c->fields, own);
}

static void all_rows(struct arena *a, struct buf *out, const char *prefix, const struct field *fields, bool own)
{
	for (const struct field *f = fields; f->type != T_NONE; f++) {
		if (f->type == T_LINE || f->type == T_NOTE || f->type == T_IGNORED)
			continue;
		if (f->type == T_CHOICE)
			choice_rows(a, out, prefix, f, own);
		else if (f->type == T_GROUP || f->type == T_GROUPP || f->type == T_LIST)
			all_rows(a, out, below(a, prefix, f->path), f->sub, own);
		else
			one_row(a, out, prefix, f);
	}
}

/* printf's conversions stand for what is filled in. */
static bool told_already(const struct fault *faults, const struct fault *f)
{
	for (; faults < f; faults++)
		if (faults->status == f->status && strcmp(faults->code, f->code) == 0)
			return true;
	return false;
}

static void fault_rows(struct arena *a, struct buf *out, const struct fault *faults)
{
	if (!faults || !faults->code)
		return;
	buf_add(out, S("\n| Fault | Status | Text |\n| --- | --- | --- |\n"));
	for (const struct fault *f = faults; f->code; f++) {
		if (told_already(faults, f))
			continue;
		str text = str_replace(a, str_from_z(f->string ? f->string : ""), S("%.*s"), S("..."));
		text = str_replace(a, text, S("%s"), S("..."));
		buf_fmt(out, "| `%s` | %u | `%.*s` |\n", f->code, f->status, STR(text));
	}
}

static str table_of(struct arena *a, const struct policy *p)
{
	struct buf out = buf_in(a);
	buf_add(&out, begin);
	buf_add(&out, S("| Element or attribute | Value | Default | Meaning |\n| --- | --- | --- | --- |\n"));
	all_rows(a, &out, "", p->fields, !strcmp(p->element, "AssignMessage"));
	fault_rows(a, &out, p->faults);
	if (p->fault_prefix)
		buf_fmt(&out, "\nAfter a fault the variable `%s.NAME.failed` is true.\n", p->fault_prefix);
	buf_add(&out, end);
	return buf_str(&out);
}

/* ---- pages ---------------------------------------------------------------------------------- */

static str read_page(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return STR_NONE;
	struct buf b = buf_in(a);
	for (size_t n; (n = fread(buf_room(&b, 65536), 1, 65536, f)) > 0;)
		b.n += n;
	fclose(f);
	return buf_str(&b);
}

static bool write_page(const char *path, str text)
{
	FILE *f = fopen(path, "wb");
	bool ok = f && fwrite(text.p, 1, text.n, f) == text.n;
	return f && fclose(f) == 0 && ok;
}

static str renewed(struct arena *a, str page, str table)
{
	size_t from = str_find(page, begin), to = str_find(page, end);
	if (from == STR_NPOS || to == STR_NPOS || to < from)
		return STR_NONE;
	struct buf b = buf_in(a);
	buf_add(&b, str_sub(page, 0, from));
	buf_add(&b, table);
	buf_add(&b, str_sub(page, to + end.n, STR_NPOS));
	return buf_str(&b);
}

static bool one_page(struct arena *a, const char *folder, const struct page *p, bool write)
{
	const char *path = str_z(a, str_fmt(a, "%s/%s.md", folder, p->name));
	str page = read_page(a, path), table = table_of(a, p->policy);
	if (!str_given(page) && write)
		page = str_fmt(a, "# %s\n\n%.*s%.*s", p->policy->element, STR(begin), STR(end));
	str want = renewed(a, page, table);
	if (!str_given(want)) {
		fprintf(stderr, "%s: is missing, or lacks the two marks\n", path);
		return false;
	}
	if (str_eq(page, want) && str_given(read_page(a, path)))
		return true;
	if (write)
		return write_page(path, want);
	fprintf(stderr, "%s: is not what the field table says; run gendoc write %s\n", path, folder);
	return false;
}

int main(int argc, char **argv)
{
	if (argc != 3 || (strcmp(argv[1], "check") != 0 && strcmp(argv[1], "write") != 0)) {
		fputs("usage: gendoc check|write FOLDER\n", stderr);
		return 2;
	}
	bool good = true;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		struct arena *a = arena_create(0, 0);
		good &= one_page(a, argv[2], &pages[i], !strcmp(argv[1], "write"));
		arena_destroy(&a);
	}
	return good ? 0 : 1;
}
