/* SPDX-License-Identifier: Apache-2.0 */
/* From options to settings.
 * A later source replaces an earlier one key by key; with --demo what faces the world by default does not.
 * Source: house ("configuration"). */
#include "main/configure.h"

#include "cli/verb.h"
#include "rt/dns.h"

/* "ORGANIZATION-test" is a label of a host name: 63 characters. */
enum { CONFIG_MAX = 1 << 20, ORGANIZATION_MAX = 58 };

static bool is_postgres(str store)
{
	return str_starts(store, S("postgres://")) || str_starts(store, S("postgresql://"));
}

static err map_hosts(const struct settings *s, struct diag *d, struct dns_rules *r)
{
	VEC_EACH(struct config_pair, p, &s->hosts.list)
		if (dns_rules_map(r, p->key, p->value).code)
			return diag_add(d, ERR_SYNTAX, 0,
			                "hosts takes \"name:port\" = \"address:port\", not "
			                "\"%.*s\" = \"%.*s\"",
			                STR(p->key), STR(p->value));
	return DONE;
}

static err deny(const struct settings *s, struct diag *d, struct dns_rules *r)
{
	for (str rest = s->denied_addresses; rest.n;) {
		str one = str_trim(str_cut(&rest, ','));
		if (dns_rules_deny(r, one).code)
			return diag_add(d, ERR_SYNTAX, 0,
			                "denied_addresses takes addresses and blocks such as "
			                "10.0.0.0/8, separated by commas, not \"%.*s\"",
			                STR(one));
	}
	return DONE;
}

err settings_dns_rules(const struct settings *s, str mocktarget, struct diag *d,
                       struct dns_rules **out)
{
	*out = dns_rules_create();
	err e = map_hosts(s, d, *out);
	if (!e.code && str_given(mocktarget)) /* what the operator says comes first */
		e = dns_rules_map(*out, S("mocktarget.apigee.net:80"), mocktarget);
	if (!e.code)
		e = deny(s, d, *out);
	if (e.code)
		dns_rules_destroy(out);
	return e;
}

static err check(const struct settings *s, struct diag *d)
{
	if (!str_eq(s->store, S("sqlite")) && !is_postgres(s->store))
		return diag_add(d, ERR_SYNTAX, 0, "store takes \"sqlite\" or \"postgres://...\"");
	if (s->password.min_length > s->password.max_length)
		return diag_add(d, ERR_SYNTAX, 0,
		                "sso.password.min_length is more than sso.password.max_length");
	if (!s->organization.n || s->organization.n > ORGANIZATION_MAX)
		return diag_add(d, ERR_SYNTAX, 0, "organization takes a name of 1 to %d letters",
		                ORGANIZATION_MAX);
	for (size_t i = 0; i < s->organization.n; i++) {
		char c = s->organization.p[i]; /* it becomes part of a host name */
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return diag_add(
				d, ERR_SYNTAX, 0,
				"organization takes small letters, digits and '-', not \"%.*s\"",
				STR(s->organization));
	}
	struct dns_rules *rules;
	TRY(settings_dns_rules(s, STR_NONE, d, &rules));
	dns_rules_destroy(&rules);
	return DONE;
}

static void keep_to_loopback(struct settings *s)
{
	s->default_listen = S("127.0.0.1:9001");
	s->secure_listen = S("127.0.0.1:9443");
}

err configure(struct arena *a, const struct serve_options *o, struct diag *d, struct settings *s)
{
	config_defaults(a, settings_fields, s);
	if (o->demo)
		keep_to_loopback(s);
	if (str_given(o->config)) {
		str text;
		TRY(verb_read_file(a, o->config, CONFIG_MAX, d, &text));
		d->file = o->config;
		TRY(config_read(a, text, settings_fields, s, d));
		d->file = STR_NONE;
	}
	for (size_t i = 0; i < o->set.n; i++)
		TRY(config_set(a, o->set.v[i], settings_fields, s, d));
	return check(s, d);
}

err configuration_check(struct arena *a, str text, struct diag *d)
{
	struct settings s = { 0 };
	config_defaults(a, settings_fields, &s);
	TRY(config_read(a, text, settings_fields, &s, d));
	return check(&s, d);
}

str settings_store_location(struct arena *a, const struct settings *s, str data)
{
	return is_postgres(s->store) ? s->store : str_fmt(a, "sqlite:%.*s", STR(data));
}

str settings_access_log(struct arena *a, const struct settings *s, str data)
{
	if (str_eq(s->access_log, S("off")))
		return STR_NONE;
	return s->access_log.n ? s->access_log : str_fmt(a, "%.*s/access.log", STR(data));
}
