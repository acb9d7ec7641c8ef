/* SPDX-License-Identifier: Apache-2.0 */
/* Which names the management API takes, one rule for each kind of thing.
 * The answer to a name that cannot stand is 400 and names its field.
 * Source: names.c. */
#pragma once

#include "management/api.h"

enum name_rule {
	NAME_OF_THING, /* apps, products, developers; whether one is needed, its resource says */
	NAME_OF_KEY,
	NAME_OF_SECRET,
	NAME_IN_PATHS, /* keystores, aliases, references, target servers */
	NAME_IN_HOSTS, /* environments and virtual hosts: they become host names and folders */
	NAME_OF_HOST,  /* a target's, or an alias of a virtual host */
	NAME_OF_PROXY, /* and of a shared flow */
};

/* NULL: it can stand. */
struct message *name_refused(struct api *, enum name_rule, const char *field, str name);

struct named {
	const char *field;
	str name; /* absent ones are no trouble */
};
struct message *names_refused(struct api *, const struct named *); /* ends with an empty row */
