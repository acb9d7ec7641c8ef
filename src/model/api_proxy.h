/* SPDX-License-Identifier: Apache-2.0 */
/* API proxies and shared flows (one struct, two kinds), their revisions and deployments.
 * Revision numbers count from 1: the next is the greatest there is plus one, as clients guess it.
 * Source: Apigee management API, apis, sharedflows, deployments. */
#pragma once

#include "model/noun.h"

enum api_kind { API_PROXY, API_SHARED_FLOW }; /* the values of bundle/'s enum bundle_kind */

struct api_metadata {
	int64_t created_at_ms;
	str created_by;
	int64_t last_modified_at_ms;
	str last_modified_by, sub_type; /* "Proxy" or "SharedFlow" */
};
struct api_proxy {
	struct api_metadata meta; /* "metaData" */
	str name;
	struct strs revisions; /* "revision": ["1","2"], ascending by number */
};

struct resource_file {
	str name, type; /* "x.js", "jsc" */
};
struct revision { /* the store fills the plain members; what is read out of the files, management */
	struct strs base_paths; /* "basepaths" */
	struct {
		int64_t major, minor;
	} version;
	str context_info;
	int64_t created_at_ms;
	str created_by, description, display_name;
	int64_t last_modified_at_ms;
	str last_modified_by, name;
	struct strs policies, proxy_endpoints;
	struct list resource_files; /* struct resource_file */
	struct strs resources;      /* "jsc://x.js" */
	str revision;               /* "3" */
	struct strs shared_flows;
	struct strs target_endpoints, target_servers;
	str type;          /* "Application" */
	int64_t number;    /* not in JSON */
	struct strs files; /* paths as stored, "apiproxy/policies/X.xml"; not in JSON */
};

extern const struct noun api_proxy_noun, revision_noun;
