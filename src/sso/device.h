/* SPDX-License-Identifier: Apache-2.0 */
/* A device that waits for somebody to allow it, and what is kept of it.
 * The code that the device presents is never kept: what is kept is found by its digest alone.
 * Source: RFC 8628. */
#pragma once

#include "sso/issue.h"
#include "store/codes.h"

#define DEVICE_GRANT "urn:ietf:params:oauth:grant-type:device_code"

struct device {
	str client_id;
	str scope;          /* as asked; once allowed, as granted */
	int64_t ends_at_ms; /* the row stays a while longer, so that "expired" can be told */
	int64_t interval_s, polled_at_ms;
	int64_t auth_time_s; /* once allowed */
	bool used_code;
};

/* The place of a device in the store, by what it presents or by what its user code leads to. */
struct code_key device_key(const struct sso_call *, str handle);
str device_handle(struct arena *, str device_code);
str device_write(struct arena *, const struct device *);
err device_read(struct arena *, str doc, struct device *) MUST_CHECK;
