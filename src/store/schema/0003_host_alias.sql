-- SPDX-License-Identifier: Apache-2.0
-- Whose an alias is, on whatever port: a virtual host may bring thousands, and each is looked for.

CREATE INDEX host_alias_by_name ON host_alias (alias);
