/* SPDX-License-Identifier: Apache-2.0 */
/* What proxies, revisions, their parts and deployments share in management.
 * A revision is addressed by (organization, kind, name, number).
 * Source: Apigee Edge management API, apis, sharedflows, deployments. */
#pragma once

#include "management/parts.h"
#include "management/resources.h"

enum api_kind kind_of(const struct api *); /* by the path */
const char *kind_word(enum api_kind);      /* "APIProxy" */
struct api_key api_key_of(struct api *);   /* of {org} and {api} */
/* {revision} as a number; the answer to give when it is none. */
struct message *revision_number(struct api *, int64_t *number);

struct message *proxy_trouble(struct api *, err);
struct message *revision_trouble(struct api *, err); /* an unknown proxy is told first */
/* The revision with all that its files tell. */
struct message *revision_answer(struct api *, unsigned status, const struct api_key *,
                                int64_t number);

/* Checks files as an import does, or with `deployable` as a deploy does; on the cpu lane.  The answer
 * to give when something is wrong, with every finding. */
struct message *files_refused(struct api *, const struct api_key *, const struct zip_files *,
                              bool deployable);
/* The same, and the compiled form; release it. */
struct message *files_compile(struct api *, const struct api_key *, int64_t number,
                              const struct zip_files *, struct proxy **out);
