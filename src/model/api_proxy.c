/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of API proxy (and shared flow) and revision.
 * They are written only; what a client sends is a bundle, or {"name"}.
 * Source: Apigee management API, apis. */
#include "model/api_proxy.h"

static const struct field metadata_fields[] = {
	FIELD(api_metadata, created_at_ms, "createdAt", T_MS),
	FIELD(api_metadata, created_by, "createdBy", T_STR, .dflt = ""),
	FIELD(api_metadata, last_modified_at_ms, "lastModifiedAt", T_MS),
	FIELD(api_metadata, last_modified_by, "lastModifiedBy", T_STR, .dflt = ""),
	FIELD(api_metadata, sub_type, "subType", T_STR),
	FIELDS_END,
};

static const struct field api_proxy_fields[] = {
	FIELD(api_proxy, meta, "metaData", T_GROUP, .sub = metadata_fields, .read_only = true),
	FIELD(api_proxy, name, "name", T_STR, .required = true),
	FIELD(api_proxy, revisions, "revision", T_STRS, .read_only = true),
	FIELDS_END,
};

static const struct field resource_file_fields[] = {
	FIELD(resource_file, name, "name", T_STR),
	FIELD(resource_file, type, "type", T_STR),
	FIELDS_END,
};

static const struct field revision_fields[] = {
	FIELD(revision, base_paths, "basepaths", T_STRS),
	FIELD(revision, version.major, "configurationVersion/majorVersion", T_INT),
	FIELD(revision, version.minor, "configurationVersion/minorVersion", T_INT),
	FIELD(revision, context_info, "contextInfo", T_STR),
	FIELD(revision, created_at_ms, "createdAt", T_MS),
	FIELD(revision, created_by, "createdBy", T_STR, .dflt = ""),
	FIELD(revision, description, "description", T_STR, .dflt = ""),
	FIELD(revision, display_name, "displayName", T_STR, .dflt = ""),
	FIELD(revision, last_modified_at_ms, "lastModifiedAt", T_MS),
	FIELD(revision, last_modified_by, "lastModifiedBy", T_STR, .dflt = ""),
	FIELD(revision, name, "name", T_STR),
	FIELD(revision, policies, "policies", T_STRS),
	FIELD(revision, proxy_endpoints, "proxyEndpoints", T_STRS),
	FIELD(revision, resource_files, "resourceFiles/resourceFile", T_LIST,
	      .sub = resource_file_fields, .sub_size = sizeof(struct resource_file)),
	FIELD(revision, resources, "resources", T_STRS),
	FIELD(revision, revision, "revision", T_STR),
	FIELD(revision, shared_flows, "sharedFlows", T_STRS),
	FIELD(revision, target_endpoints, "targetEndpoints", T_STRS),
	FIELD(revision, target_servers, "targetServers", T_STRS),
	FIELD(revision, type, "type", T_STR, .dflt = "Application"),
	FIELDS_END,
};

const struct noun api_proxy_noun = { "APIProxy", "aPIProxy", sizeof(struct api_proxy),
	                             api_proxy_fields };
const struct noun revision_noun = { "APIProxyRevision", "revision", sizeof(struct revision),
	                            revision_fields };
