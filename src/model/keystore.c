/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of keystore, alias, self-signed certificate and reference.
 * Rows stand in the order in which Apigee writes the keys.
 * Source: Apigee management API, keystores, references. */
#include "model/keystore.h"

static const char *const reference_types[] = { "KeyStore", "TrustStore", NULL };
static const char *const signatures[] = { "SHA256withRSA", "SHA384withRSA", "SHA512withRSA", NULL };

static const struct field alias_names_fields[] = {
	FIELD(alias_names, alias, "aliasName", T_STR),
	FIELD(alias_names, cert, "cert", T_STR),
	FIELD(alias_names, key, "key", T_STR),
	FIELDS_END,
};

static const struct field keystore_fields[] = {
	FIELD(keystore, aliases, "aliases", T_LIST, .sub = alias_names_fields,
	      .sub_size = sizeof(struct alias_names), .read_only = true),
	FIELD(keystore, certs, "certs", T_STRS, .read_only = true),
	FIELD(keystore, keys, "keys", T_STRS, .read_only = true),
	FIELD(keystore, name, "name", T_STR, .required = true),
	FIELDS_END,
};

static const struct field cert_info_fields[] = {
	FIELD(cert_info, basic_constraints, "basicConstraints", T_STR),
	FIELD(cert_info, expires_ms, "expiryDate", T_MS),
	FIELD(cert_info, is_valid, "isValid", T_STR),
	FIELD(cert_info, issuer, "issuer", T_STR),
	FIELD(cert_info, public_key, "publicKey", T_STR),
	FIELD(cert_info, serial_number, "serialNumber", T_STR),
	FIELD(cert_info, signature, "sigAlgName", T_STR),
	FIELD(cert_info, subject, "subject", T_STR),
	FIELD(cert_info, alternative_names, "subjectAlternativeNames", T_STRS),
	FIELD(cert_info, valid_from_ms, "validFrom", T_MS),
	FIELD(cert_info, version, "version", T_INT),
	FIELDS_END,
};

static const struct field alias_fields[] = {
	FIELD(keystore_alias, alias, "alias", T_STR),
	FIELD(keystore_alias, certs, "certsInfo/certInfo", T_LIST, .sub = cert_info_fields,
	      .sub_size = sizeof(struct cert_info)),
	FIELD(keystore_alias, cert_name, "certsInfo/certName", T_STR),
	FIELD(keystore_alias, key_name, "keyName", T_STR),
	FIELDS_END,
};

static const struct field self_signed_fields[] = {
	FIELD(self_signed, alias, "alias", T_STR),
	FIELD(self_signed, country, "subject/countryCode", T_STR),
	FIELD(self_signed, state, "subject/state", T_STR),
	FIELD(self_signed, locality, "subject/locality", T_STR),
	FIELD(self_signed, org, "subject/org", T_STR),
	FIELD(self_signed, unit, "subject/orgUnit", T_STR),
	FIELD(self_signed, common_name, "subject/commonName", T_STR, .required = true),
	FIELD(self_signed, email, "subject/email", T_STR),
	FIELD(self_signed, names, "subjectAlternativeDNSNames/subjectAlternativeName", T_STRS),
	FIELD(self_signed, signature, "sigAlg", T_STR, .names = signatures),
	FIELD(self_signed, signature_old, "sig_alg", T_STR, .names = signatures),
	FIELD(self_signed, key_size, "keySize", T_INT, .min = 2048, .max = 2048),
	FIELD(self_signed, key_size_old, "key_size", T_INT, .min = 2048, .max = 2048),
	FIELD(self_signed, days, "certValidityInDays", T_INT, .min = 1, .max = 36500),
	FIELD(self_signed, days_old, "cert_validity_in_days", T_INT, .min = 1, .max = 36500),
	FIELDS_END,
};

static const struct field reference_fields[] = {
	FIELD(reference, name, "name", T_STR),
	FIELD(reference, refers, "refers", T_STR, .required = true),
	FIELD(reference, type, "resourceType", T_STR, .names = reference_types, .dflt = "KeyStore"),
	FIELDS_END,
};

const struct noun keystore_noun = { "KeyStore", "keyStore", sizeof(struct keystore),
	                            keystore_fields };
const struct noun keystore_alias_noun = { "Alias", "alias", sizeof(struct keystore_alias),
	                                  alias_fields };
const struct noun self_signed_noun = { "SelfSignedCertificate", "selfSignedCertificate",
	                               sizeof(struct self_signed), self_signed_fields };
const struct noun reference_noun = { "ResourceReference", "resourceReference",
	                             sizeof(struct reference), reference_fields };
