/* SPDX-License-Identifier: Apache-2.0 */
/* GET /Users: one user, or those that a filter takes.
 * A list is read from the store batch by batch, in the order of names.
 * Source: oauth2-service reference, 3.5. */
#include "rt/fiber.h"
#include "sso/endpoints.h"
#include "sso/scim_user.h"
#include "store/groups.h"

/* ---- what a filter may ask ---- */
#define TEXT_OF(fn, expr)                                                    \
	static struct filter_value fn(const void *thing)                     \
	{                                                                    \
		const struct person *p = thing;                              \
		str s = (expr);                                              \
		return (struct filter_value){ .given = s.n > 0, .text = s }; \
	}
#define NUMBER_OF(fn, expr, is_given)                                        \
	static struct filter_value fn(const void *thing)                     \
	{                                                                    \
		const struct person *p = thing;                              \
		int64_t n = (expr);                                          \
		return (struct filter_value){ .given = (is_given), .n = n }; \
	}
TEXT_OF(of_id, p->user.id)
TEXT_OF(of_name, p->user.key.name)
TEXT_OF(of_external_id, p->user.external_id)
TEXT_OF(of_email, p->user.email)
TEXT_OF(of_given_name, p->user.first_name)
TEXT_OF(of_family_name, p->user.last_name)
TEXT_OF(of_phone, p->user.phone)
TEXT_OF(of_origin, p->user.key.origin)
NUMBER_OF(of_active, p->user.active, true)
NUMBER_OF(of_verified, p->state.verified, true)
NUMBER_OF(of_machine, p->state.machine, true)
NUMBER_OF(of_version, p->user.version, true)
NUMBER_OF(of_created, p->user.created_at_ms, n > 0)
NUMBER_OF(of_modified, p->user.last_modified_at_ms, n > 0)
NUMBER_OF(of_password_at, p->state.password_at_ms, n > 0)
NUMBER_OF(of_last_login, p->state.last_login_at_ms, n > 0)
NUMBER_OF(of_previous_login, p->state.previous_login_at_ms, n > 0)

static const struct filter_attribute attributes[] = {
	{ "id", FILTER_EXACT, of_id, false },
	{ "userName", FILTER_TEXT, of_name, false },
	{ "externalId", FILTER_EXACT, of_external_id, false },
	{ "email", FILTER_TEXT, of_email, false },
	{ "emails", FILTER_TEXT, of_email, false },
	{ "emails.value", FILTER_TEXT, of_email, false },
	{ "givenName", FILTER_TEXT, of_given_name, false },
	{ "familyName", FILTER_TEXT, of_family_name, false },
	{ "name.givenName", FILTER_TEXT, of_given_name, false },
	{ "name.familyName", FILTER_TEXT, of_family_name, false },
	{ "phoneNumber", FILTER_TEXT, of_phone, false },
	{ "phoneNumbers", FILTER_TEXT, of_phone, false },
	{ "phoneNumbers.value", FILTER_TEXT, of_phone, false },
	{ "origin", FILTER_TEXT, of_origin, false },
	{ "active", FILTER_BOOL, of_active, false },
	{ "verified", FILTER_BOOL, of_verified, true },
	{ "machine", FILTER_BOOL, of_machine, true },
	{ "version", FILTER_NUMBER, of_version, false },
	{ "meta.version", FILTER_NUMBER, of_version, false },
	{ "created", FILTER_TIME, of_created, false },
	{ "meta.created", FILTER_TIME, of_created, false },
	{ "lastModified", FILTER_TIME, of_modified, false },
	{ "meta.lastModified", FILTER_TIME, of_modified, false },
	{ "passwordLastModified", FILTER_TIME, of_password_at, true },
	{ "lastLogonTime", FILTER_TIME, of_last_login, true },
	{ "previousLogonTime", FILTER_TIME, of_previous_login, true },
	{ 0 },
};

static const char *const emails[] = { "email", "emails", "emails.value", NULL };

/* ---- JSON ---- */
struct view {
	struct sso_call *call;
	struct json_writer *out;
	const struct strs *only;
	const struct person *person;
};

static bool shows(const struct view *v, const char *key) { return scim_shows(v->only, key); }

static void bool_write(struct view *v, const char *key, bool value)
{
	if (shows(v, key))
		json_pair_bool(v->out, key, value);
}

static void text_write(struct view *v, const char *key, str value)
{
	if (shows(v, key))
		json_pair_given(v->out, key, value);
}

