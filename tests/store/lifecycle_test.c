/* SPDX-License-Identifier: Apache-2.0 */
/* The store over time: changes in order, consumers, restarts, keys that fit or not, schemas of others.
 * What was answered is there after a restart; what cannot be opened safely does not open, and says why.
 * Source: store/store.h, feed.h, seal.h. */
#include "store/suite.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/db.h"
#include "store/seal.h"

static bool on_sqlite(void) { return strcmp(getenv("GATEHOUSE_STORE_DRIVER"), "sqlite") == 0; }

/* ---- the feed ---- */
static _Atomic(int) woken;
static void count_wake(void *arg)
{
	(void)arg;
	woken++;
}

static void changes(void **state)
{
	(void)state;
	struct feed_reader *r = feed_attach(store, count_wake, NULL);
	struct list l;
	bool lost;
	GOOD(feed_next(a, r, &l, &lost));
	assert_int_equal(l.n, 0);
	int64_t before = feed_head(store);
	make_developer(S("feed@x"));
	make_product(S("feed"), APPROVAL_AUTO);
	ANSWERS(ERR_CONFLICT,
	        product_create(store, ACME,
	                       &(struct api_product){ .name = S("feed") })); /* no change */
	assert_true(woken >= 2);
	assert_int_equal(feed_head(store), before + 2);
	GOOD(feed_next(a, r, &l, &lost));
	assert_int_equal(l.n, 2);
	assert_false(lost);
	const struct change *c = l.v;
	assert_int_equal(c[0].seq, before + 1);
	assert_int_equal(c[0].kind, FEED_developer);
	SAME(c[0].org, ACME);
	assert_int_equal(c[1].kind, FEED_product);
	SAME(c[1].name, S("feed"));
	feed_done(r, c[1].seq);
	GOOD(feed_next(a, r, &l, &lost));
	assert_int_equal(l.n, 0);
	GOOD(feed_settle(store, deadline_in(0)));
	feed_detach(&r);
}

/* A writer beside consumers that read as they are woken: everybody sees every change, in order. */
struct following {
	struct feed_reader *reader;
	int64_t seen;
	_Atomic(int) running, gaps;
};

static void write_or_follow(void *arg, int i)
{
	struct following *f = arg;
	if (i < 4) {
		for (int n = 0; n < 25; n++) {
			char name[32];
			snprintf(name, sizeof name, "follow-%d-%d", i, n);
			struct api_product p = { .name = str_from_z(name) };
			f->gaps += product_create(store, ACME, &p).code != ERR_NONE;
		}
		f->running--;
		return;
	}
	while (f->running || f->seen < feed_head(store)) {
		struct arena *own = arena_create(0, 0);
		struct list l;
		bool lost;
		f->gaps += feed_next(own, f->reader, &l, &lost).code != ERR_NONE || lost;
		LIST_EACH(const struct change, c, &l)
		f->gaps += c->seq != ++f->seen;
		feed_done(f->reader, f->seen);
		if (!l.n)
			usleep(1000); /* a follower that spins takes the writers' turns */
		arena_destroy(&own);
	}
}

static void following(void **state)
{
	(void)state;
	int64_t before = feed_head(store);
	struct following f = { .reader = feed_attach(store, count_wake, NULL),
		               .seen = before,
		               .running = 4 };
	at_once(5, write_or_follow, &f);
	assert_int_equal(f.gaps, 0);
	assert_int_equal(feed_head(store), before + 100);
	feed_detach(&f.reader);
}

struct settling {
	struct feed_reader *reader;
	_Atomic(int) order;
	int change_at, settle_at, done_at;
	err timeout, settled;
};

static void change_then_settle(void *arg, int i)
{
	struct settling *s = arg;
	if (i == 0) {
		struct api_product p = { .name = S("settle") };
		must(!product_create(store, ACME, &p).code);
		s->change_at = ++s->order;
		s->timeout = feed_settle(store, deadline_in(20));
		s->settled = feed_settle(store, deadline_in(5000));
		s->settle_at = ++s->order;
		return;
	}
	while (!s->timeout.code)
		must(!wait_until(deadline_in(10)).code);
	s->done_at = ++s->order;
	feed_done(s->reader, feed_head(store));
}

static void settles_when_applied(void **state)
{
	(void)state;
	struct settling s = { .reader = feed_attach(store, count_wake, NULL) };
	in_fibers(2, change_then_settle, &s);
	assert_int_equal(s.timeout.code, ERR_TIMEOUT);
	assert_int_equal(s.settled.code, ERR_NONE);
	assert_int_equal(s.change_at, 1);
	assert_int_equal(s.done_at, 2);
	assert_int_equal(s.settle_at, 3);
	feed_detach(&s.reader);
}

/* ---- restarts and keys ---- */
static void restart(void **state)
{
	(void)state;
	unsigned char key[32], again[32];
	make_product(S("kept"), APPROVAL_AUTO);
	struct app *app = make_app(make_developer(S("kept@x")), S("kept"), S("kept")), *got;
	store_subkey(store, "test", 0, key);
	suite_reopen();
	GOOD(app_get(a, store, ACME, app->app_id, &got));
	SAME(((struct credential *)got->credentials.v)->consumer_secret,
	     ((struct credential *)app->credentials.v)->consumer_secret);
	store_subkey(store, "test", 0, again);
	assert_memory_equal(key, again, 32);
	store_subkey(store, "other", 0, again);
	assert_memory_not_equal(key, again, 32);
}

static str slurp(str path)
{
	char *p = arena_alloc(a, 4096, 1);
	int fd = open(str_z(a, path), O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, p, 4096);
	if (fd >= 0)
		close(fd);
	return str_from(p, n > 0 ? (size_t)n : 0);
}

