-- SPDX-License-Identifier: Apache-2.0
-- The access token, a JWT, that was issued with a refresh token: who ends a login ends it, too.

ALTER TABLE sso_token ADD COLUMN access_jti TEXT;
