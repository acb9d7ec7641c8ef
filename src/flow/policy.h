/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy is to the engine: an element name, a field table, faults, one function.
 * flow/ knows this struct and not one policy; policy/policies.def lists them.
 * Source: house ("one idiom, learnt once"). */
#pragma once

#include "base/field.h"
#include "flow/fault.h"

struct exchange;
struct binder;

struct policy {
	const char *element; /* root element: "Quota" */
	size_t size;         /* of the configuration that the fields fill */
	const struct field *fields;
	const struct fault *faults; /* ends with an empty row */
	const char *fault_prefix; /* of flow variables: "ratelimit" in ratelimit.{policy}.failed */
	/* The rules across fields, once, at deploy time: findings go to binder->diag.  May be NULL. */
	err (*check)(void *conf, str name, struct binder *);
	enum verdict (*run)(const void *conf, struct exchange *);
};
