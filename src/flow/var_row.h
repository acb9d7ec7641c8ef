/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of flow variables: the row of a computed name, and what a name is bound to.
 * A row that starts with "M." stands for every message: request, response, message, error, and those
 * that policies make; one that ends with ".*" takes the rest of the name as its argument.
 * Source: Apigee, "Flow variables reference". */
#pragma once

#include "flow/exchange.h"

enum var_part { PART_FIRST, PART_NTH, PART_VALUES, PART_COUNT, PART_STRING };
enum var_owner {
	OWNER_NONE,
	OWNER_REQUEST,
	OWNER_RESPONSE,
	OWNER_MESSAGE,
	OWNER_ERROR,
	OWNER_MADE
};

struct var_row {
	const char *name;
	struct value (*read)(struct exchange *, const struct flowvar *, struct message *);
	/* NULL: read only.  A null value takes the thing away. */
	err (*write)(struct exchange *, const struct flowvar *, struct message *, struct value);
	int arg; /* which of the things that read() knows */
};
extern const struct var_row var_rows[]; /* ends with an empty one */

struct flowvar {
	str name;
	uint64_t hash;             /* of the name, for custom ones */
	const struct var_row *row; /* NULL: a custom name */
	enum var_owner owner;      /* of an "M." row */
	str made;                  /* OWNER_MADE: the message's name, and its hash */
	uint64_t made_hash;
	str arg; /* what stands for the '*', without the part's suffix */
	enum var_part part;
	unsigned nth; /* PART_NTH: from 1 */
};

struct var { /* in exchange.vars */
	struct value value;
	struct message *message; /* a message that a policy made */
	unsigned turn;
};

struct vars_lazy {
	struct vars_lazy *next;
	str prefix;
	struct value (*fn)(struct exchange *, const void *ctx, str name);
	const void *ctx;
	unsigned turn;
};

#define VAR_READ(fn) struct value fn(struct exchange *, const struct flowvar *, struct message *)
#define VAR_WRITE(fn) \
	err fn(struct exchange *, const struct flowvar *, struct message *, struct value)

/* vars_message.c: the message as a whole */
enum {
	LINE_VERB,
	LINE_VERSION,
	LINE_PATH,
	LINE_URI,
	LINE_URL,
	LINE_QUERY,
	LINE_TRANSPORT_ID,
	LINE_REASON
};
enum { CONTENT_RAW, CONTENT_BASE64, CONTENT_BASE64URL };
VAR_READ(var_content);
VAR_WRITE(var_content_set);
VAR_READ(var_line);
VAR_WRITE(var_line_set);
VAR_READ(var_status);
VAR_WRITE(var_status_set);
VAR_READ(var_transport_message);

/* vars_header.c */
enum { NAMES_COUNT, NAMES_LIST, NAMES_STRING };
VAR_READ(var_header);
VAR_WRITE(var_header_set);
VAR_READ(var_headers);

/* vars_param.c: of the query, or of a form */
enum { PARAM_QUERY, PARAM_FORM };
VAR_READ(var_param);
VAR_WRITE(var_param_set);
VAR_READ(var_params); /* arg: 16 * NAMES_x + PARAM_x */
VAR_READ(var_formstring);

/* vars_call.c: who called whom */
enum {
	CALL_APIPROXY,
	CALL_REVISION,
	CALL_BASEPATH,
	CALL_SUFFIX,
	CALL_PROXY,
	CALL_PROXY_URL,
	CALL_ORGANIZATION,
	CALL_ENVIRONMENT,
	CALL_MESSAGE_ID,
	CALL_IS_ERROR,
	CALL_FLOW,
	CALL_FLOW_DESCRIPTION,
	CALL_PROXY_FLOW,
	CALL_TARGET_FLOW,
	CALL_ROUTE,
	CALL_ROUTE_TARGET,
	CALL_VIRTUAL_HOST
};
enum { CLIENT_IP, CLIENT_PORT, CLIENT_SCHEME, CLIENT_SSL, CLIENT_SNI };
enum {
	TARGET_URL,
	TARGET_EVALUATED,
	TARGET_BASEPATH,
	TARGET_NAME,
	TARGET_HOST,
	TARGET_IP,
	TARGET_PORT,
	TARGET_SCHEME,
	TARGET_SSL,
	TARGET_COPY_SUFFIX,
	TARGET_COPY_QUERY,
	TARGET_HOST_HEADER,
	TARGET_EXPECTED_CN,
	TARGET_SERVER,
	TARGET_IS_FALLBACK,
	TARGET_FAILED_SERVERS
};
VAR_READ(var_call);
VAR_READ(var_client);
/* arg: an enum tls_fact, plus what a virtual host must let be seen */
enum { SHOWN_CONNECTION = 64, SHOWN_CLIENT = 128 };
VAR_READ(var_tls);
VAR_READ(var_target);
VAR_READ(var_target_peer); /* arg: an enum tls_fact */
VAR_WRITE(var_target_set);
VAR_READ(var_fault);
enum {
	FAULT_NAME,
	FAULT_TYPE,
	FAULT_CATEGORY,
	FAULT_SUBCATEGORY,
	FAULT_REASON,
	FAULT_MESSAGE,
	FAULT_STATE
};

/* vars_time.c: arg is an enum of the moment, plus 16 for its text form */
enum {
	AT_CLIENT_RECEIVED_START,
	AT_CLIENT_RECEIVED_END,
	AT_CLIENT_SENT_START,
	AT_CLIENT_SENT_END,
	AT_TARGET_SENT_START,
	AT_TARGET_SENT_END,
	AT_TARGET_RECEIVED_START,
	AT_TARGET_RECEIVED_END
};
#define AS_TEXT 16
enum {
	TIME_TEXT,
	TIME_STAMP,
	TIME_YEAR,
	TIME_MONTH,
	TIME_DAY,
	TIME_WEEKDAY,
	TIME_HOUR,
	TIME_MINUTE,
	TIME_SECOND,
	TIME_MS,
	TIME_ZONE
};
VAR_READ(var_moment);
VAR_READ(var_time);
VAR_READ(var_uuid);
VAR_READ(var_interface);
VAR_READ(var_host_name);

struct value value_list(struct arena *, const str *, size_t n, enum var_part, unsigned nth);
