/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of the configuration file, all of them, as one table.
 * The file that documents them, etc/gatehouse.conf, is checked against this table by a test.
 * Source: house. */
#pragma once

#include "base/config.h"
#include "identity/password_policy.h"

struct settings {
	str organization;
	str sso_url;
	str sso_tls_certificate, sso_tls_key; /* files; "": plain HTTP */
	int64_t sso_access_s, sso_refresh_s;
	bool sso_rotate;
	int64_t lockout_failures, lockout_window_s, lockout_s;
	struct password_policy password;
	str logout_whitelist;
	str store, secret_key_file, access_log;
	str management_listen, default_listen, secure_listen, sso_listen, ui_listen,
		mocktarget_listen;
	int64_t workers, max_exchanges, audit_keep_days;
	int64_t drain_timeout_s;
	int64_t access_token_ms, refresh_token_ms;
	int log_level;
	bool metrics_public;
	bool http2;
	int64_t flood_ban_s;
	struct config_pairs hosts;
	str denied_addresses;
};

extern const struct field settings_fields[];
