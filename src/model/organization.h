/* SPDX-License-Identifier: Apache-2.0 */
/* Organization, environment, virtual host: where everything else hangs.
 * Names never change; an environment's key is (organization, name).
 * Source: Apigee management API, organizations, environments, virtualhosts. */
#pragma once

#include "model/noun.h"

struct organization {
	int64_t created_at_ms;
	str created_by, display_name;
	struct strs environments; /* read only: names, filled by the store */
	int64_t last_modified_at_ms;
	str last_modified_by, name;
	struct list properties; /* struct attribute */
	str type;               /* "trial", "paid" */
};

struct environment {
	int64_t created_at_ms;
	str created_by;
	int64_t last_modified_at_ms;
	str last_modified_by, name;
	struct list properties;
};

struct common_name { /* that a target's certificate must have instead of its host's name */
	str value;
	bool wildcard; /* a leading "*." stands for one label */
};

struct ssl_info { /* sSLInfo of virtual hosts and targets */
	struct strs ciphers;
	struct common_name *common_name;  /* of targets */
	int client_auth_enabled, enabled; /* 0 "false", 1 "true": strings in JSON */
	bool ignore_validation_errors;
	str key_alias, key_store;
	struct strs protocols;
	str trust_store;
};
extern const struct field ssl_info_fields[];

struct tls_told { /* propagateTLSInformation: which tls.* variables a proxy sees */
	bool client, connection;
};

struct virtual_host {
	str base_url;
	struct strs host_aliases; /* lower case; "*" and a leading "*." allowed */
	struct strs interfaces;
	str name, port;        /* port: "9001" */
	struct tls_told *told; /* NULL: nothing */
	struct list properties;
	struct ssl_info *ssl; /* NULL: plain http */
};

/* A certificate and its key under a name, in an environment's keystore. */
struct keypair {
	str keystore, alias, cert_pem, key_pem; /* the key is encrypted where it rests */
};

extern const struct noun organization_noun, environment_noun, virtual_host_noun;
