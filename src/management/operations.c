/* SPDX-License-Identifier: Apache-2.0 */
/* What supervisors, load balancers and Prometheus ask: /healthz, /readyz, /metrics.
 * Health needs no credentials and tells nothing but itself; metrics name proxies, so they do unless the
 * operator says otherwise.
 * Source: house; Prometheus text exposition format 0.0.4. */
#include "management/resources.h"

static struct message *plain(struct api *q, unsigned status, str type, str text)
{
	struct message *m = answer_bytes(q, status, type, text);
	headers_set(q->arena, &m->headers, S("Cache-Control"), S("no-store"));
	return m;
}

static struct message *health(struct api *q) { return plain(q, 200, S("text/plain"), S("ok\n")); }

static struct message *readiness(struct api *q)
{
	const struct operations *o = &q->m->operations;
	const char *why = NULL;
	if (!o->ready || o->ready(o->arg, &why))
		return plain(q, 200, S("text/plain"), S("ready\n"));
	return plain(q, 503, S("text/plain"), str_fmt(q->arena, "%s\n", why));
}

static struct message *metrics(struct api *q)
{
	const struct operations *o = &q->m->operations;
	struct buf b = buf_in(q->arena);
	if (o->metrics)
		o->metrics(o->arg, &b);
	return plain(q, 200, S("text/plain; version=0.0.4; charset=utf-8"), buf_str(&b));
}

struct message *operations_answer(struct api *q, struct message *(*stopped)(struct api *))
{
	static const struct {
		const char *path;
		struct message *(*answer)(struct api *);
		bool guarded;
	} rows[] = {
		{ "/healthz", health, false },
		{ "/readyz", readiness, false },
		{ "/metrics", metrics, true },
	};
	const struct message *r = q->call->request;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!str_eq(r->path, str_from_z(rows[i].path)))
			continue;
		if (!str_eq(r->verb, S("GET")) && !str_eq(r->verb, S("HEAD"))) {
			struct message *no = answer_error(q, 405, "management.MethodNotAllowed",
			                                  "%.*s is not allowed here", STR(r->verb));
			headers_set(q->arena, &no->headers, S("Allow"), S("GET"));
			return no;
		}
		struct message *stop = NULL;
		if (rows[i].guarded && !q->m->operations.metrics_public)
			stop = stopped(q);
		return stop ? stop : rows[i].answer(q);
	}
	return NULL;
}
