/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions of lang/regex.h on PCRE2's interpreter.
 * JIT stays off: its limits are looser, and it needs pages that are writable and executable.
 * Source: java.util.regex.Pattern; pcre2api(3), pcre2matching(3). */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "lang/regex.h"

#include <pcre2.h>
#include <string.h>

#include "base/clock.h"
#include "codec/utf8.h"

enum {
	PATTERN_MAX = 8192,
	GROUPS_DEEP = 50,
	HEAP_KIB = 8192,
	STARTS = 16,     /* a search looks at the clock after so many starting places, ... */
	SEARCH_MS = 100, /* ... and gives up after so long: its cost is the text's choice  */
	OUTPUT_MAX = 16 << 20,
};

struct regex {
	pcre2_code *code;
	pcre2_match_context *limits;
};

static void release(void *ptr)
{
	struct regex *r = ptr;
	pcre2_code_free(r->code);
	pcre2_match_context_free(r->limits);
}

err regex_compile(struct arena *a, str pattern, struct diag *diag, unsigned line,
                  struct regex **out)
{
	/* Java: dot stops at any line end, \d and \w are ASCII, \uXXXX is a character */
	uint32_t options =
		PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_ALT_BSUX | PCRE2_USE_OFFSET_LIMIT;
	int code = 0;
	PCRE2_SIZE at = 0;
	if (pattern.n > PATTERN_MAX)
		return diag_add(diag, ERR_LIMIT, line, "a regular expression of more than %d bytes",
		                PATTERN_MAX);
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	must(context);
	pcre2_set_newline(context, PCRE2_NEWLINE_ANY);
	pcre2_set_parens_nest_limit(context, GROUPS_DEEP);
	struct regex *r = arena_new(a, struct regex);
	PCRE2_SPTR p = (PCRE2_SPTR)(pattern.n ? pattern.p : "");
	r->code = pcre2_compile(p, pattern.n, options, &code, &at, context);
	pcre2_compile_context_free(context);
	if (!r->code) {
		char why[256];
		pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof why);
		return diag_add(diag, ERR_SYNTAX, line,
		                "regular expression \"%.*s\", column %zu: %s", STR(pattern), at + 1,
		                why);
	}
	r->limits = pcre2_match_context_create(NULL);
	must(r->limits);
	pcre2_set_match_limit(r->limits, REGEX_MATCH_LIMIT);
	pcre2_set_heap_limit(r->limits, HEAP_KIB);
	arena_defer(a, release, r);
	*out = r;
	return DONE;
}

/* A text being matched; PCRE2 is handed valid UTF-8 of the same length, so offsets agree. */
struct search {
	const struct regex *regex;
	str text;
	struct arena *scratch; /* NULL if the text was valid */
	pcre2_match_data *data;
	pcre2_match_context *limits; /* a copy, for the offset limit; NULL if the text is short */
	int64_t stop_ns;
};

static void search_begin(struct search *s, const struct regex *r, str text)
{
	*s = (struct search){ .regex = r, .text = text };
	if (!text.n)
		s->text = S("");
	if (!utf8_valid(text)) {
		s->scratch = arena_create(text.n + 64, 0);
		char *p = arena_alloc(s->scratch, text.n, 1);
		for (size_t i = 0, len; i < text.n; i += len ? len : 1) {
			len = utf8_sequence(text, i);
			if (len)
				memcpy(p + i, text.p + i, len);
			else
				p[i] = 0x1a; /* SUBSTITUTE, which no pattern asks for */
		}
		s->text = str_from(p, text.n);
	}
	s->data = pcre2_match_data_create_from_pattern(r->code, NULL);
	must(s->data);
	s->stop_ns = clock_mono_ns() + (int64_t)SEARCH_MS * 1000000;
}

static void search_end(struct search *s)
{
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->limits);
	arena_destroy(&s->scratch);
}

static int match(struct search *s, size_t from, uint32_t options, pcre2_match_context *limits)
{
	return pcre2_match(s->regex->code, (PCRE2_SPTR)s->text.p, s->text.n, from,
	                   options | PCRE2_NO_UTF_CHECK, s->data, limits);
}

/* The first match that starts at or after `from`.  The match limit counts anew at every starting
 * place, so a long text is searched a few places at a time, with a look at the clock between. */
