/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of a login between its pages.
 * One of many that finish the same half wins.
 * Source: sso/half_login.h. */
#include "sso/half_login.h"

#include <jansson.h>

#include "base/rand.h"
#include "sso/page.h"
#include "store/codes.h"

#define COOKIE "X-Login-Step"

enum { TEXT = 32, HALF_S = 600 };

static const str pages[] = {
	[STEP_CODE] = S_INIT("/login/mfa/verify"),
	[STEP_PASSWORD] = S_INIT("/force_password_change"),
	[STEP_ENROL] = S_INIT("/login/mfa/register"),
};

static struct code_key key_of(const struct sso_call *q, str text)
{
	return (struct code_key){ q->sso->settings.zone, "login", text };
}

static str doc_of(struct arena *a, const struct half_login *h)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	json_pair_int(&w, "step", h->step);
	json_pair_bool(&w, "code", h->used_code);
	/* of the password that was right */
	json_pair_int(&w, "password_at", h->person.state.password_at_ms);
	json_pair_str(&w, "return_to", h->return_to);
	json_close(&w, '}');
	return buf_str(&b);
}

struct message *half_login_start(struct sso_call *q, const struct half_login *h)
{
	str text = rand_alnum(q->arena, TEXT);
	struct code_key key = key_of(q, text);
	struct code code = { .owner = h->person.user.id,
		             .doc = doc_of(q->arena, h),
		             .state = CODE_WAITING,
		             .expires_at_ms = clock_ms() + HALF_S * 1000LL };
	err e = code_put(q->store, &key, &code, false);
	if (e.code)
		return page_trouble(q, e);
	struct message *m = sso_redirect(q, pages[h->step]);
	sso_cookie_set(q, m, COOKIE, text, HALF_S);
	return m;
}

static err read_half(struct sso_call *q, const struct code *code, struct half_login *h)
{
	json_t *doc;
	struct diag d = { .arena = q->arena };
	if (json_read(q->arena, code->doc, &d, &doc).code)
		return FAIL(ERR_STORE);
	h->step = (enum half_step)json_integer_value(json_object_get(doc, "step"));
	h->used_code = json_is_true(json_object_get(doc, "code"));
	h->return_to = json_member_str(doc, "return_to");
	TRY(identity_person(q->arena, q->sso->identity, q->sso->settings.zone, code->owner,
	                    &h->person));
	return json_integer_value(json_object_get(doc, "password_at")) ==
	                       h->person.state.password_at_ms
	               ? DONE
	               : FAIL(ERR_NOT_FOUND);
}

err half_login_find(struct sso_call *q, enum half_step step, struct half_login **out)
{
	struct code code;
	struct half_login *h = arena_new(q->arena, struct half_login);
	*out = NULL;
	h->text = sso_cookie(q, COOKIE);
	if (h->text.n != TEXT)
		return DONE;
	struct code_key key = key_of(q, h->text);
	err e = code_get(q->arena, q->store, &key, clock_ms(), &code);
	if (!e.code && code.state == CODE_WAITING)
		e = read_half(q, &code, h);
	if (e.code)
		return e.code == ERR_NOT_FOUND ? DONE : e;
	if (code.state == CODE_WAITING && h->step == step)
		*out = h;
	return DONE;
}

struct message *login_finish(struct sso_call *q, const struct half_login *half,
                             const struct person *p, str return_to)
{
	struct code was;
	str to = local_path(return_to);
	if (half) {
		struct code_key key = key_of(q, half->text);
		err e = code_take(q->arena, q->store, &key, CODE_WAITING, clock_ms(), &was);
		if (e.code == ERR_NOT_FOUND || e.code == ERR_CONFLICT)
			return sso_redirect(q, S("/login"));
		if (e.code)
			return page_trouble(q, e);
	}
	struct message *m = sso_redirect(q, str_given(to) ? to : S("/"));
	err e = session_open(q, p, m);
	if (e.code)
		return page_trouble(q, e);
	if (half)
		sso_cookie_set(q, m, COOKIE, S(""), 0);
	return m;
}
