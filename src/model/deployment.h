/* SPDX-License-Identifier: Apache-2.0 */
/* A deployment as it rests, and the nested shapes in which the management API shows many of them.
 * At most one deployment uses a base path of a virtual host of an environment.
 * Source: Apigee management API, deployments; shapes from client parsers. */
#pragma once

#include "model/api_proxy.h"

struct deployment { /* a row of the store; no JSON of its own */
	str organization, environment;
	enum api_kind kind;
	str name; /* of the proxy or shared flow */
	int64_t revision;
	str base_path; /* what the deploy call put before the bundle's, "/" if nothing */
	str error;     /* STR_NONE: fine; else why this node does not run it: "file:line: text" */
	str deployed_by;
	int64_t deployed_at_ms;
	int64_t seq; /* of the change that made it */
};

/* What a deployment takes; the path is whole: the call's prefix and the endpoint's, "/weather". */
struct base_path_use {
	str virtual_host, path;
};

/* The views, smallest first; each nests the one before. */
struct deployed_server {
	str status;
	struct strs types;
	str uuid;
	str error;
};
struct deployed_configuration {
	str base_path;
	struct strs steps;
};
struct deployed_revision { /* {"configuration":{...},"name":"1","server":[...],"state":"deployed"} */
	struct deployed_configuration configuration;
	str name;
	struct list servers; /* struct deployed_server */
	str state;
};
struct deployed_api {
	str name;
	struct list revisions;
};                            /* in an environment's "aPIProxy" */
struct deployed_environment { /* one of revisions, api_proxies, shared_flows is filled */
	struct list api_proxies, shared_flows;
	str name;
	struct list revisions;
};
struct deployments_of_api {
	struct list environments;
	str name, organization;
};
struct deployments_here { /* of a proxy in one environment */
	str environment, name, organization;
	struct list revisions;
};
struct deployments_of_organization {
	struct list environments;
	str name;
};
struct deploy_answer {              /* plain: one revision now in one environment */
	str api_proxy, shared_flow; /* one of the two */
	struct deployed_configuration configuration;
	str environment, name, organization, revision;
	struct list servers;
	str state;
};
struct deploy_override_answer { /* an override that replaced something */
	str api_proxy, shared_flow;
	struct list environments; /* struct deployed_change */
	str name, organization;
};
struct deployed_change {
	struct deployed_configuration configuration;
	str environment, revision;
	struct list servers;
	str state;
};

extern const struct noun deployments_of_api_noun, deployments_here_noun,
	deployments_of_environment_noun, deployments_of_organization_noun, deploy_answer_noun,
	deploy_override_answer_noun;
