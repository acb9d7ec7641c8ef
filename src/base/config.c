/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration reader of base/config.h.
 * A file is read to its end even after a problem, so that a person sees all of them at once.
 * Source: TOML 1.0, one line at a time. */
#include "base/config.h"

#include <string.h>

#include "base/map.h"

static const struct field *row_of(const struct field *fields, str key)
{
	for (const struct field *f = fields; f->type; f++)
		if (str_eq(key, str_from_z(f->path)))
			return f;
	return NULL;
}

static str known_keys(struct arena *a, const struct field *fields)
{
	struct buf b = buf_in(a);
	for (const struct field *f = fields; f->type; f++)
		buf_fmt(&b, "%s%s", b.n ? ", " : "", f->path);
	return buf_str(&b);
}

static err put_number(const struct field *f, str text, void *at, struct diag *d, unsigned line)
{
	int64_t n;
	if (!str_to_i64(text, &n) || ((f->min || f->max) && (n < f->min || n > f->max)) ||
	    (f->type == T_UINT && n < 0))
		return diag_add(d, ERR_SYNTAX, line,
		                "%s takes a whole number from %lld to %lld, not %.*s", f->path,
		                (long long)f->min, (long long)(f->max ? f->max : INT64_MAX),
		                STR(text));
	*(int64_t *)at = n; /* T_UINT has the same size, and n is not negative */
	return DONE;
}

/* text: without quotes. */
static err put(struct arena *a, const struct field *f, str text, void *out, struct diag *d,
               unsigned line)
{
	void *at = (char *)out + f->offset;
	switch (f->type) {
	case T_STR:
		*(str *)at = str_dup(a, text);
		return DONE;
	case T_BOOL:
		if (!str_eq(text, S("true")) && !str_eq(text, S("false")))
			return diag_add(d, ERR_SYNTAX, line, "%s takes true or false, not %.*s",
			                f->path, STR(text));
		*(bool *)at = text.p[0] == 't';
		return DONE;
	case T_INT:
	case T_UINT:
		return put_number(f, text, at, d, line);
	case T_ENUM:
		for (int i = 0; f->names[i]; i++)
			if (str_eq(text, str_from_z(f->names[i]))) {
				*(int *)at = i;
				return DONE;
			}
		return diag_add(d, ERR_SYNTAX, line, "%s does not know \"%.*s\"", f->path,
		                STR(text));
	case T_OWN:
		return f->read(a, f, text, at, d, line);
	default:
		must(!"a configuration holds no such field");
		return DONE;
	}
}

/* Cuts a "quoted" string off the front of *rest. */
static bool take_quoted(struct arena *a, str *rest, str *out)
{
	struct buf b = buf_in(a);
	if (!rest->n || rest->p[0] != '"')
		return false;
	for (size_t i = 1; i < rest->n; i++) {
		char c = rest->p[i];
		if (c == '"') {
			*rest = str_trim(str_sub(*rest, i + 1, STR_NPOS));
			*out = buf_str(&b);
			return true;
		}
		if (c == '\\' && i + 1 < rest->n &&
		    (rest->p[i + 1] == '"' || rest->p[i + 1] == '\\'))
			c = rest->p[++i];
		buf_char(&b, c);
	}
	return false;
}

err config_pairs_read(struct arena *a, const struct field *f, str text, void *at, struct diag *d,
                      unsigned line)
{
	struct config_pairs *pairs = at;
	str rest = str_trim(text), key, value;
	pairs->list.n = 0;
	if (rest.n < 2 || rest.p[0] != '{' || rest.p[rest.n - 1] != '}')
		return diag_add(d, ERR_SYNTAX, line, "%s takes { \"from\" = \"to\", ... }",
		                f->path);
	rest = str_trim(str_sub(rest, 1, rest.n - 1));
	while (rest.n) {
		bool ok = take_quoted(a, &rest, &key) && str_starts(rest, S("="));
		rest = str_trim(str_sub(rest, 1, STR_NPOS));
		if (!ok || !take_quoted(a, &rest, &value) || (rest.n && rest.p[0] != ','))
			return diag_add(d, ERR_SYNTAX, line, "%s takes { \"from\" = \"to\", ... }",
			                f->path);
		VEC_PUSH(a, &pairs->list, (struct config_pair){ key, value });
		rest = str_trim(str_sub(rest, 1, STR_NPOS));
	}
	return DONE;
}

