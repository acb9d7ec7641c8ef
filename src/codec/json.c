/* SPDX-License-Identifier: Apache-2.0 */
/* JSON in: a reader of our own that makes jansson's trees.
 * It goes no deeper and takes no more values than its bounds; a part of a tree is never handed out.
 * Source: RFC 8259; measured: jansson's reader took 100 instructions a byte, and lost a NUL. */
#include "codec/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/word.h"
#include "codec/utf8.h"

struct reader {
	struct arena *arena; /* of texts with escapes; NULL: none yet */
	const char *start, *at, *end;
	unsigned depth, values;
	enum err_code why;
	const char *what; /* is wrong at `at` */
};

static json_t *value(struct reader *r);

static bool bad(struct reader *r, enum err_code why, const char *what)
{
	r->why = why;
	r->what = what;
	return false;
}

static bool refuse(struct reader *r, const char *what) { return bad(r, ERR_SYNTAX, what); }

static json_t *none(struct reader *r, const char *what)
{
	refuse(r, what);
	return NULL;
}

/* Ends with the reading: a body's texts shall not count as its exchange's. */
static struct arena *own(struct reader *r)
{
	if (!r->arena)
		r->arena = arena_create(0, 0);
	return r->arena;
}

static char next(const struct reader *r) { return r->at < r->end ? *r->at : 0; }

