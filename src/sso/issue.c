/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens made, kept and told.
 * The order of the answer's keys is the documents', compact, because clients read them by pattern.
 * Source: sso/issue.h. */
#include "sso/issue.h"

#include "base/rand.h"
#include "sso/claims.h"
#include "sso/rev_sig.h"
#include "sso/revoke.h"
#include "token/bearer.h"

struct making {
	struct sso_call *q;
	const struct issue *i;
	struct claims claims;
	bool opaque;
	str access, access_jti, refresh_jti, family, refresh, id_token;
	struct sso_token rows[2];
	size_t n_rows;
};

/* In seconds: the client's own, or the server's. */
static int64_t validity(int64_t own_s, int64_t server_s) { return own_s ? own_s : server_s; }

int64_t access_lives_s(const struct sso_call *q)
{
	return validity(q->client.client->access_validity_s, q->sso->settings.access_validity_s);
}

static str signature_of(const struct making *m)
{
	const struct person *p = m->i->person;
	const str items[] = { m->claims.client_id,          m->q->client.token_salt,
		              p ? p->user.id : STR_NONE,    p ? p->state.rev_salt : STR_NONE,
		              p ? p->user.email : STR_NONE, p ? p->user.key.name : STR_NONE };
	return rev_sig(m->q->arena, items, sizeof items / sizeof *items);
}

/* ---- tokens ---- */
static struct sso_token row_of(const struct making *m, str id, str claims, int64_t exp_s)
{
	return (struct sso_token){ .id = id,
		                   .opaque = m->opaque,
		                   .family = m->family,
		                   .user_id = m->i->person ? m->i->person->user.id : STR_NONE,
		                   .client_id = m->claims.client_id,
		                   .scope = scope_text(m->q->arena, &m->i->scope),
		                   .claims = claims,
		                   .issued_at_ms = m->claims.now_ms,
		                   .expires_at_ms = exp_s * 1000 };
}

static err sign(const struct making *m, bool kid, str claims, str *jwt)
{
	struct signer_header h = { .alg = JOSE_RS256, .with_kid = kid };
	return signer_sign(m->q->arena, m->q->sso->bearers.signer, &h, claims, jwt);
}

static err make_access(struct making *m)
{
	struct arena *a = m->q->arena;
	if (!m->opaque)
		return sign(m, false, claims_access(a, &m->claims, m->access_jti), &m->access);
	str id = bearer_opaque_id(a, m->access_jti);
	m->access = m->access_jti;
	m->rows[m->n_rows++] = row_of(m, id, claims_access(a, &m->claims, id), m->claims.exp_s);
	return DONE;
}

static err make_refresh(struct making *m)
{
	struct arena *a = m->q->arena;
	str jti = m->refresh_jti;
	/* What rotates does not live longer for it. */
	int64_t exp_s =
		m->i->rotated ? m->i->rotated->expires_at_ms / 1000
			      : m->claims.iat_s + validity(m->q->client.client->refresh_validity_s,
	                                                   m->q->sso->settings.refresh_validity_s);
	str id = m->opaque ? bearer_opaque_id(a, jti) : jti;
	struct sso_token row = row_of(
		m, id, claims_refresh(a, &m->claims, &(struct claims_refresh){ id, exp_s, true }),
		exp_s);
	row.refresh = true;
	row.access_jti = m->opaque ? STR_NONE : m->access_jti;
	m->rows[m->n_rows++] = row;
	if (!m->opaque)
		return sign(m, false,
		            claims_refresh(a, &m->claims,
		                           &(struct claims_refresh){ jti, exp_s, false }),
		            &m->refresh);
	m->refresh = jti;
	return DONE;
}

static err make(struct making *m)
{
	TRY(make_access(m));
	m->refresh = m->i->kept_refresh;
	if (m->i->refresh && !str_given(m->refresh))
		TRY(make_refresh(m));
	if (m->i->id_token && strs_have(&m->i->scope, S("openid")))
		return sign(m, true,
		            claims_id(m->q->arena, &m->claims,
		                      &(struct claims_id){ m->access_jti, m->i->nonce, m->i->amr }),
		            &m->id_token);
	return DONE;
}

str issue_refresh_jti(struct arena *a)
{
	str id = rand_uuid(a);
	return str_fmt(a, "%.*s-r", STR(id));
}

/* The ids, before anything is made of them: all that comes of a login is one family. */
static void name_tokens(struct making *m)
{
	struct arena *a = m->q->arena;
	const struct issue *i = m->i;
	m->access_jti = str_given(i->access_jti) ? i->access_jti : rand_uuid(a);
	m->refresh_jti = str_given(i->refresh_jti) ? i->refresh_jti : issue_refresh_jti(a);
	str first = m->opaque ? bearer_opaque_id(a, m->refresh_jti) : m->refresh_jti;
	m->family = str_given(i->family) ? i->family : first;
}

/* Durable before it is told. */
static err keep(struct making *m)
{
	str zone = m->q->sso->settings.zone;
	if (!m->i->rotated)
		return m->n_rows ? sso_tokens_put(m->q->store, zone, m->rows, m->n_rows) : DONE;
	struct sso_rotation r = { m->i->rotated->id, m->claims.client_id, m->rows, m->n_rows,
		                  m->claims.now_ms };
	return sso_token_rotate(m->q->store, zone, &r);
}

static struct message *told(const struct making *m)
{
	struct buf b = buf_in(m->q->arena);
	struct json_writer w = json_to(&b, false);
	/* What is left, whole seconds: less than what was granted by the time that it takes to say so. */
	int64_t now_ms = clock_ms(), start_ms = m->claims.now_ms;
	int64_t end_ms = start_ms + (m->claims.exp_s - m->claims.iat_s) * 1000;
	json_open(&w, '{');
	json_pair_str(&w, "access_token", m->access);
	json_pair_str(&w, "token_type", S("bearer"));
	json_pair_given(&w, "id_token", m->id_token);
	json_pair_given(&w, "refresh_token", m->refresh);
	json_pair_int(&w, "expires_in", (end_ms - now_ms - (now_ms == start_ms)) / 1000);
	json_pair_str(&w, "scope", scope_text(m->q->arena, &m->i->scope));
	json_pair_str(&w, "jti", m->access_jti);
	json_close(&w, '}');
	return sso_json(m->q, 200, buf_str(&b));
}

static struct claims claims_of(const struct sso_call *q, const struct issue *i)
{
	const struct sso_settings *s = &q->sso->settings;
	int64_t now_ms = clock_ms();
	return (struct claims){ .client_id = q->client.client->client_id,
		                .person = i->person,
		                .scope = &i->scope,
		                .grant_type = i->grant_type,
		                .auth_time_s = i->auth_time_s,
		                .now_ms = now_ms,
		                .iat_s = now_ms / 1000,
		                .exp_s = now_ms / 1000 + access_lives_s(q),
		                .issuer = q->sso->bearers.issuer,
		                .zone = s->zone };
}

struct message *issue_answer(struct sso_call *q, const struct issue *i)
{
	struct making m = { .q = q,
		            .i = i,
		            .claims = claims_of(q, i),
		            .opaque = str_eq(sso_form(q, "token_format"), S("opaque")) };
	m.claims.rev_sig = signature_of(&m);
	name_tokens(&m);
	err e = make(&m);
	if (!e.code)
		e = keep(&m);
	if (e.code == ERR_CONFLICT) { /* another rotated it first: one of the two has a copy */
		e = family_end(q, i->rotated->family);
		if (!e.code)
			return sso_error(q, SSO_REFRESH_UNKNOWN);
	}
	return e.code ? sso_trouble(q, e) : told(&m);
}
