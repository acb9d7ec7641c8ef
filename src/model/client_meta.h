/* SPDX-License-Identifier: Apache-2.0 */
/* What a client of the OAuth2 service says to people: the address at which it begins.
 * It opens nothing, and goes with its client.
 * Source: oauth2-service reference, "Clients" (UAA's /oauth/clients/meta). */
#pragma once

#include "model/noun.h"

struct client_meta {
	str client_id;
	str client_name; /* the client's own; absent: it has none */
	bool on_home_page;
	str launch_url;
	str created_by; /* a user's id, absent when a program did it */
};

extern const struct noun client_meta_noun;
