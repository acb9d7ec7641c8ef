/* SPDX-License-Identifier: Apache-2.0 */
/* The router: longest base path, stars, virtual hosts, and its price with many proxies.
 * A row is a path and what must answer it.
 * Source: Apigee, "API proxy configuration reference": BasePath. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"
#include "flow/snapshot.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct proxy *proxy_at(const char *name, const char *base, const char *host)
{
	struct arena *a = arena_create(0, 0);
	struct proxy *p = arena_new(a, struct proxy);
	struct proxy_endpoint *ep = arena_new(a, struct proxy_endpoint);
	ep->base_path = str_dup(a, str_from_z(base));
	ep->ep.name = p->name = str_dup(a, str_from_z(name));
	if (host) {
		ep->virtual_hosts.v = arena_new(a, str);
		ep->virtual_hosts.v[0] = str_from_z(host);
		ep->virtual_hosts.n = 1;
	}
	p->holders = 1;
	p->arena = a;
	p->endpoints = ep;
	p->n_endpoints = 1;
	return p;
}

static struct snapshot *snapshot_of(struct snapshot_part *parts, size_t n)
{
	struct snapshot *s = snapshot_create(&(struct snapshot_parts){ S("acme"), S("test"), parts, n });
	for (size_t i = 0; i < n; i++)
		proxy_release(parts[i].proxy); /* the snapshot holds them now */
	return s;
}

static const struct { const char *name, *base, *host, *prefix; } bases[] = {
	{ "bp", "/bp", NULL, NULL },
	{ "one", "/bp/one", NULL, NULL },
	{ "two", "/bp/one/two", NULL, NULL },
	{ "star", "/bp/*/three", NULL, NULL },
	{ "named", "/bp/a/three", NULL, NULL },
	{ "stars", "/s/*/*/z", NULL, NULL },
	{ "deep", "/s/a/*", NULL, NULL },
	{ "slash", "/slash/", NULL, NULL },
	{ "only-default", "/only", "default", NULL },
	{ "only-secure", "/only", "secure", NULL },
	{ "secure-deep", "/bp/one/sec", "secure", NULL },
	{ "prefixed", "/v1", NULL, "/pre" },
	{ "slash-prefix", "/v2", NULL, "/" },
	{ "taken", "/bp", NULL, NULL }, /* the first has it */
};

static const struct { const char *host, *path, *want, *base, *suffix; } paths[] = {
	{ "default", "/bp", "bp", "/bp", "" },
	{ "default", "/bp/", "bp", "/bp", "/" },
	{ "default", "/bp/x", "bp", "/bp", "/x" },
	{ "default", "/bp/x/y?", "bp", "/bp", "/x/y?" },
	{ "default", "/bp/one", "one", "/bp/one", "" },
	{ "default", "/bp/one/x", "one", "/bp/one", "/x" },
	{ "default", "/bp/one/two/x", "two", "/bp/one/two", "/x" },
	{ "default", "/bp/onex", "bp", "/bp", "/onex" },
	{ "default", "/bp/b/three", "star", "/bp/b/three", "" },
	{ "default", "/bp/b/three/x", "star", "/bp/b/three", "/x" },
	{ "default", "/bp/a/three", "named", "/bp/a/three", "" },
	{ "default", "/bp/one/three", "star", "/bp/one/three", "" },
	{ "default", "/bp//three", "bp", "/bp", "//three" },
	{ "default", "/bp/*/three", "star", "/bp/*/three", "" },
	{ "default", "/s/a/b/z", "stars", "/s/a/b/z", "" },
	{ "default", "/s/a/b/y", "deep", "/s/a/b", "/y" },
	{ "default", "/s/a", NULL, NULL, NULL },
	{ "default", "/s/a/", NULL, NULL, NULL },
	{ "default", "/slash", "slash", "/slash", "" },
	{ "default", "/slash/x", "slash", "/slash", "/x" },
	{ "default", "/BP", NULL, NULL, NULL },
	{ "default", "/bpx", NULL, NULL, NULL },
	{ "default", "/", NULL, NULL, NULL },
	{ "default", "//bp", NULL, NULL, NULL },
	{ "default", "/only", "only-default", "/only", "" },
	{ "secure", "/only/x", "only-secure", "/only", "/x" },
	{ "other", "/only", NULL, NULL, NULL },
	{ "secure", "/bp/one/sec", "secure-deep", "/bp/one/sec", "" },
	{ "default", "/bp/one/sec", "one", "/bp/one", "/sec" },
	{ "secure", "/bp/one/two", "two", "/bp/one/two", "" },
	{ "other", "/bp/one/two", "two", "/bp/one/two", "" },
	{ "default", "/pre/v1/x", "prefixed", "/pre/v1", "/x" },
	{ "default", "/v1", NULL, NULL, NULL },
	{ "default", "/v2", "slash-prefix", "/v2", "" },
};

