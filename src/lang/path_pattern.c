/* SPDX-License-Identifier: Apache-2.0 */
/* Path patterns of lang/path_pattern.h: a row of items, a fast walk, and an exact one behind it.
 * The fast walk (one way back for each kind of wildcard) is given a budget; past it a table of
 * positions decides, so that no pattern costs more than its length times the path's.
 * Source: Apigee, "Pattern matching in conditions". */
#include "lang/path_pattern.h"

#include <string.h>

/* Items above the 256 characters. */
enum {
	PART = 256, /* any characters but '/', also none */
	ELEMENT,    /* any characters but '/', at least one */
	ANY,        /* any characters, also none */
};

struct path_pattern {
	size_t n, prefix; /* items; how many of them at the start are characters */
	bool root; /* PATH_ELEMENTS "/": also the empty path; PATH_RESOURCE "/": everything */
	enum path_style style;
	char literal[PATH_PATTERN_MAX]; /* the prefix, for memcmp */
	uint16_t items[PATH_PATTERN_MAX];
};

/* A star that fills its whole element stands for exactly one, so it is not empty. */
static bool fills_element(str p, size_t from, size_t to)
{
	return (from == 0 || p.p[from - 1] == '/') && (to == p.n || p.p[to] == '/');
}

static size_t star(enum path_style style, str p, size_t i, uint16_t *item)
{
	bool two = i + 1 < p.n && p.p[i + 1] == '*';
	if (style == PATH_GLOB) {
		*item = ANY;
		return i + 1;
	}
	bool rest = two && (style == PATH_ELEMENTS || i + 2 == p.n);
	*item = rest ? ANY : fills_element(p, i, i + 1) ? ELEMENT : PART;
	return i + (rest ? 2 : 1);
}

/* "{name}" as an item; an unclosed brace, or one round a slash, is a character. */
static size_t braces(str p, size_t i, uint16_t *item)
{
	size_t end = str_find_char(str_sub(p, i, STR_NPOS), '}');
	size_t slash = str_find_char(str_sub(p, i, STR_NPOS), '/');
	if (end == STR_NPOS || slash < end) {
		*item = '{';
		return i + 1;
	}
	*item = ELEMENT;
	return i + end + 1;
}

static void compile(struct path_pattern *out, enum path_style style, str p)
{
	out->style = style;
	out->root = style != PATH_GLOB && str_eq(p, S("/"));
	out->n = out->prefix = 0;
	for (size_t i = 0; i < p.n;) {
		uint16_t item = (unsigned char)p.p[i];
		if (item == '*')
			i = star(style, p, i, &item);
		else if (item == '{' && style == PATH_ELEMENTS)
			i = braces(p, i, &item);
		else if (item == '%' && style != PATH_RESOURCE && i + 1 < p.n)
			item = (unsigned char)p.p[i + 1], i += 2;
		else
			i++;
		if (item < 256 && out->prefix == out->n)
			out->literal[out->prefix++] = (char)item;
		if (item != ANY || !out->n || out->items[out->n - 1] != ANY)
			out->items[out->n++] = item;
	}
}

static bool takes(uint16_t item, char c)
{
	return item >= ANY || (item >= PART ? c != '/' : item == (unsigned char)c);
}

/* Every pair of (path position, item) once: reach[k] says the first k items match what was read. */
static bool matches_by_table(const struct path_pattern *p, str path)
{
	bool reach[PATH_PATTERN_MAX + 1] = { [0] = true };
	for (size_t k = 0; k < p->n && (p->items[k] == ANY || p->items[k] == PART); k++)
		reach[k + 1] = true;
	for (size_t i = 0; i < path.n; i++) {
		bool before = reach[0]; /* reach[k] as it was before this character */
		reach[0] = false;
		for (size_t k = 0; k < p->n; k++) {
			uint16_t item = p->items[k];
			bool old = reach[k + 1], took = takes(item, path.p[i]);
			bool stays = item >= PART && old && took,
			     empty = item == ANY || item == PART;
			reach[k + 1] = (before && took) || stays || (empty && reach[k]);
			before = old;
		}
	}
	return reach[p->n];
}

struct way_back {
	bool set;
	size_t item, at; /* go on with this item, at this place of the path */
};

static bool matches_from(const struct path_pattern *p, size_t k, str path, size_t i)
{
	struct way_back any = { 0 }, part = { 0 };
	for (size_t budget = 4 * (p->n + path.n) + 64; budget; budget--) {
		uint16_t item = k < p->n ? p->items[k] : 0;
		if (k == p->n && i == path.n)
			return true;
		if (k < p->n && item == ANY) {
			if (k + 1 == p->n)
				return true;
			any = (struct way_back){ true, ++k, i };
			part.set = false;
		} else if (k < p->n && item >= PART &&
		           (item == PART || (i < path.n && path.p[i] != '/'))) {
			i += item == ELEMENT;
			part = (struct way_back){ true, ++k, i };
		} else if (k < p->n && item < PART && i < path.n &&
		           item == (unsigned char)path.p[i]) {
			k++, i++;
		} else if (part.set && part.at < path.n && path.p[part.at] != '/') {
			i = ++part.at, k = part.item;
		} else if (any.set && any.at < path.n) {
			i = ++any.at, k = any.item;
			part.set = false;
		} else {
			return false;
		}
	}
	return matches_by_table(p, path);
}

bool path_pattern_matches(const struct path_pattern *p, str path)
{
	if (p->root && (path.n == 0 || p->style == PATH_RESOURCE))
		return true;
	if (path.n < p->prefix || (p->prefix && memcmp(path.p, p->literal, p->prefix) != 0))
		return false;
	if (p->prefix == p->n)
		return path.n == p->n;
	return matches_from(p, p->prefix, path, p->prefix);
}

err path_pattern_compile(struct arena *a, enum path_style style, str pattern,
                         struct path_pattern **out)
{
	if (pattern.n > PATH_PATTERN_MAX)
		return FAIL(ERR_LIMIT);
	struct path_pattern *p = arena_alloc(a, sizeof *p, _Alignof(struct path_pattern));
	compile(p, style, pattern);
	*out = p;
	return DONE;
}

static bool once(enum path_style style, str pattern, str path)
{
	struct path_pattern p;
	if (pattern.n > PATH_PATTERN_MAX)
		return false;
	compile(&p, style, pattern);
	return path_pattern_matches(&p, path);
}

bool path_matches(str pattern, str path) { return once(PATH_ELEMENTS, pattern, path); }
bool glob_matches(str pattern, str text) { return once(PATH_GLOB, pattern, text); }
bool resource_matches(str pattern, str path) { return once(PATH_RESOURCE, pattern, path); }
