/* SPDX-License-Identifier: Apache-2.0 */
/* /oauth/authorize: who is logged in lets a client have a code, which it trades for tokens.
 * What a form brings back is a handle: the request itself stays here, where nobody can change it.
 * Source: RFC 6749 §4.1, RFC 9207; OpenID Connect Core §3.1.2; oauth2-service reference, 3.2. */
#include "sso/authorization.h"

#include "base/rand.h"
#include "sso/endpoints.h"
#include "sso/issue.h"
#include "sso/page.h"
#include "sso/session.h"
#include "store/approvals.h"
#include "store/codes.h"

enum { CODE = 32, CODE_MS = 300000, CONSENT_MS = 600000, PUSHED_S = 300 };

struct request {
	struct authorization a;
	str pushed; /* what stands behind the URN of a pushed request; absent: none */
	struct strs scope;
	bool silent; /* nobody is asked: prompt=none, or no browser */
};

/* ---- answers ---- */
static struct message *wrong_page(struct sso_call *q, struct refusal why)
{
	if (sso_wants_json(q) || str_given(q->bearer.jti))
		return sso_error_about(q, why.id, why.about);
	struct page_value v = { "error", sso_error_text(q->arena, why.id, why.about), NULL };
	return page_answer(
		q, &(struct web_page){ "trouble.html", sso_error_status(why.id), false, &v, 1 });
}

static struct message *trouble(struct sso_call *q, err e)
{
	return sso_wants_json(q) ? sso_trouble(q, e) : page_trouble(q, e);
}

static void add(struct sso_call *q, struct pairs *p, const char *name, str value)
{
	VEC_PUSH(q->arena, p, (struct pair){ str_from_z(name), value });
}

/* To the client, with its state and who says so: RFC 9207. */
static struct message *to_client(struct sso_call *q, const struct authorization *a,
                                 struct pairs *answer)
{
	bool post = str_eq(q->call->request->verb, S("POST"));
	struct message *m = message_response(q->arena, post ? 303 : 302);
	char join = str_find_char(a->redirect_uri, '?') == STR_NPOS ? '?' : '&';
	if (str_given(a->state))
		add(q, answer, "state", a->state);
	add(q, answer, "iss", q->sso->bearers.issuer);
	headers_set(q->arena, &m->headers, S("Location"),
	            str_fmt(q->arena, "%.*s%c%.*s", STR(a->redirect_uri), join,
	                    STR(form_write(q->arena, answer))));
	headers_set(q->arena, &m->headers, S("Cache-Control"), S("no-store"));
	return m;
}

static struct message *refused(struct sso_call *q, const struct authorization *a,
                               struct refusal why)
{
	struct pairs answer = { 0 };
	if (!str_given(a->redirect_uri))
		return wrong_page(q, why);
	add(q, &answer, "error", sso_error_code(why.id));
	add(q, &answer, "error_description", sso_error_text(q->arena, why.id, why.about));
	return to_client(q, a, &answer);
}

static struct message *refused_by(struct sso_call *q, const struct authorization *a,
                                  enum sso_error_id id)
{
	return refused(q, a, (struct refusal){ id, STR_NONE });
}

/* ---- a code ---- */
static struct message *give_code(struct sso_call *q, struct authorization *a)
{
	struct pairs answer = { 0 };
	struct code_key key = { q->sso->settings.zone, "authorization",
		                rand_alnum(q->arena, CODE) };
	a->auth_time_s = q->session->auth_time_s;
	a->used_code = q->session->used_code;
	a->access_jti = rand_uuid(q->arena);
	a->refresh_jti = issue_refresh_jti(q->arena);
	a->family = rand_uuid(q->arena);
	struct code code = { .owner = q->session->person.user.id,
		             .doc = authorization_write(q->arena, a),
		             .expires_at_ms = clock_ms() + CODE_MS };
	err e = code_put(q->store, &key, &code, false);
	if (e.code)
		return trouble(q, e);
	add(q, &answer, "code", key.text);
	return to_client(q, a, &answer);
}

