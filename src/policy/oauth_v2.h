/* SPDX-License-Identifier: Apache-2.0 */
/* The OAuthV2 policy's configuration, shared by the files of its operations.
 * An operation is a function; a new one is a row in oauth_v2.c.
 * Source: Apigee, OAuthV2 policy. */
#pragma once

#include "flow/exchange.h"
#include "policy/client_facts.h"
#include "policy/services.h"
#include "token/grant.h"

enum oauth_v2_operation {
	GENERATE_ACCESS_TOKEN,
	REFRESH_ACCESS_TOKEN,
	VERIFY_ACCESS_TOKEN,
	INVALIDATE_TOKEN,
	VALIDATE_TOKEN,
};

struct oauth_v2_attribute {
	str name, text;
	struct flowvar *ref;
	bool display;
};

struct oauth_v2_token { /* Tokens/Token */
	struct flowvar *variable;
	int type; /* 0 access, 1 refresh */
	bool cascade;
};

struct oauth_v2_response {
	bool enabled;
	int format;
};

struct oauth_v2 {
	int operation;
	struct flowvar *access_token;
	str access_token_prefix;
	struct list attributes; /* struct oauth_v2_attribute */
	struct flowvar *client_id, *client_secret, *authorization, *grant_type, *refresh_token,
		*end_user;
	str expires_in, refresh_expires_in; /* milliseconds, checked at deploy time */
	struct flowvar *expires_in_ref, *refresh_expires_in_ref;
	struct strs grant_types;
	struct oauth_v2_response *generate_response; /* NULL: only variables */
	bool external_authorization, reuse_refresh_token, rfc_compliant;
	str scope;                 /* Verify: literal list; Generate: name of a variable */
	struct strs scopes;        /* Verify: the list */
	struct flowvar *scope_var; /* Generate */
	struct flowvar *external_status;
	struct oauth_v2_token *token;
	uint64_t cache_expiry_s;
	str facts_prefix; /* "oauthv2accesstoken.{policy}." */
};

/* The faults of all operations, one table: first those of token/errors.def, then VerifyAccessToken's. */
enum oauth_v2_fault {
	VERIFY_MISSING = OAUTH_N - 1,
	VERIFY_NO_PRODUCT,
	VERIFY_NOT_THIS_PATH,
	VERIFY_SCOPE_SHORT,
	TOKEN_UNRESOLVED,
	VERIFY_WORTHLESS, /* and on: by enum token_worth, less one */
};
extern const struct fault oauth_v2_faults[];
static inline const struct fault *grant_fault(enum oauth_error_id id)
{
	return &oauth_v2_faults[id - 1];
}
static inline const struct fault *worth_fault(enum token_worth worth)
{
	return &oauth_v2_faults[VERIFY_WORTHLESS + worth - 1];
}

enum verdict oauth_v2_generate(const struct oauth_v2 *, struct exchange *);
enum verdict oauth_v2_verify(const struct oauth_v2 *, struct exchange *);
enum verdict oauth_v2_set_status(const struct oauth_v2 *, struct exchange *);

/* The answer of a token endpoint, written into the response message. */
void oauth_v2_write_token(const struct oauth_v2 *, struct exchange *, const struct grant_answer *);
void oauth_v2_write_error(const struct oauth_v2 *, struct exchange *, const struct oauth_error *,
                          str text);
/* Its fields as variables under facts_prefix. */
void oauth_v2_provide_token(const struct oauth_v2 *, struct exchange *,
                            const struct grant_answer *);

/* oauthV2.failed, oauthV2.{policy}.failed, and with a fault .fault.name and .fault.cause. */
void oauth_v2_note(struct exchange *, const char *fault_name, str cause);
