-- SPDX-License-Identifier: Apache-2.0
-- Another of $PROXIES proxies with every request, far from the one before.
local n, at = tonumber(os.getenv("PROXIES")), 0
function request()
	at = (at + 7919) % n
	return wrk.format("GET", "/more" .. at)
end
