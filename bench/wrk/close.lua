-- SPDX-License-Identifier: Apache-2.0
-- Every request on a connection of its own.
wrk.headers["Connection"] = "close"
