/* SPDX-License-Identifier: Apache-2.0 */
/* The Properties of proxy and target connections: names, kinds and what this gateway makes of them.
 * Every documented one is in a table; of the few that change nothing here, either value is taken.
 * Source: Apigee, "Endpoint properties reference". */
#include "flow/properties.h"

#include <string.h>

const struct field property_fields[] = {
	FIELD(property, name, "@name", T_STR, .required = true),
	FIELD(property, value, ".", T_STR),
	FIELD(property, line, "", T_LINE),
	FIELDS_END,
};

enum property_kind {
	P_MS,       /* int64_t */
	P_BOOL,     /* bool */
	P_BOOL_NOT, /* bool: true when the property is false */
	P_NAMES,    /* struct strs: a comma list, which adds to what is there */
	P_CODES,    /* success.codes */
	P_LIMIT,    /* int64_t, bytes: "10M" to "30M" */
	P_CODING,   /* int: enum compression */
	P_ANY_BOOL, /* either value means the same here: docs/targets.md says why */
};

struct known {
	const char *name;
	enum property_kind kind;
	size_t offset;
};

#define E(member) offsetof(struct proxy_endpoint, member)
static const struct known of_proxy[] = {
	{ "X-Forwarded-For", P_BOOL, E(x_forwarded_for) },
	{ "api.timeout", P_MS, E(api_timeout_ms) },
	{ "request.streaming.enabled", P_ANY_BOOL, 0 },
	{ "response.streaming.enabled", P_ANY_BOOL, 0 },
	{ "compression.algorithm", P_CODING, E(compression) },
	{ "request.payload.parse.limit", P_LIMIT, E(content_max) },
	{ "request.queryparams.ignore.content.type.charset", P_ANY_BOOL, 0 },
	{ "HTTPHeader.allowDuplicates", P_NAMES, E(repeatable) },
	{ "HTTPHeader.multiValued", P_NAMES, E(repeatable) },
	{ 0 },
};
#undef E

#define T(member) offsetof(struct target_properties, member)
static const struct known of_target[] = {
	{ "connect.timeout.millis", P_MS, T(connect_ms) },
	{ "io.timeout.millis", P_MS, T(io_ms) },
	{ "keepalive.timeout.millis", P_MS, T(keep_ms) },
	{ "success.codes", P_CODES, 0 },
	{ "ignore.allow.header.for.405", P_BOOL, T(allow_405_without_allow) },
	{ "request.streaming.enabled", P_ANY_BOOL, 0 },
	{ "response.streaming.enabled", P_ANY_BOOL, 0 },
	{ "use.proxy", P_ANY_BOOL, 0 },
	{ "use.proxy.tunneling", P_ANY_BOOL, 0 },
	{ "use.proxy.host.header.with.target.uri", P_ANY_BOOL, 0 },
	{ "allow.tls.session.resumption", P_ANY_BOOL, 0 },
	{ "supports.http11", P_BOOL_NOT, T(http10) },
	{ "compression.algorithm", P_CODING, T(compression) },
	{ "request.retain.headers.enabled", P_BOOL_NOT, T(request_headers.off) },
	{ "request.retain.headers", P_NAMES, T(request_headers.names) },
	{ "response.retain.headers.enabled", P_BOOL_NOT, T(response_headers.off) },
	{ "response.retain.headers", P_NAMES, T(response_headers.names) },
	{ "retain.queryparams.enabled", P_BOOL_NOT, T(query.off) },
	{ "retain.queryparams", P_NAMES, T(query.names) },
	{ "allow.post.without.content.length", P_ANY_BOOL, 0 },
	{ "allow.put.without.content.length", P_ANY_BOOL, 0 },
	{ "response.payload.parse.limit", P_LIMIT, T(content_max) },
	{ 0 },
};
#undef T

/* "2xx", "404" or "200-299". */
static bool read_code(str text, struct code_range *out)
{
	int64_t from, to;
	size_t dash = str_find_char(text, '-');
	if (text.n == 3 && str_ieq(str_sub(text, 1, 3), S("xx")) && text.p[0] >= '1' &&
	    text.p[0] <= '9') {
		unsigned hundred = (unsigned)(text.p[0] - '0') * 100;
		*out = (struct code_range){ hundred, hundred + 99 };
		return true;
	}
	if (dash == STR_NPOS)
		dash = text.n;
	if (!str_to_i64(str_trim(str_sub(text, 0, dash)), &from))
		return false;
	to = from;
	if (dash < text.n && !str_to_i64(str_trim(str_sub(text, dash + 1, STR_NPOS)), &to))
		return false;
	*out = (struct code_range){ (unsigned)from, (unsigned)to };
	return from >= 100 && to <= 999 && from <= to;
}

static err read_codes(struct binder *b, const struct property *p, struct target_properties *out)
{
	VEC(struct code_range) codes = { 0 };
	for (str rest = p->value, one; str_given(rest);) {
		one = str_trim(str_cut(&rest, ','));
		struct code_range code;
		if (!read_code(one, &code))
			return diag_add(b->diag, ERR_SYNTAX, p->line,
			                "the property success.codes holds \"%.*s\"; a list such as "
			                "2xx,304,404 is needed",
			                STR(one));
		VEC_PUSH(b->arena, &codes, code);
	}
	out->success = (struct codes){ codes.v, codes.n };
	return DONE;
}

