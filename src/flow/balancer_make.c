/* SPDX-License-Identifier: Apache-2.0 */
/* LoadBalancer at deploy time.
 * A server that is switched off, in the bundle or in its environment, keeps its place and gets no call.
 * Source: flow/connection.h. */
#include "flow/connection.h"

#define REFUSE(b, line, ...) diag_add((b)->diag, ERR_SYNTAX, (line), __VA_ARGS__)

static const struct target_server *find(const struct list *all, str name)
{
	LIST_EACH(const struct target_server, t, all)
		if (str_eq(t->name, name))
			return t;
	return NULL;
}

static str base_of(struct arena *a, const struct target_server *t, bool tls)
{
	bool ip6 = str_has(t->host, S(":")) && !str_starts(t->host, S("["));
	str host = ip6 ? str_fmt(a, "[%.*s]", STR(t->host)) : t->host;
	const char *scheme = tls ? "https" : "http";
	if (t->port == (tls ? 443 : 80))
		return str_fmt(a, "%s://%.*s", scheme, STR(host));
	return str_fmt(a, "%s://%.*s:%lld", scheme, STR(host), (long long)t->port);
}

static err make_server(struct binder *b, const struct server_xml *x, struct balanced_server *out)
{
	out->name = x->name;
	out->weight = (unsigned)x->weight;
	out->fallback = x->fallback;
	binder_names(b, "targetservers", x->name);
	if (!b->around)
		return DONE;
	const struct target_server *t = find(&b->around->target_servers, x->name);
	if (!t)
		return REFUSE(b, x->line,
		              "<Server> names the target server \"%.*s\", which the environment "
		              "%.*s does not have",
		              STR(x->name), STR(b->around->environment));
	bool tls = t->ssl && t->ssl->enabled;
	out->enabled = x->enabled && t->is_enabled;
	if (uri_parse(base_of(b->arena, t, tls), &out->uri).code)
		out->uri.host = STR_NONE; /* nobody there: a call will say so */
	out->h2 = str_given(t->protocol) && !str_eq(t->protocol, S("HTTP"));
	return tls ? ssl_info_make(b, t->ssl, x->line, &out->tls) : DONE;
}

static err make_servers(struct binder *b, const struct balancer_xml *x, struct balancer *to)
{
	err worst = DONE;
	unsigned fallbacks = 0;
	const struct server_xml *v = x->servers.v;
	for (size_t i = 0; i < x->servers.n; i++) {
		err e = make_server(b, &v[i], &to->v[i]);
		if (v[i].fallback && fallbacks++)
			e = REFUSE(b, v[i].line, "a second <Server> is <IsFallback>; one may be");
		for (size_t j = 0; j < i; j++)
			if (str_eq(v[i].name, v[j].name))
				e = REFUSE(b, v[i].line, "a second <Server> is named \"%.*s\"",
				           STR(v[i].name));
		worst = e.code ? e : worst;
	}
	return worst;
}

err balancer_codes(struct binder *b, const struct strs *from, unsigned line, struct codes *out)
{
	out->v = arena_array(b->arena, struct code_range, from->n + 1);
	for (out->n = 0; out->n < from->n; out->n++) {
		int64_t code;
		str text = from->v[out->n];
		if (!str_to_i64(text, &code) || code < 100 || code > 999)
			return REFUSE(b, line,
			              "<ResponseCode> is \"%.*s\"; a status such as 503 is needed",
			              STR(str_sub(text, 0, 60)));
		out->v[out->n] = (struct code_range){ (unsigned)code, (unsigned)code };
	}
	return DONE;
}

/* What the connection says beside. */
static err check(struct binder *b, const struct connection_xml *x)
{
	const struct balancer_xml *l = x->balancer;
	if (x->url)
		return REFUSE(
			b, l->line,
			"<HTTPTargetConnection> holds <URL> and <LoadBalancer>; one of them is "
			"the target");
	if (x->ssl)
		return REFUSE(b, x->ssl->line,
		              "<SSLInfo> beside a <LoadBalancer> is not supported by this gateway; "
		              "it belongs to the target server");
	if (!l->servers.n || l->servers.n > BALANCER_SERVERS_MAX)
		return REFUSE(b, l->line, "<LoadBalancer> needs 1 to %d <Server>",
		              BALANCER_SERVERS_MAX);
	return DONE;
}

err balancer_make(struct binder *b, const struct connection_xml *c, struct balancer **out)
{
	const struct balancer_xml *x = c->balancer;
	TRY(check(b, c));
	struct balancer *to = *out = arena_new(b->arena, struct balancer);
	to->algorithm = (enum balance)x->algorithm;
	to->v = arena_array(b->arena, struct balanced_server, x->servers.n);
	to->n = x->servers.n;
	to->max_failures = x->max_failures;
	to->disable_ms = (int64_t)x->disable_s * 1000;
	to->retry = x->retry;
	to->path = c->path;
	err servers = make_servers(b, x, to);
	err codes = balancer_codes(b, &x->unhealthy, x->line, &to->unhealthy);
	if (c->monitor)
		TRY(balancer_monitor(b, c->monitor, &to->monitor));
	if (b->proxy && to->monitor)
		VEC_PUSH(b->arena, &b->proxy->monitored, to);
	return servers.code ? servers : codes;
}
