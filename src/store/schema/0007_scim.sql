-- SPDX-License-Identifier: Apache-2.0
-- What SCIM knows of a user beside the management API: a version that If-Match names, and two more columns.

ALTER TABLE user_account ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE user_account ADD COLUMN external_id TEXT;
ALTER TABLE user_account ADD COLUMN phone TEXT;
