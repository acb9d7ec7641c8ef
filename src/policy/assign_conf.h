/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration that assign.c reads and assign_run.c carries out.
 * Each action holds its parts in document order: a list of struct chosen, `which` an assign_part.
 * Source: Apigee, "AssignMessage policy". */
#pragma once

#include "policy/assign.h"

enum assign_kind { ACTION_SET, ACTION_ADD, ACTION_COPY, ACTION_REMOVE, ACTION_VARIABLE };

enum assign_part {
	PART_HEADERS,
	PART_QUERY,
	PART_FORM,    /* struct assign_items */
	PART_PAYLOAD, /* Set: struct assign_payload */
	PART_VERB,
	PART_VERSION,
	PART_PATH,
	PART_STATUS,
	PART_REASON, /* Set: struct assign_value */
};                   /* Copy, Remove: struct assign_flag */

struct assign_item {
	str name;
	unsigned nth; /* Copy, Remove: from 1; 0: all of the name */
	struct template *value;
	unsigned line;
};
struct assign_items {
	struct list v; /* none: all there are (Copy, Remove) */
};
struct assign_payload {
	str text, prefix, suffix;
	struct template *content_type, *body;
	unsigned line;
};
struct assign_value {
	struct template *value;
};
struct assign_flag {
	bool on;
};
struct assign_action {
	str source; /* Copy */
	struct list parts;
};
struct assign_variable {
	struct flowvar *name, *ref, *template_ref;
	struct template *template;
	str value;
};
