/* SPDX-License-Identifier: Apache-2.0 */
/* The field tables of ProxyEndpoint, TargetEndpoint, SharedFlow, the base files and any policy's head.
 * Every documented element is in a table, as a value or as T_LATER; all others are unknown.
 * Source: Apigee, "API proxy configuration reference". */
#include "bundle/endpoints.h"

static const struct field step_fields[] = {
	FIELD(step_xml, name, "Name", T_STR, .required = true),
	FIELD(step_xml, when, "Condition", T_COND),
	FIELD_BARE("FaultRules", T_IGNORED),
	FIELD_BARE("Description", T_NOTE),
	FIELDS_END,
};

static const struct field_choice step_choices[] = {
	{ "Step", sizeof(struct step_xml), step_fields },
	{ "Policy", sizeof(struct step_xml), step_fields },
	{ 0 },
};

static const struct field flow_fields[] = {
	FIELD(flow_xml, name, "@name", T_STR),
	FIELD(flow_xml, when, "Condition", T_COND),
	FIELD(flow_xml, request, "Request", T_CHOICE, .choices = step_choices),
	FIELD(flow_xml, response, "Response", T_CHOICE, .choices = step_choices),
	FIELD_BARE("Description", T_NOTE),
	FIELD(flow_xml, line, "", T_LINE),
	FIELDS_END,
};

static const struct field post_client_fields[] = {
	FIELD(flow_xml, name, "@name", T_STR),
	FIELD_BARE("Request", T_IGNORED),
	FIELD(flow_xml, response, "Response", T_CHOICE, .choices = step_choices),
	FIELD_BARE("Description", T_NOTE),
	FIELD(flow_xml, line, "", T_LINE),
	FIELDS_END,
};

/* Public bundles carry a PreFlow or PostFlow inside Flows; it is the endpoint's own then. */
static const struct field_choice flow_choices[] = {
	[FLOW_CONDITIONAL] = { "Flow", sizeof(struct flow_xml), flow_fields },
	[FLOW_PRE] = { "PreFlow", sizeof(struct flow_xml), flow_fields },
	[FLOW_POST] = { "PostFlow", sizeof(struct flow_xml), flow_fields },
	{ 0 },
};

static const struct field fault_rule_fields[] = {
	FIELD(fault_rule_xml, name, "@name", T_STR),
	FIELD(fault_rule_xml, when, "Condition", T_COND),
	FIELD(fault_rule_xml, steps, ".", T_CHOICE, .choices = step_choices),
	FIELD_BARE("Description", T_NOTE),
	FIELD(fault_rule_xml, line, "", T_LINE),
	FIELDS_END,
};

static const struct field default_rule_fields[] = {
	FIELD(fault_rule_xml, name, "@name", T_STR),
	FIELD(fault_rule_xml, when, "Condition", T_COND),
	FIELD(fault_rule_xml, always, "AlwaysEnforce", T_BOOL),
	FIELD(fault_rule_xml, steps, ".", T_CHOICE, .choices = step_choices),
	FIELD_BARE("Description", T_NOTE),
	FIELD(fault_rule_xml, line, "", T_LINE),
	FIELDS_END,
};

#define ENDPOINT(strct)                                                                       \
	FIELD(strct, ep.name, "@name", T_STR, .required = true),                              \
		FIELD(strct, ep.pre, "PreFlow", T_GROUPP, .sub = flow_fields,                 \
	              .sub_size = sizeof(struct flow_xml)),                                   \
		FIELD(strct, ep.flows, "Flows", T_CHOICE, .choices = flow_choices),           \
		FIELD(strct, ep.post, "PostFlow", T_GROUPP, .sub = flow_fields,               \
	              .sub_size = sizeof(struct flow_xml)),                                   \
		FIELD(strct, ep.fault_rules, "FaultRules/FaultRule", T_LIST,                  \
	              .sub = fault_rule_fields, .sub_size = sizeof(struct fault_rule_xml)),   \
		FIELD(strct, ep.default_rule, "DefaultFaultRule", T_GROUPP,                   \
	              .sub = default_rule_fields, .sub_size = sizeof(struct fault_rule_xml)), \
		FIELD_BARE("Description", T_NOTE), FIELD_BARE("DisplayName", T_NOTE),         \
		FIELD(strct, ep.line, "", T_LINE)

static const struct field listen_fields[] = {
	FIELD(listen_xml, base_path, "BasePath", T_STR, .dflt = "/"),
	FIELD(listen_xml, virtual_hosts, "VirtualHost", T_STRS),
	FIELD(listen_xml, properties, "Properties/Property", T_LIST, .sub = property_fields,
	      .sub_size = sizeof(struct property)),
	FIELD(listen_xml, line, "", T_LINE),
	FIELDS_END,
};

