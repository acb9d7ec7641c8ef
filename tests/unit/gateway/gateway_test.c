/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway on real sockets and loops, over a store and a compiler of the test's own: what is served,
 * what a change does while requests run, what is logged and counted, how it ends.
 * Source: house ("the walk of a request", "control plane"). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "flow/exchange.h"
#include "gateway/gateway.h"
#include "store/deployments.h"
#include "store/feed.h"
#include "store/organizations.h"
#include "store/surroundings.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- a store in a few arrays ---- */

enum { MAX = 32 };
static struct {
	pthread_mutex_t lock;
	struct deployment deployments[MAX];
	size_t n;
	struct change changes[256];
	int64_t seq;
	_Atomic(int64_t) taken, done;
	char note[256];
	_Atomic(int) compiled, released, away;
	_Atomic(bool) with_prod;
	void (*wake)(void *);
	void *arg;
} the;

static void change(enum feed_kind kind, str env, str name)
{
	pthread_mutex_lock(&the.lock);
	the.changes[the.seq] = (struct change){ .seq = the.seq + 1, .kind = kind, .org = S("acme"), .env = env, .name = name };
	the.seq++;
	pthread_mutex_unlock(&the.lock);
	if (the.wake)
		the.wake(the.arg);
}

static void put(str env, const char *name, int64_t revision)
{
	pthread_mutex_lock(&the.lock);
	size_t i = 0;
	while (i < the.n && !(str_eq(the.deployments[i].name, str_from_z(name)) && str_eq(the.deployments[i].environment, env)))
		i++;
	the.deployments[i] = (struct deployment){ .organization = S("acme"), .environment = env, .name = str_from_z(name),
		                                  .revision = revision, .base_path = S("/"), .seq = the.seq + 1 };
	the.n += i == the.n;
	pthread_mutex_unlock(&the.lock);
	change(FEED_deployment, env, S("proxy/x/1"));
}

static void settle(void)
{
	for (int i = 0; i < 5000 && atomic_load(&the.done) < the.seq; i++)
		usleep(1000);
	assert_int_equal(atomic_load(&the.done), the.seq);
}

static err names(struct arena *a, struct strs *out, str one, str two)
{
	if (atomic_load(&the.away))
		return FAIL(ERR_STORE);
	out->v = arena_array(a, str, 2);
	out->v[0] = one;
	out->v[1] = two;
	out->n = two.n ? 2 : 1;
	return DONE;
}

err organization_list(struct arena *a, struct store *s, struct strs *out)
{
	(void)s;
	return names(a, out, S("acme"), S(""));
}

err environment_list(struct arena *a, struct store *s, str org, struct strs *out)
{
	(void)s, (void)org;
	return names(a, out, S("test"), the.with_prod ? S("prod") : S(""));
}

err virtual_host_all(struct arena *a, struct store *s, struct list *out)
{
	(void)s;
	static const struct { str env, alias; } all[] = { { S_INIT("test"), S_INIT("test.localhost") },
		                                          { S_INIT("prod"), S_INIT("prod.localhost") } };
	struct vhost_entry *v = arena_array(a, struct vhost_entry, 3);
	for (size_t i = 0; i < COUNT(all); i++) {
		v[i].key = (struct vhost_key){ S("acme"), all[i].env, S("default") };
		v[i].vhost = arena_new(a, struct virtual_host);
		v[i].vhost->name = S("default");
		v[i].vhost->port = S("9001");
		v[i].vhost->host_aliases.v = arena_new(a, str);
		v[i].vhost->host_aliases.v[0] = all[i].alias;
		v[i].vhost->host_aliases.n = 1;
	}
	v[2] = v[1];
	v[2].key.name = v[2].vhost->name = S("default"); /* of an environment that is not there, at times */
	*out = (struct list){ v, COUNT(all) };
	return DONE;
}

/* No proxy here names anything. */
err surroundings_load(struct arena *a, struct store *s, str org, str env, struct surroundings *out)
{
	(void)a, (void)s, (void)org, (void)env;
	*out = (struct surroundings){ 0 };
	return DONE;
}

