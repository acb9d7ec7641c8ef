/* SPDX-License-Identifier: Apache-2.0 */
/* Which scopes a token gets: those asked for that the client has and the person may have, in the client's
 * order.
 * Nothing that was not asked for is given, and nothing that was asked for in vain is dropped silently.
 * Source: oauth2-service reference, 1.11. */
#include "sso/issue.h"

#include "base/map.h"
#include "store/groups.h"

/* What every user of the zone may have. */
static const char *const default_groups[] = {
	"scim.me",  "openid",  "password.write", "approvals.me",    "oauth.approvals",
	"uaa.user", "profile", "roles",          "user_attributes", "email",
};

struct strs scope_words(struct arena *a, str text)
{
	struct map words = map_in(a); /* anybody's text: a hundred thousand may be in it */
	for (str rest = text; str_given(rest);) {
		str one = str_trim(str_cut(&rest, ' '));
		if (one.n)
			map_put(&words, one, NULL);
	}
	struct strs out = { arena_array(a, str, words.n + 1), 0 };
	MAP_EACH(word, &words)
		out.v[out.n++] = word->key;
	return out;
}

static bool is_default(str scope)
{
	for (size_t i = 0; i < sizeof default_groups / sizeof *default_groups; i++)
		if (str_eq(scope, str_from_z(default_groups[i])))
			return true;
	return false;
}

str scope_text(struct arena *a, const struct strs *s)
{
	struct buf b = buf_in(a);
	for (size_t i = 0; i < s->n; i++)
		buf_fmt(&b, "%s%.*s", i ? " " : "", STR(s->v[i]));
	return buf_str(&b);
}

/* The words that were asked for, or all that the client has. */
static struct refusal asked(struct arena *a, str text, const struct strs *has, struct strs *out)
{
	*out = scope_words(a, text);
	for (size_t i = 0; i < out->n; i++)
		if (!strs_have(has, out->v[i]))
			return (struct refusal){ SSO_SCOPE_UNKNOWN, out->v[i] };
	if (!out->n)
		*out = *has;
	return (struct refusal){ SSO_FINE, STR_NONE };
}

struct message *scope_of_client(struct sso_call *q, struct strs *out)
{
	struct refusal why =
		asked(q->arena, sso_form(q, "scope"), &q->client.client->authorities, out);
	return why.id ? sso_error_about(q, why.id, why.about) : NULL;
}

/* The person's origin and groups are such as the client demands. */
static enum sso_error_id welcome(const struct oauth_client *c, const struct person *p,
                                 const struct strs *groups)
{
	if (c->allowed_providers.n && !strs_have(&c->allowed_providers, p->user.key.origin))
		return SSO_PROVIDER;
	for (size_t i = 0; i < c->required_user_groups.n; i++)
		if (!strs_have(groups, c->required_user_groups.v[i]) &&
		    !is_default(c->required_user_groups.v[i]))
			return SSO_REQUIRED_GROUPS;
	return SSO_FINE;
}

err scope_find(struct sso_call *q, const struct scope_ask *ask, struct strs *out,
               struct refusal *why)
{
	const struct oauth_client *c = q->client.client;
	struct strs wanted, groups;
	*why = asked(q->arena, ask->text, &c->scope, &wanted);
	if (why->id)
		return DONE;
	TRY(group_names_of(q->arena, q->store, q->sso->settings.zone, ask->person->user.id,
	                   &groups));
	why->id = welcome(c, ask->person, &groups);
	*out = (struct strs){ 0 };
	for (size_t i = 0; i < c->scope.n; i++)
		if (strs_have(&wanted, c->scope.v[i]) &&
		    (is_default(c->scope.v[i]) || strs_have(&groups, c->scope.v[i])))
			strs_add(q->arena, out, c->scope.v[i]);
	if (!why->id && !out->n)
		*why = (struct refusal){ SSO_SCOPE_NONE,
			                 str_replace(q->arena, scope_text(q->arena, &wanted),
			                             S(" "), S(", ")) };
	return DONE;
}

struct message *scope_of_person(struct sso_call *q, const struct person *p, struct strs *out)
{
	struct scope_ask ask = { sso_form(q, "scope"), p };
	struct refusal why;
	err e = scope_find(q, &ask, out, &why);
	if (e.code)
		return sso_trouble(q, e);
	return why.id ? sso_error_about(q, why.id, why.about) : NULL;
}
