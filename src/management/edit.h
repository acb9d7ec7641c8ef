/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of stored nouns: by a body that names some members, by ?action=, and attribute by attribute.
 * A change is one store edit, so two at once both arrive.
 * Source: Apigee Edge management API, conventions. */
#pragma once

#include "management/api.h"

enum { ATTRIBUTES_MAX = 18 };

/* An edit that reads the body into the thing; the key at `key` (a str member) stays what it was. */
struct body_edit {
	const struct noun *noun;
	size_t key, attributes; /* offsets: of the name, of the attribute list */
	str bytes;
	bool xml;
	struct diag diag;
};
/* Reads the body and prepares the edit; the answer to give when the body cannot be read. */
struct message *edit_by_body(struct api *, const struct noun *, size_t key, size_t attributes,
                             struct body_edit *, struct edit *);
/* ERR_SYNTAX of an edit: 400 with what was wrong. */
struct message *edit_refused(struct api *, const struct body_edit *);

/* Puts another thing in its place. */
struct whole_edit {
	const void *thing;
	size_t size;
};
struct edit edit_whole(struct api *, struct whole_edit *);

/* Sets an int member, e.g. a status. */
struct status_edit {
	size_t at;
	int value;
};
struct edit edit_status(struct api *, struct status_edit *);
/* The value that ?action= stands for among names ("approve" -> values[i]); -1: no such action. */
int action_value(const struct api *, const char *const *actions, const int *values);

/* What has custom attributes: .../attributes and .../attributes/{attribute}. */
struct attributed {
	size_t at; /* offset of the attribute list in the thing */
	err (*get)(struct api *, void **thing);
	err (*change)(struct api *, struct edit *, void **thing);
	struct message *(*trouble)(struct api *, err);
};
struct message *attributes_answer(struct api *, const struct attributed *);
struct message *attributes_too_many(struct api *, const struct list *); /* NULL: fine */