err deployment_list(struct arena *a, struct store *s, const struct deployment_filter *f, struct list *out)
{
	(void)s;
	struct deployment *v = arena_array(a, struct deployment, MAX);
	size_t n = 0;
	if (atomic_load(&the.away))
		return FAIL(ERR_STORE);
	pthread_mutex_lock(&the.lock);
	for (size_t i = 0; i < the.n; i++)
		if (str_eq(the.deployments[i].environment, f->env))
			v[n++] = the.deployments[i];
	pthread_mutex_unlock(&the.lock);
	*out = (struct list){ v, n };
	return DONE;
}

err revision_files(struct arena *a, struct store *s, const struct api_key *key, int64_t number, struct zip_files *out)
{
	(void)a, (void)s, (void)key, (void)number;
	*out = (struct zip_files){ 0 };
	return DONE;
}

void deployment_note(struct store *s, const struct deployment *d, str error)
{
	(void)s, (void)d;
	if (str_given(error))
		snprintf(the.note, sizeof the.note, "%.*s", STR(error));
}

struct feed_reader *feed_attach(struct store *s, void (*wake_fn)(void *), void *arg)
{
	(void)s;
	the.wake = wake_fn;
	the.arg = arg;
	return (struct feed_reader *)&the;
}

void feed_detach(struct feed_reader **r)
{
	*r = NULL;
	the.wake = NULL;
}

err feed_next(struct arena *a, struct feed_reader *r, struct list *out, bool *lost)
{
	(void)r;
	*lost = false;
	pthread_mutex_lock(&the.lock);
	size_t n = (size_t)(the.seq - the.taken);
	struct change *v = arena_array(a, struct change, n + 1);
	memcpy(v, the.changes + the.taken, n * sizeof *v);
	the.taken = the.seq;
	pthread_mutex_unlock(&the.lock);
	*out = (struct list){ v, n };
	return DONE;
}

int64_t feed_head(struct store *s)
{
	(void)s;
	return the.seq;
}

void feed_done(struct feed_reader *r, int64_t seq)
{
	(void)r;
	atomic_store(&the.done, seq);
}

/* ---- a compiler that knows one kind of proxy: it says its name and revision ---- */

static void released(void *arg)
{
	(void)arg;
	atomic_fetch_add(&the.released, 1);
}

static enum verdict say(const void *conf, struct exchange *x)
{
	(void)conf;
	if (str_eq(x->path_suffix, S("/fault"))) {
		static const struct fault fault = { "steps.test.Fault", 418, "a \"fault\"" };
		return fault_raise(x, &fault);
	}
	if (str_eq(x->path_suffix, S("/wait")) && wait_until(deadline_in(300)).code)
		return CONTINUE;
	x->response = message_response(x->arena, 200);
	message_set_content(x->arena, x->response,
	                    str_fmt(x->arena, "%.*s/%.*s %.*s", STR(x->proxy->environment), STR(x->proxy->name),
	                            STR(x->proxy->revision)),
	                    S("text/plain"));
	return CONTINUE;
}
static const struct policy say_policy = { .element = "Say", .run = say };

err bundle_compile(const struct zip_files *files, enum bundle_kind kind, const struct bundle_identity *id,
                   policy_finder find, struct diag *diag, struct proxy **out)
{
	(void)files, (void)kind, (void)find;
	if (str_eq(id->name, S("broken")))
		return diag_add(diag, ERR_SYNTAX, 7, "it is broken");
	struct arena *a = arena_create(0, 0);
	struct proxy *p = *out = arena_new(a, struct proxy);
	struct proxy_endpoint *ep = arena_new(a, struct proxy_endpoint);
	struct step *step = arena_new(a, struct step);
	*p = (struct proxy){ .holders = 1, .arena = a, .organization = str_dup(a, id->organization),
		             .environment = str_dup(a, id->environment), .name = str_dup(a, id->name),
		             .revision = str_dup(a, id->revision), .endpoints = ep, .n_endpoints = 1 };
	*step = (struct step){ .policy = &say_policy, .name = S("say"), .enabled = true };
	ep->ep.pre = (struct flow){ .name = S("PreFlow"), .request = { step, 1 } };
	ep->base_path = str_fmt(a, "/%.*s", STR(id->name));
	struct route_rule *route = arena_new(a, struct route_rule);
	ep->routes = route;
	ep->n_routes = 1;
	arena_defer(a, released, NULL);
	atomic_fetch_add(&the.compiled, 1);
	return DONE;
}

