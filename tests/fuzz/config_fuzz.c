/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file, and the map of hosts in it.
 * Invariant: a text that was read can be written, with a comment behind it, so that it reads the same.
 * Source: base/config.h. */
#include <stdint.h>

#include "base/config.h"
#include "base/vec.h"
#include "rt/dns.h"

struct conf {
	str text;
	int64_t number;
	bool flag;
	int color;
	struct config_pairs hosts;
};

static const char *const colors[] = { "red", "green", NULL };
static const struct field fields[] = {
	FIELD(conf, text, "t", T_STR, .dflt = ""),
	FIELD(conf, number, "n", T_INT, .dflt = "2", .min = 1, .max = 64),
	FIELD(conf, flag, "f", T_BOOL),
	FIELD(conf, color, "c", T_ENUM, .names = colors),
	FIELD(conf, hosts, "h", T_OWN, .read = config_pairs_read, .dflt = "{}"),
	FIELDS_END,
};

static err read(struct arena *a, str text, struct conf *c)
{
	struct diag diag = { .arena = a };
	*c = (struct conf){ 0 };
	config_defaults(a, fields, c);
	err e = config_read(a, text, fields, c, &diag);
	must((e.code != ERR_NONE) == (diag.findings.n > 0));
	return e;
}

static void quote(struct buf *b, str text)
{
	buf_char(b, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			buf_char(b, '\\');
		buf_char(b, text.p[i]);
	}
	buf_char(b, '"');
}

static str written(struct arena *a, const struct conf *c)
{
	struct buf b = buf_in(a);
	buf_add(&b, S("t = "));
	quote(&b, c->text);
	buf_fmt(&b, " # \"why\"\nn=%lld\nf=%s\nc=\"%s\" # x\nh = {", (long long)c->number,
	        c->flag ? "true" : "false", colors[c->color]);
	VEC_EACH(const struct config_pair, p, &c->hosts.list) {
		buf_add(&b, p == c->hosts.list.v ? S(" ") : S(", "));
		quote(&b, p->key);
		buf_add(&b, S(" = "));
		quote(&b, p->value);
	}
	buf_add(&b, S(" } # { \"\n"));
	return buf_str(&b);
}

static void map_hosts(const struct config_pairs *hosts)
{
	struct dns_rules *rules = dns_rules_create();
	VEC_EACH(const struct config_pair, p, &hosts->list)
		(void)!dns_rules_map(rules, p->key, p->value).code;
	dns_rules_destroy(&rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	struct conf c, again;
	str text = str_from(data, size);
	if (!read(a, text, &c).code) {
		must(c.number >= 1 && c.number <= 64);
		must(!read(a, written(a, &c), &again).code);
		must(str_eq(written(a, &c), written(a, &again)));
		map_hosts(&c.hosts);
	}
	must((config_set(a, text, fields, &c, &diag).code != ERR_NONE) == (diag.findings.n > 0));
	arena_destroy(&a);
	return 0;
}
