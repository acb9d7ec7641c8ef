/* SPDX-License-Identifier: Apache-2.0 */
/* What an endpoint is written with: the call, its parameters, and ways to answer.
 * What an endpoint needs before it runs is its row in routes.def; a handler finds it done.
 * Source: oauth2-service reference; house ("an endpoint's checks are a matrix"). */
#pragma once

#include "codec/form.h"
#include "codec/json.h"
#include "http/routes.h"
#include "sso/sso.h"
#include "store/oauth_clients.h"

enum { SSO_BODY_MAX = 1 << 20 };

/* What a route needs: the columns are the rows of routes.def, each check is a file (need_*.c). */
enum sso_need {
	NEED_NOTHING = 0,
	NEED_FORM = 1,     /* the body is a form, and is read */
	NEED_CLIENT = 2,   /* the client says who it is, by Basic or in the form */
	NEED_BEARER = 4,   /* an access token with one of the route's scopes */
	NEED_SESSION = 8,  /* somebody is logged in with a browser */
	NEED_CSRF = 16,    /* the form came from a page of ours */
	NEED_JSON = 256,   /* the body is JSON, and is read */
	GET_CHANGES = 512, /* a GET that changes something: somebody who means it */
};

struct sso_call;
struct endpoint {
	unsigned needs;     /* enum sso_need, or-ed */
	const char *scopes; /* NEED_BEARER: any of these words; NULL: any token */
	struct message *(*answer)(struct sso_call *);
};

struct sso_call {
	struct arena *arena;
	struct http_call *call;
	const struct sso *sso;
	struct store *store;
	struct route_match route;
	const struct endpoint *endpoint;
	struct pairs query, form;              /* form: NEED_FORM */
	struct client_credentials_view client; /* NEED_CLIENT */
	struct bearer bearer;                  /* NEED_BEARER */
	json_t *json;                          /* NEED_JSON: an object or an array */
	struct session *session;               /* NEED_SESSION; sso/session.h */
};

/* A need that is not met answers for the route; NULL: it is met. */
struct message *need_form(struct sso_call *);
struct message *need_client(struct sso_call *);
struct message *need_bearer(struct sso_call *);
struct message *need_session(struct sso_call *);
struct message *need_csrf(struct sso_call *);
struct message *need_json(struct sso_call *);

/* By a JWT that the client signed with a key of its own: q->client is set, or it is the answer. */
struct message *client_assertion_check(struct sso_call *);

/* Whether the bearer has one of the words, or is the zone's administrator; where a row of routes.def cannot
 * say it: a user may more with what is their own. */
bool sso_may(const struct sso_call *, const char *scopes);
struct message *sso_may_not(struct sso_call *); /* the answer when it has not */

/* A parameter of the path by its name in the pattern, which has it; of the query, of the form: STR_NONE if
 * absent. */
static inline str sso_param(const struct sso_call *q, const char *name)
{
	str value = route_param(&q->route, name);
	must(str_given(value));
	return value;
}
str sso_query(const struct sso_call *, const char *name);
str sso_form(const struct sso_call *, const char *name);
str sso_header(const struct sso_call *, const char *name);
/* The body, read whole; the answer when it is none, or more than max bytes. */
struct message *sso_body(struct sso_call *, size_t max, str *bytes);
bool sso_body_is(const struct sso_call *, const char *type); /* by Content-Type */
/* A number of the query that is 1 or more. */
int64_t sso_query_count(const struct sso_call *, const char *name, int64_t otherwise);
const struct pair *sso_repeated(const struct pairs *); /* one that is there twice; NULL */
bool sso_wants_json(const struct sso_call *);          /* Accept says JSON before HTML */

enum sso_error_id {
	SSO_FINE,
#define ERROR(name, ...) SSO_##name,
#include "sso/errors.def"
#undef ERROR
	SSO_ERRORS,
};

/* {"error":...,"error_description":...} of errors.def; what stands for its %.*s. */
struct message *sso_error(struct sso_call *, enum sso_error_id);
struct message *sso_error_about(struct sso_call *, enum sso_error_id, str what);
/* The same with the key "message", too: users and groups. */
struct message *sso_scim_error(struct sso_call *, enum sso_error_id, str what);
/* In the log: what happened to which one, and who did it. */
void sso_log(const struct sso_call *, const char *event, const char *what, str name);
/* Short enough to be told: at most 120 bytes, cut between characters. */
str sso_told(str text);
/* Its parts, for answers that are no JSON: a page, a redirect. */
str sso_error_code(enum sso_error_id);
str sso_error_text(struct arena *, enum sso_error_id, str what);
unsigned sso_error_status(enum sso_error_id);
/* What a bearer of a token is told: with RFC 6750's WWW-Authenticate. */
struct message *bearer_refused(struct sso_call *, enum sso_error_id);
/* Trouble that is nobody's fault here: 503 while the store is away or a queue is full, 500 for the rest. */
struct message *sso_trouble(struct sso_call *, err);
struct message *sso_json(struct sso_call *, unsigned status, str text); /* never cached */
struct message *sso_redirect(struct sso_call *, str path); /* 303 to a path of this service */
struct message *sso_bytes(struct sso_call *, unsigned status, str content_type, str bytes);
/* The same for everybody: it may be kept for a minute, and asked about by its ETag. */
struct message *sso_public(struct sso_call *, str content_type, str bytes, str etag);