/* No proxy here has a target. */
str template_render(const struct template *t, struct scope *s, str *unresolved)
{
	(void)t, (void)s, (void)unresolved;
	return S("");
}

/* ---- a client ---- */

static unsigned port;

static int dial(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct timeval limit = { .tv_sec = 10 };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return connect(fd, (struct sockaddr *)&a, sizeof a) ? -1 : fd;
}

/* Sends, reads one answer with a Content-Length; NULL when the connection ended. */
static const char *talk(int fd, const char *text, char *answer, size_t size)
{
	size_t n = 0;
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return NULL;
	for (;;) {
		ssize_t got = recv(fd, answer + n, size - 1 - n, 0);
		if (got <= 0)
			return NULL;
		answer[n += (size_t)got] = 0;
		char *end = strstr(answer, "\r\n\r\n"), *length = strcasestr(answer, "content-length: ");
		if (end && (!length || n >= (size_t)(end + 4 - answer) + strtoul(length + 16, NULL, 10)))
			return answer;
	}
}

static void expect(const char *host, const char *path, unsigned status, const char *body)
{
	char text[512], answer[4096], line[32];
	int fd = dial();
	assert_true(fd >= 0);
	snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host);
	assert_non_null(talk(fd, text, answer, sizeof answer));
	close(fd);
	snprintf(line, sizeof line, "HTTP/1.1 %u ", status);
	if (strncmp(answer, line, strlen(line)) != 0 || strcmp(strstr(answer, "\r\n\r\n") + 4, body) != 0)
		fail_msg("%s %s: %s", host, path, answer);
}

/* ---- the server ---- */

struct server {
	struct loop *loops[3]; /* two of the data plane, and control */
	pthread_t threads[3];
	struct gateway *gateway;
	char log[64];
	bool drained;
};

static void *run(void *loop)
{
	loop_run(loop);
	return NULL;
}

static unsigned free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static int setup(void **state)
{
	memset(&the, 0, sizeof the);
	pthread_mutex_init(&the.lock, NULL);
	struct server *s = *state = calloc(1, sizeof *s);
	offload_start(2);
	for (size_t i = 0; i < 3; i++) {
		s->loops[i] = loop_create(100);
		pthread_create(&s->threads[i], NULL, run, s->loops[i]);
	}
	return 0;
}

static void open_gateway(struct server *s)
{
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	port = free_port();
	snprintf(s->log, sizeof s->log, "/tmp/gateway_test.%d.log", (int)getpid());
	char *address = arena_alloc(a, 32, 1);
	snprintf(address, 32, "127.0.0.1:%u", port);
	struct gateway_listener listener = { .name = S("default"), .address = str_from_z(address) };
	struct gateway_conf conf = {
		.loops = s->loops, .n_loops = 2, .control = s->loops[2], .listeners = &listener, .n_listeners = 1,
		.limits = http_limits_default(), .access_log = str_from_z(s->log),
	};
	if (gateway_open(&conf, &diag, &s->gateway).code)
		fail_msg("%.*s", STR(diag_text(a, &diag)));
	arena_destroy(&a);
}

static void close_gateway(struct server *s)
{
	if (s->gateway && !s->drained)
		gateway_drain(s->gateway, deadline_in(2000));
	s->drained = true;
}

static int teardown(void **state)
{
	struct server *s = *state;
	close_gateway(s); /* a test that failed has not */
	for (size_t i = 0; i < 3; i++) {
		loop_stop(s->loops[i]);
		pthread_join(s->threads[i], NULL);
	}
	gateway_close(&s->gateway);
	for (size_t i = 0; i < 3; i++) {

		loop_destroy(&s->loops[i]);
	}
	offload_stop();
	unlink(s->log);
	free(s);
	return atomic_load(&the.compiled) == atomic_load(&the.released) ? 0 : 1;
}

#define NO_PROXY(url) \
	"{\"fault\":{\"faultstring\":\"Unable to identify proxy for host: default and url: " url "\",\"detail\":{\"errorcode\":\"messaging.adaptors.http.flow.ApplicationNotFound\"}}}"

