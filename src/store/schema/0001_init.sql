-- SPDX-License-Identifier: Apache-2.0
-- The first schema.  One text for SQLite and PostgreSQL: the types are TEXT, BIGINT and BYTEA and no more,
-- each driver reads them its own way (docs/why/one_sql_text.md).  A later migration only adds.
-- Columns are what a query, a key or a rule needs; what is only read back stands in doc, as JSON by the
-- noun's field table.

CREATE TABLE feed_head (
	id BIGINT PRIMARY KEY,
	seq BIGINT NOT NULL
);
INSERT INTO feed_head (id, seq) VALUES (1, 0);

CREATE TABLE change (
	seq BIGINT PRIMARY KEY,
	at_ms BIGINT NOT NULL,
	kind TEXT NOT NULL,
	org TEXT,
	env TEXT,
	name TEXT
);

CREATE TABLE mark (
	name TEXT NOT NULL PRIMARY KEY,
	set_at_ms BIGINT NOT NULL
);

CREATE TABLE seal_key (
	id BIGINT PRIMARY KEY,
	proof BYTEA NOT NULL
);

CREATE TABLE organization (
	name TEXT NOT NULL PRIMARY KEY,
	doc TEXT NOT NULL
);

CREATE TABLE environment (
	org TEXT NOT NULL REFERENCES organization (name),
	name TEXT NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (org, name)
);

CREATE TABLE virtual_host (
	org TEXT NOT NULL,
	env TEXT NOT NULL,
	name TEXT NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (org, env, name),
	FOREIGN KEY (org, env) REFERENCES environment (org, name)
);

CREATE TABLE host_alias (
	port TEXT NOT NULL,
	alias TEXT NOT NULL,
	org TEXT NOT NULL,
	env TEXT NOT NULL,
	virtual_host TEXT NOT NULL,
	PRIMARY KEY (port, alias),
	FOREIGN KEY (org, env, virtual_host) REFERENCES virtual_host (org, env, name) ON DELETE CASCADE
);
CREATE INDEX host_alias_of ON host_alias (org, env, virtual_host);

CREATE TABLE keypair (
	org TEXT NOT NULL,
	env TEXT NOT NULL,
	keystore TEXT NOT NULL,
	alias TEXT NOT NULL,
	cert_pem TEXT NOT NULL,
	key_sealed BYTEA NOT NULL,
	PRIMARY KEY (org, env, keystore, alias),
	FOREIGN KEY (org, env) REFERENCES environment (org, name)
);

CREATE TABLE user_account (
	zone TEXT NOT NULL,
	origin TEXT NOT NULL,
	name TEXT NOT NULL,
	id TEXT NOT NULL,
	email TEXT NOT NULL,
	first_name TEXT NOT NULL,
	last_name TEXT NOT NULL,
	active BIGINT NOT NULL,
	password TEXT,
	created_at_ms BIGINT NOT NULL,
	last_modified_at_ms BIGINT NOT NULL,
	PRIMARY KEY (zone, origin, name)
);
CREATE UNIQUE INDEX user_account_id ON user_account (id);

CREATE TABLE user_role (
	org TEXT NOT NULL REFERENCES organization (name),
	zone TEXT NOT NULL,
	origin TEXT NOT NULL,
	name TEXT NOT NULL,
	role TEXT NOT NULL,
	PRIMARY KEY (org, zone, origin, name, role),
	FOREIGN KEY (zone, origin, name) REFERENCES user_account (zone, origin, name) ON DELETE CASCADE
);
CREATE INDEX user_role_of ON user_role (zone, origin, name);

CREATE TABLE developer (
	org TEXT NOT NULL REFERENCES organization (name),
	id TEXT NOT NULL,
	email TEXT NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (org, id)
);
CREATE UNIQUE INDEX developer_email ON developer (org, email);

CREATE TABLE api_product (
	org TEXT NOT NULL REFERENCES organization (name),
	name TEXT NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (org, name)
);

