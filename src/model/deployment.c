/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the deployment views, the innermost first.
 * Written only; server is always an array, as clients rely on.
 * Source: Apigee management API, deployments; shapes from client parsers. */
#include "model/deployment.h"

static const struct field server_fields[] = {
	FIELD(deployed_server, error, "error", T_STR),
	FIELD(deployed_server, status, "status", T_STR),
	FIELD(deployed_server, types, "type", T_STRS),
	FIELD(deployed_server, uuid, "uUID", T_STR),
	FIELDS_END,
};

static const struct field configuration_fields[] = {
	FIELD(deployed_configuration, base_path, "basePath", T_STR, .dflt = "/"),
	FIELD(deployed_configuration, steps, "steps", T_STRS),
	FIELDS_END,
};

#define SERVERS(strct)                                                \
	FIELD(strct, servers, "server", T_LIST, .sub = server_fields, \
	      .sub_size = sizeof(struct deployed_server))
#define CONFIGURATION(strct) \
	FIELD(strct, configuration, "configuration", T_GROUP, .sub = configuration_fields)

static const struct field revision_fields[] = {
	CONFIGURATION(deployed_revision),
	FIELD(deployed_revision, name, "name", T_STR),
	SERVERS(deployed_revision),
	FIELD(deployed_revision, state, "state", T_STR),
	FIELDS_END,
};

static const struct field api_fields[] = {
	FIELD(deployed_api, name, "name", T_STR),
	FIELD(deployed_api, revisions, "revision", T_LIST, .sub = revision_fields,
	      .sub_size = sizeof(struct deployed_revision)),
	FIELDS_END,
};

static const struct field environment_of_api_fields[] = {
	FIELD(deployed_environment, name, "name", T_STR),
	FIELD(deployed_environment, revisions, "revision", T_LIST, .sub = revision_fields,
	      .sub_size = sizeof(struct deployed_revision)),
	FIELDS_END,
};

static const struct field here_fields[] = {
	FIELD(deployments_here, environment, "environment", T_STR),
	FIELD(deployments_here, name, "name", T_STR),
	FIELD(deployments_here, organization, "organization", T_STR),
	FIELD(deployments_here, revisions, "revision", T_LIST, .sub = revision_fields,
	      .sub_size = sizeof(struct deployed_revision)),
	FIELDS_END,
};

static const struct field environment_fields[] = {
	FIELD(deployed_environment, api_proxies, "aPIProxy", T_LIST, .sub = api_fields,
	      .sub_size = sizeof(struct deployed_api)),
	FIELD(deployed_environment, name, "name", T_STR),
	FIELD(deployed_environment, shared_flows, "sharedFlow", T_LIST, .sub = api_fields,
	      .sub_size = sizeof(struct deployed_api)),
	FIELDS_END,
};

static const struct field of_api_fields[] = {
	FIELD(deployments_of_api, environments, "environment", T_LIST,
	      .sub = environment_of_api_fields, .sub_size = sizeof(struct deployed_environment)),
	FIELD(deployments_of_api, name, "name", T_STR),
	FIELD(deployments_of_api, organization, "organization", T_STR),
	FIELDS_END,
};

static const struct field of_organization_fields[] = {
	FIELD(deployments_of_organization, environments, "environment", T_LIST,
	      .sub = environment_fields, .sub_size = sizeof(struct deployed_environment)),
	FIELD(deployments_of_organization, name, "name", T_STR),
	FIELDS_END,
};

static const struct field answer_fields[] = {
	FIELD(deploy_answer, api_proxy, "aPIProxy", T_STR),
	CONFIGURATION(deploy_answer),
	FIELD(deploy_answer, environment, "environment", T_STR),
	FIELD(deploy_answer, name, "name", T_STR),
	FIELD(deploy_answer, organization, "organization", T_STR),
	FIELD(deploy_answer, revision, "revision", T_STR),
	SERVERS(deploy_answer),
	FIELD(deploy_answer, shared_flow, "sharedFlow", T_STR),
	FIELD(deploy_answer, state, "state", T_STR),
	FIELDS_END,
};

static const struct field change_fields[] = {
	CONFIGURATION(deployed_change),
	FIELD(deployed_change, environment, "environment", T_STR),
	FIELD(deployed_change, revision, "revision", T_STR),
	SERVERS(deployed_change),
	FIELD(deployed_change, state, "state", T_STR),
	FIELDS_END,
};

static const struct field override_fields[] = {
	FIELD(deploy_override_answer, api_proxy, "aPIProxy", T_STR),
	FIELD(deploy_override_answer, environments, "environment", T_LIST, .sub = change_fields,
	      .sub_size = sizeof(struct deployed_change)),
	FIELD(deploy_override_answer, name, "name", T_STR),
	FIELD(deploy_override_answer, organization, "organization", T_STR),
	FIELD(deploy_override_answer, shared_flow, "sharedFlow", T_STR),
	FIELDS_END,
};

const struct noun deployments_of_api_noun = { "Deployment", "deployment",
	                                      sizeof(struct deployments_of_api), of_api_fields };
const struct noun deployments_here_noun = { "Deployment", "deployment",
	                                    sizeof(struct deployments_here), here_fields };
const struct noun deployments_of_environment_noun = { "Environment", "environment",
	                                              sizeof(struct deployed_environment),
	                                              environment_fields };
const struct noun deployments_of_organization_noun = { "Organization", "organization",
	                                               sizeof(struct deployments_of_organization),
	                                               of_organization_fields };
const struct noun deploy_answer_noun = { "Deployment", "deployment", sizeof(struct deploy_answer),
	                                 answer_fields };
const struct noun deploy_override_answer_noun = { "Deployment", "deployment",
	                                          sizeof(struct deploy_override_answer),
	                                          override_fields };
