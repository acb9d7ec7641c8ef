/* SPDX-License-Identifier: Apache-2.0 */
/* `gatehouse deploy`: puts a revision into an environment through the management API.
 * It returns when the gateway serves the revision, so the next request sees it.
 * Source: Apigee, "Deploy an API proxy". */
#include <stdio.h>

#include "cli/api.h"
#include "codec/form.h"

struct deploy_options {
	struct api_options api;
	bool override, shared_flow;
};

static const struct field options[] = {
	API_OPTIONS(deploy_options),
	FIELD(deploy_options, override, "override", T_BOOL,
	      .doc = "\tReplace the revision that is deployed"),
	FIELD(deploy_options, shared_flow, "sharedflow", T_BOOL, .doc = "\tNAME is a shared flow"),
	FIELDS_END,
};

static enum exit_code run(struct arena *a, const struct verb_env *env, const void *opts,
                          struct strs operands)
{
	const struct deploy_options *o = opts;
	struct diag d = { .arena = a };
	struct api_call c = { .api = &o->api,
		              .verb = S("POST"),
		              .content_type = S("application/x-www-form-urlencoded"),
		              .body = o->override ? S("override=true") : S("override=false") };
	(void)env;
	c.path = str_fmt(
		a, "/environments/%.*s/%s/%.*s/revisions/%.*s/deployments",
		STR(percent_encode(a, operands.v[2])), o->shared_flow ? "sharedflows" : "apis",
		STR(percent_encode(a, operands.v[0])), STR(percent_encode(a, operands.v[1])));
	if (api_run(a, &c, &d).code)
		return verb_findings(&d);
	printf("%.*s revision %.*s is deployed in %.*s\n", STR(operands.v[0]), STR(operands.v[1]),
	       STR(operands.v[2]));
	return EXIT_OK;
}

const struct verb verb_deploy = {
	.name = "deploy",
	.operands = "NAME REVISION ENVIRONMENT",
	.min_operands = 3,
	.max_operands = 3,
	.summary = "Deploy a revision of a proxy or shared flow to an environment",
	.options = options,
	.options_size = sizeof(struct deploy_options),
	.run = run,
};
