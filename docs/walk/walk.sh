#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a consumer key to a token to a protected API. Copy and paste, a line at a time.
ADMIN='admin@example.com:PASSWORD'

# The apps of the organization, by id, and the profile of one: its consumer key and secret are in it.
curl -u "$ADMIN" http://127.0.0.1:8080/v1/organizations/acme/apps
APP=$(curl -s -u "$ADMIN" http://127.0.0.1:8080/v1/organizations/acme/apps | tr -d '[]" ')
curl -u "$ADMIN" http://127.0.0.1:8080/v1/organizations/acme/apps/$APP

# The weather is protected.
curl -i http://acme-test.localhost:9001/weather/json

# A token for the consumer key and secret, as form fields or by HTTP Basic.
curl -k 'https://acme-test.localhost:9443/oauth/client_credential/accesstoken?grant_type=client_credentials' -X POST -d 'client_id=bBGAQrXgivA9lKu7NMPyoYpVKNhGar6K&client_secret=hAr4Gn0gA9vAyvI4'
TOKEN=$(curl -sk 'https://acme-test.localhost:9443/oauth/client_credential/accesstoken?grant_type=client_credentials' -X POST -u bBGAQrXgivA9lKu7NMPyoYpVKNhGar6K:hAr4Gn0gA9vAyvI4 | sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p')

# With it the weather answers. What the target saw holds no Authorization header.
curl -H "Authorization: Bearer $TOKEN" http://acme-test.localhost:9001/weather/json
curl -H "Authorization: Bearer $TOKEN" http://acme-test.localhost:9001/weather/echo

# Revoked, the very next call is refused.
curl -u "$ADMIN" -X POST "http://127.0.0.1:8080/v1/organizations/acme/oauth2/accesstokens/$TOKEN?action=revoke"
curl -i -H "Authorization: Bearer $TOKEN" http://acme-test.localhost:9001/weather/json

# The token endpoint is in test only. One call deploys it to prod.
curl -k 'https://acme-prod.localhost:9443/oauth/client_credential/accesstoken?grant_type=client_credentials' -X POST -u bBGAQrXgivA9lKu7NMPyoYpVKNhGar6K:hAr4Gn0gA9vAyvI4
curl -u "$ADMIN" -X POST http://127.0.0.1:8080/v1/organizations/acme/environments/prod/apis/oauth/revisions/1/deployments
curl -k 'https://acme-prod.localhost:9443/oauth/client_credential/accesstoken?grant_type=client_credentials' -X POST -u bBGAQrXgivA9lKu7NMPyoYpVKNhGar6K:hAr4Gn0gA9vAyvI4

# A person logs in at the OAuth2 service. Its token opens the management API in the place of the password.
curl -u edgecli:edgeclisecret http://127.0.0.1:9099/oauth/token -d grant_type=password -d "username=${ADMIN%%:*}" --data-urlencode "password=${ADMIN#*:}"
TOKEN=$(curl -s -u edgecli:edgeclisecret http://127.0.0.1:9099/oauth/token -d grant_type=password -d "username=${ADMIN%%:*}" --data-urlencode "password=${ADMIN#*:}" | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')
curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/v1/organizations/acme/apis
