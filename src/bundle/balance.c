/* SPDX-License-Identifier: Apache-2.0 */
/* LoadBalancer at deploy time.
 * A server that is switched off, in the bundle or in its environment, keeps its place and gets no call.
 * Source: bundle/balance.h. */
#include "bundle/balance.h"

#include "model/target_server.h"
#include "rt/tls.h"

#define REFUSE(place, line, ...) diag_add((place)->diag, ERR_SYNTAX, (line), __VA_ARGS__)

static const struct target_server *find(const struct list *all, str name)
{
	LIST_EACH(const struct target_server, t, all)
		if (str_eq(t->name, name))
			return t;
	return NULL;
}

static void release_tls(void *tls)
{
	struct tls_context *t = tls;
	tls_release(&t);
}

static err make_tls(const struct balancer_place *p, const struct server_xml *x,
                    const struct ssl_info *ssl, struct balanced_server *out)
{
	if (ssl->client_auth_enabled || ssl->key_store.n || ssl->trust_store.n || ssl->ciphers.n ||
	    ssl->protocols.n)
		return REFUSE(
			p, x->line,
			"the target server \"%.*s\" has keyStore, trustStore, ciphers, "
			"protocols or clientAuthEnabled in its sSLInfo; that is not supported "
			"yet by this gateway",
			STR(x->name));
	if (!ssl->ignore_validation_errors)
		return DONE; /* the gateway's own client context */
	if (tls_client(&(struct tls_terms){ .any = true }, p->diag, &out->tls).code)
		return REFUSE(p, x->line, "no TLS context can be made for \"%.*s\"", STR(x->name));
	arena_defer(p->arena, release_tls, out->tls);
	return DONE;
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

static err make_server(const struct balancer_place *p, const struct server_xml *x,
                       struct balanced_server *out)
{
	out->name = x->name;
	out->weight = (unsigned)x->weight;
	out->fallback = x->fallback;
	out->base = S("");
	if (!p->target_servers)
		return DONE;
	const struct target_server *t = find(p->target_servers, x->name);
	if (!t)
		return REFUSE(p, x->line,
		              "<Server> names the target server \"%.*s\", which the environment "
		              "%.*s does not have",
		              STR(x->name), STR(p->environment));
	bool tls = t->ssl && t->ssl->enabled;
	out->enabled = x->enabled && t->is_enabled;
	out->base = base_of(p->arena, t, tls);
	out->h2 = str_given(t->protocol) && !str_eq(t->protocol, S("HTTP"));
	return tls ? make_tls(p, x, t->ssl, out) : DONE;
}

static err make_servers(const struct balancer_place *p, const struct balancer_xml *x,
                        struct balancer *b)
{
	err worst = DONE;
	unsigned fallbacks = 0;
	const struct server_xml *v = x->servers.v;
	for (size_t i = 0; i < x->servers.n; i++) {
		err e = make_server(p, &v[i], &b->v[i]);
		if (v[i].fallback && fallbacks++)
			e = REFUSE(p, v[i].line, "a second <Server> is <IsFallback>; one may be");
		for (size_t j = 0; j < i; j++)
			if (str_eq(v[i].name, v[j].name))
				e = REFUSE(p, v[i].line, "a second <Server> is named \"%.*s\"",
				           STR(v[i].name));
		worst = e.code ? e : worst;
	}
	return worst;
}

err balancer_codes(const struct balancer_place *p, const struct strs *from, unsigned line,
                   struct code_range **out, size_t *n)
{
	*out = arena_array(p->arena, struct code_range, from->n + 1);
	for (*n = 0; *n < from->n; ++*n) {
		int64_t code;
		str text = from->v[*n];
		if (!str_to_i64(text, &code) || code < 100 || code > 999)
			return REFUSE(p, line,
			              "<ResponseCode> is \"%.*s\"; a status such as 503 is needed",
			              STR(str_sub(text, 0, 60)));
		(*out)[*n] = (struct code_range){ (unsigned)code, (unsigned)code };
	}
	return DONE;
}

/* What the connection says beside. */
static err check(const struct balancer_place *p, const struct connection_xml *x)
{
	const struct balancer_xml *b = x->balancer;
	if (x->url)
		return REFUSE(
			p, b->line,
			"<HTTPTargetConnection> holds <URL> and <LoadBalancer>; one of them is "
			"the target");
	if (x->ssl)
		return REFUSE(p, x->ssl->line,
		              "<SSLInfo> beside a <LoadBalancer> is not supported by this gateway; "
		              "it belongs to the target server");
	if (!b->servers.n || b->servers.n > BALANCER_SERVERS_MAX)
		return REFUSE(p, b->line, "<LoadBalancer> needs 1 to %d <Server>",
		              BALANCER_SERVERS_MAX);
	return DONE;
}

err balancer_make(const struct balancer_place *p, const struct connection_xml *c,
                  struct balancer **out)
{
	const struct balancer_xml *x = c->balancer;
	TRY(check(p, c));
	struct balancer *b = *out = arena_new(p->arena, struct balancer);
	b->algorithm = (enum balance)x->algorithm;
	b->v = arena_array(p->arena, struct balanced_server, x->servers.n);
	b->n = x->servers.n;
	b->max_failures = x->max_failures;
	b->disable_ms = (int64_t)x->disable_s * 1000;
	b->retry = x->retry;
	b->path = c->path;
	err servers = make_servers(p, x, b);
	err codes = balancer_codes(p, &x->unhealthy, x->line, &b->unhealthy, &b->n_unhealthy);
	if (c->monitor)
		TRY(balancer_monitor(p, c->monitor, &b->monitor));
	return servers.code ? servers : codes;
}
