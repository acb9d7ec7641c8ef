/* SPDX-License-Identifier: Apache-2.0 */
/* OAuthV2: every fault of every operation.
 * Invariant: the rows of token/errors.def come first, so that an oauth_error_id finds its own.
 * Source: Apigee, "OAuth HTTP status code reference"; the codes as live gateways print them. */
#include "policy/oauth_v2.h"

#define WORTH(worth) [VERIFY_WORTHLESS + (worth)-1]

const struct fault oauth_v2_faults[] = {
#define ERROR(name, error, text, status, code, string, fault_status) \
	[OAUTH_##name - 1] = { code, fault_status, string },
#include "token/errors.def"
#undef ERROR
	[VERIFY_MISSING] = { "oauth.v2.InvalidAccessToken", 401, "Invalid access token" },
	[VERIFY_NO_PRODUCT] = { "keymanagement.service.InvalidAPICallAsNoApiProductMatchFound", 401,
	                        "Invalid API call as no apiproduct match found" },
	[VERIFY_NOT_THIS_PATH] = { "keymanagement.service.apiresource_doesnot_exist", 401,
	                           "APIResource %.*s does not exist" },
	[VERIFY_SCOPE_SHORT] = { "steps.oauth.v2.InsufficientScope", 403,
	                         "Required scope(s): VerifyAccessToken.%.*s.scopeSet" },
	[TOKEN_UNRESOLVED] = { "steps.oauth.v2.FailedToResolveToken", 500,
	                       "Failed to resolve token variable %.*s" },
	WORTH(TOKEN_UNKNOWN) = { "keymanagement.service.invalid_access_token", 401,
	                         "Invalid Access Token" },
	WORTH(TOKEN_EXPIRED) = { "keymanagement.service.access_token_expired", 401,
	                         "Access Token expired" },
	WORTH(TOKEN_REVOKED) = { "keymanagement.service.access_token_not_approved", 401,
	                         "Access Token not approved" },
	WORTH(TOKEN_CLIENT_GONE) = { "keymanagement.service.invalid_access_token", 401,
	                             "Invalid Access Token" },
	WORTH(TOKEN_KEY_REVOKED) = { "oauth.v2.ApiKeyNotApproved", 401, "ApiKey is not approved" },
	WORTH(TOKEN_APP_REVOKED) = { "keymanagement.service.invalid_client-app_not_approved", 401,
	                             "App is not approved" },
	WORTH(TOKEN_DEVELOPER_INACTIVE) = { "keymanagement.service.DeveloperStatusNotActive", 401,
	                                    "Developer Status is not Active" },
	WORTH(TOKEN_STORE_AWAY) = { "messaging.adaptors.http.flow.ServiceUnavailable", 503,
	                            "The Service is temporarily unavailable" },
	{ 0 },
};
