/* SPDX-License-Identifier: Apache-2.0 */
/* All policies by element name, from policies.def.
 * Invariant: the table is in byte order of the elements, so lists come out sorted.
 * Source: house. */
#include "policy/registry.h"

#define POLICY(file) extern const struct policy policy_##file;
#include "policy/policies.def"
#undef POLICY

static const struct policy *const all[] = {
#define POLICY(file) &policy_##file,
#include "policy/policies.def"
#undef POLICY
};

const struct policy *policy_find(str element)
{
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (str_eq(element, str_from_z(all[i]->element)))
			return all[i];
	return NULL;
}

const struct policy *const *policy_all(size_t *n)
{
	*n = sizeof all / sizeof *all;
	return all;
}