/* ---- consent ---- */
/* Whether a scope is neither the operator's to give nor approved before. */
static err must_ask(struct sso_call *q, const struct strs *scope, bool *ask)
{
	const struct oauth_client *c = q->client.client;
	struct approval_key key = { q->sso->settings.zone, q->session->person.user.id,
		                    c->client_id };
	struct list approved;
	*ask = false;
	if (strs_have(&c->auto_approve, S("true")))
		return DONE;
	TRY(approval_list(q->arena, q->store, &key, clock_ms(), &approved));
	for (size_t i = 0; i < scope->n; i++) {
		bool fine = strs_have(&c->auto_approve, scope->v[i]);
		LIST_EACH(const struct scope_approval, p, &approved)
			fine |= p->approved && str_eq(p->scope, scope->v[i]);
		*ask |= !fine;
	}
	return DONE;
}

static struct message *ask_consent(struct sso_call *q, const struct request *r)
{
	struct pairs hidden = { 0 };
	struct code_key key = { q->sso->settings.zone, "consent", rand_alnum(q->arena, CODE) };
	struct code code = { .owner = q->session->person.user.id,
		             .doc = authorization_write(q->arena, &r->a),
		             .expires_at_ms = clock_ms() + CONSENT_MS };
	err e = code_put(q->store, &key, &code, false);
	if (e.code)
		return trouble(q, e);
	add(q, &hidden, "consent", key.text);
	struct consent page = { .scopes = &r->scope,
		                .goes_to = r->a.redirect_uri,
		                .action = S("/oauth/authorize"),
		                .hidden = &hidden };
	return page_consent(q, &page);
}

/* What was ticked is granted, and each answer is remembered. */
static err remember(struct sso_call *q, struct authorization *a)
{
	struct strs asked = scope_words(q->arena, a->scope), granted = consent_ticked(q, &asked);
	struct scope_approval *v = arena_array(q->arena, struct scope_approval, asked.n + 1);
	int64_t now_ms = clock_ms();
	for (size_t i = 0; i < asked.n; i++) {
		bool approved = strs_have(&granted, asked.v[i]);
		v[i] = (struct scope_approval){ a->client_id, asked.v[i], approved,
			                        now_ms + APPROVAL_MS, now_ms };
	}
	a->scope = scope_text(q->arena, &granted);
	struct approval_key key = { q->sso->settings.zone, q->session->person.user.id, STR_NONE };
	return approvals_put(q->store, &key, &(struct list){ v, asked.n });
}

static struct message *decided(struct sso_call *q)
{
	struct authorization a;
	struct code code;
	struct code_key key = { q->sso->settings.zone, "consent", sso_form(q, "consent") };
	struct refusal changed = { SSO_CHANGED, STR_NONE };
	struct message *m = need_session(q);
	if (!m)
		m = need_csrf(q);
	if (m)
		return m;
	err e = code_take(q->arena, q->store, &key, CODE_WAITING, clock_ms(), &code);
	if (e.code == ERR_NOT_FOUND || e.code == ERR_CONFLICT)
		return wrong_page(q, changed);
	if (!e.code)
		e = authorization_read(q->arena, code.doc, &a);
	if (e.code)
		return trouble(q, e);
	if (!str_eq(code.owner, q->session->person.user.id))
		return wrong_page(q, changed);
	if (!str_eq(sso_form(q, "user_oauth_approval"), S("true")))
		return refused_by(q, &a, SSO_DENIED);
	e = remember(q, &a);
	if (e.code)
		return trouble(q, e);
	return a.scope.n ? give_code(q, &a) : refused_by(q, &a, SSO_DENIED);
}

/* ---- the request ---- */
static struct code_key pushed_key(const struct sso_call *q, str text)
{
	return (struct code_key){ q->sso->settings.zone, "pushed", text };
}