#define WRONG(b, p, ...) diag_add((b)->diag, ERR_SYNTAX, (p)->line, __VA_ARGS__)

static err take_ms(struct binder *b, const struct property *p, int64_t *out)
{
	if (str_to_i64(p->value, out) && *out >= 1 && *out <= 86400000)
		return DONE;
	return WRONG(b, p,
	             "the property %.*s is \"%.*s\"; milliseconds from 1 to 86400000 are needed",
	             STR(p->name), STR(str_sub(p->value, 0, 60)));
}

static err take_bool(struct binder *b, const struct property *p, bool *out)
{
	*out = str_ieq(p->value, S("true"));
	if (*out || str_ieq(p->value, S("false")))
		return DONE;
	return WRONG(b, p, "the property %.*s is \"%.*s\"; true or false is needed", STR(p->name),
	             STR(str_sub(p->value, 0, 60)));
}

static err take_names(struct binder *b, const struct property *p, struct strs *out)
{
	VEC(str) names = { 0 };
	for (size_t i = 0; i < out->n; i++)
		VEC_PUSH(b->arena, &names, out->v[i]);
	for (str rest = p->value, one; str_given(rest);) {
		one = str_trim(str_cut(&rest, ','));
		if (one.n)
			VEC_PUSH(b->arena, &names, one);
	}
	*out = (struct strs){ names.v, names.n };
	return DONE;
}

static err take_limit(struct binder *b, const struct property *p, int64_t *out)
{
	int64_t m = 0;
	if (str_ends(p->value, S("M")))
		(void)str_to_i64(str_sub(p->value, 0, p->value.n - 1), &m);
	*out = m << 20;
	if (m >= 10 && m <= 30)
		return DONE;
	return WRONG(b, p, "the property %.*s is \"%.*s\"; 10M to 30M is needed", STR(p->name),
	             STR(str_sub(p->value, 0, 60)));
}

static err take_coding(struct binder *b, const struct property *p, int *out)
{
	static const char *const names[] = { [COMPRESSION_NONE] = "none",
		                             [COMPRESSION_GZIP] = "gzip",
		                             [COMPRESSION_DEFLATE] = "deflate" };
	for (int i = COMPRESSION_NONE; i <= COMPRESSION_DEFLATE; i++)
		if (str_ieq(p->value, str_from_z(names[i]))) {
			*out = i;
			return DONE;
		}
	return WRONG(b, p, "the property %.*s is \"%.*s\"; gzip, deflate or none is needed",
	             STR(p->name), STR(str_sub(p->value, 0, 60)));
}

static err take(struct binder *b, const struct known *known, const struct property *p, void *out)
{
	void *at = (char *)out + known->offset;
	bool either;
	switch (known->kind) {
	case P_MS:
		return take_ms(b, p, at);
	case P_BOOL:
		return take_bool(b, p, at);
	case P_BOOL_NOT:
		TRY(take_bool(b, p, &either));
		*(bool *)at = !either;
		return DONE;
	case P_NAMES:
		return take_names(b, p, at);
	case P_ANY_BOOL:
		return take_bool(b, p, &either);
	case P_CODES:
		return read_codes(b, p, out);
	case P_LIMIT:
		return take_limit(b, p, at);
	case P_CODING:
		return take_coding(b, p, at);
	}
	return DONE;
}

static err unknown(struct binder *b, const struct known *table, const struct property *p)
{
	struct buf names = buf_in(b->diag->arena);
	for (const struct known *k = table; k->name; k++)
		buf_fmt(&names, "%s%s", names.n ? ", " : "", k->name);
	return diag_add(b->diag, ERR_SYNTAX, p->line, "unknown property %.*s; known here: %.*s",
	                STR(p->name), STR(buf_str(&names)));
}

static err read_all(struct binder *b, const struct known *table, const struct list *list, void *out)
{
	err worst = DONE;
	const struct property *all = list->v;
	for (size_t i = 0; i < list->n; i++) {
		const struct known *k = table;
		while (k->name && !str_eq(all[i].name, str_from_z(k->name)))
			k++;
		err e = k->name ? take(b, k, &all[i], out) : unknown(b, table, &all[i]);
		for (size_t j = 0; j < i && !e.code; j++)
			if (str_eq(all[i].name, all[j].name))
				e = diag_add(b->diag, ERR_SYNTAX, all[i].line,
				             "the property %.*s is given twice, first in line %u",
				             STR(all[i].name), all[j].line);
		worst = e.code ? e : worst;
	}
	return worst;
}

err proxy_properties(struct binder *b, const struct list *list, struct proxy_endpoint *out)
{
	return read_all(b, of_proxy, list, out);
}

err target_properties(struct binder *b, const struct list *list, struct target_properties *out)
{
	*out = (struct target_properties){
		.copy_pathsuffix = true,
		.copy_queryparams = true,
		.allow_405_without_allow = true,
	};
	return read_all(b, of_target, list, out);
}