static void routing(void **state)
{
	(void)state;
	struct snapshot_part parts[COUNT(bases)];
	for (size_t i = 0; i < COUNT(bases); i++)
		parts[i] = (struct snapshot_part){ proxy_at(bases[i].name, bases[i].base, bases[i].host),
			                           str_from_z(bases[i].prefix) };
	struct snapshot *s = snapshot_of(parts, COUNT(parts));
	for (size_t i = 0; i < COUNT(paths); i++) {
		const struct proxy *proxy = NULL;
		str base, suffix;
		const struct proxy_endpoint *ep = snapshot_route(s, str_from_z(paths[i].host), str_from_z(paths[i].path),
		                                                 &proxy, &base, &suffix);
		str got = ep ? ep->ep.name : S("none");
		if (!str_eq(got, paths[i].want ? str_from_z(paths[i].want) : S("none")))
			fail_msg("%s %s: %.*s", paths[i].host, paths[i].path, STR(got));
		if (!ep)
			continue;
		assert_true(str_eq(proxy->name, ep->ep.name));
		assert_true(str_eq(base, str_from_z(paths[i].base)));
		assert_true(str_eq(suffix, str_from_z(paths[i].suffix)));
	}
	snapshot_discard(&s);
}

static void root(void **state)
{
	(void)state;
	struct snapshot_part parts[] = { { proxy_at("root", "/", NULL), S("") }, { proxy_at("x", "/x", NULL), S("") } };
	struct snapshot *s = snapshot_of(parts, COUNT(parts));
	static const struct { str path, want, base, suffix; } tries[] = {
		{ S_INIT("/"), S_INIT("root"), S_INIT("/"), S_INIT("/") },
		{ S_INIT("/y"), S_INIT("root"), S_INIT("/"), S_INIT("/y") },
		{ S_INIT("/x/y"), S_INIT("x"), S_INIT("/x"), S_INIT("/y") },
		{ S_INIT("//"), S_INIT("root"), S_INIT("/"), S_INIT("//") },
	};
	for (size_t i = 0; i < COUNT(tries); i++) {
		const struct proxy *proxy;
		str base, suffix;
		assert_non_null(snapshot_route(s, S("default"), tries[i].path, &proxy, &base, &suffix));
		assert_true(str_eq(proxy->name, tries[i].want));
		assert_true(str_eq(base, tries[i].base) && str_eq(suffix, tries[i].suffix));
	}
	snapshot_discard(&s);
}

static void shared_flows(void **state)
{
	(void)state;
	struct proxy *p = proxy_at("common", "/common", NULL);
	p->is_shared_flow = true;
	p->n_endpoints = 0;
	struct snapshot *s = snapshot_of(&(struct snapshot_part){ .proxy = p }, 1);
	assert_ptr_equal(snapshot_shared_flow(s, S("common")), p);
	assert_null(snapshot_shared_flow(s, S("other")));
	snapshot_discard(&s);
}

