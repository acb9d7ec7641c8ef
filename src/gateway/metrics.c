/* SPDX-License-Identifier: Apache-2.0 */
/* Counting an exchange, and the gateway's part of /metrics.
 * Names are bounded: what no proxy answered has none, and the 1,024th name and later ones share one line.
 * Source: Prometheus text exposition format 0.0.4. */
#include "gateway/metrics.h"

#include "gateway/inside.h"

/* ---- names ---- */

/* On the control loop, or before it follows: the only one that adds. */
unsigned metric_of(struct gateway *g, const struct deployment *d)
{
	struct metric_names *m = &g->metric_names;
	char text[512];
	struct arena *a = g->arena;
	int n = snprintf(text, sizeof text, "%.*s/%.*s/%.*s", STR(d->organization),
	                 STR(d->environment), STR(d->name));
	str key = str_from(text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
	uintptr_t known = (uintptr_t)map_get(&m->places, key);
	if (known || m->list.n == METRIC_PROXIES)
		return (unsigned)known;
	size_t at = m->list.n;
	if (at % METRIC_CHUNK == 0)
		for (size_t i = 0; i < g->conf.n_loops; i++) {
			struct counters_of_loop *c = &g->loops[i].counters;
			c->proxies[at / METRIC_CHUNK] =
				arena_array(a, struct proxy_counts, METRIC_CHUNK);
		}
	struct metric_name name = { str_dup(a, d->organization), str_dup(a, d->environment),
		                    str_dup(a, d->name) };
	VEC_PUSH(a, &m->list, name);
	map_put(&m->places, str_dup(a, key), (void *)(uintptr_t)at);
	return (unsigned)at;
}

void metric_names_init(struct gateway *g)
{
	struct metric_names *m = &g->metric_names;
	m->places = map_in(g->arena);
	VEC_PUSH(g->arena, &m->list,
	         ((struct metric_name){ S("(other)"), S("(other)"), S("(other)") }));
	for (size_t i = 0; i < g->conf.n_loops; i++)
		g->loops[i].counters.proxies[0] =
			arena_array(g->arena, struct proxy_counts, METRIC_CHUNK);
}

/* ---- counting ---- */

static void time_add(struct times *t, int64_t ms)
{
	count(&t->bucket[time_bucket(ms)], 1);
	count(&t->sum_ms, ms > 0 ? (uint64_t)ms : 0);
}

void metrics_add(struct counters_of_loop *c, const struct exchange *x, unsigned status)
{
	unsigned class = (status == 499 && x->client_gone) || status > 599 ? 0 : status / 100;
	int64_t end = x->client_sent_end_ms ? x->client_sent_end_ms : loop_utc_ms(x->loop);
	count(&c->by_class[class], 1);
	count(&c->faults, x->in_error);
	count(&c->no_proxy, !x->endpoint);
	count(&c->bytes_out, x->call->bytes_out);
	count(&c->arena_bytes, arena_used(x->arena));
	time_add(&c->request, end - x->call->received_start_ms);
	if (x->target_received_start_ms)
		time_add(&c->target, x->target_received_start_ms - x->target_sent_start_ms);
	if (x->tally.tokens_issued + x->tally.tokens_good + x->tally.tokens_refused) {
		count(&c->tokens_issued, x->tally.tokens_issued);
		count(&c->tokens_good, x->tally.tokens_good);
		count(&c->tokens_refused, x->tally.tokens_refused);
	}
	if (x->proxy) {
		unsigned at = x->proxy->metric;
		struct proxy_counts *p = &c->proxies[at / METRIC_CHUNK][at % METRIC_CHUNK];
		count(&p->by_class[class], 1);
		count(&p->faults, x->in_error);
	}
	count(&c->active, (uint64_t)-1);
}

/* ---- the text ---- */

static uint64_t now(const counter *c) { return atomic_load_explicit(c, memory_order_relaxed); }

struct gateway_totals gateway_totals(const struct gateway *g)
{
	struct gateway_totals t = { 0 };
	for (size_t i = 0; i < g->conf.n_loops; i++) {
		const struct counters_of_loop *c = &g->loops[i].counters;
		for (size_t k = 0; k < 6; k++)
			t.by_class[k] += now(&c->by_class[k]);
		t.faults += now(&c->faults);
		t.arena_bytes += now(&c->arena_bytes);
		t.tokens_issued += now(&c->tokens_issued);
		t.tokens_good += now(&c->tokens_good);
		t.tokens_refused += now(&c->tokens_refused);
		t.no_proxy += now(&c->no_proxy);
		t.bytes_out += now(&c->bytes_out);
		t.active += now(&c->active);
		t.log_dropped += now(&g->loops[i].log.dropped);
	}
	return t;
}

/* A label's value: '\\', '"' and line feed are escaped, and nothing else. */
static void put_label(struct buf *b, str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' || s.p[i] == '"')
			buf_char(b, '\\');
		if (s.p[i] == '\n')
			buf_add(b, S("\\n"));
		else
			buf_char(b, s.p[i]);
	}
}

