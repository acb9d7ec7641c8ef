/* SPDX-License-Identifier: Apache-2.0 */
/* One request: from the server's call to an exchange, through the engine, to the log and the counters.
 * The snapshot is held from the first look to the drop of the exchange's arena.
 * Source: house ("the walk of a request"); Apigee, "Runtime error catalog". */
#include "flow/engine.h"
#include "gateway/inside.h"

enum { REFUSAL_MS = 10000 };

/* The number behind the prefix is counted up where it stands. */
static str message_id(struct gateway_loop *g, struct arena *arena)
{
	char *last = g->message_id + g->message_id_n - 1;
	while (*last == '9')
		*last-- = '0';
	if (*last == '-') {
		*++last = '0';
		g->message_id[g->message_id_n++] = '0';
	}
	++*last;
	return str_dup(arena, str_from(g->message_id, g->message_id_n));
}

struct held {
	struct snapshot *snapshot;
	size_t index;
};

static void let_go(void *arg)
{
	struct held *held = arg;
	snapshot_let_go(held->snapshot, held->index);
}

/* Deferred first, so that it runs last: all that the exchange made may still point into the snapshot. */
static struct snapshot *hold(struct gateway_loop *g, struct arena *arena, const struct host *host)
{
	struct snapshot *s = host ? snapshot_hold(host->slot, g->index) : NULL;
	if (!s)
		return NULL;
	struct held *held = arena_new(arena, struct held);
	*held = (struct held){ s, g->index };
	arena_defer(arena, let_go, held);
	return s;
}

static unsigned status_of(const struct exchange *x)
{
	const struct message *answer = x->in_error ? x->error : x->response;
	return x->client_gone && !x->call->answered ? 499 : answer->status;
}

static const struct refusal {
	unsigned status;
	const char *status_text, *why;
} no_certificate = { 400, "Bad Request", "No required SSL certificate was sent" },
  bad_certificate = { 400, "Bad Request", "The SSL certificate error" },
  misdirected = { 421, "Misdirected Request", "Misdirected Request" };

/* Apigee's router answers who shows no certificate, or one that is not trusted, before any proxy sees the
 * request.  Who took other terms than those of the host that he asks for has proved nothing to it. */
static const struct refusal *refusal(const struct host *host, const struct sock *sock)
{
	if (!str_eq(sock_tls_label(sock), host->asks))
		return &misdirected;
	enum tls_trust trust = sock_tls_peer(sock);
	if (host->any || trust == TLS_TRUSTED_PEER)
		return NULL;
	return trust == TLS_NO_PEER ? &no_certificate : &bad_certificate;
}

static void refuse(struct exchange *x, const struct refusal *r)
{
	struct http_call *call = x->call;
	str body = str_fmt(x->arena,
	                   "<html>\r\n<head><title>%u %s</title></head>\r\n"
	                   "<body bgcolor=\"white\">\r\n<center><h1>%u %s</h1></center>\r\n"
	                   "<center>%s</center>\r\n</body>\r\n</html>\r\n",
	                   r->status, r->why, r->status, r->status_text, r->why);
	x->request = call->request;
	x->request_path = call->request->path;
	x->response = message_response(x->arena, r->status);
	message_set_content(x->arena, x->response, body, S("text/html"));
	x->client_sent_start_ms = loop_utc_ms(x->loop);
	x->client_gone = http_answer(call, x->response, deadline_in(REFUSAL_MS)).code != 0;
	x->client_sent_end_ms = loop_utc_ms(x->loop);
}

void gateway_serve(struct http_call *call)
{
	struct port *port = call->arg;
	struct gateway_loop *g = port->loop;
	const struct gateway_conf *conf = &g->gateway->conf;
	count(&g->counters.active, 1);
	const struct host *host =
		hosts_find(g->hosts, port->listener, call->arena, call->request->host);
	struct exchange *x = arena_alloc(call->arena, sizeof *x, _Alignof(struct exchange));
	*x = (struct exchange){
		.arena = call->arena,
		.call = call,
		.loop = call->loop,
		.deadline = NEVER,
		.snapshot = hold(g, call->arena, host),
		.virtual_host = host ? str_dup(call->arena, host->name)
		                     : conf->listeners[port->listener].name,
		.message_id = message_id(g, call->arena),
		.tls = conf->client_tls,
		.services = conf->services,
	};
	const struct refusal *refused = NULL;
	if (host) {
		x->tls_shown = host->told;
		refused = str_given(host->asks) ? refusal(host, call->sock) : NULL;
	}
	if (refused)
		refuse(x, refused);
	else
		flow_run(x);
	unsigned status = status_of(x);
	access_log_add(&g->log, x, status);
	metrics_add(&g->counters, x, status);
}

/* What the server answers itself, before there is an exchange. */
str gateway_error_body(struct arena *arena, unsigned status, const char *what, str *content_type)
{
	static const struct {
		unsigned status;
		const char *code, *string;
	} rows[] = {
		{ 408, "messaging.adaptors.http.flow.RequestTimeout", "Request timed out" },
		{ 411, "messaging.adaptors.http.flow.LengthRequired",
		  "'Content-Length' is missing" },
		{ 413, "protocol.http.TooBigBody", "Body buffer overflow" },
		{ 414, "protocol.http.TooBigLine", "request line size exceeding 7,168" },
		{ 431, "protocol.http.TooBigHeaders", "headers size exceeding the limit" },
		{ 501, "protocol.http.UnsupportedEncoding", "Unsupported Encoding" },
		{ 503, "messaging.adaptors.http.flow.ServiceUnavailable",
		  "The Service is temporarily unavailable" },
		{ 505, "protocol.http.UnsupportedVersion", "Unsupported HTTP version" },
	};
	const char *code = "protocol.http.BadRequest", *string = what;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].status == status) {
			code = rows[i].code;
			string = rows[i].string;
		}
	*content_type = S("application/json");
	return str_fmt(arena,
	               "{\"fault\":{\"faultstring\":\"%s\",\"detail\":{\"errorcode\":\"%s\"}}}",
	               string, code);
}
