/* SPDX-License-Identifier: Apache-2.0 */
/* What resources say for one another: the same trouble in the same words, wherever it is met.
 * A handler of routes.def returns its answer, never NULL.
 * Source: Apigee Edge management API; the texts that its clients compare. */
#pragma once

#include "management/edit.h"
#include "store/organizations.h"

#define OPERATION(verb, pattern, guard, fn) struct message *fn(struct api *);
#define ROUTE(verb, pattern, fn) struct message *fn(struct api *);
#include "management/routes.def"
#undef OPERATION
#undef ROUTE

struct message *environment_trouble(struct api *, err);
struct message *no_environment(struct api *);      /* NULL: {env} is there */
struct vhost_key key_here(struct api *, str name); /* of what an environment holds: {org}, {env} */
struct message *developer_trouble(struct api *, err); /* of the path's {developer} */
struct message *answer_in_use(struct api *, const char *what, str name);     /* it is not deleted */
struct message *answer_other_name(struct api *, const char *what, str name); /* the body's */
struct message *no_product(struct api *, str name);
struct app;
err app_of_path(struct api *, struct app **) MUST_CHECK; /* {developer} and {app} */
struct message *app_trouble(struct api *, err);
