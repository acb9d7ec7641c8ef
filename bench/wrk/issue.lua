-- SPDX-License-Identifier: Apache-2.0
-- Asks for a token with the key and secret of $APP_KEY and $APP_SECRET.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.body = "grant_type=client_credentials&client_id=" .. os.getenv("APP_KEY") .. "&client_secret=" .. os.getenv("APP_SECRET")