static void names_write(struct view *v)
{
	const struct user *u = &v->person->user;
	if (!shows(v, "name"))
		return;
	json_key(v->out, S("name"));
	json_open(v->out, '{');
	json_pair_given(v->out, "familyName", u->last_name);
	json_pair_given(v->out, "givenName", u->first_name);
	json_close(v->out, '}');
}

/* [{"value":...}], empty when absent. */
static void values_write(struct view *v, const char *key, str value, bool primary)
{
	if (!shows(v, key))
		return;
	json_key(v->out, str_from_z(key));
	json_open(v->out, '[');
	if (value.n) {
		json_open(v->out, '{');
		json_pair_given(v->out, "value", value);
		if (primary)
			json_pair_bool(v->out, "primary", true);
		json_close(v->out, '}');
	}
	json_close(v->out, ']');
}

static err groups_write(struct view *v)
{
	struct list groups;
	struct json_writer *w = v->out;
	if (!shows(v, "groups"))
		return DONE;
	TRY(memberships_of(v->call->arena, v->call->store, v->person->user.key.zone,
	                   v->person->user.id, &groups));
	json_key(w, S("groups"));
	json_open(w, '[');
	LIST_EACH(const struct membership, m, &groups) {
		json_open(w, '{');
		json_pair_given(w, "value", m->id);
		json_pair_given(w, "display", m->name);
		json_pair_given(w, "type", m->direct ? S("DIRECT") : S("INDIRECT"));
		json_close(w, '}');
	}
	json_close(w, ']');
	return DONE;
}

static void time_write(struct view *v, const char *key, int64_t ms)
{
	if (shows(v, key))
		scim_time(v->out, v->call->arena, key, ms);
}

static err user_write(struct view *v)
{
	const struct user *u = &v->person->user;
	const struct login_state *s = &v->person->state;
	struct scim_meta meta = { u->version, u->created_at_ms, u->last_modified_at_ms };
	json_open(v->out, '{');
	text_write(v, "id", u->id);
	text_write(v, "externalId", u->external_id);
	if (shows(v, "meta"))
		scim_meta_write(v->out, v->call->arena, &meta);
	text_write(v, "userName", u->key.name);
	names_write(v);
	values_write(v, "emails", u->email, true);
	TRY(groups_write(v));
	values_write(v, "phoneNumbers", u->phone, false);
	bool_write(v, "active", u->active);
	bool_write(v, "verified", s->verified);
	bool_write(v, "machine", s->machine);
	text_write(v, "origin", u->key.origin);
	text_write(v, "zoneId", u->key.zone);
	time_write(v, "passwordLastModified", s->password_at_ms);
	time_write(v, "previousLogonTime", s->previous_login_at_ms);
	time_write(v, "lastLogonTime", s->last_login_at_ms);
	if (shows(v, "schemas"))
		scim_schemas(v->out);
	json_close(v->out, '}');
	return DONE;
}

/* ---- one ---- */
bool scim_user_is_self(const struct sso_call *q)
{
	return str_given(q->bearer.user_id) && str_eq(q->bearer.user_id, sso_param(q, "user"));
}

struct message *scim_user_trouble(struct sso_call *q, err e, str name_or_id)
{
	str told = sso_told(name_or_id);
	if (e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX)
		return sso_scim_error(q, SSO_SCIM_USER_UNKNOWN, told);
	if (e.code == ERR_CONFLICT)
		return sso_scim_error(q, SSO_SCIM_USER_EXISTS, told);
	return e.code == ERR_DENIED ? sso_scim_error(q, SSO_SCIM_VERSION, told) : sso_trouble(q, e);
}

static err find(struct sso_call *q, str id, struct person *p)
{
	return identity_anybody(q->arena, q->sso->identity, q->sso->settings.zone, id, p);
}

struct message *scim_user_find(struct sso_call *q, struct person *p)
{
	str id = sso_param(q, "user");
	err e = find(q, id, p);
	return e.code ? scim_user_trouble(q, e, id) : NULL;
}

struct message *scim_user_answer(struct sso_call *q, unsigned status, const struct person *p)
{
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	struct strs all = { 0 };
	err e = user_write(&(struct view){ q, &w, &all, p });
	return e.code ? sso_trouble(q, e) : scim_answer(q, status, p->user.version, buf_str(&b));
}

