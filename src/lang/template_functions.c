/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of message templates: a row each.
 * An input that a function cannot use gives "", as Apigee's do; none fails at run time.
 * Source: Apigee, "Message templates", function reference. */
#include <string.h>

#include "base/rand.h"
#include "codec/base64.h"
#include "codec/digest.h"
#include "codec/json.h"
#include "codec/utf8.h"
#include "codec/xml.h"
#include "lang/regex.h"
#include "lang/template_code.h"

static str hash_hex(struct arena *a, const struct call *c, const struct input *in)
{
	str out;
	return digest(a, c->fn->word, in[0].text, &out).code ? S("") : str_hex(a, out);
}

static str hash_base64(struct arena *a, const struct call *c, const struct input *in)
{
	str out;
	return digest(a, c->fn->word, in[0].text, &out).code ? S("") : base64_write(a, out);
}

static bool is_hex(str encoding)
{
	return str_ieq(encoding, S("hex")) || str_ieq(encoding, S("base16"));
}

static err key_bytes(struct arena *a, str key, str encoding, str *out)
{
	if (is_hex(encoding))
		return hex_read(a, key, out);
	if (str_ieq(encoding, S("base64")))
		return base64_read(a, key, out);
	*out = key;
	return str_ieq(encoding, S("utf-8")) ? DONE : FAIL(ERR_SYNTAX);
}

static str hmac(struct arena *a, const struct call *c, const struct input *in)
{
	str encoding = c->n > 2 ? in[2].text : S("utf-8"), as = c->n > 3 ? in[3].text : S("base64");
	str key, out;
	if (key_bytes(a, in[0].text, encoding, &key).code ||
	    digest_hmac(a, c->fn->word, key, in[1].text, &out).code)
		return S("");
	return is_hex(as)                 ? str_hex(a, out)
	       : str_ieq(as, S("base64")) ? base64_write(a, out)
	                                  : S("");
}

static str encode_base64(struct arena *a, const struct call *c, const struct input *in)
{
	(void)c;
	return base64_write(a, in[0].text);
}

static str decode_base64(struct arena *a, const struct call *c, const struct input *in)
{
	str out;
	(void)c;
	return base64_read(a, in[0].text, &out).code ? S("") : out;
}

static str to_upper(struct arena *a, const struct call *c, const struct input *in)
{
	(void)c;
	return str_upper(a, in[0].text);
}

static str to_lower(struct arena *a, const struct call *c, const struct input *in)
{
	(void)c;
	return str_lower(a, in[0].text);
}

/* Characters to bytes: a negative index counts from the end, and both ends are clamped. */
static size_t offset(str s, int64_t index)
{
	int64_t count = (int64_t)utf8_count(s);
	size_t at = 0;
	index = index < 0 ? index + count : index;
	for (int64_t i = 0; i < index && at < s.n; i++)
		utf8_take(s, &at);
	return at;
}

static str substring(struct arena *a, const struct call *c, const struct input *in)
{
	int64_t from, to = INT64_MAX;
	(void)a;
	if (!str_to_i64(in[1].text, &from) || (c->n > 2 && !str_to_i64(in[2].text, &to)))
		return S("");
	return str_sub(in[0].text, offset(in[0].text, from), offset(in[0].text, to));
}

static err replace_prepare(struct binder *b, unsigned line, struct call *c)
{
	struct regex *regex;
	if (c->args[1].var)
		return DONE;
	TRY(regex_compile(b->arena, c->args[1].text, b->diag, line, &regex));
	c->prepared = regex;
	return DONE;
}

static str replace(struct arena *a, const struct call *c, const struct input *in)
{
	struct diag unseen = { .arena = a };
	struct regex *made;
	const struct regex *regex = c->prepared;
	if (!regex) {
		if (regex_compile(a, in[1].text, &unseen, 0, &made).code)
			return S("");
		regex = made;
	}
	return regex_replace(a, regex, in[0].text, in[2].text,
	                     strcmp(c->fn->name, "replaceAll") == 0);
}

static str escape_json(struct arena *a, const struct call *c, const struct input *in)
{
	(void)c;
	return json_escape(a, in[0].text, false);
}

/* Control characters: XML 1.0 has no way to write most, XML 1.1 writes them as references. */
static bool xml_control(struct buf *b, uint32_t ch, bool version_11)
{
	bool c0 = ch < 0x20 && ch != 9 && ch != 10 && ch != 13;
	bool c1 = ch >= 0x7f && ch <= 0x9f && ch != 0x85;
	if (c1 || (c0 && version_11 && ch != 0))
		buf_fmt(b, "&#%u;", ch);
	return c0 || c1 || ch == 0xfffe || ch == 0xffff;
}

