/* SPDX-License-Identifier: Apache-2.0 */
/* What a management resource is written with: the call, its parameters, and ways to answer.
 * A handler reads straight down and returns its answer; authentication, roles, audit and "answered when
 * applied" happen around it.
 * Source: Apigee Edge management API, conventions. */
#pragma once

#include "bundle/bundle.h"
#include "codec/form.h"
#include "http/routes.h"
#include "http/server.h"
#include "identity/identity.h"
#include "model/json.h"
#include "store/store.h"
#include "token/bearer.h"
#include "token/token.h"

struct operations { /* what the listener shows to those who watch this process */
	void *arg;
	/* False, with the reason: it must get no new requests. */
	bool (*ready)(void *arg, const char **why);
	void (*metrics)(void *arg, struct buf *);
	bool metrics_public; /* without credentials */
};

struct upload { /* a body that is waited for; on its fiber's stack */
	struct upload *next;
	str by;
};

struct management {
	struct upload **uploads; /* of the loop that serves */
	struct operations operations;
	struct store *store;
	struct identity *identity;
	const struct bearer_service *bearers; /* whose access tokens count beside HTTP Basic */
	struct token_service *tokens;
	policy_finder policy_find;
	str node_id;                 /* a UUID of this process: server[].uUID of deployments */
	const struct routes *routes; /* management_routes() */
};

struct api {
	struct arena *arena;
	struct http_call *call;
	const struct management *m;
	struct store *store;
	struct route_match route;
	struct pairs query;
	bool xml; /* the client prefers XML */
	struct principal who;
	str org, env;    /* of the path, absent where there is none */
	str request_uri; /* for the audit: no query, secrets masked */
};

/* A parameter of the path by its name in the pattern, which has it; a query or form parameter, STR_NONE if
 * absent. */
static inline str api_param(const struct api *q, const char *name)
{
	str value = route_param(&q->route, name);
	must(str_given(value));
	return value;
}
str api_query(const struct api *, const char *name);
bool api_query_is(const struct api *, const char *name, const char *value);
/* Of a query or of the body; the answer to give when they cannot be read, or are no text, else NULL. */
struct message *api_pairs(struct api *, const char *code, str text, struct pairs *);
struct message *api_form(struct api *, struct pairs *);
struct message *api_body(struct api *, size_t limit, str *bytes);
/* Reads the body, JSON or XML by its type, into a noun; the answer to give when it does not fit. */
struct message *api_read(struct api *, const struct noun *, enum model_read, void *out);
bool api_type_is_xml(str content_type);
/* startKey, count; the answer to give when they make no page, else NULL. */
struct message *api_page(struct api *, struct page *);

struct message *answer_noun(struct api *, unsigned status, const struct noun *, const void *thing);
struct message *answer_names(struct api *, const struct strs *names);
struct message *answer_list(struct api *, const struct noun *, const struct list *);
struct message *answer_done(struct api *); /* 204, as ?action= answers */
struct message *answer_bytes(struct api *, unsigned status, str content_type, str bytes);
/* A tree of the handler's own: begin, write, end. */
struct message *answer_json(struct api *, unsigned status, str text);

/* {"code":...,"message":...,"contexts":[]} */
struct message *answer_error(struct api *, unsigned status, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Trouble that is nobody's fault here: 503 while the store is away, 500 for the rest. */
struct message *answer_trouble(struct api *, err);
struct message *answer_findings(struct api *, const char *code, const struct diag *); /* 400 */

/* What routes.def says, compiled. */
const struct routes *management_routes(struct arena *);
/* Runs one call of the listener; arg of the http_call is the struct management. */
void management_serve(struct http_call *);
str management_error_body(struct arena *, unsigned status, const char *what, str *content_type);
