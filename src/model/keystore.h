/* SPDX-License-Identifier: Apache-2.0 */
/* Keystores, the aliases in them, and references: what TLS is configured with.
 * A truststore is a keystore whose aliases have certificates only.
 * Source: Apigee management API, keystores, references. */
#pragma once

#include "base/diag.h"
#include "model/organization.h"

struct alias_names { /* of an alias, in its keystore's list */
	str alias, cert, key;
};
struct keystore {
	struct list aliases; /* struct alias_names */
	struct strs certs, keys;
	str name;
};

struct cert_info {
	str basic_constraints;
	int64_t expires_ms;
	str is_valid, issuer, public_key, serial_number, signature, subject;
	struct strs alternative_names;
	int64_t valid_from_ms, version;
};
struct keystore_alias {
	str alias;
	struct list certs; /* struct cert_info, the leaf first */
	str cert_name, key_name;
};

struct self_signed { /* what a new certificate is to say */
	str alias, country, state, locality, org, unit, common_name, email;
	struct strs names;
	str signature, signature_old; /* "sigAlg", or "sig_alg" of the older form */
	int64_t key_size, key_size_old, days, days_old;
};

struct reference { /* a keystore under another name, which can be led elsewhere */
	str name, refers, type;
};

extern const struct noun keystore_noun, keystore_alias_noun, self_signed_noun, reference_noun;

/* What an environment has, and what one sSLInfo names of it. */
struct keystores {
	struct list keypairs, references; /* struct keypair, struct reference */
	str environment;
};
struct tls_material {
	str cert_pem, key_pem; /* of keyStore and keyAlias; absent: none is named */
	str trust_pem;         /* all certificates of trustStore; absent: none is named */
};
/* "ref://NAME" stands for the keystore that the reference refers to.  ERR_SYNTAX with a finding. */
err tls_material_find(struct arena *, const struct keystores *, const struct ssl_info *,
                      struct diag *, unsigned line, struct tls_material *out) MUST_CHECK;
