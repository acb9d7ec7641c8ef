/* SPDX-License-Identifier: Apache-2.0 */
/* What apps.c needs of credentials.c.
 * A secret leaves its row only by credentials_load(), in the caller's arena.
 * Source: store/apps.h. */
#pragma once

#include "base/map.h"
#include "model/app.h"
#include "store/inside.h"

/* Fills the credentials of the apps in by_id (id -> struct app *), whose ids lie between first and last. */
struct app_range {
	str org, first, last;
};
err credentials_load(struct arena *, struct store *, struct db *, const struct app_range *,
                     const struct map *by_id) MUST_CHECK;

struct credential_insert {
	struct arena *arena;
	struct store *store;
	str org, app_id;
	struct credential *credential;
	str *missing;
};
/* What it lacks is made outside of the transaction, which may run twice. */
void credential_complete(struct arena *, struct credential *);
err credential_insert(struct db *tx, struct credential_insert *) MUST_CHECK;