/* A pushed request says everything; beside it stands who asks. */
static err read_pushed(struct sso_call *q, struct request *r, struct refusal *why)
{
	struct code code;
	struct code_key key = pushed_key(q, r->pushed);
	struct client_key client = { q->sso->settings.zone, sso_query(q, "client_id") };
	*why = (struct refusal){ SSO_REQUEST_GONE, STR_NONE };
	err e = code_get(q->arena, q->store, &key, clock_ms(), &code);
	if (e.code == ERR_NOT_FOUND || (!e.code && code.state != CODE_WAITING))
		return DONE;
	TRY(e);
	TRY(authorization_read(q->arena, code.doc, &r->a));
	e = FAIL(ERR_NOT_FOUND);
	if (str_eq(r->a.client_id, client.id))
		e = oauth_client_check(q->arena, q->store, &client, S(""), &q->client);
	if (e.code == ERR_NOT_FOUND)
		r->a.redirect_uri = STR_NONE;
	else
		why->id = SSO_FINE;
	return e.code == ERR_NOT_FOUND ? DONE : e;
}

static err read_request(struct sso_call *q, struct request *r, struct refusal *why)
{
	const struct pair *twice = sso_repeated(&q->query);
	str uri = sso_query(q, "request_uri");
	*why = (struct refusal){ SSO_TWICE, twice ? sso_told(twice->name) : STR_NONE };
	if (twice)
		return DONE;
	if (str_starts(uri, S(PUSHED_URN))) {
		r->pushed = str_sub(uri, sizeof PUSHED_URN - 1, STR_NPOS);
		return read_pushed(q, r, why);
	}
	TRY(authorization_check(q, &q->query, &r->a, why));
	if (!why->id && str_given(uri))
		why->id = SSO_REQUEST_URI;
	return DONE;
}

static bool prompts(const struct sso_call *q, const struct request *r, str word)
{
	struct strs words = scope_words(q->arena, r->a.prompt);
	return strs_have(&words, word);
}

/* Whether the login is too long ago for the client.  One since the request was pushed is new enough. */
static bool stale(const struct sso_call *q, const struct request *r)
{
	int64_t age, at_s = q->session->auth_time_s;
	if (r->a.pushed_at_s && at_s >= r->a.pushed_at_s)
		return false;
	if (prompts(q, r, S("login")))
		return true;
	return str_to_i64(r->a.max_age, &age) && clock_ms() / 1000 - at_s > age;
}

/* Out, and back with a request that does not ask for it again. */
static struct message *login_again(struct sso_call *q, const struct request *r)
{
	struct pairs rest = { 0 };
	for (size_t i = 0; i < q->query.n; i++)
		if (!str_eq(q->query.v[i].name, S("prompt")) &&
		    !str_eq(q->query.v[i].name, S("max_age")))
			VEC_PUSH(q->arena, &rest, q->query.v[i]);
	if (prompts(q, r, S("consent")))
		add(q, &rest, "prompt", S("consent"));
	str back = str_fmt(q->arena, "/oauth/authorize?%.*s", STR(form_write(q->arena, &rest)));
	struct message *m = sso_redirect(
		q, str_fmt(q->arena, "/login?return_to=%.*s", STR(percent_encode(q->arena, back))));
	err e = session_close(q, m);
	return e.code ? trouble(q, e) : m;
}

/* Who decides is there: what they may give, and whether they are to be asked. */
static struct message *go_on(struct sso_call *q, struct request *r)
{
	struct scope_ask ask = { r->a.scope, &q->session->person };
	struct refusal why;
	bool asks = false;
	err e = scope_find(q, &ask, &r->scope, &why);
	if (!e.code && !why.id)
		e = must_ask(q, &r->scope, &asks);
	if (e.code)
		return trouble(q, e);
	if (why.id)
		return refused(q, &r->a, why);
	asks |= prompts(q, r, S("consent"));
	if (asks && r->silent)
		return refused_by(q, &r->a, SSO_INTERACTION);
	if (str_given(r->pushed)) {
		struct code_key key = pushed_key(q, r->pushed);
		struct code code;
		e = code_take(q->arena, q->store, &key, CODE_WAITING, clock_ms(), &code);
		if (e.code == ERR_NOT_FOUND || e.code == ERR_CONFLICT)
			return wrong_page(q, (struct refusal){ SSO_REQUEST_GONE, STR_NONE });
		if (e.code)
			return trouble(q, e);
	}
	r->a.scope = scope_text(q->arena, &r->scope);
	return asks ? ask_consent(q, r) : give_code(q, &r->a);
}