/* Drops a comment: a '#' outside quotes. */
static str without_comment(str line)
{
	bool quoted = false;
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] == '"')
			quoted = !quoted;
		else if (line.p[i] == '\\' && quoted)
			i++; /* whatever it stands before is part of the text */
		else if (line.p[i] == '#' && !quoted)
			return str_sub(line, 0, i);
	}
	return line;
}

/* A file on its way through the reader. */
struct reading {
	struct arena *arena;
	const struct field *fields;
	void *out;
	struct map seen;
	struct diag *diag;
	unsigned line;
};

/* The field of a line's key; what is wrong with the key is a finding. */
static err key_take(struct reading *r, str key, const struct field **f)
{
	*f = row_of(r->fields, key);
	if (!*f)
		return diag_add(r->diag, ERR_SYNTAX, r->line, "unknown key %.*s; known keys: %.*s",
		                STR(key), STR(known_keys(r->arena, r->fields)));
	if (map_has(&r->seen, key))
		return diag_add(r->diag, ERR_SYNTAX, r->line, "%.*s stands here a second time",
		                STR(key));
	map_put(&r->seen, key, r->out);
	return DONE;
}

static err read_line(struct reading *r, str line)
{
	const struct field *f;
	str rest = str_trim(without_comment(line)), text;
	if (!rest.n)
		return DONE;
	size_t eq = str_find_char(rest, '=');
	str key = str_trim(str_sub(rest, 0, eq));
	if (eq == STR_NPOS || !key.n)
		return diag_add(r->diag, ERR_SYNTAX, r->line, "a line is: key = value");
	TRY(key_take(r, key, &f));
	rest = str_trim(str_sub(rest, eq + 1, STR_NPOS));
	bool quoted = rest.n && rest.p[0] == '"';
	if (quoted ? !take_quoted(r->arena, &rest, &text) || rest.n
	           : f->type == T_STR || f->type == T_ENUM)
		return diag_add(r->diag, ERR_SYNTAX, r->line, "%.*s takes a text in double quotes",
		                STR(key));
	return put(r->arena, f, quoted ? text : rest, r->out, r->diag, r->line);
}

err config_read(struct arena *a, str text, const struct field *fields, void *out, struct diag *d)
{
	struct reading r = {
		.arena = a, .fields = fields, .out = out, .seen = map_in(a), .diag = d
	};
	err first = DONE;
	for (str rest = text; str_given(rest);) {
		r.line++;
		err e = read_line(&r, str_cut(&rest, '\n'));
		if (!first.code)
			first = e;
	}
	return first;
}

err config_set(struct arena *a, str assignment, const struct field *fields, void *out,
               struct diag *d)
{
	size_t eq = str_find_char(assignment, '=');
	str key = str_trim(str_sub(assignment, 0, eq));
	if (eq == STR_NPOS)
		return diag_add(d, ERR_SYNTAX, 0, "--set takes KEY=VALUE, not %.*s",
		                STR(assignment));
	const struct field *f = row_of(fields, key);
	if (!f)
		return diag_add(d, ERR_SYNTAX, 0, "--set: unknown key %.*s; known keys: %.*s",
		                STR(key), STR(known_keys(a, fields)));
	str rest = str_trim(str_sub(assignment, eq + 1, STR_NPOS)), text;
	if (take_quoted(a, &rest, &text) && !rest.n)
		return put(a, f, text, out, d, 0);
	return put(a, f, str_trim(str_sub(assignment, eq + 1, STR_NPOS)), out, d, 0);
}

void config_defaults(struct arena *a, const struct field *fields, void *out)
{
	for (const struct field *f = fields; f->type; f++)
		if (f->dflt)
			must(put(a, f, str_from_z(f->dflt), out, NULL, 0).code == ERR_NONE);
}
