-- SPDX-License-Identifier: Apache-2.0
-- What a client of the OAuth2 service says to people: where it begins, and whether the first page leads there.

CREATE TABLE oauth_client_meta (
	zone TEXT NOT NULL,
	client_id TEXT NOT NULL,
	doc TEXT NOT NULL,
	PRIMARY KEY (zone, client_id),
	FOREIGN KEY (zone, client_id) REFERENCES oauth_client (zone, id) ON DELETE CASCADE
);
