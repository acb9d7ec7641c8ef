/* SPDX-License-Identifier: Apache-2.0 */
/* The Properties of proxy and target connections: names, kinds and what this gateway makes of them.
 * A name or value that would change something here and does not work yet is a finding.
 * Source: Apigee, "Endpoint properties reference". */
#pragma once

#include "flow/proxy.h"

struct property {
	str name, value;
	unsigned line;
};
extern const struct field
	property_fields[]; /* of a struct property: <Property name="...">value</Property> */

/* list: of struct property.  Go on after a finding; the answer is the last trouble. */
err proxy_properties(struct binder *, const struct list *, struct proxy_endpoint *) MUST_CHECK;
/* Starts from the defaults; a time that is not given is 0. */
err target_properties(struct binder *, const struct list *, struct target_properties *) MUST_CHECK;
