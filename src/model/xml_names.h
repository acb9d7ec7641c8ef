/* SPDX-License-Identifier: Apache-2.0 */
/* How JSON keys are called in XML: the same rule for writing and reading.
 * A key with a capital is its element; a plural wraps elements of its singular.
 * Source: Apigee management API with Accept: application/xml. */
#pragma once

#include "model/noun.h"

str xml_element(struct arena *, str key);      /* "apiProducts" -> "ApiProducts" */
bool xml_is_plural(str key);                   /* does it wrap items?            */
str xml_singular(struct arena *, str element); /* "ApiProducts" -> "ApiProduct"  */
/* "name" stands as an attribute of its element, except in pairs that also have a value. */
bool xml_is_attribute(const struct field *fields, const struct field *);
