/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the gateway: a store in a few arrays, and a compiler that knows one kind of proxy.
 * Included once by a test program, after cmocka; both stand in the place of the rooms'.
 * Source: store/feed.h, store/deployments.h, bundle/bundle.h. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

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

static inline void change(enum feed_kind kind, str env, str name)
{
	pthread_mutex_lock(&the.lock);
	the.changes[the.seq] = (struct change){ .seq = the.seq + 1, .kind = kind, .org = S("acme"), .env = env, .name = name };
	the.seq++;
	pthread_mutex_unlock(&the.lock);
	if (the.wake)
		the.wake(the.arg);
}

static inline void put(str env, const char *name, int64_t revision)
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

static inline void settle(void)
{
	for (int i = 0; i < 5000 && atomic_load(&the.done) < the.seq; i++)
		usleep(1000);
	assert_int_equal(atomic_load(&the.done), the.seq);
}

static inline err names(struct arena *a, struct strs *out, str one, str two)
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

static inline void released(void *arg)
{
	(void)arg;
	atomic_fetch_add(&the.released, 1);
}

static inline enum verdict say(const void *conf, struct exchange *x)
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
