/* SPDX-License-Identifier: Apache-2.0 */
/* /mfa-providers: authenticator apps by name, of which one may be active for everybody in the zone.
 * What a provider cannot do is no key of it: an unknown key is refused by its name.
 * Source: oauth2-service reference, 1.12 (5b), 3.9 (UAA's /mfa-providers). */
#include "store/mfa_providers.h"

#include "base/rand.h"
#include "model/json.h"
#include "sso/endpoints.h"

enum { NAME_MAX_BYTES = 255, ISSUER_MAX = 64, DESCRIPTION_MAX = 255 };

static struct mfa_provider_key key_of(const struct sso_call *q)
{
	return (struct mfa_provider_key){ q->sso->settings.zone, sso_param(q, "provider") };
}

static struct message *trouble(struct sso_call *q, err e, const struct mfa_provider *p)
{
	if (e.code == ERR_CONFLICT)
		return sso_scim_error(q, SSO_MFA_EXISTS, sso_told(p->name));
	if (e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX)
		return sso_scim_error(q, SSO_MFA_UNKNOWN, sso_told(p->id));
	return sso_trouble(q, e);
}

static struct message *shown(struct sso_call *q, unsigned status, const struct mfa_provider *p)
{
	return sso_json(q, status, model_json(q->arena, &mfa_provider_noun, p));
}

/* ---- what is asked ---- */
static bool visible(str s, size_t max)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.n <= max;
}

static bool name_good(str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i], low = (char)(c | 0x20);
		bool word = (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9');
		if (!word && (!i || str_find_char(S(" -_"), c) == STR_NPOS))
			return false;
	}
	return s.n && s.n <= NAME_MAX_BYTES;
}

static str refusal(const struct mfa_provider *p)
{
	/* a colon parts the issuer from the account in the QR code */
	bool parts = str_find_char(p->issuer, ':') != STR_NPOS;
	if (!name_good(p->name))
		return S("Provider name takes 1 to 255 letters, digits, spaces, - and _, a letter "
		         "or digit first.");
	if (!p->issuer.n || !visible(p->issuer, ISSUER_MAX) || parts)
		return S("config.issuer takes 1 to 64 visible bytes without a colon.");
	if (!visible(p->description, DESCRIPTION_MAX))
		return S("config.providerDescription takes up to 255 visible bytes.");
	return STR_NONE;
}

static struct message *asked_read(struct sso_call *q, struct mfa_provider *p)
{
	struct diag d = { .arena = q->arena };
	err e = model_read_tree(q->arena, mfa_provider_noun.fields, q->json, MODEL_CREATE, &d, p);
	str why = e.code ? diag_text(q->arena, &d) : refusal(p);
	return str_given(why) ? sso_scim_error(q, SSO_MFA_INVALID, sso_told(why)) : NULL;
}

/* ---- endpoints ---- */
struct message *endpoint_mfa_provider_list(struct sso_call *q)
{
	struct list all;
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	err e = mfa_provider_list(q->arena, q->store, q->sso->settings.zone, &all);
	if (e.code)
		return sso_trouble(q, e);
	json_open(&w, '[');
	LIST_EACH(const struct mfa_provider, p, &all)
		model_write_json(&w, mfa_provider_noun.fields, p);
	json_close(&w, ']');
	return sso_json(q, 200, buf_str(&b));
}

struct message *endpoint_mfa_provider_get(struct sso_call *q)
{
	struct mfa_provider_key key = key_of(q);
	struct mfa_provider p = { .id = key.id };
	err e = mfa_provider_get(q->arena, q->store, &key, &p);
	return e.code ? trouble(q, e, &p) : shown(q, 200, &p);
}

struct message *endpoint_mfa_provider_create(struct sso_call *q)
{
	struct mfa_provider p = { 0 };
	struct message *m = asked_read(q, &p);
	if (m)
		return m;
	p.id = rand_uuid(q->arena);
	p.zone = q->sso->settings.zone;
	p.created_at_ms = p.last_modified_at_ms = clock_ms();
	err e = mfa_provider_create(q->store, &p);
	if (e.code)
		return trouble(q, e, &p);
	sso_log(q, "mfa_provider_created", "provider", p.id);
	return shown(q, 201, &p);
}

struct message *endpoint_mfa_provider_put(struct sso_call *q)
{
	struct mfa_provider_key key = key_of(q);
	struct mfa_provider was = { .id = key.id }, p = { 0 };
	err e = mfa_provider_get(q->arena, q->store, &key, &was);
	if (e.code)
		return trouble(q, e, &was);
	struct message *m = asked_read(q, &p);
	if (m)
		return m;
	p.id = was.id;
	p.zone = was.zone;
	p.created_at_ms = was.created_at_ms;
	p.last_modified_at_ms = clock_ms();
	e = mfa_provider_replace(q->store, &p);
	if (e.code)
		return trouble(q, e, &p);
	sso_log(q, "mfa_provider_changed", "provider", p.id);
	return shown(q, 200, &p);
}

struct message *endpoint_mfa_provider_delete(struct sso_call *q)
{
	struct mfa_provider_key key = key_of(q);
	struct mfa_provider was = { .id = key.id };
	err e = mfa_provider_get(q->arena, q->store, &key, &was);
	if (!e.code) {
		e = mfa_provider_delete(q->store, &key);
		if (e.code == ERR_CONFLICT)
			return sso_scim_error(q, SSO_MFA_IN_USE, key.zone);
	}
	if (e.code)
		return trouble(q, e, &was);
	sso_log(q, "mfa_provider_deleted", "provider", was.id);
	return shown(q, 200, &was);
}
