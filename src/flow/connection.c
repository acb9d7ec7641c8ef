/* SPDX-License-Identifier: Apache-2.0 */
/* The field tables of HTTPTargetConnection and LocalTargetConnection.
 * Every documented element is in a table, as a value or as T_LATER; all others are unknown.
 * Source: Apigee, "API proxy configuration reference". */
#include "flow/connection.h"

static const struct field common_name_fields[] = {
	FIELD(common_name, value, ".", T_STR, .required = true),
	FIELD(common_name, wildcard, "@wildcardMatch", T_BOOL),
	FIELDS_END,
};

static const struct field ssl_fields[] = {
	FIELD(ssl_xml, enabled, "Enabled", T_BOOL, .doc = "taken; an https URL is what decides"),
	FIELD(ssl_xml, enforce, "Enforce", T_BOOL,
	      .doc = "taken; certificates are verified anyway"),
	FIELD(ssl_xml, client_auth, "ClientAuthEnabled", T_BOOL,
	      .doc = "true: the certificate of KeyStore and KeyAlias is shown"),
	FIELD(ssl_xml, ignore_errors, "IgnoreValidationErrors", T_BOOL,
	      .doc = "true: any certificate will do"),
	FIELD(ssl_xml, key_store, "KeyStore", T_STR, .doc = "a keystore, or ref://REFERENCE"),
	FIELD(ssl_xml, key_alias, "KeyAlias", T_STR),
	FIELD(ssl_xml, trust_store, "TrustStore", T_STR,
	      .doc = "who is trusted; absent: the system's certificates"),
	FIELD(ssl_xml, ciphers, "Ciphers/Cipher", T_STRS),
	FIELD(ssl_xml, protocols, "Protocols/Protocol", T_STRS),
	FIELD(ssl_xml, common_name, "CommonName", T_GROUPP, .sub = common_name_fields,
	      .sub_size = sizeof(struct common_name),
	      .doc = "what the certificate must say instead of the host's name"),
	FIELD_BARE("CertAlias", T_LATER),
	FIELD_BARE("CRLStore", T_LATER),
	FIELD_BARE("KeyHsm", T_LATER),
	FIELD(ssl_xml, line, "", T_LINE),
	FIELDS_END,
};

static const struct field server_fields[] = {
	FIELD(server_xml, name, "@name", T_STR, .required = true),
	FIELD(server_xml, weight, "Weight", T_UINT, .dflt = "1", .min = 1, .max = 1000),
	FIELD(server_xml, enabled, "IsEnabled", T_BOOL, .dflt = "true"),
	FIELD(server_xml, fallback, "IsFallback", T_BOOL),
	FIELD(server_xml, line, "", T_LINE),
	FIELDS_END,
};

static const char *const algorithms[] = {
	[BALANCE_ROUND_ROBIN] = "RoundRobin",
	[BALANCE_WEIGHTED] = "Weighted",
	[BALANCE_LEAST_CONNECTIONS] = "LeastConnections",
	NULL,
};

static const struct field balancer_fields[] = {
	FIELD(balancer_xml, algorithm, "Algorithm", T_ENUM, .names = algorithms,
	      .dflt = "RoundRobin"),
	FIELD(balancer_xml, servers, "Server", T_LIST, .sub = server_fields,
	      .sub_size = sizeof(struct server_xml)),
	FIELD(balancer_xml, max_failures, "MaxFailures", T_UINT, .dflt = "0", .max = 1000000),
	FIELD(balancer_xml, disable_s, "TargetDisableSecs", T_UINT, .dflt = "0", .max = 86400),
	FIELD(balancer_xml, retry, "RetryEnabled", T_BOOL, .dflt = "true"),
	FIELD(balancer_xml, unhealthy, "ServerUnhealthyResponse/ResponseCode", T_STRS),
	FIELD(balancer_xml, line, "", T_LINE),
	FIELDS_END,
};

#define SECONDS .min = 1, .max = 86400