static void spill(str path, str text)
{
	int fd = open(str_z(a, path), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), (ssize_t)text.n);
	close(fd);
}

/* Opens a second time; the finding must hold what is given. */
static void refuses(const struct store_options *o, const char *finding)
{
	struct diag diag = { .arena = a };
	struct store *other = NULL;
	err e = store_open(o, &diag, &other);
	assert_null(other);
	assert_int_not_equal(e.code, ERR_NONE);
	str text = diag_text(a, &diag);
	if (!str_has(text, str_from_z(finding)))
		print_error("\"%.*s\" does not hold \"%s\"\n", STR(text), finding);
	assert_true(str_has(text, str_from_z(finding)));
	assert_int_equal(diag.findings.n, 1);
}

static void key_files(void **state)
{
	(void)state;
	struct store_options o = suite_options();
	str good = slurp(o.secret_key_file);
	str zeros = S("0000000000000000000000000000000000000000000000000000000000000000");
	const struct {
		str text;
		const char *finding;
	} rows[] = {
		{ STR_NONE, "No such file" },
		{ S(""), "holds no key" },
		{ S("1 abc\n"), "not \"ID 64-hex-digits\"" },
		{ str_fmt(a, "1 %.*s\n", STR(zeros)), "does not fit the store: key 1" },
		{ str_fmt(a, "2 %.*s\n", STR(zeros)), "does not fit the store: key 1" },
		{ str_fmt(a, "%.*s1 %.*s\n", STR(good), STR(zeros)), "two keys have this ID" },
	};
	store_close(&store);
	for (size_t i = 0; i < COUNT(rows); i++) {
		unlink(str_z(a, o.secret_key_file));
		if (str_given(rows[i].text))
			spill(o.secret_key_file, rows[i].text);
		refuses(&o, rows[i].finding);
	}
	spill(o.secret_key_file, good);
	chmod(str_z(a, o.secret_key_file), 0644);
	refuses(&o, "chmod 600");
	chmod(str_z(a, o.secret_key_file), 0600);
	spill(o.secret_key_file,
	      str_fmt(a, "%.*s7 %.*s\n", STR(good), STR(zeros))); /* a newer key, beside the old */
	suite_reopen();
	assert_int_equal(store_keys(store), 2);
	struct app *app = make_app(make_developer(S("seven@x")), S("seven"), STR_NONE), *got;
	GOOD(app_named(a, store, ACME, S("kept@x"), S("kept"), &got));
	assert_int_equal(((struct credential *)got->credentials.v)->consumer_secret.n, 16);
	store_close(&store);
	spill(o.secret_key_file, good); /* the newer key is needed from now on */
	refuses(&o, "key 7");
	spill(o.secret_key_file, str_fmt(a, "%.*s7 %.*s\n", STR(good), STR(zeros)));
	suite_reopen();
	GOOD(app_get(a, store, ACME, app->app_id, &got));
}

static void foreign_places(void **state)
{
	(void)state;
	struct store_options o = suite_options();
	if (on_sqlite()) {
		refuses(&o, "another gatehouse is using this folder");
	} else {
		struct store_options no_key = { .location = o.location };
		refuses(&no_key, "secret_key_file");
		struct store_options off = {
			.location = str_fmt(a, "%.*s?options=-c%%20synchronous_commit%%3Doff",
			                    STR(o.location)),
			.secret_key_file = o.secret_key_file
		};
		refuses(&off, "synchronous_commit is off");
	}
	refuses(&(struct store_options){ .location = S("mysql://x") },
	        "say sqlite:FOLDER or postgres://");
	refuses(&(struct store_options){ .location = S("postgres://127.0.0.1:1/x"),
	                                 .secret_key_file = S("x") },
	        "PostgreSQL: ");
	refuses(&(struct store_options){ .location = S("sqlite:/proc/nowhere") }, "/proc/nowhere");
}

/* A database that a later program has migrated: what it added is left alone, what it says of the oldest that can go
 * on is obeyed. */
static void foreign_schemas(void **state)
{
	(void)state;
	struct store_options o = suite_options();
	struct db_options d = { .location = o.location };
	struct diag diag = { .arena = a };
	struct db *db;
	store_close(&store);
	GOOD(db_open(&d, &diag, &db));
	GOOD(db_exec(db,
	             "INSERT INTO schema_step (version, checksum, applied_at_ms)"
	             " SELECT MAX(version) + 1, 'x', 0 FROM schema_step",
	             DB_NO_ARGS, NULL));
	db_close(&db);
	GOOD(store_open(&o, &diag, &store));
	store_close(&store);
	GOOD(db_open(&d, &diag, &db));
	GOOD(db_exec(db,
	             "INSERT INTO schema_needs (version, oldest) SELECT MAX(version), MAX(version)"
	             " FROM schema_step",
	             DB_NO_ARGS, NULL));
	db_close(&db);
	refuses(&o, "needs a newer one");
	assert_null(db);
	if (on_sqlite()) {
		struct stat st;
		assert_int_equal(stat(str_z(a, str_fmt(a, "%.*s/gatehouse.db",
		                                       STR(str_sub(o.location, 7, STR_NPOS)))),
		                      &st),
		                 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(changes, suite_reset),
		cmocka_unit_test_teardown(following, suite_reset),
		cmocka_unit_test_teardown(settles_when_applied, suite_reset),
		cmocka_unit_test_teardown(restart, suite_reset),
		cmocka_unit_test_teardown(key_files, suite_reset),
		cmocka_unit_test_teardown(foreign_places, suite_reset),
		cmocka_unit_test_teardown(foreign_schemas, suite_reset),
	};
	return cmocka_run_group_tests(tests, suite_start, suite_end);
}
