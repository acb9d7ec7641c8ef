/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions and the cookies they live in.
 * A cookie is HttpOnly and SameSite=Lax, and Secure when the service is reached by https.
 * Source: RFC 6265bis; sso/session.h. */
#include "sso/session.h"

#include <jansson.h>

#include "base/rand.h"
#include "store/sessions.h"

#define SESSION_COOKIE "JSESSIONID"
#define CSRF "X-Uaa-Csrf"

enum { TEXT = 32, CSRF_TEXT = 22, SESSION_S = 12 * 3600, CSRF_S = 24 * 3600 };

/* ---- cookies ---- */
str sso_cookie(const struct sso_call *q, const char *name)
{
	for (str rest = headers_all(q->arena, &q->call->request->headers, S("cookie"));
	     str_given(rest);) {
		str one = str_trim(str_cut(&rest, ';'));
		str key = str_cut(&one, '=');
		if (str_eq(key, str_from_z(name)) && str_given(one))
			return one;
	}
	return STR_NONE;
}

void sso_cookie_set(struct sso_call *q, struct message *m, const char *name, str value,
                    int64_t max_age_s)
{
	bool secure = str_starts(q->sso->settings.url, S("https:"));
	headers_add(q->arena, &m->headers, S("Set-Cookie"),
	            str_fmt(q->arena, "%s=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s",
	                    name, STR(value), (long long)max_age_s, secure ? "; Secure" : ""));
}

/* ---- sessions ---- */
static err read_row(struct sso_call *q, const struct session_row *row, struct session *s)
{
	json_t *doc;
	struct diag d = { .arena = q->arena };
	if (json_read(q->arena, row->doc, &d, &doc).code)
		return FAIL(ERR_STORE);
	s->auth_time_s = json_integer_value(json_object_get(doc, "auth_time"));
	s->used_code = json_is_true(json_object_get(doc, "code"));
	TRY(identity_person(q->arena, q->sso->identity, q->sso->settings.zone, row->user_id,
	                    &s->person));
	/* A new password comes before anything else: the login leads there. */
	return s->person.state.must_change ? FAIL(ERR_NOT_FOUND) : DONE;
}

err session_find(struct sso_call *q, struct session **out)
{
	struct session_row row;
	struct session *s = arena_new(q->arena, struct session);
	*out = NULL;
	s->text = sso_cookie(q, SESSION_COOKIE);
	if (s->text.n != TEXT)
		return DONE;
	err e = session_get(q->arena, q->store, q->sso->settings.zone, s->text, clock_ms(), &row);
	if (!e.code)
		e = read_row(q, &row, s);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? DONE : e;
	*out = s;
	return DONE;
}

err session_open(struct sso_call *q, const struct person *p, struct message *answer)
{
	str text = rand_alnum(q->arena, TEXT);
	int64_t now_ms = clock_ms();
	struct session_row row = {
		.user_id = p->user.id,
		.doc = str_fmt(q->arena, "{\"auth_time\":%lld,\"code\":%s}",
		               (long long)now_ms / 1000, p->used_code ? "true" : "false"),
		.expires_at_ms = now_ms + SESSION_S * 1000LL,
	};
	str before = sso_cookie(q, SESSION_COOKIE);
	if (before.n == TEXT)
		TRY(session_delete(q->store, q->sso->settings.zone, before));
	TRY(session_put(q->store, q->sso->settings.zone, text, &row));
	sso_cookie_set(q, answer, SESSION_COOKIE, text, SESSION_S);
	return DONE;
}

err session_close(struct sso_call *q, struct message *answer)
{
	str text = sso_cookie(q, SESSION_COOKIE);
	sso_cookie_set(q, answer, SESSION_COOKIE, S(""), 0);
	return text.n == TEXT ? session_delete(q->store, q->sso->settings.zone, text) : DONE;
}

/* ---- forms that come from our own pages ---- */
str csrf_token(struct sso_call *q, struct message *page)
{
	str token = sso_cookie(q, CSRF);
	if (token.n != CSRF_TEXT) {
		token = rand_alnum(q->arena, CSRF_TEXT);
		sso_cookie_set(q, page, CSRF, token, CSRF_S);
	}
	return token;
}

bool csrf_fits(const struct sso_call *q)
{
	str cookie = sso_cookie(q, CSRF), shown = sso_form(q, CSRF);
	if (!str_given(shown))
		shown = sso_header(q, "x-csrf-token");
	return cookie.n == CSRF_TEXT && str_eq_secret(cookie, shown);
}

str local_path(str text)
{
	/* "//host" and "/\host" are other hosts to a browser. */
	if (!str_starts(text, S("/")) || str_starts(text, S("//")) ||
	    str_find_char(text, '\\') != STR_NPOS)
		return STR_NONE;
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] <= ' ' || (unsigned char)text.p[i] >= 0x7f)
			return STR_NONE;
	return text;
}
