/* SPDX-License-Identifier: Apache-2.0 */
/* What an empty store begins with: organization, environments, virtual hosts, administrator, the default
 * proxies; and what --demo adds, once.
 * A mark in the store is set last, so a start that was killed is finished by the next.
 * Source: Apigee, "default OAuth configuration"; house ("bootstrap"). */
#pragma once

#include "main/administrator.h"
#include "main/listeners.h"

struct bootstrap {
	struct seed seed;
	struct identity *identity;
	str data; /* the folder */
	unsigned default_port, secure_port;
	bool password_shown; /* out: the administrator's stands on the terminal */
};

/* Does something only on a store that no start has finished. */
err bootstrap_run(struct bootstrap *) MUST_CHECK;
/* The documents' own example: once per store. */
err demo_run(struct seed *) MUST_CHECK;
