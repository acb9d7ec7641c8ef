-- SPDX-License-Identifier: Apache-2.0
-- Rotates over the bearer tokens of the file $TOKENS, one a request, and goes on where the last run that had
-- the file $AT ended: a token comes again only after all others.
local requests, at, step = {}, 0, 256
function init(args)
	for token in io.lines(os.getenv("TOKENS")) do
		requests[#requests + 1] = wrk.format("GET", nil, { ["Authorization"] = "Bearer " .. token })
	end
	local file = io.open(os.getenv("AT"))
	if file then
		at = file:read("*n") + step
		file:close()
	end
end
function request()
	at = at + 1
	if at % step == 0 then
		local file = io.open(os.getenv("AT"), "w")
		file:write(at)
		file:close()
	end
	return requests[at % #requests + 1]
end
