-- SPDX-License-Identifier: Apache-2.0
-- Ways in for look-ups that walked a table: what is over of the counters, the keys and apps of a product,
-- the groups of a member, users by name alone, what a client was allowed.
CREATE INDEX counter_expiry ON counter (expires_at_ms);
CREATE INDEX credential_product_keys ON credential_product (org, product, consumer_key);
CREATE INDEX sso_member_groups ON sso_member (zone, member_id, group_id);
CREATE INDEX user_account_name ON user_account (zone, name);
CREATE INDEX approval_of_client ON approval (zone, client_id);
