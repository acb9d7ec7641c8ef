/* SPDX-License-Identifier: Apache-2.0 */
/* The shared words of the schema in a database's own: TEXT, BIGINT, BYTEA, and how a table ends.
 * Only whole upper-case words outside comments change; nothing else of a schema differs.
 * Source: house (docs/why/one_sql_text.md). */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "store/driver.h"

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

static const char *translate(const struct dialect *d, str word)
{
	if (str_eq(word, S("TEXT")))
		return d->text;
	if (str_eq(word, S("BIGINT")))
		return d->integer;
	return str_eq(word, S("BYTEA")) ? d->bytes : NULL;
}

static const char *skip_comment(const char *p)
{
	while (p[0] == '-' && p[1] == '-')
		p = strchr(p, '\n') + 1; /* a schema ends with a new line */
	return p;
}

const char *dialect_sql(struct arena *a, const struct dialect *d, const char *sql)
{
	struct buf out = buf_in(a);
	bool table = false;
	str before = STR_NONE; /* the word before */
	for (const char *p = sql; *(p = skip_comment(p));) {
		size_t n = 0;
		while (is_word(p[n]))
			n++;
		if (!n) {
			if (*p == ';' && table)
				buf_add(&out, str_from_z(d->table_end));
			table = table && *p != ';';
			buf_char(&out, *p++);
			continue;
		}
		str word = str_from(p, n);
		const char *own = translate(d, word);
		table = table || (str_eq(word, S("TABLE")) && str_eq(before, S("CREATE")));
		buf_add(&out, own ? str_from_z(own) : word);
		before = word;
		p += n;
	}
	return str_z(a, buf_str(&out));
}
