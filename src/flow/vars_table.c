/* SPDX-License-Identifier: Apache-2.0 */
/* The table of computed flow variables: every name that nobody has to set.
 * A row without write is read only; the order of rows does not matter.
 * Source: Apigee, "Flow variables reference". */
#include "flow/var_row.h"

#define MOMENT(name, moment)                                     \
	{ name ".timestamp", var_moment, NULL, moment },         \
	{                                                        \
		name ".time", var_moment, NULL, AS_TEXT + moment \
	}
#define NAMES(name, read, more)                                              \
	{ name ".count", read, NULL, 16 * NAMES_COUNT + (more) },            \
		{ name ".names", read, NULL, 16 * NAMES_LIST + (more) },     \
	{                                                                    \
		name ".names.string", read, NULL, 16 * NAMES_STRING + (more) \
	}

const struct var_row var_rows[] = {
	/* every message */
	{ "M.content", var_content, var_content_set, CONTENT_RAW },
	{ "M.content.as.base64", var_content, NULL, CONTENT_BASE64 },
	{ "M.content.as.url.safe.base64", var_content, NULL, CONTENT_BASE64URL },
	{ "M.header.*", var_header, var_header_set, 0 },
	NAMES("M.headers", var_headers, 0),
	{ "M.queryparam.*", var_param, var_param_set, PARAM_QUERY },
	NAMES("M.queryparams", var_params, PARAM_QUERY),
	{ "M.formparam.*", var_param, var_param_set, PARAM_FORM },
	NAMES("M.formparams", var_params, PARAM_FORM),
	{ "M.formstring", var_formstring, NULL, 0 },
	{ "M.verb", var_line, var_line_set, LINE_VERB },
	{ "M.version", var_line, NULL, LINE_VERSION },
	{ "M.path", var_line, var_line_set, LINE_PATH },
	{ "M.uri", var_line, var_line_set, LINE_URI },
	{ "M.url", var_line, NULL, LINE_URL },
	{ "M.querystring", var_line, var_line_set, LINE_QUERY },
	{ "M.transportid", var_line, NULL, LINE_TRANSPORT_ID },
	{ "M.transport.message", var_transport_message, NULL, 0 },
	{ "M.status.code", var_status, var_status_set, 0 },
	{ "M.reason.phrase", var_line, var_line_set, LINE_REASON },

	/* the proxy, and how it was reached */
	{ "apiproxy.name", var_call, NULL, CALL_APIPROXY },
	{ "apiproxy.revision", var_call, NULL, CALL_REVISION },
	{ "apiproxy.basepath", var_call, NULL, CALL_BASEPATH },
	{ "organization.name", var_call, NULL, CALL_ORGANIZATION },
	{ "environment.name", var_call, NULL, CALL_ENVIRONMENT },
	{ "virtualhost.name", var_call, NULL, CALL_VIRTUAL_HOST },
	{ "messageid", var_call, NULL, CALL_MESSAGE_ID },
	{ "is.error", var_call, NULL, CALL_IS_ERROR },
	{ "isError", var_call, NULL, CALL_IS_ERROR },
	{ "current.flow.name", var_call, NULL, CALL_FLOW },
	{ "current.flow.description", var_call, NULL, CALL_FLOW_DESCRIPTION },
	{ "proxy.basepath", var_call, NULL, CALL_BASEPATH },
	{ "proxy.pathsuffix", var_call, NULL, CALL_SUFFIX },
	{ "proxy.name", var_call, NULL, CALL_PROXY },
	{ "proxy.url", var_call, NULL, CALL_PROXY_URL },
	{ "proxy.flow.name", var_call, NULL, CALL_PROXY_FLOW },
	{ "proxy.client.ip", var_client, NULL, CLIENT_IP },
	{ "route.name", var_call, NULL, CALL_ROUTE },
	{ "route.target", var_call, NULL, CALL_ROUTE_TARGET },

	/* the client */
	{ "client.ip", var_client, NULL, CLIENT_IP },
	{ "client.host", var_client, NULL, CLIENT_IP },
	{ "client.resolved.ip", var_client, NULL, CLIENT_IP },
	{ "client.port", var_client, NULL, CLIENT_PORT },
	{ "client.scheme", var_client, NULL, CLIENT_SCHEME },
	{ "client.ssl.enabled", var_client, NULL, CLIENT_SSL },
	{ "client.ssl.server.name", var_client, NULL, CLIENT_SNI },
	{ "client.cn", var_tls, NULL, TLS_PEER_CN },
	{ "client.country", var_tls, NULL, TLS_PEER_COUNTRY },
	{ "client.email.address", var_tls, NULL, TLS_PEER_EMAIL },
	{ "client.locality", var_tls, NULL, TLS_PEER_LOCALITY },
	{ "client.organization", var_tls, NULL, TLS_PEER_ORGANIZATION },
	{ "client.organization.unit", var_tls, NULL, TLS_PEER_UNIT },
	{ "client.state", var_tls, NULL, TLS_PEER_STATE },
	MOMENT("client.received.start", AT_CLIENT_RECEIVED_START),
	MOMENT("client.received.end", AT_CLIENT_RECEIVED_END),
	MOMENT("client.sent.start", AT_CLIENT_SENT_START),
	MOMENT("client.sent.end", AT_CLIENT_SENT_END),

	/* TLS with the client */
	{ "tls.cipher", var_tls, NULL, SHOWN_CONNECTION + TLS_CIPHER },
	{ "tls.protocol", var_tls, NULL, SHOWN_CONNECTION + TLS_PROTOCOL },
	{ "tls.server.name", var_tls, NULL, SHOWN_CONNECTION + TLS_SERVER_NAME },
	{ "tls.session.id", var_tls, NULL, SHOWN_CONNECTION + SHOWN_CLIENT + TLS_SESSION_ID },
	{ "tls.client.s.dn", var_tls, NULL, SHOWN_CLIENT + TLS_PEER_SUBJECT },
	{ "tls.client.i.dn", var_tls, NULL, SHOWN_CLIENT + TLS_PEER_ISSUER },
	{ "tls.client.raw.cert", var_tls, NULL, SHOWN_CLIENT + TLS_PEER_PEM },
	{ "tls.client.cert.serial", var_tls, NULL, SHOWN_CLIENT + TLS_PEER_SERIAL },
	{ "tls.client.cert.fingerprint", var_tls, NULL, SHOWN_CLIENT + TLS_PEER_FINGERPRINT },

	/* the target */
	{ "target.url", var_target, var_target_set, TARGET_URL },
	{ "target.evaluated.url", var_target, var_target_set, TARGET_EVALUATED },
	{ "target.basepath", var_target, NULL, TARGET_BASEPATH },
	{ "target.name", var_target, NULL, TARGET_NAME },
	{ "target.host", var_target, NULL, TARGET_HOST },
	{ "target.ip", var_target, NULL, TARGET_IP },
	{ "target.port", var_target, NULL, TARGET_PORT },
	{ "target.scheme", var_target, NULL, TARGET_SCHEME },
	{ "target.ssl.enabled", var_target, NULL, TARGET_SSL },
	{ "target.cn", var_target_peer, NULL, TLS_PEER_CN },
	{ "target.country", var_target_peer, NULL, TLS_PEER_COUNTRY },
	{ "target.email.address", var_target_peer, NULL, TLS_PEER_EMAIL },
	{ "target.locality", var_target_peer, NULL, TLS_PEER_LOCALITY },
	{ "target.organization", var_target_peer, NULL, TLS_PEER_ORGANIZATION },
	{ "target.organization.unit", var_target_peer, NULL, TLS_PEER_UNIT },
	{ "target.state", var_target_peer, NULL, TLS_PEER_STATE },
	{ "target.copy.pathsuffix", var_target, var_target_set, TARGET_COPY_SUFFIX },
	{ "target.copy.queryparams", var_target, var_target_set, TARGET_COPY_QUERY },
	{ "target.header.host", var_target, var_target_set, TARGET_HOST_HEADER },
	{ "target.expectedcn", var_target, var_target_set, TARGET_EXPECTED_CN },
	{ "loadbalancing.targetserver", var_target, NULL, TARGET_SERVER },
	{ "loadbalancing.isfallback", var_target, NULL, TARGET_IS_FALLBACK },
	{ "loadbalancing.failedservers", var_target, NULL, TARGET_FAILED_SERVERS },
	{ "target.flow.name", var_call, NULL, CALL_TARGET_FLOW },
	MOMENT("target.sent.start", AT_TARGET_SENT_START),
	MOMENT("target.sent.end", AT_TARGET_SENT_END),
	MOMENT("target.received.start", AT_TARGET_RECEIVED_START),
	MOMENT("target.received.end", AT_TARGET_RECEIVED_END),

	/* the fault */
	{ "fault.name", var_fault, NULL, FAULT_NAME },
	{ "fault.type", var_fault, NULL, FAULT_TYPE },
	{ "fault.category", var_fault, NULL, FAULT_CATEGORY },
	{ "fault.subcategory", var_fault, NULL, FAULT_SUBCATEGORY },
	{ "fault.reason", var_fault, NULL, FAULT_REASON },
	{ "error.message", var_fault, NULL, FAULT_MESSAGE },
	{ "error.state", var_fault, NULL, FAULT_STATE },

	/* the machine */
	{ "system.time", var_time, NULL, TIME_TEXT },
	{ "system.timestamp", var_time, NULL, TIME_STAMP },
	{ "system.time.year", var_time, NULL, TIME_YEAR },
	{ "system.time.month", var_time, NULL, TIME_MONTH },
	{ "system.time.day", var_time, NULL, TIME_DAY },
	{ "system.time.dayofweek", var_time, NULL, TIME_WEEKDAY },
	{ "system.time.hour", var_time, NULL, TIME_HOUR },
	{ "system.time.minute", var_time, NULL, TIME_MINUTE },
	{ "system.time.second", var_time, NULL, TIME_SECOND },
	{ "system.time.millisecond", var_time, NULL, TIME_MS },
	{ "system.time.zone", var_time, NULL, TIME_ZONE },
	{ "system.uuid", var_uuid, NULL, 0 },
	{ "system.interface.*", var_interface, NULL, 0 },
	{ "system.pod.name", var_host_name, NULL, 0 },
	{ 0 },
};