static void serves(void **state)
{
	struct server *s = *state;
	put(S("test"), "a", 1);
	open_gateway(s);
	expect("test.localhost", "/a", 200, "test/a 1");
	expect("Test.localhost:80", "/a/x?y", 200, "test/a 1");
	expect("test.localhost", "/b/c", 404, NO_PROXY("\\/b\\/c"));
	expect("stranger", "/a", 404, NO_PROXY("\\/a"));
	expect("prod.localhost", "/a", 404, NO_PROXY("\\/a"));
	expect("test.localhost", "/a/fault", 418,
	       "{\"fault\":{\"faultstring\":\"a \\\"fault\\\"\",\"detail\":{\"errorcode\":\"steps.test.Fault\"}}}");
	struct gateway_totals t = gateway_totals(s->gateway);
	for (int i = 0; t.active && i < 1000; i++, t = gateway_totals(s->gateway))
		usleep(1000); /* the client has its answer before it is counted */
	assert_int_equal(t.by_class[2], 2);
	assert_int_equal(t.by_class[4], 4);
	assert_int_equal(t.no_proxy, 3);
	assert_int_equal(t.faults, 4);
	assert_int_equal(t.active, 0);
	close_gateway(s);
}

static void follows_changes(void **state)
{
	struct server *s = *state;
	put(S("test"), "a", 1);
	open_gateway(s);
	put(S("test"), "b", 1);
	settle();
	expect("test.localhost", "/b", 200, "test/b 1");
	int compiled = atomic_load(&the.compiled);
	put(S("test"), "a", 2);
	settle();
	expect("test.localhost", "/a", 200, "test/a 2");
	expect("test.localhost", "/b", 200, "test/b 1");
	assert_int_equal(atomic_load(&the.compiled), compiled + 1); /* b was not compiled again */
	put(S("test"), "broken", 1);
	settle();
	assert_non_null(strstr(the.note, "it is broken"));
	expect("test.localhost", "/broken", 404, NO_PROXY("\\/broken"));
	expect("test.localhost", "/a", 200, "test/a 2");
	change(FEED_revision, S(""), S("proxy/a/2")); /* its files were edited */
	settle();
	assert_int_equal(atomic_load(&the.compiled), compiled + 2);
	pthread_mutex_lock(&the.lock);
	the.n = 0;
	pthread_mutex_unlock(&the.lock);
	change(FEED_deployment, S("test"), S("proxy/a/2"));
	settle();
	expect("test.localhost", "/a", 404, NO_PROXY("\\/a"));
	close_gateway(s);
}

static void environments_come_and_go(void **state)
{
	struct server *s = *state;
	put(S("prod"), "a", 3);
	open_gateway(s);
	expect("prod.localhost", "/a", 404, NO_PROXY("\\/a"));
	the.with_prod = true;
	change(FEED_environment, S("prod"), S("prod"));
	settle();
	expect("prod.localhost", "/a", 200, "prod/a 3");
	the.with_prod = false;
	change(FEED_environment, S("prod"), S("prod"));
	settle();
	expect("prod.localhost", "/a", 404, NO_PROXY("\\/a"));
	close_gateway(s);
}

static void a_store_that_is_away_comes_back(void **state)
{
	struct server *s = *state;
	open_gateway(s);
	atomic_store(&the.away, 1);
	put(S("test"), "a", 1);
	usleep(50000);
	assert_true(atomic_load(&the.done) < the.seq);
	atomic_store(&the.away, 0);
	settle();
	expect("test.localhost", "/a", 200, "test/a 1");
	close_gateway(s);
}

/* Keep-alive clients that never stop, while what they call is deployed over and over. */
static _Atomic(bool) enough;
static _Atomic(long) asked, wrong;

static void *ask(void *unused)
{
	(void)unused;
	char answer[1024];
	int fd = dial();
	while (!atomic_load(&enough)) {
		if (!talk(fd, "GET /a HTTP/1.1\r\nHost: test.localhost\r\n\r\n", answer, sizeof answer) ||
		    !strstr(answer, "test/a ") || strncmp(answer, "HTTP/1.1 200", 12) != 0)
			atomic_fetch_add(&wrong, 1);
		atomic_fetch_add(&asked, 1);
	}
	close(fd);
	return NULL;
}

