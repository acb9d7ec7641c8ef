/* SPDX-License-Identifier: Apache-2.0 */
/* What both drivers make of a broken reference.
 * The row that a new row points to is missing, or a row that goes is still pointed to.
 * Source: SQLSTATE 23503; SQLITE_CONSTRAINT_FOREIGNKEY. */
#pragma once

#include <string.h>

#include "base/err.h"

static inline err trouble_foreign_key(const char *sql)
{
	return strncmp(sql, "DELETE", 6) == 0 ? FAIL(ERR_CONFLICT) : FAIL(ERR_NOT_FOUND);
}
