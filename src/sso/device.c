/* SPDX-License-Identifier: Apache-2.0 */
/* /oauth/device_authorization and /device: a device gets two codes, a person types the short one and decides.
 * Who guesses at short codes is stopped by the address that it comes from; a form of ours is needed besides.
 * Source: RFC 8628 §3.1 to §3.3, §5.1, §6.1. */
#include "sso/device.h"

#include <jansson.h>

#include "base/rand.h"
#include "codec/base64.h"
#include "codec/digest.h"
#include "sso/endpoints.h"
#include "sso/page.h"
#include "sso/session.h"

enum { DEVICE_CODE = 40, USER_CODE = 8, LIVES_S = 600, TOLD_S = 600, INTERVAL_S = 5 };

/* ---- kept ---- */
struct code_key device_key(const struct sso_call *q, str handle)
{
	return (struct code_key){ q->sso->settings.zone, "device", handle };
}

str device_handle(struct arena *a, str device_code)
{
	unsigned char sum[32];
	sha256(device_code, sum);
	return base64url_write(a, str_from(sum, sizeof sum));
}

str device_write(struct arena *a, const struct device *d)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	json_pair_str(&w, "client_id", d->client_id);
	json_pair_str(&w, "scope", str_given(d->scope) ? d->scope : S(""));
	json_pair_int(&w, "ends_at", d->ends_at_ms);
	json_pair_int(&w, "interval", d->interval_s);
	json_pair_int(&w, "polled_at", d->polled_at_ms);
	json_pair_int(&w, "auth_time", d->auth_time_s);
	json_pair_bool(&w, "used_code", d->used_code);
	json_close(&w, '}');
	return buf_str(&b);
}

err device_read(struct arena *a, str doc, struct device *out)
{
	struct diag diag = { .arena = a };
	json_t *j;
	if (json_read(a, doc, &diag, &j).code)
		return FAIL(ERR_STORE);
	*out = (struct device){
		.client_id = json_member_str(j, "client_id"),
		.scope = json_member_str(j, "scope"),
		.ends_at_ms = json_integer_value(json_object_get(j, "ends_at")),
		.interval_s = json_integer_value(json_object_get(j, "interval")),
		.polled_at_ms = json_integer_value(json_object_get(j, "polled_at")),
		.auth_time_s = json_integer_value(json_object_get(j, "auth_time")),
		.used_code = json_is_true(json_object_get(j, "used_code")),
	};
	return DONE;
}

static struct code_key user_key(const struct sso_call *q, str user_code)
{
	return (struct code_key){ q->sso->settings.zone, "user_code", user_code };
}

/* ---- the device's side ---- */
/* RFC 8628 §6.1: no vowels, so that no words come about. */
static str draw_user_code(struct arena *a)
{
	static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";
	char *p = arena_alloc(a, USER_CODE, 1);
	for (int i = 0; i < USER_CODE; i++)
		p[i] = letters[rand_below(sizeof letters - 1)];
	return str_from(p, USER_CODE);
}

/* The words must be the client's; which of them a person may give is seen when there is one. */
static struct message *check_client(struct sso_call *q)
{
	const struct oauth_client *c = q->client.client;
	struct strs asked = scope_words(q->arena, sso_form(q, "scope"));
	if (!strs_have(&c->authorized_grant_types, S(DEVICE_GRANT)))
		return sso_error(q, SSO_RESPONSE_CLIENT);
	for (size_t i = 0; i < asked.n; i++)
		if (!strs_have(&c->scope, asked.v[i]))
			return sso_error_about(q, SSO_SCOPE_UNKNOWN, sso_told(asked.v[i]));
	return NULL;
}

static err keep(struct sso_call *q, str device_code, str user_code)
{
	int64_t now_ms = clock_ms();
	str handle = device_handle(q->arena, device_code);
	struct device d = { .client_id = q->client.client->client_id,
		            .scope = sso_form(q, "scope"),
		            .ends_at_ms = now_ms + LIVES_S * 1000,
		            .interval_s = INTERVAL_S };
	struct code_key device = device_key(q, handle), user = user_key(q, user_code);
	struct code row = { .owner = d.client_id,
		            .doc = device_write(q->arena, &d),
		            .expires_at_ms = d.ends_at_ms + TOLD_S * 1000 };
	TRY(code_put(q->store, &device, &row, false));
	row.doc = str_fmt(q->arena, "{\"handle\":\"%.*s\"}", STR(handle));
	row.expires_at_ms = d.ends_at_ms;
	return code_put(q->store, &user, &row, false);
}

struct message *endpoint_device_authorization(struct sso_call *q)
{
	str url = q->sso->settings.url, code = rand_alnum(q->arena, DEVICE_CODE);
	str user = draw_user_code(q->arena);
	struct message *m = check_client(q);
	if (m)
		return m;
	err e = keep(q, code, user);
	if (e.code)
		return sso_trouble(q, e);
	str shown = str_fmt(q->arena, "%.4s-%.4s", user.p, user.p + USER_CODE / 2);
	return sso_json(q, 200,
	                str_fmt(q->arena,
	                        "{\"device_code\":\"%.*s\",\"user_code\":\"%.*s\","
	                        "\"verification_uri\":\"%.*s/device\","
	                        "\"verification_uri_complete\":\"%.*s/device?user_code=%.*s\","
	                        "\"expires_in\":%d,\"interval\":%d}",
	                        STR(code), STR(shown), STR(url), STR(url), STR(shown), LIVES_S,
	                        INTERVAL_S));
}

