-- SPDX-License-Identifier: Apache-2.0
-- A provider of second factors by its name; the one that is active makes everybody in the zone have one.

ALTER TABLE mfa_provider ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE mfa_provider ADD COLUMN active BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX mfa_provider_name ON mfa_provider (zone, name);
CREATE UNIQUE INDEX mfa_provider_active ON mfa_provider (zone) WHERE active = 1;
