/* SPDX-License-Identifier: Apache-2.0 */
/* The hints of main/hints.h.
 * One text serves README, test and program: here it only gets the addresses that really answer.
 * Source: docs/walk/walk.sh. */
#include "main/hints.h"

#include "base/embed.h"

static str walk_of(struct arena *a, const struct hints *h)
{
	const struct { /* as they stand in the walk */
		str from, to;
	} facts[] = {
		{ S("admin@example.com:PASSWORD"),
		  str_fmt(a, "%.*s:%.*s", STR(h->administrator), STR(h->password)) },
		{ S("127.0.0.1:8080"), listener_here(a, h->listeners, LISTEN_MANAGEMENT) },
		{ S("127.0.0.1:9099"), listener_here(a, h->listeners, LISTEN_SSO) },
		{ S("localhost:9001"),
		  str_fmt(a, "localhost:%u", listener_port(h->listeners, LISTEN_DEFAULT)) },
		{ S("localhost:9443"),
		  str_fmt(a, "localhost:%u", listener_port(h->listeners, LISTEN_SECURE)) },
		{ S("organizations/acme"), str_fmt(a, "organizations/%.*s", STR(h->org)) },
		{ S("//acme-"), str_fmt(a, "//%.*s-", STR(h->org)) },
	};
	str walk = embedded_str(&embedded_walk[0]);
	while (str_starts(walk, S("#")))
		str_cut(&walk, '\n');
	if (!str_given(h->password))
		str_cut(&walk, '\n');
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		walk = str_replace(a, walk, facts[i].from, facts[i].to);
	return walk;
}

str hints_text(struct arena *a, const struct hints *h)
{
	return str_fmt(
		a,
		"\n  APIs        http://%.*s-test.localhost:%u   https://%.*s-test.localhost:%u\n"
		"  management  http://%.*s/v1/organizations/%.*s   (user %.*s)\n"
		"  logins      http://%.*s\n"
		"  mock target http://%.*s\n\n"
		"# From a consumer key to a token to a protected API; copy and paste.\n%.*s\n",
		STR(h->org), listener_port(h->listeners, LISTEN_DEFAULT), STR(h->org),
		listener_port(h->listeners, LISTEN_SECURE),
		STR(listener_here(a, h->listeners, LISTEN_MANAGEMENT)), STR(h->org),
		STR(h->administrator), STR(listener_here(a, h->listeners, LISTEN_SSO)),
		STR(listener_here(a, h->listeners, LISTEN_MOCKTARGET)), STR(walk_of(a, h)));
}
