-- SPDX-License-Identifier: Apache-2.0
-- Target servers of an environment: what a LoadBalancer's names stand for.

CREATE TABLE target_server (
	org TEXT NOT NULL,
	env TEXT NOT NULL,
	name TEXT NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (org, env, name),
	FOREIGN KEY (org, env) REFERENCES environment (org, name)
);