struct message *scim_user_now(struct sso_call *q, unsigned status, str id)
{
	struct person p;
	err e = find(q, id, &p);
	return e.code ? scim_user_trouble(q, e, id) : scim_user_answer(q, status, &p);
}

struct message *endpoint_user_get(struct sso_call *q)
{
	struct person p;
	if (!scim_user_is_self(q) && !sso_may(q, "scim.read"))
		return sso_may_not(q);
	struct message *m = scim_user_find(q, &p);
	return m ? m : scim_user_answer(q, 200, &p);
}

/* ---- many ---- */
static err offer_batch(struct sso_call *q, struct scim_pick *pick, struct arena *a,
                       const struct list *users)
{
	LIST_EACH(const struct user, u, users) {
		struct person p = { .user = *u };
		if (pick->page->costs) {
			err e = login_state_get(a, q->store, &u->key, &p.state);
			if (e.code == ERR_NOT_FOUND) /* deleted meanwhile */
				continue;
			TRY(e);
		}
		if (scim_wanted(pick, &p))
			TRY(scim_offer(pick, &p));
	}
	return DONE;
}

static void arena_end(void *arena)
{
	struct arena *a = arena;
	arena_destroy(&a);
}

/* One batch in memory of its own, which lives on only if something of it is kept.  *where moves on. */
static err pick_batch(struct sso_call *q, struct scim_pick *pick, struct user_page *where,
                      bool *more)
{
	struct arena *a = arena_create(0, 0);
	struct list users;
	size_t kept = pick->kept.n;
	err e = user_rows(a, q->store, where, &users);
	if (!e.code)
		e = offer_batch(q, pick, a, &users);
	*more = !e.code && users.n == SCIM_BATCH;
	if (*more)
		where->after.name =
			str_dup(q->arena, ((struct user *)users.v)[users.n - 1].key.name);
	if (pick->kept.n > kept)
		arena_defer(q->arena, arena_end, a);
	else
		arena_destroy(&a);
	return e;
}

static err pick_all(struct sso_call *q, struct scim_pick *pick, str email)
{
	struct user_page where = { { q->sso->settings.zone, USER_ORIGIN, STR_NONE },
		                   email,
		                   SCIM_BATCH };
	bool picks = pick->page->filter || pick->page->sort, more = true;
	for (int64_t n = 0; more; n += SCIM_BATCH, fiber_pause()) {
		if (picks && n >= SCIM_SCAN_MAX)
			return FAIL(ERR_LIMIT);
		TRY(pick_batch(q, pick, &where, &more));
	}
	return DONE;
}

/* By id, or else by name. */
static err pick_one(struct sso_call *q, struct scim_pick *pick, str id, str name)
{
	struct user *user;
	struct user_key key = { q->sso->settings.zone, USER_ORIGIN, name };
	err e = str_given(id) ? user_by_id(q->arena, q->store, key.zone, id, &user)
	                      : user_get(q->arena, q->store, &key, &user);
	if (e.code)
		return e.code == ERR_NOT_FOUND || e.code == ERR_SYNTAX ? DONE : e;
	return offer_batch(q, pick, q->arena, &(struct list){ user, 1 });
}

/* A filter that says who, or whose address, is answered by an index; any other looks at everybody. */
static err pick_users(struct sso_call *q, struct scim_pick *pick)
{
	const struct filter *f = pick->page->filter;
	str id = STR_NONE, name = STR_NONE, email = STR_NONE, origin;
	if (f && filter_pins(f, "origin", &origin) && !str_ieq(origin, USER_ORIGIN))
		return DONE;
	if (f && (filter_pins(f, "id", &id) || filter_pins(f, "userName", &name)))
		return pick_one(q, pick, id, name);
	for (size_t i = 0; f && emails[i] && !str_given(email); i++)
		(void)filter_pins(f, emails[i], &email);
	return pick_all(q, pick, email);
}

static err write_picked(struct sso_call *q, struct json_writer *w, const struct scim_page *page,
                        void *thing)
{
	struct person *p = thing;
	err e = DONE;
	if (!page->costs) /* else it was read for the filter */
		e = login_state_get(q->arena, q->store, &p->user.key, &p->state);
	if (e.code && e.code != ERR_NOT_FOUND)
		return e;
	return user_write(&(struct view){ q, w, &page->only, p });
}

struct message *endpoint_user_list(struct sso_call *q)
{
	static const struct scim_kind kind = { attributes, sizeof(struct person), pick_users,
		                               write_picked };
	return scim_list(q, &kind);
}
