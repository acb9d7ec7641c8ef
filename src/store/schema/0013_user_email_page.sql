-- SPDX-License-Identifier: Apache-2.0
-- Users of an e-mail address a page at a time: with the name in the index the order of names leads to it, too
-- (by the index of step 8 SQLite looked at every user rather than sort a few).

CREATE INDEX user_account_email_page ON user_account (zone, origin, lower(email), name);