static const struct field route_fields[] = {
	FIELD(route_xml, name, "@name", T_STR),
	FIELD(route_xml, when, "Condition", T_COND),
	FIELD(route_xml, target, "TargetEndpoint", T_STR),
	FIELD(route_xml, url, "URL", T_TEMPLATE),
	FIELD_BARE("IntegrationEndpoint", T_LATER),
	FIELD_BARE("Description", T_NOTE),
	FIELD(route_xml, line, "", T_LINE),
	FIELDS_END,
};

const struct field proxy_endpoint_fields[] = {
	ENDPOINT(proxy_endpoint_xml),
	FIELD(proxy_endpoint_xml, listen, "HTTPProxyConnection", T_GROUPP, .required = true,
	      .sub = listen_fields, .sub_size = sizeof(struct listen_xml)),
	FIELD(proxy_endpoint_xml, routes, "RouteRule", T_LIST, .sub = route_fields,
	      .sub_size = sizeof(struct route_xml)),
	FIELD(proxy_endpoint_xml, post_client, "PostClientFlow", T_GROUPP,
	      .sub = post_client_fields, .sub_size = sizeof(struct flow_xml)),
	FIELDS_END,
};

const struct field target_endpoint_fields[] = {
	ENDPOINT(target_endpoint_xml),       TARGET_FIELDS(target_endpoint_xml),
	FIELD_BARE("ScriptTarget", T_LATER), FIELD_BARE("HostedTarget", T_LATER),
	FIELD_BARE("EventFlow", T_LATER),    FIELDS_END,
};

const struct field shared_flow_fields[] = {
	FIELD(shared_flow_xml, name, "@name", T_STR, .required = true),
	FIELD(shared_flow_xml, steps, ".", T_CHOICE, .choices = step_choices),
	FIELD_BARE("FaultRules", T_IGNORED),
	FIELD_BARE("Properties", T_IGNORED),
	FIELD_BARE("Description", T_NOTE),
	FIELD_BARE("DisplayName", T_NOTE),
	FIELDS_END,
};

/* The base file only repeats what the folders hold: all of it is for people. */
#define MANIFEST                                                                             \
	FIELD(manifest_xml, name, "@name", T_STR),                                           \
		FIELD(manifest_xml, revision, "@revision", T_STR),                           \
		FIELD_BARE("Basepaths", T_NOTE), FIELD_BARE("BasePaths", T_NOTE),            \
		FIELD_BARE("ConfigurationVersion", T_NOTE), FIELD_BARE("CreatedAt", T_NOTE), \
		FIELD_BARE("CreatedBy", T_NOTE), FIELD_BARE("LastModifiedAt", T_NOTE),       \
		FIELD_BARE("LastModifiedBy", T_NOTE), FIELD_BARE("Description", T_NOTE),     \
		FIELD_BARE("DisplayName", T_NOTE), FIELD_BARE("ManifestVersion", T_NOTE),    \
		FIELD_BARE("Policies", T_NOTE), FIELD_BARE("Resources", T_NOTE),             \
		FIELD_BARE("Spec", T_NOTE), FIELD_BARE("subType", T_NOTE),                   \
		FIELD_BARE("SharedFlows", T_NOTE), FIELD_BARE("validate", T_NOTE)

const struct field proxy_manifest_fields[] = {
	MANIFEST,
	FIELD_BARE("ProxyEndpoints", T_NOTE),
	FIELD_BARE("TargetEndpoints", T_NOTE),
	FIELD_BARE("TargetServers", T_NOTE),
	FIELD_BARE("IntegrationEndpoints", T_NOTE),
	FIELDS_END,
};

const struct field shared_manifest_fields[] = { MANIFEST, FIELDS_END };

const struct field policy_fields[] = {
	FIELD(policy_xml, name, "@name", T_STR, .required = true),
	FIELD(policy_xml, enabled, "@enabled", T_BOOL, .dflt = "true"),
	FIELD(policy_xml, continue_on_error, "@continueOnError", T_BOOL, .dflt = "false"),
	FIELD(policy_xml, async, "@async", T_BOOL, .dflt = "false"),
	FIELD_BARE("DisplayName", T_NOTE),
	FIELD_BARE("Description", T_NOTE),
	FIELD_BARE("FaultRules", T_IGNORED),
	FIELD_BARE("Properties", T_IGNORED),
	FIELDS_END,
};
