/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of single policies: from the XML of one to its step, and an exchange to run it in.
 * The exchange has a request, no connection and no snapshot.  POLICY_UNDER_TEST is its struct policy.
 * Source: house. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bundle/bundle.h"
#include "flow/exchange.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static inline struct value run_get(struct scope *s, const struct flowvar *v)
{
	return vars_get((struct exchange *)s, v);
}

extern const struct policy POLICY_UNDER_TEST;

static inline const struct policy *find_tested(str element)
{
	return str_eq(element, str_from_z(POLICY_UNDER_TEST.element)) ? &POLICY_UNDER_TEST : NULL;
}

/* A bundle that holds this one policy, deployed; NULL and findings in the diag when it cannot be. */
static inline struct proxy *policy_proxy(struct arena *a, const char *xml, struct diag *d)
{
	struct zip_files files = { 0 };
	VEC_PUSH(a, &files, (struct zip_file){ S("sharedflowbundle/sharedflows/default.xml"),
	                                       S("<SharedFlow name='default'/>") });
	VEC_PUSH(a, &files, (struct zip_file){ S("sharedflowbundle/policies/p.xml"), str_from_z(xml) });
	struct proxy *proxy;
	struct bundle_identity id = { S("acme"), S("test"), S("prox"), S("1"), NULL };
	if (bundle_compile(&files, BUNDLE_SHARED_FLOW, &id, find_tested, d, &proxy).code)
		return NULL;
	return proxy;
}

static inline const struct step *policy_step(struct arena *a, const char *xml, struct proxy **proxy)
{
	struct diag d = { .arena = a };
	*proxy = policy_proxy(a, xml, &d);
	if (!*proxy)
		print_error("%s\n%s\n", xml, str_z(a, diag_text(a, &d)));
	must(*proxy);
	return (*proxy)->policies.entries[0].value;
}

static inline void exchange_for(struct exchange *x, struct arena *a, const struct proxy *proxy)
{
	*x = (struct exchange){ .scope = { a, run_get }, .arena = a, .proxy = proxy, .deadline = NEVER,
		                .vars = map_in(a), .segment = SEG_PROXY_REQUEST, .flow_name = S("PreFlow") };
	x->request = message_request(a, S("POST"), S("/p"));
	x->request->query = S("a=1&b=2");
	headers_add(a, &x->request->headers, S("X-One"), S("1"));
	headers_add(a, &x->request->headers, S("X-Two"), S("2"));
	headers_add(a, &x->request->headers, S("x-two"), S("3, 4"));
	message_set_content(a, x->request, S("body"), S("text/plain"));
}

static inline enum verdict step_run(struct exchange *x, const struct step *step)
{
	x->step = step;
	x->step_name = step->name;
	return step->policy->run(step->conf, x);
}

/* The policy cannot be deployed, for this one reason (NULL: for any). */
static inline void policy_refused(const char *xml, const char *want)
{
	struct arena *a = arena_create(0, 0);
	struct diag d = { .arena = a };
	assert_null(policy_proxy(a, xml, &d));
	str got = str_trim(diag_text(a, &d));
	str whole = str_fmt(a, "sharedflowbundle/policies/p.xml:1: %s", want ? want : "");
	if (want ? !str_eq(got, whole) : !str_starts(got, whole))
		fail_msg("%s\n got %s\nwant %s", xml, str_z(a, got), str_z(a, whole));
	arena_destroy(&a);
}

static inline const char *policy_xml(struct arena *a, const char *inner)
{
	const char *e = POLICY_UNDER_TEST.element;
	return str_z(a, str_fmt(a, "<%s name='p'>%s</%s>", e, inner, e));
}

struct policy_row { const char *inner, *want; }; /* of the element, and what a deploy says */

static inline void policies_refused(const struct policy_row *rows, size_t n)
{
	struct arena *a = arena_create(0, 0);
	for (size_t i = 0; i < n; i++)
		policy_refused(policy_xml(a, rows[i].inner), rows[i].want);
	arena_destroy(&a);
}

static inline void policies_taken(const char *const *inner, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct arena *a = arena_create(0, 0);
		struct proxy *proxy;
		policy_step(a, policy_xml(a, inner[i]), &proxy);
		proxy_release(proxy);
		arena_destroy(&a);
	}
}
