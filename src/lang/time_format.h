/* SPDX-License-Identifier: Apache-2.0 */
/* Dates as java.text.SimpleDateFormat writes them: English, UTC, weeks as in the United States.
 * What the time zone of the machine is makes no difference.
 * Source: java.text.SimpleDateFormat, table of pattern letters. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/* ERR_SYNTAX: a letter that is no field, or an open quote; ERR_LIMIT: a format over 256 bytes. */
err time_format(struct arena *, str format, int64_t ms, str *out) MUST_CHECK;
