/* SPDX-License-Identifier: Apache-2.0 */
/* The table of configuration keys.
 * Every key has a default that suits a laptop; what faces the world is said in the file.
 * Source: Edge for Private Cloud's ports; Apigee's default token lifetimes. */
#include "main/settings.h"

static const char *const log_levels[] = { "debug", "info", "warn", "error", NULL };

const struct field settings_fields[] = {
	FIELD(settings, organization, "organization", T_STR, .dflt = "acme",
	      .doc = "the organization that the first start makes"),
	FIELD(settings, store, "store", T_STR, .dflt = "sqlite",
	      .doc = "\"sqlite\" (in the data folder) or \"postgres://...\""),
	FIELD(settings, secret_key_file, "secret_key_file", T_STR, .dflt = "",
	      .doc = "the file of keys that secrets are sealed with; default: secret.key in the "
	             "data folder"),
	FIELD(settings, access_log, "access_log", T_STR, .dflt = "",
	      .doc = "default: access.log in the data folder; \"off\": none"),
	FIELD(settings, management_listen, "management.listen", T_STR, .dflt = "127.0.0.1:8080"),
	FIELD(settings, default_listen, "gateway.default.listen", T_STR, .dflt = "0.0.0.0:9001"),
	FIELD(settings, secure_listen, "gateway.secure.listen", T_STR, .dflt = "0.0.0.0:9443"),
	FIELD(settings, sso_listen, "sso.listen", T_STR, .dflt = "127.0.0.1:9099"),
	FIELD(settings, sso_url, "sso.url", T_STR, .dflt = "",
	      .doc = "how clients reach the OAuth2 service; default: where it listens"),
	FIELD(settings, sso_access_s, "sso.access_token_validity", T_INT, .dflt = "43200", .min = 1,
	      .max = INT32_MAX, .doc = "seconds, for clients that have none of their own"),
	FIELD(settings, sso_refresh_s, "sso.refresh_token_validity", T_INT, .dflt = "2592000",
	      .min = 1, .max = INT32_MAX, .doc = "seconds, for clients that have none of their own"),
	FIELD(settings, sso_rotate, "sso.refresh_token_rotate", T_BOOL, .dflt = "false",
	      .doc = "a refresh token is good once"),
	FIELD(settings, lockout_failures, "sso.lockout_failures", T_INT, .dflt = "5", .min = 0,
	      .max = 1000, .doc = "wrong logins that lock an account; 0: never"),
	FIELD(settings, lockout_window_s, "sso.lockout_window", T_INT, .dflt = "1200", .min = 1,
	      .max = 31536000, .doc = "seconds within which they count"),
	FIELD(settings, lockout_s, "sso.lockout_period", T_INT, .dflt = "120", .min = 1,
	      .max = 31536000, .doc = "seconds that it stays locked"),
	FIELD(settings, ui_listen, "ui.listen", T_STR, .dflt = "127.0.0.1:9000"),
	FIELD(settings, mocktarget_listen, "mocktarget.listen", T_STR, .dflt = "127.0.0.1:8888"),
	FIELD(settings, workers, "workers", T_INT, .dflt = "0", .min = 0, .max = 256,
	      .doc = "event loops of the gateway; 0: one per core"),
	FIELD(settings, http2, "gateway.http2", T_BOOL, .dflt = "true",
	      .doc = "HTTP/2 to clients: by ALPN with TLS, by prior knowledge without"),
	FIELD(settings, max_exchanges, "max_exchanges", T_INT, .dflt = "10000", .min = 10,
	      .max = 16000, .doc = "requests in flight in the process; more are answered 503"),
	FIELD(settings, drain_timeout_s, "drain_timeout", T_INT, .dflt = "10", .min = 0,
	      .max = 3600, .doc = "seconds that running requests get after SIGTERM"),
	FIELD(settings, access_token_ms, "oauth.access_token_expires_ms", T_INT, .dflt = "1800000",
	      .min = -1, .max = INT64_MAX / 2, .doc = "when a policy has no ExpiresIn; -1: never"),
	FIELD(settings, refresh_token_ms, "oauth.refresh_token_expires_ms", T_INT,
	      .dflt = "63072000000", .min = -1, .max = INT64_MAX / 2,
	      .doc = "when a policy has no RefreshTokenExpiresIn; -1: never"),
	FIELD(settings, log_level, "log_level", T_ENUM, .names = log_levels, .dflt = "info"),
	FIELD(settings, metrics_public, "metrics.public", T_BOOL, .dflt = "false",
	      .doc = "/metrics of the management listener needs no credentials"),
	FIELD(settings, hosts, "hosts", T_OWN, .read = config_pairs_read, .dflt = "{}",
	      .doc = "where target hosts really are: { \"host:port\" = \"address:port\" }"),
	FIELDS_END,
};
