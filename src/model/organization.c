/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of organization, environment and virtual host.
 * Rows stand in the order in which Apigee writes the keys.
 * Source: Apigee management API, organizations, environments, virtualhosts. */
#include "model/organization.h"

static const char *const yes_no[] = { "false", "true", NULL };
static const char *const types[] = { "trial", "paid", NULL };

static const struct field organization_fields[] = {
	FIELD(organization, created_at_ms, "createdAt", T_MS, .read_only = true),
	FIELD(organization, created_by, "createdBy", T_STR, .read_only = true, .dflt = ""),
	FIELD(organization, display_name, "displayName", T_STR, .dflt = ""),
	FIELD(organization, environments, "environments", T_STRS, .read_only = true),
	FIELD(organization, last_modified_at_ms, "lastModifiedAt", T_MS, .read_only = true),
	FIELD(organization, last_modified_by, "lastModifiedBy", T_STR, .read_only = true,
	      .dflt = ""),
	FIELD(organization, name, "name", T_STR, .required = true),
	FIELD(organization, properties, "properties/property", T_LIST, .sub = attribute_fields,
	      .sub_size = sizeof(struct attribute)),
	FIELD(organization, type, "type", T_STR, .names = types, .dflt = "trial"),
	FIELDS_END,
};

static const struct field environment_fields[] = {
	FIELD(environment, created_at_ms, "createdAt", T_MS, .read_only = true),
	FIELD(environment, created_by, "createdBy", T_STR, .read_only = true, .dflt = ""),
	FIELD(environment, last_modified_at_ms, "lastModifiedAt", T_MS, .read_only = true),
	FIELD(environment, last_modified_by, "lastModifiedBy", T_STR, .read_only = true,
	      .dflt = ""),
	FIELD(environment, name, "name", T_STR, .required = true),
	FIELD(environment, properties, "properties/property", T_LIST, .sub = attribute_fields,
	      .sub_size = sizeof(struct attribute)),
	FIELDS_END,
};

static const struct field common_name_fields[] = {
	FIELD(common_name, value, "value", T_STR, .required = true),
	FIELD(common_name, wildcard, "wildcardMatch", T_BOOL),
	FIELDS_END,
};

const struct field ssl_info_fields[] = {
	FIELD(ssl_info, ciphers, "ciphers", T_STRS),
	FIELD(ssl_info, client_auth_enabled, "clientAuthEnabled", T_ENUM, .names = yes_no),
	FIELD(ssl_info, common_name, "commonName", T_GROUPP, .sub = common_name_fields,
	      .sub_size = sizeof(struct common_name)),
	FIELD(ssl_info, enabled, "enabled", T_ENUM, .names = yes_no),
	FIELD(ssl_info, ignore_validation_errors, "ignoreValidationErrors", T_BOOL),
	FIELD(ssl_info, key_alias, "keyAlias", T_STR),
	FIELD(ssl_info, key_store, "keyStore", T_STR),
	FIELD(ssl_info, protocols, "protocols", T_STRS),
	FIELD(ssl_info, trust_store, "trustStore", T_STR),
	FIELDS_END,
};

static const struct field tls_told_fields[] = {
	FIELD(tls_told, client, "clientProperties", T_BOOL),
	FIELD(tls_told, connection, "connectionProperties", T_BOOL),
	FIELDS_END,
};

static const struct field virtual_host_fields[] = {
	FIELD(virtual_host, base_url, "baseUrl", T_STR),
	FIELD(virtual_host, host_aliases, "hostAliases", T_STRS),
	FIELD(virtual_host, interfaces, "interfaces", T_STRS),
	FIELD(virtual_host, name, "name", T_STR, .required = true),
	FIELD(virtual_host, port, "port", T_STR, .required = true, .min = 1, .max = 65535),
	FIELD(virtual_host, told, "propagateTLSInformation", T_GROUPP, .sub = tls_told_fields,
	      .sub_size = sizeof(struct tls_told)),
	FIELD(virtual_host, properties, "properties/property", T_LIST, .sub = attribute_fields,
	      .sub_size = sizeof(struct attribute)),
	FIELD(virtual_host, ssl, "sSLInfo", T_GROUPP, .sub = ssl_info_fields,
	      .sub_size = sizeof(struct ssl_info)),
	FIELDS_END,
};

const struct noun organization_noun = { "Organization", "organization", sizeof(struct organization),
	                                organization_fields };
const struct noun environment_noun = { "Environment", "environment", sizeof(struct environment),
	                               environment_fields };
const struct noun virtual_host_noun = { "VirtualHost", "virtualHost", sizeof(struct virtual_host),
	                                virtual_host_fields };
