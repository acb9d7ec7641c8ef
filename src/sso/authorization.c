/* SPDX-License-Identifier: Apache-2.0 */
/* The checks of an authorization request, and its form while it is kept.
 * A redirect address fits to the byte; only the port of a loopback address is free.
 * Source: sso/authorization.h. */
#include "sso/authorization.h"

#include <jansson.h>
#include <stddef.h>

/* ---- kept ---- */
static const struct {
	const char *key;
	size_t at;
} texts[] = {
	{ "client_id", offsetof(struct authorization, client_id) },
	{ "redirect_uri", offsetof(struct authorization, redirect_uri) },
	{ "scope", offsetof(struct authorization, scope) },
	{ "state", offsetof(struct authorization, state) },
	{ "nonce", offsetof(struct authorization, nonce) },
	{ "challenge", offsetof(struct authorization, challenge) },
	{ "method", offsetof(struct authorization, method) },
	{ "prompt", offsetof(struct authorization, prompt) },
	{ "max_age", offsetof(struct authorization, max_age) },
	{ "access_jti", offsetof(struct authorization, access_jti) },
	{ "refresh_jti", offsetof(struct authorization, refresh_jti) },
	{ "family", offsetof(struct authorization, family) },
};

enum { TEXTS = sizeof texts / sizeof *texts };

str authorization_write(struct arena *a, const struct authorization *r)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	for (size_t i = 0; i < TEXTS; i++) {
		const str *text = (const void *)((const char *)r + texts[i].at);
		json_pair_given(&w, texts[i].key, *text);
	}
	json_pair_int(&w, "auth_time", r->auth_time_s);
	json_pair_int(&w, "pushed_at", r->pushed_at_s);
	json_pair_bool(&w, "redirect_given", r->redirect_given);
	json_pair_bool(&w, "used_code", r->used_code);
	json_close(&w, '}');
	return buf_str(&b);
}

err authorization_read(struct arena *a, str doc, struct authorization *out)
{
	struct diag d = { .arena = a };
	json_t *j;
	*out = (struct authorization){ 0 };
	if (json_read(a, doc, &d, &j).code)
		return FAIL(ERR_STORE);
	for (size_t i = 0; i < TEXTS; i++)
		*(str *)(void *)((char *)out + texts[i].at) = json_member_str(j, texts[i].key);
	out->auth_time_s = json_integer_value(json_object_get(j, "auth_time"));
	out->pushed_at_s = json_integer_value(json_object_get(j, "pushed_at"));
	out->redirect_given = json_is_true(json_object_get(j, "redirect_given"));
	out->used_code = json_is_true(json_object_get(j, "used_code"));
	return DONE;
}

/* ---- where the answer goes ---- */
/* RFC 8252 §7.3: the address without its port, of the two loopback literals; absent for others. */
static str loopback(struct arena *a, str uri)
{
	static const char *const heads[] = { "http://127.0.0.1", "http://[::1]" };
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		str head = str_from_z(heads[i]);
		if (!str_starts(uri, head))
			continue;
		str rest = str_sub(uri, head.n, STR_NPOS);
		size_t n = rest.n && rest.p[0] == ':' ? 1 : 0;
		while (n && n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
			n++;
		rest = str_sub(rest, n, STR_NPOS);
		if (!rest.n || rest.p[0] == '/' || rest.p[0] == '?')
			return str_fmt(a, "%.*s%.*s", STR(head), STR(rest));
	}
	return STR_NONE;
}

/* RFC 6749 §3.1.2: absolute, without a fragment; and nothing that would end a header. */
static bool is_address(str uri)
{
	for (size_t i = 0; i < uri.n; i++)
		if ((unsigned char)uri.p[i] <= ' ' || (unsigned char)uri.p[i] >= 0x7f ||
		    uri.p[i] == '#')
			return false;
	return str_find_char(uri, ':') != STR_NPOS;
}

static bool registered(struct arena *a, const struct strs *all, str given)
{
	str free_port = loopback(a, given);
	for (size_t i = 0; i < all->n; i++) {
		str own = loopback(a, all->v[i]);
		if (str_eq(all->v[i], given) ||
		    (str_given(free_port) && str_given(own) && str_eq(own, free_port)))
			return true;
	}
	return false;
}

static bool redirect_take(struct arena *a, const struct strs *all, str given,
                          struct authorization *out)
{
	str uri = given;
	if (!str_given(given) && all->n == 1)
		uri = all->v[0];
	out->redirect_given = str_given(given);
	if (!uri.n || !is_address(uri) || !registered(a, all, uri))
		return false;
	out->redirect_uri = uri;
	return true;
}

