-- SPDX-License-Identifier: Apache-2.0
-- Users are looked up by their e-mail address, whatever the case of its ASCII letters (under the collation of
-- both drivers lower() knows no others).

CREATE INDEX user_account_email ON user_account (zone, lower(email));
