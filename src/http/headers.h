/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields in the order they came, with repetitions; names compare without case.
 * Names and values are slices of whatever held them: an arena or a connection's buffer.
 * Source: RFC 9110 §5. */
#pragma once

#include "base/vec.h"

struct header {
	str name, value;
};

struct headers {
	struct header *v;
	size_t n, cap;
};

str headers_get(const struct headers *, str name); /* the first; STR_NONE if absent */
str headers_all(struct arena *, const struct headers *,
                str name); /* joined by ", " as §5.3 allows */
size_t headers_count(const struct headers *, str name);
void headers_add(struct arena *, struct headers *, str name, str value);
void headers_set(struct arena *, struct headers *, str name,
                 str value); /* replaces all of the name */
void headers_remove(struct headers *, str name);
/* An array of its own, with room for more: who edits one then leaves the other alone. */
struct headers headers_copy(struct arena *, const struct headers *, size_t more);
/* Whether a comma list such as Connection or Accept-Encoding holds the token. */
bool headers_have_token(const struct headers *, str name, str token);
bool header_name_ok(str name);   /* a token */
bool header_value_ok(str value); /* no control characters but tab */
