/* SPDX-License-Identifier: Apache-2.0 */
/* The program's log: one JSON object a line on stderr, an event word and pairs of key and value.
 *   log_warn("target_timeout", LOG_STR("host", host), LOG_INT("waited_ms", n));
 * A secret has no pair, so it cannot be logged.  URLs are logged without their query.
 * Source: house. */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_pair {
	const char *key;
	enum { LOG_END, LOG_TEXT, LOG_NUMBER } kind;
	str text;
	int64_t number;
};

#define LOG_STR(k, s) ((struct log_pair){ .key = (k), .kind = LOG_TEXT, .text = (s) })
#define LOG_Z(k, z) LOG_STR(k, str_from_z(z))
#define LOG_INT(k, i) ((struct log_pair){ .key = (k), .kind = LOG_NUMBER, .number = (int64_t)(i) })

#define log_at(level, event, ...)   \
	log_write((level), (event), \
	          (struct log_pair[]){ __VA_ARGS__ __VA_OPT__(, ){ .key = NULL } })
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)

COLD void log_write(enum log_level, const char *event, const struct log_pair *pairs);
void log_set_level(enum log_level least);
