/* SPDX-License-Identifier: Apache-2.0 */
/* Any noun in JSON, in and out, by its field table.
 * What is written has exactly the table's keys in the table's order; what is read is refused with the
 * place of the first wrong type or unknown key, and read-only keys are taken without effect.
 * Source: Apigee management API, conventions. */
#pragma once

#include "codec/json.h"
#include "model/noun.h"

enum model_read {
	MODEL_CREATE, /* defaults apply, required keys must be there */
	MODEL_UPDATE, /* what is absent or null stays as it is       */
	MODEL_STORED, /* our own writing: all keys are taken, what is unknown is a later release's */
};

/* Reads into the struct at out.  ERR_SYNTAX with findings such as "attributes[2].name: not a string". */
err model_read_json(struct arena *, const struct noun *, str json, enum model_read, struct diag *,
                    void *out) MUST_CHECK;
/* The same from a tree that was read before, and for any table. */
err model_read_tree(struct arena *, const struct field *, const json_t *, enum model_read,
                    struct diag *, void *out) MUST_CHECK;

str model_json(struct arena *, const struct noun *, const void *thing);
void model_write_json(struct json_writer *, const struct field *, const void *thing);
str model_json_names(struct arena *, const struct strs *);                     /* [ "a", "b" ] */
str model_json_list(struct arena *, const struct noun *, const struct list *); /* {"app":[...]} */