static bool search_next(struct search *s, size_t from)
{
	if (s->text.n - from <= STARTS)
		return match(s, from, 0, s->regex->limits) > 0;
	if (!s->limits)
		s->limits = pcre2_match_context_copy(s->regex->limits);
	must(s->limits);
	int64_t now = clock_mono_ns();
	for (size_t starts = STARTS; from <= s->text.n; starts *= 2) {
		size_t last = s->text.n - from > starts ? from + starts : s->text.n;
		pcre2_set_offset_limit(s->limits, last);
		int found = match(s, from, 0, s->limits);
		if (found != PCRE2_ERROR_NOMATCH)
			return found > 0;
		int64_t then = now;
		now = clock_mono_ns();
		if (now > s->stop_ns)
			return false;
		if (now - then > 1000000)
			starts = STARTS / 2;
		for (from = last + 1; from < s->text.n && (s->text.p[from] & 0xc0) == 0x80;)
			from++;
	}
	return false;
}

bool regex_matches(const struct regex *r, str text)
{
	struct search s;
	search_begin(&s, r, text);
	bool yes = match(&s, 0, PCRE2_ANCHORED | PCRE2_ENDANCHORED, r->limits) > 0;
	search_end(&s);
	return yes;
}

static str group(const struct search *s, str text, uint32_t number)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(s->data);
	if (number >= pcre2_get_ovector_count(s->data) || at[2 * number] == PCRE2_UNSET)
		return S("");
	return str_sub(text, at[2 * number], at[2 * number + 1]);
}

/* Java: "$12" is group 12 if there are so many, else group 1 and a "2". */
static size_t group_number(const struct search *s, str with, size_t i, uint32_t *number)
{
	*number = (uint32_t)(with.p[i++] - '0');
	while (i < with.n && with.p[i] >= '0' && with.p[i] <= '9') {
		uint32_t more = *number * 10 + (uint32_t)(with.p[i] - '0');
		if (more >= pcre2_get_ovector_count(s->data))
			break;
		*number = more;
		i++;
	}
	return i;
}

static size_t named_group(const struct search *s, str with, size_t i, uint32_t *number)
{
	char name[64];
	size_t end = str_find_char(str_sub(with, i, STR_NPOS), '}');
	if (end == STR_NPOS || end >= sizeof name)
		return 0;
	memcpy(name, with.p + i, end);
	name[end] = 0;
	int found = pcre2_substring_number_from_name(s->regex->code, (PCRE2_SPTR)name);
	*number = found > 0 ? (uint32_t)found : 0;
	return found > 0 ? i + end + 1 : 0;
}

/* What java.util.regex would throw for (an unknown group, a lone "$") stays text. */
static void expand(struct buf *b, const struct search *s, str text, str with)
{
	for (size_t i = 0; i < with.n;) {
		uint32_t number;
		size_t next = 0;
		if (with.p[i] == '$' && i + 1 < with.n && with.p[i + 1] >= '0' &&
		    with.p[i + 1] <= '9')
			next = group_number(s, with, i + 1, &number);
		else if (with.p[i] == '$' && i + 1 < with.n && with.p[i + 1] == '{')
			next = named_group(s, with, i + 2, &number);
		else if (with.p[i] == '\\' && i + 1 < with.n)
			i++;
		if (next)
			buf_add(b, group(s, text, number));
		else
			buf_char(b, with.p[i++]);
		i = next ? next : i;
	}
}

static str replaced(struct arena *a, struct search *s, str text, str with, bool all)
{
	struct buf b = buf_in(a);
	size_t done = 0, from = 0;
	while (from <= text.n && search_next(s, from)) {
		const PCRE2_SIZE *at = pcre2_get_ovector_pointer(s->data);
		/* \K in a look-around, which Java has not: no progress */
		if (at[0] < done || at[1] < at[0])
			break;
		buf_add(&b, str_sub(text, done, at[0]));
		expand(&b, s, text, with);
		done = from = at[1];
		if (b.n > OUTPUT_MAX)
			return text;
		if (at[0] == at[1] && from < text.n)
			from += utf8_sequence(s->text, from);
		else if (at[0] == at[1])
			break;
		if (!all)
			break;
	}
	buf_add(&b, str_sub(text, done, STR_NPOS));
	return buf_str(&b);
}

str regex_replace(struct arena *a, const struct regex *r, str text, str with, bool all)
{
	struct search s;
	search_begin(&s, r, text);
	str out = replaced(a, &s, text, with, all);
	search_end(&s);
	return out;
}
