/* SPDX-License-Identifier: Apache-2.0 */
/* Raising faults, and the engine's own table of them.
 * Raising notes and returns; what follows from it is the engine's.
 * Source: Apigee, "Runtime error catalog", "What you need to know about policy errors". */
#include "flow/fault.h"

#include <string.h>

#include "flow/exchange.h"

const struct fault gateway_faults[] = {
	[APPLICATION_NOT_FOUND] = { "messaging.adaptors.http.flow.ApplicationNotFound", 404,
	                            "Unable to identify proxy for host: %.*s and url: %.*s" },
	[GATEWAY_TIMEOUT] = { "messaging.adaptors.http.flow.GatewayTimeout", 504,
	                      "Gateway Timeout" },
	[SERVICE_UNAVAILABLE] = { "messaging.adaptors.http.flow.ServiceUnavailable", 503,
	                          "The Service is temporarily unavailable" },
	[BAD_GATEWAY] = { "messaging.adaptors.http.flow.BadGateway", 502, "Bad Gateway" },
	[UNEXPECTED_EOF] = { "messaging.adaptors.http.flow.UnexpectedEOFAtTarget", 502,
	                     "Unexpected EOF at target" },
	[ERROR_RESPONSE_CODE] = { "messaging.adaptors.http.flow.ErrorResponseCode", 500, "" },
	[SSL_HANDSHAKE_FAILED] = { "messaging.adaptors.http.flow.SslHandshakeFailed", 503,
	                           "SSL Handshake failed "
	                           "sun.security.provider.certpath.SunCertPathBuilderException: "
	                           "unable to find valid certification path to requested target" },
	[ROUTE_FAILED] = { "messaging.runtime.RouteFailed", 500,
	                   "Unable to route the message to a Target Endpoint" },
	[TARGET_MISSING] = { "messaging.runtime.TargetMissing", 500,
	                     "Target Endpoint has no usable URL" },
	[API_TIMED_OUT] = { "flow.APITimedOut", 504, "API timed out" },
	[SHARED_FLOW_NOT_FOUND] = { "flow.SharedFlowNotFound", 500, "Shared Flow %.*s Not Found" },
	[TOO_BIG_BODY_REQUEST] = { "protocol.http.TooBigBody", 413, "Body buffer overflow" },
	[TOO_BIG_BODY_RESPONSE] = { "protocol.http.TooBigBody", 502, "Body buffer overflow" },
	[TOO_BIG_HEADERS] = { "protocol.http.TooBigHeaders", 502,
	                      "headers size exceeding the limit" },
	[BAD_PATH] = { "protocol.http.BadPath", 400, "Invalid request path" },
	[OUT_OF_MEMORY] = { "system.memory.OutOfMemory", 500,
	                    "The call took more memory than one call may" },
	[RESPONSE_405_WITHOUT_ALLOW] = { "protocol.http.Response405WithoutAllowHeader", 502,
	                                 "Received 405 Response without Allow Header" },
	[CALLOUT_TOO_DEEP] = { "flow.CalloutTooDeep", 500,
	                       "Shared flows call each other more than %d deep" },
	[BAD_REQUEST_BODY] = { "messaging.adaptors.http.flow.UnexpectedEOFAtClient", 400,
	                       "Unexpected EOF at client" },
	[REQUEST_TIMEOUT] = { "messaging.adaptors.http.flow.RequestTimeout", 408,
	                      "Request timed out" },
	[CHAIN_TOO_DEEP] = { "messaging.runtime.RouteFailed", 500,
	                     "More than %d proxies are chained" },
	[DECOMPRESSION_AT_REQUEST] = { "messaging.adaptors.http.flow.DecompressionFailureAtRequest",
	                               400, "Decompression failure at request" },
	[DECOMPRESSION_AT_RESPONSE] = { "messaging.adaptors.http.flow."
	                                "DecompressionFailureAtResponse",
	                                502, "Decompression failure at response" },
	[UNSUPPORTED_ENCODING] = { "protocol.http.UnsupportedEncoding", 415,
	                           "Unsupported Encoding \"%.*s\"" },
	[DUPLICATE_HEADER_REQUEST] = { "protocol.http.DuplicateHeader", 400,
	                               "Duplicate Header \"%.*s\"" },
	[DUPLICATE_HEADER_RESPONSE] = { "protocol.http.DuplicateHeader", 502,
	                                "Duplicate Header \"%.*s\"" },
	[NO_ACTIVE_TARGETS] = { "messaging.adaptors.http.flow.NoActiveTargets", 503,
	                        "The Service is temporarily unavailable" },
};

static enum verdict note(struct exchange *x, const struct fault *fault, str string)
{
	str code = str_from_z(fault->code);
	size_t dot = str_rfind_char(code, '.');
	x->raised = (struct raised){
		.code = code,
		.name = dot == STR_NPOS ? code : str_sub(code, dot + 1, STR_NPOS),
		.string = string,
		.status = fault->status,
		.policy = x->step_name,
	};
	if (x->step && x->step->policy->fault_prefix)
		x->raised.prefix = str_from_z(x->step->policy->fault_prefix);
	x->fault_headers = (struct headers){ 0 };
	x->fault_pending = true;
	return FAULT;
}

enum verdict fault_raise(struct exchange *x, const struct fault *fault, ...)
{
	if (!strchr(fault->string, '%'))
		return note(x, fault, str_from_z(fault->string));
	va_list ap;
	va_start(ap, fault);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	str string = str_vfmt(x->arena, fault->string, ap);
#pragma GCC diagnostic pop
	va_end(ap);
	return note(x, fault, string);
}

enum verdict fault_raise_message(struct exchange *x, const struct fault *fault, str string)
{
	must(x->error);
	note(x, fault, string);
	x->raised.by_raise_fault = true;
	return FAULT;
}

void fault_header(struct exchange *x, str name, str value)
{
	headers_add(x->arena, &x->fault_headers, name, value);
}
