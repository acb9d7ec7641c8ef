/* SPDX-License-Identifier: Apache-2.0 */
/* What the store costs: durable tokens a second by fibers on one loop, cached and uncached look-ups.
 * Prints rows per second and per CPU-second of the process; never a test, for the machine decides.
 * usage: tests/store/run sqlite|postgres build/release/store_bench [TOKENS [FIBERS]]   default: 100000, 64
 * Source: store/tokens.h, cache.h; house (durable issuance at least 10,000 a second per core). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/rand.h"
#include "rt/fiber.h"
#include "store/apps.h"
#include "store/cache.h"
#include "store/developers.h"
#include "store/organizations.h"
#include "store/products.h"
#include "store/tokens.h"

static struct store *store;
static struct loop *loop;
static struct arena *arena;
static struct token shape;
static unsigned left, fibers = 64, running;
static struct token_key *keys;
static unsigned tokens = 100000;

static void good(err e, const char *what)
{
	if (e.code) {
		fprintf(stderr, "%s: %s\n", what, err_word(e.code));
		exit(1);
	}
}

static double cpu_s(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void report(const char *what, unsigned n, int64_t from_ns, double from_cpu)
{
	double s = (double)(clock_mono_ns() - from_ns) / 1e9, cpu = cpu_s() - from_cpu;
	printf("%-28s %9.0f /s  %9.0f /CPU-s  (%u in %.2f s)\n", what, n / s, n / cpu, n, s);
}

static void issue(void *arg)
{
	(void)arg;
	while (left) {
		unsigned i = --left;
		unsigned char random[21];
		struct token t = shape;
		rand_bytes(random, sizeof random);
		t.issued_at_ms = clock_ms();
		t.expires_at_ms = t.issued_at_ms + 3600000;
		t.key = keys[i] =
			token_key_of(token_hour(t.expires_at_ms), str_from(random, sizeof random));
		good(token_put(store, &t), "token_put");
	}
	if (!--running)
		loop_stop(loop);
}

static void look_up(unsigned n, const char *what)
{
	int64_t from = clock_mono_ns();
	double cpu = cpu_s();
	struct arena *a = arena_create(0, 0);
	for (unsigned i = 0; i < n; i++) {
		const struct token_view *v;
		good(token_view(a, store, shape.organization, &keys[i % 1000], &v), what);
		arena_reset(a);
	}
	arena_destroy(&a);
	report(what, n, from, cpu);
}

static void prepare(void)
{
	struct api_product p = { .name = S("p") };
	struct developer d = {
		.email = S("d@x"), .first_name = S("a"), .last_name = S("b"), .user_name = S("c")
	};
	struct app app = { .name = S("app") };
	str missing;
	strs_add(arena, &app.api_products, S("p"));
	good(organization_create(store, &(struct organization){ .name = S("bench") }),
	     "organization");
	good(product_create(store, S("bench"), &p), "product");
	good(developer_create(arena, store, S("bench"), &d), "developer");
	good(app_create(arena, store, S("bench"), S("d@x"), &app, &missing), "app");
	shape = (struct token){ .organization = S("bench"),
		                .app_id = app.app_id,
		                .developer_id = app.developer_id,
		                .client_id = ((struct credential *)app.credentials.v)->consumer_key,
		                .grant_type = S("client_credentials"),
		                .scope = S(""),
		                .products = app.scopes };
	strs_add(arena, &shape.products, S("p"));
}

int main(int argc, char **argv)
{
	arena = arena_create(0, 0);
	struct diag diag = { .arena = arena };
	struct store_options o = { .location = str_from_z(getenv("GATEHOUSE_STORE")) };
	o.secret_key_file = str_fmt(arena, "/tmp/gatehouse-bench-key.%d", (int)getpid());
	tokens = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : tokens;
	fibers = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : fibers;
	keys = arena_array(arena, struct token_key, tokens + 1000);
	offload_start(2);
	if (store_open(&o, &diag, &store).code) {
		str text = diag_text(arena, &diag);
		fprintf(stderr, "%.*s\n", STR(text));
		return 1;
	}
	prepare();
	loop = loop_create(fibers);
	int64_t from = clock_mono_ns();
	double cpu = cpu_s();
	left = tokens;
	running = fibers;
	for (unsigned i = 0; i < fibers; i++)
		good(fiber_start(loop, issue, NULL), "fiber");
	loop_run(loop);
	report("durable tokens", tokens, from, cpu);
	loop_destroy(&loop);
	look_up(1000, "token_view, first time");
	look_up(1000000, "token_view, cached");
	store_close(&store);
	offload_stop();
	unlink(str_z(arena, o.secret_key_file));
	arena_destroy(&arena);
	return 0;
}
