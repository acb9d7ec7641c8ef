/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of a bundle look like as structs, before anything in them is resolved.
 * Lists of steps hold struct chosen (Step or its old name Policy) with a struct step_xml each.
 * Source: Apigee, "API proxy configuration reference". */
#pragma once

#include "base/field.h"
#include "bundle/bind.h"
#include "flow/connection.h"

struct step_xml {
	str name;
	struct condition *when;
};

struct flow_xml {
	str name;
	struct condition *when;
	struct list request, response;
	unsigned line;
};

struct fault_rule_xml {
	str name;
	struct condition *when;
	struct list steps;
	bool always;
	unsigned line;
};

enum flow_place { FLOW_CONDITIONAL, FLOW_PRE, FLOW_POST }; /* choices below Flows */

struct endpoint_xml {
	str name;
	struct flow_xml *pre, *post;
	struct list flows;       /* struct chosen: enum flow_place, struct flow_xml */
	struct list fault_rules; /* struct fault_rule_xml */
	struct fault_rule_xml *default_rule;
	unsigned line;
};

struct route_xml {
	str name, target;
	struct condition *when;
	struct template *url;
	unsigned line;
};

struct listen_xml { /* HTTPProxyConnection */
	str base_path;
	struct strs virtual_hosts;
	struct list properties; /* struct property */
	unsigned line;
};

struct proxy_endpoint_xml {
	struct endpoint_xml ep;
	struct listen_xml *listen;
	struct list routes; /* struct route_xml */
	struct flow_xml *post_client;
};

struct target_endpoint_xml {
	struct endpoint_xml ep;
	struct local_xml *local;
	struct connection_xml *connection;
};

struct shared_flow_xml {
	str name;
	struct list steps;
};

struct manifest_xml {
	str name, revision;
};

struct policy_xml { /* what all policies share */
	str name;
	bool enabled, continue_on_error, async;
};

extern const struct field proxy_endpoint_fields[], target_endpoint_fields[], shared_flow_fields[];
extern const struct field proxy_manifest_fields[], shared_manifest_fields[], policy_fields[];
