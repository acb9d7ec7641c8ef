-- SPDX-License-Identifier: Apache-2.0
-- Rotates over the bearer tokens of the file $TOKENS, one a request.
local requests, at = {}, 0
function init(args)
	for token in io.lines(os.getenv("TOKENS")) do
		requests[#requests + 1] = wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. token })
	end
end
function request()
	at = at % #requests + 1
	return requests[at]
end
