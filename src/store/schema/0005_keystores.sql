-- SPDX-License-Identifier: Apache-2.0
-- Keystores by name, the references that stand for one, and what the bundles of deployments name of an
-- environment.  A keypair with an empty key is a certificate alone, as a truststore holds them.

CREATE TABLE keystore (
	org TEXT NOT NULL,
	env TEXT NOT NULL,
	name TEXT NOT NULL,
	PRIMARY KEY (org, env, name),
	FOREIGN KEY (org, env) REFERENCES environment (org, name)
);
INSERT INTO keystore (org, env, name) SELECT DISTINCT org, env, keystore FROM keypair;

CREATE TABLE resource_reference (
	org TEXT NOT NULL,
	env TEXT NOT NULL,
	name TEXT NOT NULL,
	refers TEXT NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (org, env, name),
	FOREIGN KEY (org, env) REFERENCES environment (org, name),
	FOREIGN KEY (org, env, refers) REFERENCES keystore (org, env, name)
);

CREATE TABLE resource_use (
	org TEXT NOT NULL,
	env TEXT NOT NULL,
	resource TEXT NOT NULL,
	kind BIGINT NOT NULL,
	name TEXT NOT NULL,
	revision BIGINT NOT NULL,
	PRIMARY KEY (org, env, resource, kind, name, revision),
	FOREIGN KEY (org, env, kind, name, revision)
		REFERENCES deployment (org, env, kind, name, revision) ON DELETE CASCADE
);
