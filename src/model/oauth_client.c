/* SPDX-License-Identifier: Apache-2.0 */
/* The table of oauth client.
 * autoapprove is a list here; that a client may also say true or false is for the resource to read.
 * Source: oauth2-service reference, "Clients". */
#include "model/oauth_client.h"

static const struct field fields[] = {
	FIELD(oauth_client, client_id, "client_id", T_STR, .required = true),
	FIELD(oauth_client, name, "name", T_STR),
	FIELD(oauth_client, scope, "scope", T_STRS),
	FIELD(oauth_client, resource_ids, "resource_ids", T_STRS),
	FIELD(oauth_client, authorized_grant_types, "authorized_grant_types", T_STRS),
	FIELD(oauth_client, redirect_uri, "redirect_uri", T_STRS),
	FIELD(oauth_client, auto_approve, "autoapprove", T_STRS),
	FIELD(oauth_client, authorities, "authorities", T_STRS),
	FIELD(oauth_client, allow_public, "allowpublic", T_BOOL),
	FIELD(oauth_client, allowed_providers, "allowedproviders", T_STRS),
	FIELD(oauth_client, required_user_groups, "required_user_groups", T_STRS),
	FIELD(oauth_client, access_validity_s, "access_token_validity", T_INT, .min = 0,
	      .max = TOKEN_LIVES_S_MAX),
	FIELD(oauth_client, refresh_validity_s, "refresh_token_validity", T_INT, .min = 0,
	      .max = TOKEN_LIVES_S_MAX),
	FIELD(oauth_client, jwks, "jwks", T_STR),
	FIELD(oauth_client, last_modified_at_ms, "lastModified", T_MS, .read_only = true),
	FIELDS_END,
};

const struct noun oauth_client_noun = { "Client", "client", sizeof(struct oauth_client), fields };
