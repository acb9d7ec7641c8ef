/* SPDX-License-Identifier: Apache-2.0 */
/* application/x-www-form-urlencoded: query strings and form bodies.
 * Pairs keep their order and repetitions.  At most FORM_PAIRS_MAX pairs.
 * Source: WHATWG URL §5. */
#pragma once

#include "base/err.h"
#include "base/vec.h"

enum { FORM_PAIRS_MAX = 1000 };

struct pair {
	str name, value;
};
struct pairs {
	struct pair *v;
	size_t n, cap;
};

/* A bad percent escape is kept as it stands, as every browser's server does.  ERR_LIMIT. */
err form_read(struct arena *, str text, struct pairs *out) MUST_CHECK;
str form_write(struct arena *, const struct pairs *);
str form_get(const struct pairs *, str name); /* the first, STR_NONE if absent */

str percent_decode(struct arena *, str s, bool plus_is_space);
str percent_encode(struct arena *, str s); /* all but RFC 3986's unreserved */