/* ---- what is asked ---- */
bool pkce_text(str s)
{
	static const char marks[] = "-._~";
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i], low = (char)(c | 0x20);
		if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') &&
		    str_find_char(str_from(marks, sizeof marks - 1), c) == STR_NPOS)
			return false;
	}
	return s.n >= 43 && s.n <= 128;
}

static struct refusal no(enum sso_error_id id, str about)
{
	return (struct refusal){ id, sso_told(about) };
}

/* A client without a secret has nothing but the challenge to prove itself with. */
static struct refusal check_challenge(const struct sso_call *q, const struct authorization *r)
{
	bool s256 = str_eq(r->method, S("S256"));
	if (str_given(r->method) && !s256 && !str_eq(r->method, S("plain")))
		return no(SSO_CHALLENGE_METHOD, r->method);
	if (!q->client.proves && (!s256 || !str_given(r->challenge)))
		return no(SSO_CHALLENGE_PUBLIC, STR_NONE);
	if ((str_given(r->challenge) || str_given(r->method)) && !pkce_text(r->challenge))
		return no(SSO_CHALLENGE_SHAPE, STR_NONE);
	return no(SSO_FINE, STR_NONE);
}

static struct refusal check_prompt(struct arena *a, str prompt)
{
	struct strs words = scope_words(a, prompt);
	for (size_t i = 0; i < words.n; i++) {
		bool none = str_eq(words.v[i], S("none"));
		if ((none && words.n > 1) ||
		    (!none && !str_eq(words.v[i], S("login")) && !str_eq(words.v[i], S("consent"))))
			return no(SSO_PROMPT, prompt);
	}
	return no(SSO_FINE, STR_NONE);
}

static struct refusal check_rest(struct sso_call *q, const struct pairs *params,
                                 const struct authorization *r)
{
	str type = form_get(params, S("response_type")),
	    mode = form_get(params, S("response_mode"));
	int64_t age;
	if (!strs_have(&q->client.client->authorized_grant_types, S("authorization_code")))
		return no(SSO_RESPONSE_CLIENT, STR_NONE);
	if (!q->client.proves && !q->client.client->allow_public)
		return no(SSO_RESPONSE_CLIENT, STR_NONE);
	if (!type.n)
		return no(SSO_RESPONSE_MISSING, STR_NONE);
	if (!str_eq(type, S("code")))
		return no(SSO_RESPONSE_TYPE, type);
	if (str_given(mode) && !str_eq(mode, S("query")))
		return no(SSO_RESPONSE_MODE, mode);
	if (str_given(form_get(params, S("source"))))
		return no(SSO_SOURCE, form_get(params, S("source")));
	if (str_given(form_get(params, S("request"))))
		return no(SSO_REQUEST_OBJECT, STR_NONE);
	if (str_given(r->max_age) && (!str_to_i64(r->max_age, &age) || age < 0))
		return no(SSO_MAX_AGE, r->max_age);
	struct refusal why = check_challenge(q, r);
	return why.id ? why : check_prompt(q->arena, r->prompt);
}

err authorization_check(struct sso_call *q, const struct pairs *params, struct authorization *out,
                        struct refusal *why)
{
	str given = form_get(params, S("redirect_uri"));
	*out = (struct authorization){
		.client_id = form_get(params, S("client_id")),
		.scope = form_get(params, S("scope")),
		.state = form_get(params, S("state")),
		.nonce = form_get(params, S("nonce")),
		.challenge = form_get(params, S("code_challenge")),
		.method = form_get(params, S("code_challenge_method")),
		.prompt = form_get(params, S("prompt")),
		.max_age = form_get(params, S("max_age")),
	};
	*why = no(SSO_CLIENT_UNSAID, STR_NONE);
	if (!out->client_id.n)
		return DONE;
	/* A client that is not there and an address that is not its own are one answer. */
	*why = no(SSO_REDIRECT_UNKNOWN, str_given(given) ? given : S(""));
	struct client_key key = { q->sso->settings.zone, out->client_id };
	err e = oauth_client_check(q->arena, q->store, &key, S(""), &q->client);
	if (e.code)
		return e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX ? DONE : e;
	if (!redirect_take(q->arena, &q->client.client->redirect_uri, given, out))
		return DONE;
	*why = check_rest(q, params, out);
	return DONE;
}

struct strs login_methods(struct arena *a, bool used_code)
{
	struct strs out = { 0 };
	strs_add(a, &out, S("pwd"));
	if (used_code) {
		strs_add(a, &out, S("otp"));
		strs_add(a, &out, S("mfa"));
	}
	return out;
}
