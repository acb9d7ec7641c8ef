/* SPDX-License-Identifier: Apache-2.0 */
/* What a person is told who starts --demo: where everything answers, and a walk to copy and paste.
 * The walk is docs/walk/walk.sh, with this start's addresses; it goes to stderr and holds no secret but
 * the demonstration's own.
 * Source: house. */
#pragma once

#include "main/listeners.h"

struct hints {
	const struct listeners *listeners;
	str org, administrator,
		password; /* password: how a shell gets it; absent: ADMIN was told */
};

str hints_text(struct arena *, const struct hints *);