/* Who is meant is known, or nobody is there to say. */
static struct message *begin(struct sso_call *q, struct request *r)
{
	struct refusal why;
	err e = read_request(q, r, &why);
	if (e.code)
		return trouble(q, e);
	if (why.id)
		return refused(q, &r->a, why);
	r->silent |= prompts(q, r, S("none"));
	bool again = q->session && stale(q, r);
	if (r->silent && (again || !q->session))
		return refused_by(q, &r->a, SSO_LOGIN_REQUIRED);
	if (!q->session)
		return need_session(q);
	return again ? login_again(q, r) : go_on(q, r);
}

/* Without a browser: a token speaks for the person, as their session would. */
static struct message *by_bearer(struct sso_call *q)
{
	struct session *s = q->session = arena_new(q->arena, struct session);
	struct message *m = need_bearer(q);
	if (m)
		return m;
	if (!str_given(q->bearer.user_id) || !strs_have(&q->bearer.scope, S("uaa.user")))
		return bearer_refused(q, SSO_SCOPE_INSUFFICIENT);
	err e = identity_person(q->arena, q->sso->identity, q->sso->settings.zone,
	                        q->bearer.user_id, &s->person);
	if (e.code)
		return trouble(q, e);
	s->auth_time_s = q->bearer.auth_time_s;
	return begin(q, &(struct request){ .silent = true });
}

static bool has_bearer(const struct sso_call *q)
{
	return str_istarts(sso_header(q, "authorization"), S("Bearer "));
}

struct message *endpoint_authorize(struct sso_call *q)
{
	if (has_bearer(q))
		return by_bearer(q);
	err e = session_find(q, &q->session);
	return e.code ? trouble(q, e) : begin(q, &(struct request){ 0 });
}

/* A decision; or a request in a form, which becomes one in the query, where logging in leads back to. */
struct message *endpoint_authorize_post(struct sso_call *q)
{
	str source = sso_form(q, "source");
	if (str_given(sso_form(q, "user_oauth_approval")))
		return decided(q);
	if (str_given(source) || str_given(sso_form(q, "password"))) /* into no address */
		return wrong_page(q, (struct refusal){ SSO_SOURCE, sso_told(source) });
	if (has_bearer(q)) {
		q->query = q->form;
		return by_bearer(q);
	}
	return sso_redirect(
		q, str_fmt(q->arena, "/oauth/authorize?%.*s", STR(form_write(q->arena, &q->form))));
}

/* ---- requests that the client pushes first ---- */
struct message *endpoint_par(struct sso_call *q)
{
	struct authorization a;
	struct refusal why;
	struct pairs params = { 0 };
	str id = q->client.client->client_id;
	if (str_given(sso_form(q, "request_uri"))) /* RFC 9126 §2.1 */
		return sso_error(q, SSO_REQUEST_URI);
	for (size_t i = 0; i < q->form.n; i++)
		if (!str_eq(q->form.v[i].name, S("client_id")))
			VEC_PUSH(q->arena, &params, q->form.v[i]);
	add(q, &params, "client_id", id);
	err e = authorization_check(q, &params, &a, &why);
	if (e.code)
		return sso_trouble(q, e);
	if (why.id)
		return sso_error_about(q, why.id, why.about);
	int64_t now_ms = clock_ms();
	struct code_key key = pushed_key(q, rand_alnum(q->arena, CODE));
	a.pushed_at_s = now_ms / 1000;
	struct code code = { .owner = id,
		             .doc = authorization_write(q->arena, &a),
		             .expires_at_ms = now_ms + PUSHED_S * 1000 };
	e = code_put(q->store, &key, &code, false);
	if (e.code)
		return sso_trouble(q, e);
	return sso_json(q, 201,
	                str_fmt(q->arena,
	                        "{\"request_uri\":\"" PUSHED_URN "%.*s\",\"expires_in\":%d}",
	                        STR(key.text), PUSHED_S));
}