/* ---- the person's side ---- */
static struct message *code_page(struct sso_call *q, str error)
{
	str typed = str_given(sso_form(q, "user_code")) ? sso_form(q, "user_code")
	                                                : sso_query(q, "user_code");
	struct page_value v[] = {
		{ "user_code", str_given(typed) ? sso_told(typed) : S(""), NULL },
		{ "error", error, NULL },
	};
	return page_answer(q, &(struct web_page){ "device.html", error.n ? 400 : 0, false, v,
	                                          sizeof v / sizeof *v });
}

struct message *endpoint_device(struct sso_call *q) { return code_page(q, S("")); }

static struct message *done_page(struct sso_call *q, bool allowed)
{
	struct page_value v = { "allowed", allowed ? S("yes") : S(""), NULL };
	return page_answer(q, &(struct web_page){ "device_done.html", 0, false, &v, 1 });
}

/* As people type it: in any case, with or without the dash. */
static str plain_code(struct arena *a, str typed)
{
	struct buf b = buf_in(a);
	str up = str_upper(a, typed);
	for (size_t i = 0; i < up.n && b.n <= USER_CODE; i++)
		if (up.p[i] != '-' && up.p[i] != ' ')
			buf_char(&b, up.p[i]);
	return buf_str(&b);
}

struct waiting { /* what a user code leads to */
	struct code_key user, device;
	struct device d;
	struct strs scope;
};

static err find(struct sso_call *q, struct waiting *w, struct refusal *why)
{
	struct code code;
	struct diag diag = { .arena = q->arena };
	json_t *j;
	w->user = user_key(q, plain_code(q->arena, sso_form(q, "user_code")));
	TRY(code_get(q->arena, q->store, &w->user, clock_ms(), &code));
	if (code.state != CODE_WAITING || json_read(q->arena, code.doc, &diag, &j).code)
		return FAIL(ERR_NOT_FOUND);
	w->device = device_key(q, json_member_str(j, "handle"));
	TRY(code_get(q->arena, q->store, &w->device, clock_ms(), &code));
	TRY(device_read(q->arena, code.doc, &w->d));
	struct client_key client = { q->sso->settings.zone, w->d.client_id };
	TRY(oauth_client_check(q->arena, q->store, &client, S(""), &q->client));
	struct scope_ask ask = { w->d.scope, &q->session->person };
	return scope_find(q, &ask, &w->scope, why);
}

static err decide(struct sso_call *q, struct waiting *w, bool allowed, struct strs *granted)
{
	struct code spent, row = { .owner = q->session->person.user.id,
		                   .state = allowed ? CODE_APPROVED : CODE_DENIED };
	int64_t now_ms = clock_ms();
	w->d.scope = scope_text(q->arena, granted);
	w->d.auth_time_s = q->session->auth_time_s;
	w->d.used_code = q->session->used_code;
	row.doc = device_write(q->arena, &w->d);
	TRY(code_take(q->arena, q->store, &w->user, CODE_WAITING, now_ms, &spent));
	return code_decide(q->store, &w->device, &row, now_ms);
}

static struct message *ask(struct sso_call *q, const struct waiting *w)
{
	struct pairs hidden = { 0 };
	VEC_PUSH(q->arena, &hidden, (struct pair){ S("user_code"), w->user.text });
	return page_consent(q, &(struct consent){ .scopes = &w->scope,
	                                          .action = S("/device"),
	                                          .hidden = &hidden });
}

struct message *endpoint_device_do(struct sso_call *q)
{
	struct waiting w = { 0 };
	struct refusal why = { 0 };
	str from = sock_peer_ip(q->call->sock), answer = sso_form(q, "user_oauth_approval");
	if (identity_guesser_locked(q->sso->identity, "user_code", from))
		return code_page(q, S("Too many wrong codes came from here. Wait a few minutes."));
	err e = find(q, &w, &why);
	if (!e.code && why.id)
		return code_page(q, sso_error_text(q->arena, why.id, why.about));
	if (!e.code && !str_given(answer))
		return ask(q, &w);
	struct strs granted = consent_ticked(q, &w.scope);
	bool allowed = str_eq(answer, S("true")) && granted.n;
	if (!e.code)
		e = decide(q, &w, allowed, &granted);
	if (e.code == ERR_NOT_FOUND || e.code == ERR_CONFLICT || e.code == ERR_SYNTAX) {
		identity_guess_failed(q->sso->identity, "user_code", from);
		return code_page(q, S("That code is wrong, was used, or is too old."));
	}
	return e.code ? page_trouble(q, e) : done_page(q, allowed);
}
