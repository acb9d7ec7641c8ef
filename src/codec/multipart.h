/* SPDX-License-Identifier: Apache-2.0 */
/* multipart/form-data, whole in memory: the parts with their names.
 * Parts are slices of the body; at most MULTIPART_MAX of them.
 * Source: RFC 7578, RFC 2046 §5.1. */
#pragma once

#include "base/err.h"
#include "base/vec.h"

enum { MULTIPART_MAX = 100 };

struct part {
	str name, file_name, content_type, bytes;
};
struct parts {
	struct part *v;
	size_t n, cap;
};

/* content_type: of the message, with its boundary.  ERR_SYNTAX, ERR_LIMIT. */
err multipart_read(struct arena *, str content_type, str body, struct parts *out) MUST_CHECK;
const struct part *multipart_get(const struct parts *, str name); /* NULL: absent */
