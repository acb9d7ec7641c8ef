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

struct message *operations_health(struct api *q)
{
	return plain(q, 200, S("text/plain"), S("ok\n"));
}

struct message *operations_readiness(struct api *q)
{
	const struct operations *o = &q->m->operations;
	const char *why = NULL;
	if (!o->ready || o->ready(o->arg, &why))
		return plain(q, 200, S("text/plain"), S("ready\n"));
	return plain(q, 503, S("text/plain"), str_fmt(q->arena, "%s\n", why));
}

struct message *operations_metrics(struct api *q)
{
	const struct operations *o = &q->m->operations;
	struct buf b = buf_in(q->arena);
	if (o->metrics)
		o->metrics(o->arg, &b);
	return plain(q, 200, S("text/plain; version=0.0.4; charset=utf-8"), buf_str(&b));
}
