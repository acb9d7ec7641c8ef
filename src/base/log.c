/* SPDX-License-Identifier: Apache-2.0 */
/* The log of base/log.h: each event is one write(2), so lines of many threads do not mix.
 * A line is JSON and at most LINE_MAX_BYTES: a text is cut, and a pair that does not fit whole is left out.
 * Source: house; RFC 8259 §7 for the escapes. */
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { LINE_MAX_BYTES = 2048, TEXT_MAX_BYTES = 1200 };

struct line {
	char p[LINE_MAX_BYTES + 8];
	size_t n;
	bool full;
};

static enum log_level least_level = LOG_INFO;
static const char *const words[] = { "debug", "info", "warn", "error" };

void log_set_level(enum log_level least) { least_level = least; }

static void put(struct line *l, const char *p, size_t n)
{
	l->full |= n > LINE_MAX_BYTES - l->n;
	if (l->full)
		return;
	memcpy(l->p + l->n, p, n);
	l->n += n;
}

static void put_quoted(struct line *l, str s)
{
	size_t end = l->n + TEXT_MAX_BYTES;
	put(l, "\"", 1);
	for (size_t i = 0; i < s.n && l->n < end && !l->full; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char esc[8];
		if (c == '"' || c == '\\')
			put(l, (char[]){ '\\', (char)c }, 2);
		else if (c < 0x20 || c >= 0x7f) /* also keeps a terminal safe */
			put(l, esc, (size_t)snprintf(esc, sizeof esc, "\\u%04x", c));
		else
			put(l, (char[]){ (char)c }, 1);
	}
	put(l, "\"", 1);
}

static void put_pair(struct line *l, const struct log_pair *pair)
{
	size_t before = l->n;
	char number[24];
	put(l, ",", 1);
	put_quoted(l, str_from_z(pair->key));
	put(l, ":", 1);
	if (pair->kind == LOG_TEXT)
		put_quoted(l, pair->text);
	else
		put(l, number,
		    (size_t)snprintf(number, sizeof number, "%lld", (long long)pair->number));
	if (l->full)
		l->n = before;
	l->full = false;
}

void log_write(enum log_level level, const char *event, const struct log_pair *pairs)
{
	struct line l = { .n = 0 };
	char start[64];
	if (level < least_level)
		return;
	put(&l, start,
	    (size_t)snprintf(start, sizeof start, "{\"ts_ms\":%lld,\"level\":\"%s\",\"event\":",
	                     (long long)clock_ms(), words[level]));
	put_quoted(&l, str_from_z(event));
	for (; pairs->key; pairs++)
		put_pair(&l, pairs);
	memcpy(l.p + l.n, "}\n", 2);
	if (write(STDERR_FILENO, l.p, l.n + 2) < 0)
		return; /* nowhere left to say it */
}
