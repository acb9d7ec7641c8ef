/* SPDX-License-Identifier: Apache-2.0 */
/* HealthMonitor at deploy time: what is asked, and what counts as well.
 * The request is made once and sent as often as wanted; a check changes nothing of it.
 * Source: Apigee, "Load balancing across backend servers"; flow/balancer.h. */
#include "bundle/balance.h"
#include "http/message.h"
#include "http/uri.h"
#include "rt/tls.h"

#define REFUSE(place, line, ...) diag_add((place)->diag, ERR_SYNTAX, (line), __VA_ARGS__)

static err add_headers(const struct balancer_place *p, const struct list *from, struct message *to)
{
	const struct property *v = from->v;
	for (size_t i = 0; i < from->n; i++) {
		str value = str_given(v[i].value) ? v[i].value : S("");
		if (!header_name_ok(v[i].name) || !header_value_ok(value))
			return REFUSE(p, v[i].line, "<Header> \"%.*s\" can be no header",
			              STR(v[i].name));
		headers_add(p->arena, &to->headers, v[i].name, value);
	}
	return DONE;
}

static err make_request(const struct balancer_place *p, const struct http_monitor_xml *x,
                        const struct message **out)
{
	str path = x->path;
	if (!header_name_ok(x->verb) || !path.n || path.p[0] != '/')
		return REFUSE(
			p, x->line,
			"<HTTPMonitor> asks with the verb \"%.*s\" for the path \"%.*s\"; such "
			"as GET and /health are needed",
			STR(x->verb), STR(path));
	struct message *m = message_request(p->arena, x->verb, str_cut(&path, '?'));
	m->query = path;
	if (!uri_path_ok(m->path) || !header_value_ok(str_given(path) ? path : S("")))
		return REFUSE(p, x->line, "<HTTPMonitor> asks for the path \"%.*s\", which is none",
		              STR(x->path));
	if (x->payload.n)
		message_set_content(p->arena, m, x->payload, STR_NONE);
	*out = m;
	return add_headers(p, &x->headers, m);
}

static void release_tls(void *tls)
{
	struct tls_context *t = tls;
	tls_release(&t);
}

static err make_http(const struct balancer_place *p, const struct http_monitor_xml *x,
                     struct health_monitor *h)
{
	h->connect_ms = (int64_t)x->connect_s * 1000;
	h->io_ms = (int64_t)x->io_s * 1000;
	h->port = (unsigned)x->port;
	h->tls = x->tls;
	h->own_tls = x->own_tls;
	h->includes_id = x->includes_id;
	TRY(make_request(p, x, &h->request));
	TRY(balancer_codes(p, &x->codes, x->line, &h->good, &h->n_good));
	struct message *answer = message_response(p->arena, 200);
	h->answer = answer;
	TRY(add_headers(p, &x->answer_headers, answer));
	if (!x->trust_all)
		return DONE;
	TRY(tls_client(&(struct tls_terms){ .any = true }, p->diag, &h->any_tls));
	arena_defer(p->arena, release_tls, h->any_tls);
	return DONE;
}

err balancer_monitor(const struct balancer_place *p, const struct monitor_xml *x,
                     const struct health_monitor **out)
{
	struct health_monitor *h = arena_new(p->arena, struct health_monitor);
	if (!x->tcp == !x->http)
		return REFUSE(p, x->line,
		              "<HealthMonitor> needs one of <TCPMonitor> and <HTTPMonitor>");
	h->interval_ms = (int64_t)x->interval_s * 1000;
	if (x->http)
		TRY(make_http(p, x->http, h));
	if (x->tcp) {
		h->connect_ms = (int64_t)x->tcp->connect_s * 1000;
		h->port = (unsigned)x->tcp->port;
	}
	*out = x->enabled ? h : NULL;
	return DONE;
}
