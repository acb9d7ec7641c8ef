/* SPDX-License-Identifier: Apache-2.0 */
/* What clients find out by themselves: the metadata of OpenID Connect and of OAuth 2.0, one document.
 * It says what is there and nothing else; its addresses are made from sso.url.
 * Source: OpenID Connect Discovery §3; RFC 8414 §2; oauth2-service reference, 3.3. */
#include "sso/device.h"
#include "sso/endpoints.h"

static void address(struct json_writer *w, const struct sso_call *q, const char *key,
                    const char *path)
{
	json_pair_str(w, key, str_fmt(q->arena, "%.*s%s", STR(q->sso->settings.url), path));
}

/* A list: words separated by spaces. */
static void words(struct json_writer *w, const char *key, const char *list)
{
	json_key(w, str_from_z(key));
	json_open(w, '[');
	for (str rest = str_from_z(list); str_given(rest);)
		json_str(w, str_cut(&rest, ' '));
	json_close(w, ']');
}

#define CLIENT_AUTH "client_secret_basic client_secret_post private_key_jwt"
#define CLIENT_ALGS "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512"

/* The keys and the order of the service's own document. */
static void documented(struct json_writer *w, const struct sso_call *q)
{
	json_pair_str(w, "issuer", q->sso->bearers.issuer);
	address(w, q, "authorization_endpoint", "/oauth/authorize");
	address(w, q, "token_endpoint", "/oauth/token");
	words(w, "token_endpoint_auth_methods_supported", CLIENT_AUTH " none");
	words(w, "token_endpoint_auth_signing_alg_values_supported", CLIENT_ALGS);
	address(w, q, "userinfo_endpoint", "/userinfo");
	address(w, q, "jwks_uri", "/token_keys");
	address(w, q, "end_session_endpoint", "/logout.do");
	words(w, "scopes_supported", "openid profile email roles");
	words(w, "response_types_supported", "code");
	words(w, "subject_types_supported", "public");
	words(w, "id_token_signing_alg_values_supported", "RS256");
	words(w, "id_token_encryption_alg_values_supported", "none");
	words(w, "claim_types_supported", "normal");
	words(w, "claims_supported",
	      "sub aud iss exp iat auth_time amr azp given_name family_name name "
	      "previous_logon_time roles scope email_verified nonce email cid client_id "
	      "grant_type user_name zid origin jti rev_sig user_id");
	json_pair_bool(w, "claims_parameter_supported", false);
	words(w, "ui_locales_supported", "en-US");
	words(w, "code_challenge_methods_supported", "S256 plain");
}

static void newer(struct json_writer *w, const struct sso_call *q)
{
	words(w, "response_modes_supported", "query");
	words(w, "grant_types_supported",
	      "password refresh_token client_credentials authorization_code " DEVICE_GRANT);
	words(w, "prompt_values_supported", "none login consent");
	json_pair_bool(w, "request_parameter_supported", false);
	json_pair_bool(w, "request_uri_parameter_supported", false);
	address(w, q, "introspection_endpoint", "/introspect");
	words(w, "introspection_endpoint_auth_methods_supported", CLIENT_AUTH);
	words(w, "introspection_endpoint_auth_signing_alg_values_supported", CLIENT_ALGS);
	address(w, q, "revocation_endpoint", "/oauth/revoke");
	words(w, "revocation_endpoint_auth_methods_supported", CLIENT_AUTH " none");
	words(w, "revocation_endpoint_auth_signing_alg_values_supported", CLIENT_ALGS);
	address(w, q, "device_authorization_endpoint", "/oauth/device_authorization");
	address(w, q, "pushed_authorization_request_endpoint", "/oauth/par");
	json_pair_bool(w, "require_pushed_authorization_requests", false);
	json_pair_bool(w, "authorization_response_iss_parameter_supported", true);
}

struct message *endpoint_discovery(struct sso_call *q)
{
	struct buf b = buf_in(q->arena);
	struct json_writer w = json_to(&b, false);
	json_open(&w, '{');
	documented(&w, q);
	newer(&w, q);
	json_close(&w, '}');
	struct message *m = sso_bytes(q, 200, S("application/json"), buf_str(&b));
	headers_set(q->arena, &m->headers, S("Cache-Control"), S("max-age=60, public"));
	return m;
}