static void put_head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_fmt(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_one(struct buf *b, const char *name, const char *type, const char *help, uint64_t n)
{
	put_head(b, name, type, help);
	buf_fmt(b, "%s %llu\n", name, (unsigned long long)n);
}

static const char *const class_names[CLASSES] = { "gone", "1xx", "2xx", "3xx", "4xx", "5xx" };

static void put_classes(struct buf *b, const struct gateway_totals *t)
{
	put_head(b, "gatehouse_requests_total", "counter",
	         "API requests that ended, by class of status; gone: the client left first.");
	for (size_t k = 0; k < CLASSES; k++)
		buf_fmt(b, "gatehouse_requests_total{class=\"%s\"} %llu\n", class_names[k],
		        (unsigned long long)t->by_class[k]);
}

static void put_proxy(struct buf *b, const struct metric_name *n, const char *metric,
                      const char *class, uint64_t value)
{
	if (!value)
		return;
	buf_fmt(b, "%s{organization=\"", metric);
	put_label(b, n->organization);
	buf_add(b, S("\",environment=\""));
	put_label(b, n->environment);
	buf_add(b, S("\",proxy=\""));
	put_label(b, n->proxy);
	buf_fmt(b, "\"%s%s%s} %llu\n", class ? ",class=\"" : "", class ? class : "",
	        class ? "\"" : "", (unsigned long long)value);
}

/* Of all loops; field is its offset in struct proxy_counts. */
static uint64_t proxy_sum(const struct gateway *g, size_t at, size_t field)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < g->conf.n_loops; i++) {
		const struct proxy_counts *chunk = g->loops[i].counters.proxies[at / METRIC_CHUNK];
		sum += now((const counter *)(const void *)((const char *)&chunk[at % METRIC_CHUNK] +
		                                           field));
	}
	return sum;
}

static void put_proxies(struct buf *b, const struct gateway *g)
{
	const struct metric_names *m = &g->metric_names;
	put_head(b, "gatehouse_proxy_requests_total", "counter",
	         "API requests that a proxy took, by class of status.");
	for (size_t i = 0; i < m->list.n; i++)
		for (size_t k = 0; k < CLASSES; k++)
			put_proxy(b, &m->list.v[i], "gatehouse_proxy_requests_total",
			          class_names[k],
			          proxy_sum(g, i,
			                    offsetof(struct proxy_counts, by_class) +
			                            k * sizeof(counter)));
	put_head(b, "gatehouse_proxy_faults_total", "counter",
	         "API requests of a proxy that ended in its error flow.");
	for (size_t i = 0; i < m->list.n; i++)
		put_proxy(b, &m->list.v[i], "gatehouse_proxy_faults_total", NULL,
		          proxy_sum(g, i, offsetof(struct proxy_counts, faults)));
}

