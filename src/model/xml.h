/* SPDX-License-Identifier: Apache-2.0 */
/* Any noun in XML, in and out, by the field table that JSON has.
 * Elements are the JSON keys with a capital; a list "xs" holds "X" elements; "name" is an attribute
 * except in pairs that also have a value.
 * Source: Apigee management API with Accept: application/xml. */
#pragma once

#include "model/json.h"

str model_xml(struct arena *, const struct noun *, const void *thing);
str model_xml_names(struct arena *, const struct strs *);                     /* <List><Item>..   */
str model_xml_list(struct arena *, const struct noun *, const struct list *); /* <Apps><App>..    */

err model_read_xml(struct arena *, const struct noun *, str xml, enum model_read, struct diag *,
                   void *out) MUST_CHECK;
