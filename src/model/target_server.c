/* SPDX-License-Identifier: Apache-2.0 */
/* The table of target server.
 * isEnabled is a boolean, while the flags below sSLInfo are texts, as Apigee writes them.
 * Source: Apigee management API, targetservers. */
#include "model/target_server.h"

/* What Apigee has beside is for ExternalCallout. */
static const char *const protocols[] = { "HTTP", "HTTP2", "GRPC_TARGET", NULL };

static const struct field fields[] = {
	FIELD(target_server, host, "host", T_STR, .required = true),
	FIELD(target_server, is_enabled, "isEnabled", T_BOOL, .dflt = "true"),
	FIELD(target_server, name, "name", T_STR),
	FIELD(target_server, port, "port", T_INT, .required = true, .min = 1, .max = 65535),
	FIELD(target_server, protocol, "protocol", T_STR, .names = protocols),
	FIELD(target_server, ssl, "sSLInfo", T_GROUPP, .sub = ssl_info_fields,
	      .sub_size = sizeof(struct ssl_info)),
	FIELDS_END,
};

const struct noun target_server_noun = { "TargetServer", "targetServer",
	                                 sizeof(struct target_server), fields };
