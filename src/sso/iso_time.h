/* SPDX-License-Identifier: Apache-2.0 */
/* Times as SCIM writes them: 2026-11-22T02:28:00.000Z.
 * UTC alone, whatever the machine's zone is.
 * Source: SCIM 1.1 core schema (xs:dateTime); ISO 8601. */
#pragma once

#include "base/arena.h"

str iso_time_write(struct arena *, int64_t ms);
/* With or without milliseconds; false: none. */
bool iso_time_read(str, int64_t *ms);
