/* SPDX-License-Identifier: Apache-2.0 */
/* XPath 1.0 over a text of XML, by libxml2.
 * No DOCTYPE, no network, a bounded expression and a bounded number of steps.
 * Source: XPath 1.0; Apigee, "Message templates", xpath(). */
#pragma once

#include "codec/form.h"

enum xpath_type {
	XPATH_TYPE_NODESET,
	XPATH_TYPE_NODE,
	XPATH_TYPE_NUMBER,
	XPATH_TYPE_BOOLEAN,
	XPATH_TYPE_STRING
};

enum {
	XPATH_EXPRESSION_MAX = 1024,
	XPATH_SIGNS_MAX = 200,
	XPATH_STEPS_MAX = 500000,
	XPATH_RESULT_MAX = 10 << 20 /* bytes */
};

struct xpath {
	str expression, xml;
	struct pairs prefixes;
	enum xpath_type type;
	unsigned steps; /* at most so many, about 0.1 µs each */
};

/* Elements come as markup, other nodes as their text; nothing found is "".
 * ERR_SYNTAX: the XML or the expression; ERR_LIMIT: also when the steps are used up, or
 * the result is larger than XPATH_RESULT_MAX. */
err xpath_eval(struct arena *, const struct xpath *, str *out) MUST_CHECK;