static const struct field http_monitor_fields[] = {
	FIELD(http_monitor_xml, tls, "Request/IsSSL", T_BOOL),
	FIELD(http_monitor_xml, trust_all, "Request/TrustAllSSL", T_BOOL),
	FIELD(http_monitor_xml, own_tls, "Request/UseTargetServerSSLInfo", T_BOOL),
	FIELD(http_monitor_xml, includes_id, "Request/IncludeHealthCheckIdHeader", T_BOOL),
	FIELD(http_monitor_xml, connect_s, "Request/ConnectTimeoutInSec", T_UINT, .dflt = "5",
	      SECONDS),
	FIELD(http_monitor_xml, io_s, "Request/SocketReadTimeoutInSec", T_UINT, .dflt = "10",
	      SECONDS),
	FIELD(http_monitor_xml, port, "Request/Port", T_UINT, .max = 65535),
	FIELD(http_monitor_xml, verb, "Request/Verb", T_STR, .dflt = "GET"),
	FIELD(http_monitor_xml, path, "Request/Path", T_STR, .dflt = "/"),
	FIELD(http_monitor_xml, headers, "Request/Header", T_LIST, .sub = property_fields,
	      .sub_size = sizeof(struct property)),
	FIELD(http_monitor_xml, payload, "Request/Payload", T_TEXT),
	FIELD(http_monitor_xml, codes, "SuccessResponse/ResponseCode", T_STRS),
	FIELD(http_monitor_xml, answer_headers, "SuccessResponse/Header", T_LIST,
	      .sub = property_fields, .sub_size = sizeof(struct property)),
	FIELD(http_monitor_xml, line, "", T_LINE),
	FIELDS_END,
};

static const struct field tcp_monitor_fields[] = {
	FIELD(tcp_monitor_xml, connect_s, "ConnectTimeoutInSec", T_UINT, .dflt = "5", SECONDS),
	FIELD(tcp_monitor_xml, port, "Port", T_UINT, .max = 65535),
	FIELDS_END,
};

static const struct field monitor_fields[] = {
	FIELD(monitor_xml, enabled, "IsEnabled", T_BOOL, .dflt = "true"),
	FIELD(monitor_xml, interval_s, "IntervalInSec", T_UINT, .dflt = "5", SECONDS),
	FIELD(monitor_xml, tcp, "TCPMonitor", T_GROUPP, .sub = tcp_monitor_fields,
	      .sub_size = sizeof(struct tcp_monitor_xml)),
	FIELD(monitor_xml, http, "HTTPMonitor", T_GROUPP, .sub = http_monitor_fields,
	      .sub_size = sizeof(struct http_monitor_xml)),
	FIELD(monitor_xml, line, "", T_LINE),
	FIELDS_END,
};

#define PROPERTIES(strct)                                                               \
	FIELD(strct, properties, "Properties/Property", T_LIST, .sub = property_fields, \
	      .sub_size = sizeof(struct property))

const struct field connection_fields[] = {
	FIELD(connection_xml, url, "URL", T_TEMPLATE),
	PROPERTIES(connection_xml),
	FIELD(connection_xml, ssl, "SSLInfo", T_GROUPP, .sub = ssl_fields,
	      .sub_size = sizeof(struct ssl_xml)),
	FIELD(connection_xml, balancer, "LoadBalancer", T_GROUPP, .sub = balancer_fields,
	      .sub_size = sizeof(struct balancer_xml)),
	FIELD(connection_xml, path, "Path", T_TEMPLATE),
	FIELD(connection_xml, monitor, "HealthMonitor", T_GROUPP, .sub = monitor_fields,
	      .sub_size = sizeof(struct monitor_xml)),
	FIELD_BARE("SessionCache", T_LATER),
	FIELD_BARE("ErrorResponse", T_LATER),
	FIELD_BARE("Authentication", T_LATER),
	FIELD(connection_xml, line, "", T_LINE),
	FIELDS_END,
};

const struct field local_fields[] = {
	FIELD(local_xml, proxy, "APIProxy", T_TEMPLATE),
	FIELD(local_xml, endpoint, "ProxyEndpoint", T_TEMPLATE),
	FIELD(local_xml, path, "Path", T_TEMPLATE),
	PROPERTIES(local_xml),
	FIELD(local_xml, line, "", T_LINE),
	FIELDS_END,
};