/* The next character that is no white space. */
static char look(struct reader *r)
{
	while (r->at < r->end &&
	       (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
		r->at++;
	return next(r);
}

static bool took(struct reader *r, char c)
{
	if (look(r) != c)
		return false;
	r->at++;
	return true;
}

/* ---- texts ---- */

/* Up to a quote, a backslash or a control character; whether all of it is ASCII. */
static bool run(struct reader *r)
{
	uint64_t high = 0;
	for (; r->end - r->at >= 8; r->at += 8) {
		uint64_t w = word_at(r->at);
		if (word_is(w, '"') | word_is(w, '\\') | (~word_from(w, ' ') & ~w & WORD_TOPS))
			break;
		high |= w & WORD_TOPS;
	}
	while (r->at < r->end && *r->at != '"' && *r->at != '\\' && (unsigned char)*r->at >= ' ')
		high |= (unsigned char)*r->at++ & 0x80;
	return !high;
}

static bool four_digits(struct reader *r, uint32_t *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++, r->at++) {
		char c = next(r), low = (char)(c | 0x20);
		bool letter = low >= 'a' && low <= 'f';
		if (!letter && (c < '0' || c > '9'))
			return false;
		*out = *out << 4 | (uint32_t)(letter ? low - 'a' + 10 : c - '0');
	}
	return true;
}

/* Behind "\u": two of them make a character above U+FFFF. */
static bool unicode(struct reader *r, struct buf *out)
{
	uint32_t c, low;
	if (!four_digits(r, &c) || c == 0)
		return false;
	if (c >= 0xd800 && c < 0xdc00) {
		if (r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
			return false;
		r->at += 2;
		if (!four_digits(r, &low) || low < 0xdc00 || low > 0xdfff)
			return false;
		c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
	} else if (c >= 0xdc00 && c < 0xe000) {
		return false;
	}
	utf8_put(out, c);
	return true;
}

static bool escape(struct reader *r, struct buf *out)
{
	static const char letters[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	char c = next(r);
	const char *letter = c ? strchr(letters, c) : NULL;
	r->at += c != 0;
	if (c == 'u')
		return unicode(r, out);
	if (letter)
		buf_char(out, means[letter - letters]);
	return letter != NULL;
}

/* Behind the quote.  A slice of the text where it can be. */
static bool text(struct reader *r, str *out)
{
	struct buf b = { 0 };
	for (;;) {
		const char *from = r->at;
		bool ascii = run(r);
		str piece = str_from(from, (size_t)(r->at - from));
		char c = next(r);
		if (!ascii && !utf8_valid(piece))
			return refuse(r, "a text that is not UTF-8");
		if (c != '"' && c != '\\')
			return refuse(r, r->at < r->end ? "a control character in a text"
			                                : "a text that does not end");
		r->at++;
		if (c == '"' && !b.arena) {
			*out = piece;
			return true;
		}
		b.arena = own(r);
		buf_add(&b, piece);
		*out = buf_str(&b);
		if (c == '"')
			return true;
		if (!escape(r, &b))
			return refuse(r, "an escape that is none, or a NUL");
	}
}

static json_t *string(struct reader *r)
{
	str s;
	r->at++;
	return text(r, &s) ? json_stringn_nocheck(s.p, s.n) : NULL;
}

/* ---- numbers ---- */

static bool digits(struct reader *r)
{
	const char *from = r->at;
	while (next(r) >= '0' && next(r) <= '9')
		r->at++;
	return r->at > from;
}

static json_t *real(struct reader *r, str s)
{
	double d = strtod(str_z(own(r), s), NULL);
	return isfinite(d) ? json_real(d) : none(r, "a number that is too large");
}

static json_t *number(struct reader *r)
{
	const char *from = r->at;
	int64_t n;
	r->at += next(r) == '-';
	bool zero = next(r) == '0', whole = true, good = digits(r);
	good &= !zero || r->at - from == 1 + (*from == '-');
	if (good && next(r) == '.') {
		r->at++;
		whole = false;
		good = digits(r);
	}
	if (good && (next(r) == 'e' || next(r) == 'E')) {
		r->at++;
		r->at += next(r) == '+' || next(r) == '-';
		whole = false;
		good = digits(r);
	}
	str s = str_from(from, (size_t)(r->at - from));
	if (!good)
		return none(r, "a number that is none");
	if (!whole)
		return real(r, s);
	return str_to_i64(s, &n) ? json_integer(n) : none(r, "a number that is too large");
}

/* ---- values ---- */

/* Whether another one may begin, in a list that is open. */
static bool room(struct reader *r)
{
	return ++r->values <= JSON_VALUES_MAX || bad(r, ERR_LIMIT, "too many values");
}

static bool member(struct reader *r, json_t *object)
{
	str name;
	size_t before = json_object_size(object);
	if (look(r) != '"')
		return refuse(r, "a member's name is missing");
	const char *at = r->at++;
	if (!text(r, &name))
		return false;
	if (!took(r, ':'))
		return refuse(r, "a colon is missing");
	json_t *v = value(r);
	if (!v)
		return false;
	must(json_object_setn_new_nocheck(object, name.p, name.n, v) == 0);
	if (json_object_size(object) > before)
		return true;
	r->at = at;
	return refuse(r, "a name stands twice");
}

static bool item(struct reader *r, json_t *array)
{
	json_t *v = value(r);
	return v && json_array_append_new(array, v) == 0;
}

/* Behind the bracket. */
static bool filled(struct reader *r, json_t *v, bool (*one)(struct reader *, json_t *), char close)
{
	if (++r->depth > JSON_DEPTH_MAX)
		return bad(r, ERR_LIMIT, "nested too deep");
	if (!took(r, close)) {
		do
			if (!room(r) || !one(r, v))
				return false;
		while (took(r, ','));
		if (!took(r, close))
			return refuse(r, "a comma or the closing bracket is missing");
	}
	r->depth--;
	return true;
}

static json_t *list(struct reader *r, bool object)
{
	json_t *v = object ? json_object() : json_array();
	r->at++;
	if (filled(r, v, object ? member : item, object ? '}' : ']'))
		return v;
	json_decref(v);
	return NULL;
}

static json_t *word(struct reader *r, str name, json_t *v)
{
	if (!str_starts(str_from(r->at, (size_t)(r->end - r->at)), name))
		return none(r, "a value is missing");
	r->at += name.n;
	return v;
}

static json_t *value(struct reader *r)
{
	char c = look(r);
	switch (c) {
	case '{':
		return list(r, true);
	case '[':
		return list(r, false);
	case '"':
		return string(r);
	case 't':
		return word(r, S("true"), json_true());
	case 'f':
		return word(r, S("false"), json_false());
	case 'n':
		return word(r, S("null"), json_null());
	default:
		return c == '-' || (c >= '0' && c <= '9') ? number(r)
		                                          : none(r, "a value is missing");
	}
}

static void release(void *root) { json_decref(root); }

/* Characters are counted, not bytes, as an editor does. */
static err say(const struct reader *r, struct diag *diag)
{
	unsigned line = 1;
	const char *from = r->start;
	for (const char *p = r->start; p < r->at; p++)
		if (*p == '\n') {
			line++;
			from = p + 1;
		}
	return diag_add(diag, r->why, line, "JSON, column %zu: %s",
	                utf8_count(str_from(from, (size_t)(r->at - from))) + 1, r->what);
}

err json_read(struct arena *a, str text, struct diag *diag, json_t **out)
{
	const char *start = text.n ? text.p : "";
	struct reader r = { .start = start, .at = start, .end = start + text.n };
	json_t *root = value(&r);
	if (root && (look(&r) || r.at < r.end)) {
		json_decref(root);
		root = none(&r, "something follows the value");
	}
	arena_destroy(&r.arena);
	if (!root) {
		must(r.what); /* else there is no memory */
		return say(&r, diag);
	}
	arena_defer(a, release, root);
	*out = root;
	return DONE;
}

str json_text(const json_t *v)
{
	return json_is_string(v) ? str_from(json_string_value(v), json_string_length(v)) : STR_NONE;
}

str json_member_str(const json_t *object, const char *key)
{
	return json_text(json_object_get(object, key));
}
