/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's socket: one line in, one out, one connection at a time.
 * A socket that is gone, or whose server has died, is made anew: also after a hand-over that failed.
 * Source: main/operator.h. */
#include "main/operator.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "cli/operator_socket.h"
#include "store/logins.h"

enum { LINE_MS = 5000, LOOK_MS = 2000 };

struct asked {
	struct arena *arena;
	struct sso *sso;
	struct user_key key; /* "user ...": whose */
	str rest;            /* what follows the name, or the verb */
	str refusal;
};

/* ---- what can be asked ---- */
static err unlock(struct asked *q) { return login_unlock(q->sso->store, &q->key); }

static err mfa_off(struct asked *q)
{
	return login_totp_set(q->sso->store, &q->key, STR_NONE, clock_ms());
}

static err password(struct asked *q)
{
	struct user *user;
	TRY(user_get(q->arena, q->sso->store, &q->key, &user));
	q->refusal = password_policy_refusal(q->arena, &q->sso->settings.password,
	                                     str_given(q->rest) ? q->rest : S(""));
	if (str_given(q->refusal))
		return FAIL(ERR_DENIED);
	TRY(identity_change_password(q->arena, q->sso->identity, user, q->rest));
	return unlock(q);
}

static err rotate(struct asked *q)
{
	static const enum jose_alg algs[] = { JOSE_RS256, JOSE_ES256 };
	bool known = !str_given(q->rest);
	for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
		if (str_given(q->rest) && !str_eq(q->rest, jose_alg_name(algs[i])))
			continue;
		known = true;
		TRY(signer_rotate(q->sso->bearers.signer, algs[i]));
	}
	q->refusal = S("keys are RS256 or ES256");
	return known ? DONE : FAIL(ERR_DENIED);
}

static const struct {
	str noun, verb;
	err (*run)(struct asked *);
	const char *done;
} questions[] = {
	{ S_INIT("user"), S_INIT("unlock"), unlock, "is unlocked" },
	{ S_INIT("user"), S_INIT("password"), password, "has a new password, and is logged out" },
	{ S_INIT("user"), S_INIT("mfa-off"), mfa_off, "has no second factor" },
	{ S_INIT("key"), S_INIT("rotate"), rotate, "new keys sign" },
};

static str answered(struct asked *q, size_t i)
{
	bool user = str_eq(questions[i].noun, S("user"));
	err e = questions[i].run(q);
	log_info("operator", LOG_STR("noun", questions[i].noun), LOG_STR("verb", questions[i].verb),
	         LOG_STR("user", q->key.name), LOG_Z("result", e.code ? err_word(e.code) : "done"));
	if (e.code == ERR_NOT_FOUND)
		return str_fmt(q->arena, "error there is no user %.*s", STR(q->key.name));
	if (e.code == ERR_DENIED)
		return str_fmt(q->arena, "error %.*s", STR(q->refusal));
	if (e.code)
		return str_fmt(q->arena, "error %s", err_word(e.code));
	return str_fmt(q->arena, "ok %.*s%s%s", STR(q->key.name), user ? " " : "",
	               questions[i].done);
}

static str answer_to(struct arena *a, struct sso *sso, str line)
{
	struct asked q = { .arena = a, .sso = sso };
	str rest = line, noun = str_cut(&rest, ' '), verb = str_cut(&rest, ' ');
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		if (!str_eq(noun, questions[i].noun) || !str_eq(verb, questions[i].verb))
			continue;
		if (str_eq(noun, S("user"))) {
			q.key = (struct user_key){ USER_ZONE, USER_ORIGIN, STR_NONE };
			q.key.name = identity_user_name(a, str_cut(&rest, ' '));
		}
		q.rest = rest;
		return answered(&q, i);
	}
	return str_fmt(a, "error there is no %.*s %.*s", STR(noun), STR(verb));
}

/* ---- connections ---- */
static bool is_owner(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;
	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) &&
	       (who.uid == geteuid() || who.uid == 0);
}

/* Up to its newline; STR_NONE: it did not come. */
static str line_read(struct arena *a, int fd)
{
	struct buf b = buf_in(a);
	deadline until = deadline_in(LINE_MS);
	while (b.n < OPERATOR_LINE) {
		ssize_t n = recv(fd, buf_room(&b, OPERATOR_LINE - b.n), OPERATOR_LINE - b.n, 0);
		if (n > 0)
			b.n += (size_t)n;
		else if (n == 0 || errno != EAGAIN || wait_fd(fd, READY_READ, until).code)
			return STR_NONE;
		size_t end = str_find_char(buf_str(&b), '\n');
		if (end != STR_NPOS)
			return str_sub(buf_str(&b), 0, end);
	}
	return STR_NONE;
}

static void converse(struct operator* o, int fd)
{
	struct arena *a = arena_create(OPERATOR_LINE * 2, 0);
	str line = is_owner(fd) ? line_read(a, fd) : STR_NONE;
	if (str_given(line)) {
		str said = answer_to(a, o->sso, line), answer = str_fmt(a, "%.*s\n", STR(said));
		if (send(fd, answer.p, answer.n, MSG_NOSIGNAL) < 0)
			log_warn("operator_gone", LOG_INT("errno", errno));
		wipe((char *)line.p, line.n);
	}
	arena_destroy(&a);
}

/* ---- the socket ---- */
static str path_of(struct arena *a, const struct operator* o)
{
	return str_fmt(a, "%.*s/" OPERATOR_SOCKET, STR(o->data));
}

/* Somebody answers there: this process, or the one that takes over. */
static bool is_answered(struct arena *a, const struct operator* o)
{
	int fd = operator_connect(str_z(a, o->data));
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void open_it(struct operator* o)
{
	struct arena *a = arena_create(512, 0);
	int fd = operator_listen(str_z(a, o->data));
	if (fd < 0)
		log_warn("no_operator_socket", LOG_INT("errno", errno));
	if (o->fd >= 0)
		close(o->fd);
	o->fd = fd;
	arena_destroy(&a);
}

static void look(struct operator* o)
{
	struct arena *a = arena_create(512, 0);
	struct stat there;
	if (o->fd < 0 || stat(str_z(a, path_of(a, o)), &there) || !is_answered(a, o))
		open_it(o);
	arena_destroy(&a);
}

static void run(void *arg)
{
	struct operator* o = arg;
	open_it(o);
	while (!o->stopping) {
		int fd = o->fd < 0 ? -1 : accept4(o->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			converse(o, fd);
			close(fd);
			continue;
		}
		err e = o->fd < 0 ? wait_until(deadline_in(LOOK_MS))
		                  : wait_fd(o->fd, READY_READ, deadline_in(LOOK_MS));
		if (e.code == ERR_CANCELED)
			break;
		if (e.code || o->fd < 0)
			look(o);
	}
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}

void operator_start(struct operator* o, struct loop *loop)
{
	o->fd = -1;
	if (fiber_start(loop, run, o).code)
		log_error("no_operator_socket");
}

/* The name stays: it is the successor's, or refuses until the next start. */
void operator_stop(struct operator* o) { o->stopping = true; }
