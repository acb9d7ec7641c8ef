/* SPDX-License-Identifier: Apache-2.0 */
/* A fault: an answer in the API's own vocabulary, raised by a policy or by the engine.
 * Raising only notes it; the engine leaves the flow when the step has returned.
 * Source: Apigee, "Handling faults" and "What you need to know about policy errors". */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct exchange;

enum verdict {
	CONTINUE, /* the next step */
	RESPOND,  /* leave the flow and answer with what is in response */
	FAULT,    /* fault_raise() was called: the error flow */
};

struct fault {
	const char *code; /* "policies.ratelimit.QuotaViolation"; fault.name is its last part */
	unsigned status;
	const char *string; /* printf format of the faultstring */
};

/* Notes the fault; the format's arguments follow.  Answers FAULT, so: return fault_raise(x, ...). */
COLD enum verdict fault_raise(struct exchange *, const struct fault *, ...);
/* A fault whose body and headers stand in x->error already (RaiseFault). */
COLD enum verdict fault_raise_message(struct exchange *, const struct fault *, str fault_string);

/* Adds a header to the answer of the fault that was just raised, e.g. WWW-Authenticate. */
COLD void fault_header(struct exchange *, str name, str value);

/* What was raised; code is STR_NONE when nothing was. */
struct raised {
	str code;   /* "keymanagement.service.invalid_access_token" */
	str name;   /* "invalid_access_token" */
	str string; /* the faultstring */
	unsigned status;
	str policy; /* the policy's name, STR_NONE: the engine */
	str prefix; /* of {prefix}.{policy}.failed */
	bool by_raise_fault;
	bool from_target; /* ErrorResponseCode: the answer of the target stands in response */
};

/* {"fault":{"faultstring":...,"detail":{"errorcode":...}}}, or its XML, or a SOAP fault, by what the
 * request asks for (docs/why/faults.md). */
str fault_body(struct exchange *, str string, str code, str *content_type);

/* The engine's own table: gateway errors of Apigee's catalogue. */
enum {
	APPLICATION_NOT_FOUND,
	GATEWAY_TIMEOUT,
	SERVICE_UNAVAILABLE,
	BAD_GATEWAY,
	UNEXPECTED_EOF,
	ERROR_RESPONSE_CODE,
	SSL_HANDSHAKE_FAILED,
	ROUTE_FAILED,
	TARGET_MISSING,
	API_TIMED_OUT,
	SHARED_FLOW_NOT_FOUND,
	TOO_BIG_BODY_REQUEST,
	TOO_BIG_BODY_RESPONSE,
	TOO_BIG_HEADERS,
	BAD_PATH,
	OUT_OF_MEMORY,
	RESPONSE_405_WITHOUT_ALLOW,
	CALLOUT_TOO_DEEP,
	BAD_REQUEST_BODY,
	REQUEST_TIMEOUT,
	NO_ACTIVE_TARGETS,
	CHAIN_TOO_DEEP,
	DECOMPRESSION_AT_REQUEST,
	DECOMPRESSION_AT_RESPONSE,
	UNSUPPORTED_ENCODING,
	DUPLICATE_HEADER_REQUEST,
	DUPLICATE_HEADER_RESPONSE,
};
extern const struct fault gateway_faults[];