static void not_one_request_fails_while_it_is_deployed(void **state)
{
	struct server *s = *state;
	pthread_t clients[4];
	put(S("test"), "a", 1);
	open_gateway(s);
	atomic_store(&enough, false);
	for (size_t i = 0; i < COUNT(clients); i++)
		pthread_create(&clients[i], NULL, ask, NULL);
	for (int64_t revision = 2; revision < 120; revision++) {
		put(S("test"), "a", revision);
		settle();
		char want[32];
		snprintf(want, sizeof want, "test/a %d", (int)revision);
		expect("test.localhost", "/a", 200, want);
	}
	atomic_store(&enough, true);
	for (size_t i = 0; i < COUNT(clients); i++)
		pthread_join(clients[i], NULL);
	assert_int_equal(atomic_load(&wrong), 0);
	assert_true(atomic_load(&asked) > 100);
	close_gateway(s);
}

static void logs_a_line_a_request(void **state)
{
	struct server *s = *state;
	char line[2048];
	put(S("test"), "a", 1);
	open_gateway(s);
	expect("test.localhost", "/a/x?secret=1", 200, "test/a 1");

	expect("test.localhost", "/a/fault", 418,
	       "{\"fault\":{\"faultstring\":\"a \\\"fault\\\"\",\"detail\":{\"errorcode\":\"steps.test.Fault\"}}}");
	close_gateway(s);
	FILE *f = fopen(s->log, "r");
	assert_non_null(f);
	static const char *const parts[][3] = {
		{ "\"client\":\"127.0.0.1\",\"org\":\"acme\",\"env\":\"test\",\"vhost\":\"default\",\"proxy\":\"a\",\"revision\":\"1\"",
		  "\"verb\":\"GET\",\"path\":\"/a/x\",\"status\":200,\"bytes\":", "\"ms\":" },
		{ "\"status\":418", "\"fault\":\"steps.test.Fault\"", "\"time\":\"20" },
	};
	for (size_t i = 0; i < COUNT(parts); i++) {
		bool found = false;
		rewind(f);
		while (fgets(line, sizeof line, f)) {
			assert_null(strstr(line, "secret"));
			assert_memory_equal(line + strlen(line) - 2, "}\n", 2);
			found |= strstr(line, parts[i][0]) && strstr(line, parts[i][1]) && strstr(line, parts[i][2]);
		}
		assert_true(found);
	}
	fclose(f);
}

static void drains(void **state)
{
	struct server *s = *state;
	char answer[1024];
	put(S("test"), "a", 1);
	open_gateway(s);
	int idle = dial(), busy = dial();
	assert_non_null(talk(idle, "GET /a HTTP/1.1\r\nHost: test.localhost\r\n\r\n", answer, sizeof answer));
	static const char slow[] = "GET /a/wait HTTP/1.1\r\nHost: test.localhost\r\n\r\n";
	assert_int_equal(send(busy, slow, sizeof slow - 1, 0), sizeof slow - 1);
	usleep(50000);
	close_gateway(s);
	ssize_t n = recv(busy, answer, sizeof answer - 1, 0);
	assert_true(n > 0);
	answer[n] = 0;
	assert_non_null(strstr(answer, "test/a 1"));
	assert_non_null(strcasestr(answer, "connection: close"));
	assert_int_equal(recv(idle, answer, sizeof answer, 0), 0);
	close(idle);
	close(busy);
	assert_true(dial() < 0);
}

static void says_why_it_cannot_listen(void **state)
{
	struct server *s = *state;
	struct arena *a = arena_create(0, 0);
	struct diag diag = { .arena = a };
	struct gateway_listener listener = { .name = S("default"), .address = S("203.0.113.1:80") };
	struct gateway_conf conf = { .loops = s->loops, .n_loops = 2, .control = s->loops[2], .listeners = &listener,
		                     .n_listeners = 1, .limits = http_limits_default() };
	assert_int_equal(gateway_open(&conf, &diag, &s->gateway).code, ERR_IO);
	assert_true(str_has(diag_text(a, &diag), S("203.0.113.1")));
	close_gateway(s);
	arena_destroy(&a);
}

int main(void)
{
	log_set_level(LOG_ERROR);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(serves, setup, teardown),
		cmocka_unit_test_setup_teardown(follows_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(environments_come_and_go, setup, teardown),
		cmocka_unit_test_setup_teardown(a_store_that_is_away_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(not_one_request_fails_while_it_is_deployed, setup, teardown),
		cmocka_unit_test_setup_teardown(logs_a_line_a_request, setup, teardown),
		cmocka_unit_test_setup_teardown(drains, setup, teardown),
		cmocka_unit_test_setup_teardown(says_why_it_cannot_listen, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
