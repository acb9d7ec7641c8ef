/* SPDX-License-Identifier: Apache-2.0 */
/* The set-up of tests/store/suite.h.
 * The store is the one that GATEHOUSE_STORE names; its key file lies in a temporary folder.
 * Source: tests/store/run. */
#include "store/suite.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct store *store;
struct arena *a;
static char key_file[64];

struct store_options suite_options(void)
{
	const char *location = getenv("GATEHOUSE_STORE");
	assert_non_null(location);
	return (struct store_options){ .location = str_from_z(location),
		                       .secret_key_file = str_from_z(key_file) };
}

static void open_store(void)
{
	struct store_options o = suite_options();
	struct diag diag = { .arena = a };
	err e = store_open(&o, &diag, &store);
	if (e.code)
		print_error("%.*s\n", STR(diag_text(a, &diag)));
	GOOD(e);
}

void suite_reopen(void)
{
	store_close(&store);
	open_store();
}

static void make_organization(str name)
{
	GOOD(organization_create(store,
	                         &(struct organization){ .name = name, .display_name = name }));
	GOOD(environment_create(store, name, &(struct environment){ .name = S("test") }));
	GOOD(environment_create(store, name, &(struct environment){ .name = S("prod") }));
}

int suite_start(void **state)
{
	(void)state;
	snprintf(key_file, sizeof key_file, "/tmp/gatehouse-key.%d", (int)getpid());
	a = arena_create(0, 0);
	offload_start(2);
	open_store();
	make_organization(ACME);
	make_organization(OTHER);
	return 0;
}

int suite_reset(void **state)
{
	(void)state;
	arena_reset(a);
	return 0;
}

int suite_end(void **state)
{
	(void)state;
	store_close(&store);
	offload_stop();
	arena_destroy(&a);
	unlink(key_file);
	return 0;
}

void rest_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

struct one {
	pthread_t thread;
	void (*fn)(void *, int);
	void *arg;
	int i;
	pthread_barrier_t *start;
};

static void *run_one(void *arg)
{
	struct one *o = arg;
	pthread_barrier_wait(o->start);
	o->fn(o->arg, o->i);
	return NULL;
}

void at_once(int n, void (*fn)(void *, int), void *arg)
{
	pthread_barrier_t start;
	struct one *all = arena_array(a, struct one, n);
	pthread_barrier_init(&start, NULL, (unsigned)n);
	for (int i = 0; i < n; i++) {
		all[i] = (struct one){ .fn = fn, .arg = arg, .i = i, .start = &start };
		assert_int_equal(pthread_create(&all[i].thread, NULL, run_one, &all[i]), 0);
	}
	for (int i = 0; i < n; i++)
		pthread_join(all[i].thread, NULL);
	pthread_barrier_destroy(&start);
}

struct fibers {
	struct loop *loop;
	int left;
};

struct one_fiber {
	struct fibers *all;
	void (*fn)(void *, int);
	void *arg;
	int i;
};

static void run_fiber(void *arg)
{
	struct one_fiber *o = arg;
	o->fn(o->arg, o->i);
	if (--o->all->left == 0)
		loop_stop(o->all->loop);
}

static void start_fiber(void *arg)
{
	struct one_fiber *o = arg;
	must(!fiber_start(o->all->loop, run_fiber, o).code);
}

void in_fibers(int n, void (*fn)(void *, int), void *arg)
{
	struct fibers all = { loop_create((unsigned)n), n };
	struct one_fiber *v = arena_array(a, struct one_fiber, n);
	for (int i = 0; i < n; i++) {
		v[i] = (struct one_fiber){ &all, fn, arg, i };
		loop_post(all.loop, start_fiber, &v[i]);
	}
	loop_run(all.loop);
	loop_destroy(&all.loop);
}

struct developer *make_developer(str email)
{
	struct developer *d = arena_new(a, struct developer);
	*d = (struct developer){ .email = email,
		                 .first_name = S("A"),
		                 .last_name = S("B"),
		                 .user_name = S("ab"),
		                 .created_by = S("me"),
		                 .last_modified_by = S("me") };
	GOOD(developer_create(a, store, ACME, d));
	return d;
}

struct api_product *make_product(str name, int approval_type)
{
	struct api_product *p = arena_new(a, struct api_product);
	*p = (struct api_product){ .name = name,
		                   .display_name = name,
		                   .approval_type = approval_type };
	GOOD(product_create(store, ACME, p));
	return p;
}

struct app *make_app(struct developer *d, str name, str product)
{
	struct app *app = arena_new(a, struct app);
	str missing;
	app->name = name;
	if (str_given(product))
		strs_add(a, &app->api_products, product);
	GOOD(app_create(a, store, ACME, d->developer_id, app, &missing));
	return app;
}

struct zip_files files_of(int n, const char *const pairs[][2])
{
	struct zip_files f = { arena_array(a, struct zip_file, n), (size_t)n, (size_t)n };
	for (int i = 0; i < n; i++)
		f.v[i] = (struct zip_file){ str_from_z(pairs[i][0]), str_from_z(pairs[i][1]) };
	return f;
}