/* By names, as a LocalTargetConnection finds them. */
static void by_name(void **state)
{
	(void)state;
	struct proxy *shared = proxy_at("common", "/common", NULL);
	shared->is_shared_flow = true;
	struct snapshot_part parts[] = { { proxy_at("one", "/one", NULL), STR_NONE },
		                         { proxy_at("two", "/two", "secure"), S("/pre") },
		                         { shared, STR_NONE } };
	static const struct { const char *proxy, *endpoint, *base; } rows[] = {
		{ "one", "one", "/one" }, { "one", "", "/one" }, { "two", "two", "/pre/two" }, { "two", "", "/pre/two" },
		{ "one", "two", NULL }, { "three", "", NULL }, { "", "", NULL }, { "common", "", NULL },
	};
	struct snapshot *s = snapshot_of(parts, COUNT(parts));
	struct arena *a = arena_create(0, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct proxy *proxy;
		str base;
		const struct proxy_endpoint *ep = snapshot_endpoint(s, a, str_from_z(rows[i].proxy), str_from_z(rows[i].endpoint), &proxy, &base);
		assert_int_equal(ep != NULL, rows[i].base != NULL);
		if (ep)
			assert_string_equal(str_z(a, base), rows[i].base);
	}
	arena_destroy(&a);
	snapshot_discard(&s);
}

/* Nanoseconds a look-up, the best of five rounds: what the router costs, not what the machine does besides. */
static double price(const struct snapshot *s, const char *const *asked, size_t n)
{
	double best = 1e9;
	for (int round = 0; round < 5; round++) {
		int64_t start = clock_mono_ns();
		for (int i = 0; i < 20000; i++) {
			const struct proxy *proxy;
			str base, suffix;
			assert_non_null(snapshot_route(s, S("default"), str_from_z(asked[(size_t)i % n]), &proxy, &base, &suffix));
		}
		double ns = (double)(clock_mono_ns() - start) / 20000;
		best = ns < best ? ns : best;
	}
	return best;
}

static struct snapshot *many(size_t n)
{
	struct arena *a = arena_create(0, 0);
	struct snapshot_part *parts = arena_array(a, struct snapshot_part, n);
	for (size_t i = 0; i < n; i++)
		parts[i].proxy = proxy_at("p", str_z(a, str_fmt(a, "/v%zu/api%zu%s", i % 7, i, i % 3 ? "" : "/*/x")), NULL);
	struct snapshot *s = snapshot_of(parts, n);
	arena_destroy(&a);
	return s;
}

static void flat_price(void **state)
{
	(void)state;
	static const char *const asked[] = { "/v1/api1/a/b/c", "/v2/api2", "/v3/api3/y/x/z", "/v4/api4/a" };
	struct snapshot *few = many(10), *lots = many(10000);
	double small = price(few, asked, COUNT(asked)), large = price(lots, asked, COUNT(asked));
	print_message("a look-up among 10 proxies: %.0f ns, among 10,000: %.0f ns\n", small, large);
	assert_true(large < small * 5 + 500);
	snapshot_discard(&few);
	snapshot_discard(&lots);
}

/* A path of stars cannot make a look-up walk more than the trie has. */
static void many_stars(void **state)
{
	(void)state;
	struct snapshot_part parts[] = { { proxy_at("a", "/a/*/*/*/*/*/*/*/*/z", NULL), S("") },
		                         { proxy_at("b", "/a/a/a/a/a/a/a/a/a/z", NULL), S("") } };
	struct snapshot *s = snapshot_of(parts, COUNT(parts));
	const struct proxy *proxy;
	str base, suffix;
	assert_null(snapshot_route(s, S("default"), S("/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"), &proxy, &base, &suffix));
	assert_non_null(snapshot_route(s, S("default"), S("/a/a/a/a/a/a/a/a/b/z"), &proxy, &base, &suffix));
	assert_true(str_eq(proxy->name, S("a")));
	snapshot_discard(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routing),
		cmocka_unit_test(root),
		cmocka_unit_test(shared_flows),
		cmocka_unit_test(by_name),
		cmocka_unit_test(flat_price),
		cmocka_unit_test(many_stars),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