static str escape_xml_as(struct arena *a, str s, bool version_11)
{
	struct buf b = buf_in(a);
	s = xml_escape(a, s);
	for (size_t i = 0; i < s.n;) {
		size_t from = i;
		if (!xml_control(&b, utf8_take(s, &i), version_11))
			buf_add(&b, str_sub(s, from, i));
	}
	return buf_str(&b);
}

static str escape_xml(struct arena *a, const struct call *c, const struct input *in)
{
	return escape_xml_as(a, in[0].text, strcmp(c->fn->name, "escapeXML11") == 0);
}

static str encode_html(struct arena *a, const struct call *c, const struct input *in)
{
	(void)c;
	return str_replace(a, xml_escape(a, in[0].text), S("&apos;"), S("&#39;"));
}

static str create_uuid(struct arena *a, const struct call *c, const struct input *in)
{
	(void)c, (void)in;
	return rand_uuid(a);
}

static str random_long(struct arena *a, const struct call *c, const struct input *in)
{
	int64_t min = 0, max = INT64_MAX;
	if ((c->n > 0 && !str_to_i64(in[0].text, &min)) ||
	    (c->n > 1 && !str_to_i64(in[1].text, &max)) || max < min)
		return S("");
	uint64_t span = (uint64_t)max - (uint64_t)min + 1, r;
	if (span == 0)
		rand_bytes(&r, sizeof r);
	else
		r = rand_below(span);
	int64_t number = (int64_t)((uint64_t)min + r);
	return str_fmt(a, "%lld", (long long)number);
}

static str first_non_null(struct arena *a, const struct call *c, const struct input *in)
{
	(void)a;
	for (size_t i = 0; i < c->n; i++)
		if (in[i].given)
			return in[i].text;
	return S("");
}

#define HASHES(word)                                                \
	{ word "Hex", 1, 1, hash_hex, NULL, word, false },          \
	{                                                           \
		word "Base64", 1, 1, hash_base64, NULL, word, false \
	}
#define MAC(name, word)                             \
	{                                           \
		name, 2, 4, hmac, NULL, word, false \
	}
#define PLAIN(name, min, max, run)                     \
	{                                              \
		name, min, max, run, NULL, NULL, false \
	}

static const struct template_function functions[] = {
	HASHES("md5"),
	HASHES("sha1"),
	HASHES("sha256"),
	HASHES("sha384"),
	HASHES("sha512"),
	MAC("hmacMd5", "md5"),
	MAC("hmacSha1", "sha1"),
	MAC("hmacSha224", "sha224"),
	MAC("hmacSha256", "sha256"),
	MAC("hmacSha384", "sha384"),
	MAC("hmacSha512", "sha512"),
	PLAIN("encodeBase64", 1, 1, encode_base64),
	PLAIN("decodeBase64", 1, 1, decode_base64),
	PLAIN("toUpperCase", 1, 1, to_upper),
	PLAIN("toLowerCase", 1, 1, to_lower),
	PLAIN("substring", 2, 3, substring),
	{ "replaceAll", 3, 3, replace, replace_prepare, NULL, false },
	{ "replaceFirst", 3, 3, replace, replace_prepare, NULL, false },
	PLAIN("escapeJSON", 1, 1, escape_json),
	PLAIN("escapeXML", 1, 1, escape_xml),
	PLAIN("escapeXML11", 1, 1, escape_xml),
	PLAIN("encodeHTML", 1, 1, encode_html),
	{ "timeFormat", 2, 2, template_time, template_time_prepare, NULL, false },
	{ "timeFormatMs", 2, 2, template_time, template_time_prepare, NULL, false },
	{ "timeFormatUTC", 2, 2, template_time, template_time_prepare, NULL, false },
	{ "timeFormatUTCMs", 2, 2, template_time, template_time_prepare, NULL, false },
	PLAIN("createUuid", 0, 0, create_uuid),
	PLAIN("randomLong", 0, 2, random_long),
	{ "xeger", 1, 1, template_xeger, template_xeger_prepare, NULL, false },
	{ "firstnonnull", 1, TEMPLATE_ARGS_MAX, first_non_null, NULL, NULL, true },
	PLAIN("xpath", 2, TEMPLATE_ARGS_MAX, template_xpath),
	PLAIN("xPath", 2, TEMPLATE_ARGS_MAX, template_xpath),
	{ "jsonPath", 2, 3, template_jsonpath, template_jsonpath_prepare, NULL, false },
};

const struct template_function *template_function_named(str name)
{
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (str_eq(str_from_z(functions[i].name), name))
			return &functions[i];
	return NULL;
}
