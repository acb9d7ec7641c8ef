/* SPDX-License-Identifier: Apache-2.0 */
/* Who is logged in: the first page, the passcode, and logging out.
 * A passcode is shown once; logging out leads to a page of ours or to an address that somebody registered.
 * Source: oauth2-service reference, 2.5, 3.9; OpenID Connect RP-Initiated Logout 1.0. */
#include "base/rand.h"
#include "codec/xml.h"
#include "sso/endpoints.h"
#include "sso/page.h"
#include "sso/session.h"
#include "store/client_meta.h"
#include "store/codes.h"

enum { PASSCODE = 10, PASSCODE_MS = 300000 };

static const struct {
	const char *word, *text;
} news[] = {
	{ "password_changed", "Your password is changed." },
	{ "mfa_on", "The second factor is on." },
	{ "mfa_off", "The second factor is off." },
	{ 0 },
};

/* Links to clients that want to be found here. */
static err apps(struct sso_call *q, str *markup)
{
	struct list all;
	struct buf b = buf_in(q->arena);
	TRY(client_meta_list(q->arena, q->store, q->sso->settings.zone, &all));
	LIST_EACH(const struct client_meta, m, &all) {
		str name = str_given(m->client_name) ? m->client_name : m->client_id;
		if (m->on_home_page)
			buf_fmt(&b, "<li><a href=\"%.*s\">%.*s</a></li>\n",
			        STR(xml_escape(q->arena, m->launch_url)),
			        STR(xml_escape(q->arena, name)));
	}
	*markup = buf_str(&b);
	return DONE;
}

struct message *endpoint_home(struct sso_call *q)
{
	const struct login_state *s = &q->session->person.state;
	struct page_value v[] = {
		{ "factor",
		  str_given(s->totp_secret) ? clock_format(q->arena, "%Y-%m-%d", s->totp_since_ms)
		                            : STR_NONE,
		  NULL },
		{ "done", STR_NONE, NULL },
		{ "apps", STR_NONE, NULL },
	};
	err e = apps(q, &v[2].text);
	if (e.code)
		return page_trouble(q, e);
	for (size_t i = 0; news[i].word; i++)
		if (str_eq(sso_query(q, "success"), str_from_z(news[i].word)))
			v[1].text = str_from_z(news[i].text);
	return page_answer(q, &(struct web_page){ "home.html", 0, false, v, sizeof v / sizeof *v });
}

struct message *endpoint_passcode(struct sso_call *q)
{
	struct page_value v = { "passcode", rand_alnum(q->arena, PASSCODE), NULL };
	struct code_key key = { q->sso->settings.zone, "passcode", v.text };
	struct code code = { .owner = q->session->person.user.id,
		             .doc = S("{}"),
		             .state = CODE_WAITING,
		             .expires_at_ms = clock_ms() + PASSCODE_MS };
	err e = code_put(q->store, &key, &code, true);
	if (e.code)
		return sso_wants_json(q) ? sso_trouble(q, e) : page_trouble(q, e);
	if (sso_wants_json(q)) /* letters and digits: nothing to escape */
		return sso_json(q, 200, str_fmt(q->arena, "{\"passcode\":\"%.*s\"}", STR(v.text)));
	return page_answer(q, &(struct web_page){ "passcode.html", 0, false, &v, 1 });
}

/* ---- logging out ---- */
static str parameter(const struct sso_call *q, const char *name)
{
	str v = sso_form(q, name);
	return str_given(v) ? v : sso_query(q, name);
}

/* The client that asks, by its id or by a token of ours that it was given. */
static str client_of(struct sso_call *q)
{
	json_t *claims;
	str hint = parameter(q, "id_token_hint");
	if (!str_given(hint))
		return parameter(q, "client_id");
	if (signer_verify(q->arena, q->sso->bearers.signer, hint, &claims).code)
		return STR_NONE;
	return json_member_str(claims, "azp");
}

static bool listed(str list, str address)
{
	while (str_given(list))
		if (str_eq(str_trim(str_cut(&list, ',')), address))
			return true;
	return false;
}

/* Exactly: what begins like a registered address may be somebody else's. */
static bool registered(struct sso_call *q, str address)
{
	struct oauth_client *client;
	struct client_key key = { q->sso->settings.zone, client_of(q) };
	if (!address.n || str_find_char(address, '\r') != STR_NPOS ||
	    str_find_char(address, '\n') != STR_NPOS)
		return false;
	if (listed(q->sso->settings.logout_whitelist, address))
		return true;
	return key.id.n && !oauth_client_get(q->arena, q->store, &key, &client).code &&
	       strs_have(&client->redirect_uri, address);
}

static str with_state(struct sso_call *q, str address)
{
	str state = parameter(q, "state");
	if (!str_given(state))
		return address;
	char join = str_find_char(address, '?') == STR_NPOS ? '?' : '&';
	return str_fmt(q->arena, "%.*s%cstate=%.*s", STR(address), join,
	               STR(percent_encode(q->arena, state)));
}

static struct message *onward(struct sso_call *q)
{
	str to = parameter(q, "redirect"), posted = parameter(q, "post_logout_redirect_uri");
	str here = local_path(to);
	if (str_given(here))
		return sso_redirect(q, here);
	to = str_given(posted) ? posted : to;
	if (!registered(q, to))
		return sso_redirect(q, S("/login?success=logout"));
	struct message *m = message_response(q->arena, 303);
	headers_set(q->arena, &m->headers, S("Location"), with_state(q, to));
	headers_set(q->arena, &m->headers, S("Cache-Control"), S("no-store"));
	return m;
}

struct message *endpoint_logout(struct sso_call *q)
{
	struct message *m = onward(q);
	err e = session_close(q, m);
	return e.code ? page_trouble(q, e) : m;
}

struct message *endpoint_logout_do(struct sso_call *q) { return endpoint_logout(q); }
