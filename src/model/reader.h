/* SPDX-License-Identifier: Apache-2.0 */
/* What reading JSON and reading XML share: scalars, defaults, required members.
 * A message names the place: "attributes[2].name: not a string".
 * Source: house. */
#pragma once

#include "model/json.h"

enum { MODEL_ROWS_MAX = 64 };

struct reading {
	struct arena *arena;
	enum model_read mode;
	struct diag *diag;
};

err reading_fail(struct reading *, str where, const char *what);
/* Text into a scalar field; what is wrong with it goes to the diag under `where`. */
err reading_scalar(struct reading *, const struct field *, str text, str where,
                   void *at) MUST_CHECK;
/* After an object: defaults and required rows among those not seen. */
err reading_finish(struct reading *, const struct field *, const bool *seen, str where,
                   void *thing) MUST_CHECK;
/* Is the row's value to be kept in this mode? */
bool reading_takes(const struct reading *, const struct field *);
static inline void *field_at(const struct field *f, const void *thing)
{
	return (char *)(uintptr_t)thing + f->offset;
}
/* Where a new item of a list stands: a zeroed struct at the end of the array (grown in the arena). */
void *list_append(struct arena *, struct list *, size_t *cap, size_t size);