CREATE TABLE app (
	org TEXT NOT NULL,
	id TEXT NOT NULL,
	developer_id TEXT NOT NULL,
	name TEXT NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (org, id),
	FOREIGN KEY (org, developer_id) REFERENCES developer (org, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX app_name ON app (org, developer_id, name);

CREATE TABLE credential (
	org TEXT NOT NULL,
	consumer_key TEXT NOT NULL,
	app_id TEXT NOT NULL,
	issued_at_ms BIGINT NOT NULL,
	secret_sealed BYTEA NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (org, consumer_key),
	FOREIGN KEY (org, app_id) REFERENCES app (org, id) ON DELETE CASCADE
);
CREATE INDEX credential_app ON credential (org, app_id);

CREATE TABLE credential_product (
	org TEXT NOT NULL,
	consumer_key TEXT NOT NULL,
	product TEXT NOT NULL,
	position BIGINT NOT NULL,
	status BIGINT NOT NULL,
	PRIMARY KEY (org, consumer_key, product),
	FOREIGN KEY (org, consumer_key) REFERENCES credential (org, consumer_key) ON DELETE CASCADE,
	FOREIGN KEY (org, product) REFERENCES api_product (org, name)
);
CREATE INDEX credential_product_of ON credential_product (org, product);

CREATE TABLE api_proxy (
	org TEXT NOT NULL REFERENCES organization (name),
	kind BIGINT NOT NULL,
	name TEXT NOT NULL,
	created_at_ms BIGINT NOT NULL,
	created_by TEXT NOT NULL,
	last_modified_at_ms BIGINT NOT NULL,
	last_modified_by TEXT NOT NULL,
	PRIMARY KEY (org, kind, name)
);

CREATE TABLE revision (
	org TEXT NOT NULL,
	kind BIGINT NOT NULL,
	name TEXT NOT NULL,
	number BIGINT NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (org, kind, name, number),
	FOREIGN KEY (org, kind, name) REFERENCES api_proxy (org, kind, name) ON DELETE CASCADE
);

CREATE TABLE revision_file (
	org TEXT NOT NULL,
	kind BIGINT NOT NULL,
	name TEXT NOT NULL,
	number BIGINT NOT NULL,
	path TEXT NOT NULL,
	position BIGINT NOT NULL,
	bytes BYTEA NOT NULL,
	PRIMARY KEY (org, kind, name, number, path),
	FOREIGN KEY (org, kind, name, number) REFERENCES revision (org, kind, name, number) ON DELETE CASCADE
);

CREATE TABLE deployment (
	org TEXT NOT NULL,
	env TEXT NOT NULL,
	kind BIGINT NOT NULL,
	name TEXT NOT NULL,
	revision BIGINT NOT NULL,
	base_path TEXT NOT NULL,
	deployed_by TEXT NOT NULL,
	deployed_at_ms BIGINT NOT NULL,
	seq BIGINT NOT NULL,
	PRIMARY KEY (org, env, kind, name, revision),
	FOREIGN KEY (org, env) REFERENCES environment (org, name),
	FOREIGN KEY (org, kind, name, revision) REFERENCES revision (org, kind, name, number)
);
CREATE INDEX deployment_of ON deployment (org, kind, name, revision);

CREATE TABLE base_path_use (
	org TEXT NOT NULL,
	env TEXT NOT NULL,
	virtual_host TEXT NOT NULL,
	path TEXT NOT NULL,
	kind BIGINT NOT NULL,
	name TEXT NOT NULL,
	revision BIGINT NOT NULL,
	PRIMARY KEY (org, env, virtual_host, path),
	FOREIGN KEY (org, env, kind, name, revision)
		REFERENCES deployment (org, env, kind, name, revision) ON DELETE CASCADE
);
CREATE INDEX base_path_use_of ON base_path_use (org, env, kind, name, revision);

CREATE TABLE token (
	token_key BYTEA NOT NULL PRIMARY KEY,
	org TEXT NOT NULL,
	status BIGINT NOT NULL,
	issued_at_ms BIGINT NOT NULL,
	expires_at_ms BIGINT NOT NULL,
	client_id TEXT NOT NULL,
	app_id TEXT NOT NULL,
	developer_id TEXT NOT NULL,
	grant_type TEXT NOT NULL,
	scope TEXT NOT NULL,
	products TEXT NOT NULL,
	end_user TEXT,
	attributes TEXT,
	hidden_attributes TEXT,
	refresh_key BYTEA,
	refresh_count BIGINT NOT NULL
);

CREATE TABLE refresh_token (
	token_key BYTEA NOT NULL PRIMARY KEY,
	org TEXT NOT NULL,
	status BIGINT NOT NULL,
	issued_at_ms BIGINT NOT NULL,
	expires_at_ms BIGINT NOT NULL,
	client_id TEXT NOT NULL,
	app_id TEXT NOT NULL,
	developer_id TEXT NOT NULL,
	grant_type TEXT NOT NULL,
	scope TEXT NOT NULL,
	products TEXT NOT NULL,
	end_user TEXT,
	attributes TEXT,
	hidden_attributes TEXT,
	access_key BYTEA NOT NULL,
	refresh_count BIGINT NOT NULL
);

CREATE TABLE audit (
	org TEXT NOT NULL,
	time_ms BIGINT NOT NULL,
	id TEXT NOT NULL,
	operation TEXT NOT NULL,
	request TEXT NOT NULL,
	request_uri TEXT NOT NULL,
	response_code TEXT NOT NULL,
	user_name TEXT NOT NULL,
	PRIMARY KEY (org, time_ms, id)
);
