/* SPDX-License-Identifier: Apache-2.0 */
/* Plain streams: echo, more than the peer takes, the peer's end, deadlines, and no spinning.
 * All that is written is read, in order, whoever is slow.
 * Source: rt/sock.h. */
#include "inloop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/diag.h"
#include "rt/sock.h"

static void pair(struct loop *l, struct sock *s[2], int buffer)
{
	int fd[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	for (int i = 0; i < 2; i++) {
		if (buffer)
			setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
		s[i] = sock_accepted(l, fd[i], NULL);
	}
}

static size_t put_now(struct sock *s, const char *z)
{
	struct iovec v = { (char *)z, strlen(z) };
	size_t put = 0;
	return sock_try_write(s, &v, 1, &put).code ? 0 : put;
}

static err write_one(struct sock *s, const void *p, size_t n, deadline d)
{
	struct iovec v = { (void *)p, n };
	return sock_write(s, &v, 1, d);
}

/* ---- echo: rows of sizes ---- */
struct side {
	struct sock *sock;
	bool echoes;
	size_t size;
	unsigned rounds, good;
	int64_t pause_ms;
	enum err_code e;
};

static void echo(struct side *s)
{
	static _Thread_local char buf[70000];
	size_t got;
	for (;;) {
		s->e = sock_read(s->sock, buf, sizeof buf, &got, deadline_in(20000)).code;
		if (s->e || !got)
			break;
		if (s->pause_ms && wait_until(deadline_in(s->pause_ms)).code)
			break;
		s->e = write_one(s->sock, buf, got, deadline_in(20000)).code;
		if (s->e)
			break;
	}
	sock_close(&s->sock);
}

static void ask(struct side *s)
{
	char *out = malloc(s->size), *in = malloc(s->size);
	for (unsigned r = 0; r < s->rounds && !s->e; r++) {
		for (size_t i = 0; i < s->size; i++)
			out[i] = (char)(i * 7 + r);
		struct iovec v[3] = { { out, s->size / 3 }, { out, 0 },
			              { out + s->size / 3, s->size - s->size / 3 } };
		s->e = sock_write(s->sock, v, 3, deadline_in(20000)).code;
		size_t have = 0, got = 1;
		while (!s->e && have < s->size && got) {
			s->e = sock_read(s->sock, in + have, s->size - have, &got, deadline_in(20000)).code;
			have += got;
		}
		s->good += have == s->size && memcmp(in, out, have) == 0;
	}
	free(out);
	free(in);
	sock_close(&s->sock);
}

static void either(void *arg)
{
	struct side *s = arg;
	if (s->echoes)
		echo(s);
	else
		ask(s);
}

static void echoes(void **state)
{
	(void)state;
	static const struct {
		size_t size;
		unsigned rounds;
		int buffer;
		int64_t pause_ms;
	} rows[] = { { 1, 100, 0, 0 }, { 1000, 50, 0, 0 }, { 50000, 20, 0, 0 }, { 5000, 3, 4096, 1 } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct loop *l = loop_create(8);
		struct sock *s[2];
		pair(l, s, rows[i].buffer);
		struct side side[2] = {
			{ .sock = s[0], .size = rows[i].size, .rounds = rows[i].rounds },
			{ .sock = s[1], .echoes = true, .pause_ms = rows[i].pause_ms },
		};
		inloop_run(l, either, side, sizeof *side, 2);
		loop_destroy(&l);
		assert_int_equal(side[0].e, ERR_NONE);
		assert_int_equal(side[0].good, rows[i].rounds);
		assert_int_equal(side[1].e, ERR_NONE);
	}
}

/* ---- back-pressure: a writer whose peer reads nothing for a while costs no CPU ---- */
struct flood {
	struct sock *sock;
	bool reads;
	size_t moved;
	enum err_code e;
};

enum { FLOOD = 8 << 20, HOLD_MS = 300 };

static void flood(void *arg)
{
	struct flood *f = arg;
	size_t got = 1;
	static _Thread_local char buf[1 << 16];
	if (f->reads && wait_until(deadline_in(HOLD_MS)).code)
		return;
	while (!f->e && got && f->moved < FLOOD) {
		if (f->reads)
			f->e = sock_read(f->sock, buf, sizeof buf, &got, deadline_in(20000)).code;
		else
			f->e = write_one(f->sock, buf, got = sizeof buf, deadline_in(20000)).code;
		f->moved += f->e ? 0 : got;
	}
}

static int64_t cpu_ms(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

struct probe {
	int64_t before, after;
};

static void start_probe(void *arg) { ((struct probe *)arg)->before = cpu_ms(); }
static void end_probe(void *arg) { ((struct probe *)arg)->after = cpu_ms(); }

static void no_spinning(void **state)
{
	(void)state;
	struct loop *l = loop_create(8);
	struct sock *s[2];
	pair(l, s, 0);
	struct flood f[2] = { { .sock = s[0] }, { .sock = s[1], .reads = true } };
	struct probe p = { 0 };
	struct timer first = { 0 }, last = { 0 };
	timer_set(l, &first, deadline_in(HOLD_MS / 6), start_probe, &p);
	timer_set(l, &last, deadline_in(HOLD_MS - HOLD_MS / 6), end_probe, &p);
	inloop_run(l, flood, f, sizeof *f, 2);
	sock_close(&s[0]);
	sock_close(&s[1]);
	loop_destroy(&l);
	assert_int_equal(f[0].moved, FLOOD);
	assert_int_equal(f[1].moved, FLOOD);
	assert_true(p.before > 0);
	assert_in_range(p.after - p.before, 0, HOLD_MS / 6); /* of HOLD_MS * 2/3 */
}

/* ---- ends ---- */
struct ending {
	struct sock *sock;
	int64_t left_ms;
	bool writes;
	enum err_code e;
	size_t total;
	bool ended;
};

static void until_end(void *arg)
{
	struct ending *t = arg;
	char buf[4096] = { 0 };
	size_t got = 1;
	while (!t->e && got) {
		if (t->writes)
			t->e = write_one(t->sock, buf, sizeof buf, deadline_in(t->left_ms)).code;
		else
			t->e = sock_read(t->sock, buf, 16, &got, deadline_in(t->left_ms)).code;
		t->total += t->e ? 0 : got;
	}
	t->ended = !t->writes && sock_ended(t->sock);
}

static void ends(void **state)
{
	(void)state;
	static const struct {
		bool writes;
		enum { CLOSES, SENDS_CLOSES, STAYS } peer;
		int64_t left_ms;
		enum err_code e;
		bool ended;
		size_t total;
	} rows[] = {
		{ false, CLOSES, 5000, ERR_NONE, true, 0 },
		{ false, SENDS_CLOSES, 5000, ERR_NONE, true, 32 }, /* exactly two reads full */
		{ false, STAYS, 20, ERR_TIMEOUT, false, 0 },
		{ false, STAYS, 0, ERR_TIMEOUT, false, 0 },
		{ true, CLOSES, 5000, ERR_IO, false, 0 }, /* nothing was read */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct loop *l = loop_create(4);
		struct sock *s[2];
			pair(l, s, 0);
		if (rows[i].peer == SENDS_CLOSES)
			assert_int_equal(put_now(s[1], "0123456789abcdef0123456789abcdef"), 32);
		if (rows[i].peer != STAYS)
			sock_close(&s[1]);
		struct ending t = { .sock = s[0], .left_ms = rows[i].left_ms, .writes = rows[i].writes };
		inloop_run(l, until_end, &t, 0, 1);
		sock_close(&s[0]);
		sock_close(&s[1]);
		loop_destroy(&l);
		assert_int_equal(t.e, rows[i].e);
		assert_int_equal(t.ended, rows[i].ended);
		assert_int_equal(t.total, rows[i].total);
	}
}

/* ---- the client goes away while its fiber waits elsewhere ---- */
struct gone {
	struct sock *sock;
	enum err_code e;
	int64_t waited_ms;
};

static void busy_elsewhere(void *arg)
{
	struct gone *g = arg;
	int64_t from = inloop_ms();
	sock_cancels(g->sock, fiber_self(), true);
	g->e = wait_until(deadline_in(5000)).code;
	sock_cancels(g->sock, NULL, false);
	g->waited_ms = inloop_ms() - from;
}

static void close_it(void *arg) { sock_close(arg); }

static void client_gone(void **state)
{
	(void)state;
	struct loop *l = loop_create(4);
	struct sock *s[2];
	pair(l, s, 0);
	struct gone g = { .sock = s[0] };
	struct timer t = { 0 };
	timer_set(l, &t, deadline_in(10), close_it, &s[1]);
	inloop_run(l, busy_elsewhere, &g, 0, 1);
	sock_close(&s[0]);
	loop_destroy(&l);
	assert_int_equal(g.e, ERR_CANCELED);
	assert_in_range(g.waited_ms, 0, 2000); /* the peer left long before the deadline of 5 s */
}

/* ---- the loop's side ---- */
struct driven {
	struct loop *loop;
	struct sock *sock;
	char text[64];
	size_t n;
};

static void on_ready(void *arg, unsigned ready)
{
	struct driven *d = arg;
	size_t got;
	(void)ready;
	do {
		if (sock_try_read(d->sock, d->text + d->n, 3, &got).code)
			break;
		d->n += got;
	} while (got);
	if (sock_ended(d->sock)) {
		sock_close(&d->sock);
		loop_stop(d->loop);
	}
}

static void loop_driven(void **state)
{
	(void)state;
	struct loop *l = loop_create(4);
	struct sock *s[2];
	pair(l, s, 0);
	struct driven d = { .loop = l, .sock = s[0] };
	struct timer t = { 0 };
	sock_on_ready(s[0], on_ready, &d);
	assert_int_equal(put_now(s[1], "gatehouse"), 9);
	timer_set(l, &t, deadline_in(10), close_it, &s[1]);
	loop_run(l);
	loop_destroy(&l);
	assert_null(d.sock);
	assert_string_equal(d.text, "gatehouse");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echoes),      cmocka_unit_test(no_spinning), cmocka_unit_test(ends),
		cmocka_unit_test(client_gone), cmocka_unit_test(loop_driven),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