static void put_times(struct buf *b, const struct gateway *g, const char *name, const char *help,
                      size_t which)
{
	uint64_t all = 0, ms = 0;
	put_head(b, name, "histogram", help);
	for (unsigned k = 0; k < TIME_BUCKETS; k++) {
		for (size_t i = 0; i < g->conf.n_loops; i++) {
			const struct times *t =
				(const void *)((const char *)&g->loops[i].counters + which);
			all += now(&t->bucket[k]);
			ms += k ? 0 : now(&t->sum_ms);
		}
		if (k < TIME_BUCKETS - 1)
			buf_fmt(b, "%s_bucket{le=\"%.3f\"} %llu\n", name, (double)(1u << k) / 1000,
			        (unsigned long long)all);
	}
	buf_fmt(b, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.3f\n%s_count %llu\n", name,
	        (unsigned long long)all, name, (double)ms / 1000, name, (unsigned long long)all);
}

/* What only a loop's own thread may look at. */
static void sample(struct gateway_loop *l)
{
	l->sampled = (struct loop_sample){ .fibers = fibers_alive(l->loop) };
	for (size_t i = 0; i < l->gateway->conf.n_listeners; i++)
		if (l->ports[i].server) {
			struct http_connections c = http_server_connections(l->ports[i].server);
			l->sampled.open += c.open;
			l->sampled.accepted += c.accepted;
		}
}

static void put_loops(struct buf *b, struct gateway *g)
{
	struct loop_sample all = { 0 };
	for (size_t i = 0; i < g->conf.n_loops; i++) {
		all.fibers += g->loops[i].sampled.fibers;
		all.open += g->loops[i].sampled.open;
		all.accepted += g->loops[i].sampled.accepted;
	}
	put_one(b, "gatehouse_connections", "gauge", "Client connections that are open.", all.open);
	put_one(b, "gatehouse_connections_accepted_total", "counter", "Client connections so far.",
	        all.accepted);
	put_one(b, "gatehouse_fibers", "gauge", "Fibers of the data plane that are alive.",
	        all.fibers);
}

void gateway_metrics(struct gateway *g, struct buf *b)
{
	/* First: whoever has his answer was counted when his loop has been there. */
	gateway_each_loop(g, sample);
	struct gateway_totals t = gateway_totals(g);
	put_classes(b, &t);
	put_one(b, "gatehouse_requests_active", "gauge", "API requests that run.", t.active);
	put_one(b, "gatehouse_faults_total", "counter", "API requests that ended in an error flow.",
	        t.faults);
	put_one(b, "gatehouse_requests_without_proxy_total", "counter",
	        "API requests that no deployed proxy answers.", t.no_proxy);
	put_one(b, "gatehouse_response_bytes_total", "counter", "Bytes of answers, heads included.",
	        t.bytes_out);
	put_one(b, "gatehouse_exchange_arena_bytes_total", "counter",
	        "Bytes that exchanges took from their arenas.", t.arena_bytes);
	put_one(b, "gatehouse_tokens_issued_total", "counter", "Access tokens issued.",
	        t.tokens_issued);
	put_head(b, "gatehouse_tokens_verified_total", "counter", "Access tokens looked at.");
	buf_fmt(b,
	        "gatehouse_tokens_verified_total{result=\"good\"} %llu\n"
	        "gatehouse_tokens_verified_total{result=\"refused\"} %llu\n",
	        (unsigned long long)t.tokens_good, (unsigned long long)t.tokens_refused);
	put_one(b, "gatehouse_access_log_dropped_total", "counter",
	        "Lines of the access log that found no room, or could not be written.",
	        t.log_dropped);
	put_times(b, g, "gatehouse_request_duration_seconds",
	          "From the first byte of a request to the last of its answer.",
	          offsetof(struct counters_of_loop, request));
	put_times(b, g, "gatehouse_target_duration_seconds",
	          "From the first byte to a target to the first of its answer.",
	          offsetof(struct counters_of_loop, target));
	put_loops(b, g);
	put_proxies(b, g);
}
