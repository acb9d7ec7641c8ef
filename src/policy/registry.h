/* SPDX-License-Identifier: Apache-2.0 */
/* The household of policies: one line each in policies.def.
 * bundle/ and cli/ are handed policy_find() as a pointer, so they include no policy.
 * Source: house. */
#pragma once

#include "flow/policy.h"

const struct policy *policy_find(str element);     /* NULL: unknown */
const struct policy *const *policy_all(size_t *n); /* by element name */
