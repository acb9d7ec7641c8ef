/* SPDX-License-Identifier: Apache-2.0 */
/* Pages: a template of pages/ filled with values, in one frame, without a script.
 * A value is escaped unless it is markup that this program made itself.
 * Source: mustache(5), of which a template may say {{name}} {{&name}} {{#name}}..{{/name}} {{^name}}..{{/name}} {{.}};
 * CSP Level 3; oauth2-service reference, 3.9, 4.3. */
#pragma once

#include "sso/call.h"

struct page_value {
	const char *name;
	str text;                /* "" and absent: a section {{#name}} is left out */
	const struct strs *each; /* instead of text: a section is repeated, {{.}} is the one */
};

struct web_page {
	const char *template; /* a file of pages/: its first line is the title */
	unsigned status;      /* 0: 200 */
	bool leads_away;      /* its form may end at a client's address */
	const struct page_value *values;
	size_t n;
};

/* Every template also knows base (what paths of the service begin with), csrf, and person: who is logged in. */
struct message *page_answer(struct sso_call *, const struct web_page *);
/* As sso_trouble(), for people. */
struct message *page_trouble(struct sso_call *, err);

/* Asks the person of q->session what the client of q may do: scopes come back as scope.0, scope.1, ... of those
 * that stay ticked, and user_oauth_approval=true or =false. */
struct consent {
	const struct strs *scopes;  /* asked for */
	str goes_to;                /* where the answer goes: an address, or absent */
	str action;                 /* where the form goes: a path of this service */
	const struct pairs *hidden; /* comes back as it is */
};
struct message *page_consent(struct sso_call *, const struct consent *);
/* Of what was asked for, what stayed ticked. */
struct strs consent_ticked(const struct sso_call *, const struct strs *scopes);
bool sso_wants_html(const struct sso_call *); /* Accept says HTML, before JSON */
