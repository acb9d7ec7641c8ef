/* SPDX-License-Identifier: Apache-2.0 */
/* HealthMonitor at deploy time: what is asked, and what counts as well.
 * The request is made once and sent as often as wanted; a check changes nothing of it.
 * Source: Apigee, "Load balancing across backend servers"; flow/connection.h. */
#include "flow/connection.h"
#include "http/message.h"
#include "http/uri.h"

#define REFUSE(b, line, ...) diag_add((b)->diag, ERR_SYNTAX, (line), __VA_ARGS__)

static err add_headers(struct binder *b, const struct list *from, struct message *to)
{
	const struct property *v = from->v;
	for (size_t i = 0; i < from->n; i++) {
		str value = str_given(v[i].value) ? v[i].value : S("");
		if (!header_name_ok(v[i].name) || !header_value_ok(value))
			return REFUSE(b, v[i].line, "<Header> \"%.*s\" can be no header",
			              STR(v[i].name));
		headers_add(b->arena, &to->headers, v[i].name, value);
	}
	return DONE;
}

static err make_request(struct binder *b, const struct http_monitor_xml *x,
                        const struct message **out)
{
	str path = x->path;
	if (!header_name_ok(x->verb) || !path.n || path.p[0] != '/')
		return REFUSE(
			b, x->line,
			"<HTTPMonitor> asks with the verb \"%.*s\" for the path \"%.*s\"; such "
			"as GET and /health are needed",
			STR(x->verb), STR(path));
	struct message *m = message_request(b->arena, x->verb, str_cut(&path, '?'));
	m->query = path;
	if (!uri_path_ok(m->path) || !header_value_ok(str_given(path) ? path : S("")))
		return REFUSE(b, x->line, "<HTTPMonitor> asks for the path \"%.*s\", which is none",
		              STR(x->path));
	if (x->payload.n)
		message_set_content(b->arena, m, x->payload, STR_NONE);
	*out = m;
	return add_headers(b, &x->headers, m);
}

static err make_http(struct binder *b, const struct http_monitor_xml *x, struct health_monitor *h)
{
	h->connect_ms = (int64_t)x->connect_s * 1000;
	h->io_ms = (int64_t)x->io_s * 1000;
	h->port = (unsigned)x->port;
	h->tls = x->tls;
	h->own_tls = x->own_tls;
	h->includes_id = x->includes_id;
	TRY(make_request(b, x, &h->request));
	TRY(balancer_codes(b, &x->codes, x->line, &h->good));
	struct message *answer = message_response(b->arena, 200);
	h->answer = answer;
	TRY(add_headers(b, &x->answer_headers, answer));
	if (!x->trust_all)
		return DONE;
	struct ssl_info any = { .ignore_validation_errors = true };
	return ssl_info_make(b, &any, x->line, &h->any_tls);
}

err balancer_monitor(struct binder *b, const struct monitor_xml *x,
                     const struct health_monitor **out)
{
	struct health_monitor *h = arena_new(b->arena, struct health_monitor);
	if (!x->tcp == !x->http)
		return REFUSE(b, x->line,
		              "<HealthMonitor> needs one of <TCPMonitor> and <HTTPMonitor>");
	h->interval_ms = (int64_t)x->interval_s * 1000;
	if (x->http)
		TRY(make_http(b, x->http, h));
	if (x->tcp) {
		h->connect_ms = (int64_t)x->tcp->connect_s * 1000;
		h->port = (unsigned)x->tcp->port;
	}
	*out = x->enabled ? h : NULL;
	return DONE;
}
