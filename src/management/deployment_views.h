/* SPDX-License-Identifier: Apache-2.0 */
/* Deployments as the management API shows them: after a call, and in the nested lists.
 * What a node failed to run shows `error` and why.
 * Source: shapes from client parsers (apigeetool, apigee-edge-js). */
#pragma once

#include "management/revision.h"
#include "store/deployments.h"

struct message *view_one(struct api *, const struct api_key *, int64_t revision, str base_path,
                         const char *state);
struct message *view_override(struct api *, const struct deploy_request *,
                              const struct deploy_result *);
/* Unknown proxy, unknown revision, or trouble. */
struct message *revision_missing(struct api *, const struct api_key *, int64_t number, err);
