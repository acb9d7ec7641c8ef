-- SPDX-License-Identifier: Apache-2.0
-- The Edge OAuth2 service: its clients, keys, tokens and codes, and what it knows of a user beside the account.
-- A zone is a tenant of it.  What a person or a program presents is here as a digest or a MAC only.

CREATE TABLE oauth_client (
	zone TEXT NOT NULL,
	id TEXT NOT NULL,
	doc TEXT NOT NULL,
	secret_mac BYTEA,
	second_secret_mac BYTEA,
	token_salt TEXT NOT NULL,
	PRIMARY KEY (zone, id)
);

CREATE TABLE signing_key (
	zone TEXT NOT NULL,
	id TEXT NOT NULL,
	alg TEXT NOT NULL,
	sealed BYTEA NOT NULL,
	created_at_ms BIGINT NOT NULL,
	retired_at_ms BIGINT,
	PRIMARY KEY (zone, id)
);

-- Refresh tokens, and access tokens that are opaque.  id: the jti of a JWT, a digest of an opaque one.
CREATE TABLE sso_token (
	zone TEXT NOT NULL,
	id TEXT NOT NULL,
	kind TEXT NOT NULL,
	format TEXT NOT NULL,
	family TEXT NOT NULL,
	state BIGINT NOT NULL,
	user_id TEXT,
	client_id TEXT NOT NULL,
	scope TEXT NOT NULL,
	claims TEXT NOT NULL,
	issued_at_ms BIGINT NOT NULL,
	expires_at_ms BIGINT NOT NULL,
	PRIMARY KEY (zone, id)
);
CREATE INDEX sso_token_of_user ON sso_token (zone, user_id);
CREATE INDEX sso_token_of_client ON sso_token (zone, client_id);
CREATE INDEX sso_token_of_family ON sso_token (zone, family);
CREATE INDEX sso_token_expiry ON sso_token (expires_at_ms);

-- JWTs that ended early: one by its jti, or all of a user, a client or a pair that were issued by then.
CREATE TABLE sso_revocation (
	zone TEXT NOT NULL,
	kind TEXT NOT NULL,
	id TEXT NOT NULL,
	revoked_at_ms BIGINT NOT NULL,
	until_ms BIGINT NOT NULL,
	PRIMARY KEY (zone, kind, id)
);
CREATE INDEX sso_revocation_until ON sso_revocation (until_ms);

-- Passcodes, authorization codes, device codes, pushed requests, password resets: each taken once.
CREATE TABLE one_time_code (
	zone TEXT NOT NULL,
	purpose TEXT NOT NULL,
	mac BYTEA NOT NULL,
	owner TEXT NOT NULL,
	state BIGINT NOT NULL,
	doc TEXT NOT NULL,
	expires_at_ms BIGINT NOT NULL,
	PRIMARY KEY (zone, purpose, mac)
);
CREATE INDEX one_time_code_of ON one_time_code (zone, purpose, owner);
CREATE INDEX one_time_code_expiry ON one_time_code (expires_at_ms);

CREATE TABLE sso_session (
	zone TEXT NOT NULL,
	mac BYTEA NOT NULL,
	user_id TEXT NOT NULL,
	doc TEXT NOT NULL,
	expires_at_ms BIGINT NOT NULL,
	PRIMARY KEY (zone, mac)
);
CREATE INDEX sso_session_of ON sso_session (zone, user_id);
CREATE INDEX sso_session_expiry ON sso_session (expires_at_ms);

-- A row is made when there is something to say; who has none is a user without a second factor or failures.
CREATE TABLE user_login (
	zone TEXT NOT NULL,
	origin TEXT NOT NULL,
	name TEXT NOT NULL,
	rev_salt TEXT NOT NULL,
	verified BIGINT NOT NULL,
	machine BIGINT NOT NULL,
	password_at_ms BIGINT NOT NULL,
	must_change BIGINT NOT NULL,
	failures BIGINT NOT NULL,
	failed_at_ms BIGINT NOT NULL,
	last_login_at_ms BIGINT,
	previous_login_at_ms BIGINT,
	totp_sealed BYTEA,
	totp_since_ms BIGINT,
	totp_step BIGINT NOT NULL,
	PRIMARY KEY (zone, origin, name),
	FOREIGN KEY (zone, origin, name) REFERENCES user_account (zone, origin, name) ON DELETE CASCADE
);

CREATE TABLE sso_group (
	zone TEXT NOT NULL,
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	description TEXT,
	version BIGINT NOT NULL,
	created_at_ms BIGINT NOT NULL,
	last_modified_at_ms BIGINT NOT NULL,
	PRIMARY KEY (zone, id)
);
CREATE UNIQUE INDEX sso_group_name ON sso_group (zone, name);

CREATE TABLE sso_member (
	zone TEXT NOT NULL,
	group_id TEXT NOT NULL,
	member_id TEXT NOT NULL,
	origin TEXT NOT NULL,
	kind TEXT NOT NULL,
	PRIMARY KEY (zone, group_id, member_id),
	FOREIGN KEY (zone, group_id) REFERENCES sso_group (zone, id) ON DELETE CASCADE
);
CREATE INDEX sso_member_of ON sso_member (zone, member_id);

CREATE TABLE approval (
	zone TEXT NOT NULL,
	user_id TEXT NOT NULL,
	client_id TEXT NOT NULL,
	scope TEXT NOT NULL,
	status TEXT NOT NULL,
	expires_at_ms BIGINT NOT NULL,
	last_updated_at_ms BIGINT NOT NULL,
	PRIMARY KEY (zone, user_id, client_id, scope)
);

CREATE TABLE mfa_provider (
	zone TEXT NOT NULL,
	id TEXT NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (zone, id)
);

-- Users of before belong to the default zone and its own store of users, by the names that tokens carry.
INSERT INTO user_account (zone, origin, name, id, email, first_name, last_name, active, password,
	created_at_ms, last_modified_at_ms)
	SELECT 'uaa', 'usergrid', name, 'moving ' || id, email, first_name, last_name, active, password,
	created_at_ms, last_modified_at_ms FROM user_account WHERE zone = 'gatehouse';
UPDATE user_role SET zone = 'uaa', origin = 'usergrid' WHERE zone = 'gatehouse';
DELETE FROM user_account WHERE zone = 'gatehouse';
UPDATE user_account SET id = substr(id, 8) WHERE id LIKE 'moving %';
