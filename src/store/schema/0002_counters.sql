-- SPDX-License-Identifier: Apache-2.0
-- Quota counters, written behind once a second: what a restart begins with.

CREATE TABLE counter (
	counter_key BYTEA NOT NULL PRIMARY KEY,
	start_ms BIGINT NOT NULL,
	expires_at_ms BIGINT NOT NULL,
	used BIGINT NOT NULL,
	exceeded BIGINT NOT NULL,
	slots BYTEA
);
