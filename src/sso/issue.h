/* SPDX-License-Identifier: Apache-2.0 */
/* What the token endpoint hands out: claims in the documents' order, signed or kept, and told.
 * A refresh token is durable before it is told.
 * Source: oauth2-service reference, 1.5 to 1.7, 1.11. */
#pragma once

#include "identity/login.h"
#include "sso/call.h"

struct issue {
	const struct person *person; /* NULL: the client's own token */
	struct strs scope;
	str grant_type; /* the claim: how the login was, also after a refresh */
	int64_t auth_time_s;
	bool refresh;    /* a refresh token, too */
	bool id_token;   /* when the scope holds openid */
	str nonce;       /* of the id_token; STR_NONE: none */
	struct strs amr; /* of the id_token: how the login was; empty: not said */
	/* Chosen before, by who may have to end it; STR_NONE: drawn. */
	str access_jti, refresh_jti;
	/* A refresh token that comes back as it was given, or that the new one takes the place of. */
	str kept_refresh;
	const struct sso_token *rotated;
	str family; /* what the login began, whose end is theirs; absent: it begins now */
};

/* The answer of the token endpoint, or the error that keeps it from it. */
struct message *issue_answer(struct sso_call *, const struct issue *);
str issue_refresh_jti(struct arena *); /* a new one, as UAA writes them: a UUID and "-r" */

/* Fills scope with what the client asked for in `scope` and may have; the answer when that is nothing. */
struct message *scope_of_client(struct sso_call *, struct strs *out);
struct message *scope_of_person(struct sso_call *, const struct person *, struct strs *out);
/* The same for words from elsewhere: q->client is who asks.  refusal.id is SSO_FINE when out is filled. */
struct refusal {
	enum sso_error_id id;
	str about;
};
struct scope_ask {
	str text; /* absent, empty: all that the client has */
	const struct person *person;
};
err scope_find(struct sso_call *, const struct scope_ask *, struct strs *out,
               struct refusal *) MUST_CHECK;
int64_t access_lives_s(const struct sso_call *); /* of the client */
/* The words of a text separated by spaces. */
struct strs scope_words(struct arena *, str text);
str scope_text(struct arena *, const struct strs *);
