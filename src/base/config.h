/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: `key = value` lines that a field table describes, and the same on a command line.
 * An unknown key, a second mention or a wrong value is a finding with its line; nothing is guessed.
 * Source: the subset of TOML 1.0 that one line holds: strings, integers, booleans, inline tables. */
#pragma once

#include "base/diag.h"
#include "base/field.h"

/* A T_OWN field with config_pairs as reader: { "a:1" = "b:2", ... } in the order of the file. */
struct config_pair {
	str key, value;
};

struct config_pairs {
	VEC(struct config_pair) list;
};
err config_pairs_read(struct arena *, const struct field *, str text, void *at, struct diag *,
                      unsigned line);

/* Fills the struct, which is zeroed, from its table's defaults.  Every later value replaces one of these. */
void config_defaults(struct arena *, const struct field *fields, void *out);
/* Reads a whole file's text.  Every problem is a finding; the first code is returned. */
err config_read(struct arena *, str text, const struct field *fields, void *out,
                struct diag *) MUST_CHECK;
/* One KEY=VALUE of a command line; a string needs no quotes there. */
err config_set(struct arena *, str assignment, const struct field *fields, void *out,
               struct diag *) MUST_CHECK;
