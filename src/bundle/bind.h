/* SPDX-License-Identifier: Apache-2.0 */
/* The XML binder: fills a struct from its field table and refuses everything else.
 * Elements come in any order; every finding names file, line, and what would be right.
 * Source: house ("declare the XML, do not walk it"). */
#pragma once

#include "base/field.h"
#include "codec/xml.h"
#include "lang/vars.h"

/* A table and the struct that it fills; an element may be described by several (a policy's own, and
 * what all policies share), asked in this order. */
struct bind_layer {
	const struct field *fields;
	void *out; /* zeroed */
};

/* Binds the element with its attributes and children.  Goes on after a finding, so that the diag
 * holds all of them; then answers ERR_SYNTAX.  What is bound lives in b->arena. */
err bind_element(struct binder *b, const struct xml_node *, const struct bind_layer *,
                 size_t n_layers) MUST_CHECK;

/* One value of any kind that stands in a text or an attribute; `what` names it in findings. */
err bind_value(struct binder *b, const struct field *, str text, void *at, str what,
               unsigned line) MUST_CHECK;
bool bind_is_value(enum field_type);
