/* SPDX-License-Identifier: Apache-2.0 */
/* What is deployed where.
 * A base path of a virtual host of an environment belongs to at most one deployment: a unique index
 * says so, so deploy, undeploy and override are one transaction each.
 * Source: Apigee management API, deployments. */
#pragma once

#include "model/deployment.h"
#include "store/proxies.h"

struct deploy_request {
	struct api_key api;
	str env;
	int64_t revision;
	str base_path;                    /* prefix of the call; STR_NONE: "/" */
	const struct base_path_use *uses; /* none for a shared flow */
	size_t n_uses;
	struct strs resources; /* of the environment, that the bundle names: "targetservers/NAME" */
	bool override;         /* replaces other deployed revisions of the same proxy */
	str by;
};

struct deploy_result {
	bool already;      /* this revision was deployed just so; nothing changed */
	int64_t *replaced; /* revisions that the override took away */
	size_t n_replaced;
	/* With ERR_CONFLICT: whose it is, and which path ("" between shared flows). */
	str conflict_name, conflict_path;
	int64_t conflict_revision;
};

/* ERR_NOT_FOUND: environment or revision.  ERR_CONFLICT: see the result. */
err deployment_create(struct arena *, struct store *, const struct deploy_request *,
                      struct deploy_result *) MUST_CHECK;
/* ERR_NOT_FOUND: it is not deployed there.  *was may be NULL. */
err deployment_delete(struct arena *, struct store *, const struct api_key *, str env,
                      int64_t revision, struct deployment **was) MUST_CHECK;

/* Absent members match all, but org.  By environment, kind, name, revision. */
struct deployment_filter {
	str org, env, name;
	bool any_kind;
	enum api_kind kind;
	int64_t revision; /* 0: all */
};
err deployment_list(struct arena *, struct store *, const struct deployment_filter *,
                    struct list *out) MUST_CHECK;

/* Why this node does not run it ("file:line: text"), or STR_NONE: it does.  Kept in memory, shown by
 * deployment_list(). */
void deployment_note(struct store *, const struct deployment *, str error);
