/* SPDX-License-Identifier: Apache-2.0 */
/* JSON out: compact, or spaced as Apigee's management server (Jackson's default printer) does.
 * What is written is valid JSON whatever the strings hold: bytes that are no UTF-8 become U+FFFD.
 * Source: RFC 8259 §7, §8.1; the app profile in Apigee's documents. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "codec/json.h"
#include "codec/utf8.h"

struct json_writer json_to(struct buf *out, bool pretty)
{
	return (struct json_writer){ .out = out, .pretty = pretty };
}

static void indent(struct json_writer *w)
{
	buf_char(w->out, '\n');
	for (unsigned i = 0; i < w->depth; i++)
		buf_add(w->out, S("  "));
}

/* What stands before a value: nothing after a key and at the root, else an array's separator. */
static void before_value(struct json_writer *w)
{
	if (w->keyed)
		w->keyed = false;
	else if (w->open && w->more)
		buf_add(w->out, w->pretty ? S(", ") : S(","));
	else if (w->open && w->pretty)
		buf_char(w->out, ' ');
	w->more = true;
}

void json_open(struct json_writer *w, char bracket)
{
	before_value(w);
	buf_char(w->out, bracket);
	w->open++;
	w->depth += bracket == '{';
	w->more = false;
}

void json_close(struct json_writer *w, char bracket)
{
	must(w->open && (bracket == '}' || bracket == ']'));
	w->open--;
	w->depth -= bracket == '}';
	if (w->pretty && bracket == '}' && w->more)
		indent(w);
	else if (w->pretty)
		buf_char(w->out, ' ');
	buf_char(w->out, bracket);
	w->more = true;
}

static void escape_char(struct buf *b, unsigned char c)
{
	static const char words[] = "\bb\ff\nn\rr\tt\"\"\\\\//";
	for (const char *w = words; *w; w += 2) {
		if ((unsigned char)*w == c) {
			buf_add(b, (str){ (char[]){ '\\', w[1] }, 2 });
			return;
		}
	}
	buf_fmt(b, "\\u%04X", c);
}

static void escape_into(struct buf *b, str s, bool slashes)
{
	size_t from = 0;
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t len = c < 0x80 ? 1 : utf8_sequence(s, i);
		bool plain = len && c >= 0x20 && c != '"' && c != '\\' && !(slashes && c == '/');
		if (plain) {
			i += len;
			continue;
		}
		buf_add(b, str_sub(s, from, i));
		if (len)
			escape_char(b, c);
		else
			buf_add(b, S("\xef\xbf\xbd"));
		from = ++i;
	}
	buf_add(b, str_sub(s, from, s.n));
}

str json_escape(struct arena *a, str s, bool slashes)
{
	struct buf b = buf_in(a);
	escape_into(&b, s, slashes);
	return buf_str(&b);
}

static void quoted(struct json_writer *w, str s)
{
	buf_char(w->out, '"');
	escape_into(w->out, s, false);
	buf_char(w->out, '"');
}

void json_key(struct json_writer *w, str key)
{
	if (w->more)
		buf_char(w->out, ',');
	if (w->pretty)
		indent(w);
	quoted(w, key);
	buf_add(w->out, w->pretty ? S(" : ") : S(":"));
	w->keyed = true;
}

void json_str(struct json_writer *w, str value)
{
	if (!str_given(value)) {
		json_nil(w);
		return;
	}
	before_value(w);
	quoted(w, value);
}

void json_int(struct json_writer *w, int64_t value)
{
	before_value(w);
	buf_fmt(w->out, "%lld", (long long)value);
}

void json_bool(struct json_writer *w, bool value)
{
	before_value(w);
	buf_add(w->out, value ? S("true") : S("false"));
}

void json_nil(struct json_writer *w)
{
	before_value(w);
	buf_add(w->out, S("null"));
}

str json_double_text(double d, char out[JSON_DOUBLE_MAX])
{
	char e[32], digits[20] = { 0 };
	int precision = 0;
	if (!isfinite(d))
		return isnan(d) ? S("NaN") : d > 0 ? S("Infinity") : S("-Infinity");
	do
		snprintf(e, sizeof e, "%.*e", precision, d);
	while (strtod(e, NULL) != d && ++precision < 17);

	bool minus = e[0] == '-';
	digits[0] = e[minus];
	if (precision > 0)
		memcpy(digits + 1, e + minus + 2, (size_t)precision);
	else
		digits[1] = '0';
	int exponent = (int)strtol(strchr(e, 'e') + 1, NULL, 10);
	int n;
	if (d == 0 || (fabs(d) >= 1e-3 && fabs(d) < 1e7)) {
		int decimals = precision - exponent;
		n = snprintf(out, JSON_DOUBLE_MAX, "%.*f", decimals > 0 ? decimals : 1, d);
	} else {
		n = snprintf(out, JSON_DOUBLE_MAX, "%s%c.%sE%d", minus ? "-" : "", digits[0],
		             digits + 1, exponent);
	}
	return str_from(out, (size_t)n);
}

void json_double(struct json_writer *w, double value)
{
	char text[JSON_DOUBLE_MAX];
	if (!isfinite(value)) {
		json_nil(w);
		return;
	}
	before_value(w);
	buf_add(w->out, json_double_text(value, text));
}

static void container(struct json_writer *w, const json_t *v)
{
	if (json_is_array(v)) {
		json_open(w, '[');
		for (size_t i = 0; i < json_array_size(v); i++)
			json_tree(w, json_array_get(v, i));
		json_close(w, ']');
		return;
	}
	json_open(w, '{');
	void *it = json_object_iter((json_t *)(uintptr_t)v);
	for (; it; it = json_object_iter_next((json_t *)(uintptr_t)v, it)) {
		json_key(w, str_from_z(json_object_iter_key(it)));
		json_tree(w, json_object_iter_value(it));
	}
	json_close(w, '}');
}

void json_tree(struct json_writer *w, const json_t *v)
{
	/* what json_read let in, within what the caller opened */
	must(w->open <= 2 * JSON_DEPTH_MAX);
	switch (json_typeof(v)) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		container(w, v);
		break;
	case JSON_STRING:
		json_str(w, json_text(v));
		break;
	case JSON_INTEGER:
		json_int(w, json_integer_value(v));
		break;
	case JSON_REAL:
		json_double(w, json_real_value(v));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		json_bool(w, json_is_true(v));
		break;
	case JSON_NULL:
		json_nil(w);
		break;
	}
}

/* ---- pairs ---- */

void json_pair_str(struct json_writer *w, const char *key, str value)
{
	json_key(w, str_from_z(key));
	json_str(w, value);
}

void json_pair_given(struct json_writer *w, const char *key, str value)
{
	if (str_given(value))
		json_pair_str(w, key, value);
}

void json_pair_int(struct json_writer *w, const char *key, int64_t value)
{
	json_key(w, str_from_z(key));
	json_int(w, value);
}

void json_pair_bool(struct json_writer *w, const char *key, bool value)
{
	json_key(w, str_from_z(key));
	json_bool(w, value);
}

void json_pair_strs(struct json_writer *w, const char *key, const struct strs *list)
{
	json_key(w, str_from_z(key));
	json_open(w, '[');
	for (size_t i = 0; i < list->n; i++)
		json_str(w, list->v[i]);
	json_close(w, ']');
}
