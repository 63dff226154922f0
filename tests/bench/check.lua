-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- For wrk: POST of ownership checks.
--
--   wrk ... URL -s check.lua -- KEY_FILE IDS_FILE ITEMS
--
-- The ids of IDS_FILE are asked about in turn, ITEMS in a request.
local REQUESTS_MAX = 2000

local function lines(path)
	local all = {}
	for line in io.lines(path) do
		all[#all + 1] = line
	end
	return all
end

local threads = 0

function setup(thread)
	thread:set("number", threads)
	threads = threads + 1
end

function init(args)
	local ids, items = lines(args[2]), tonumber(args[3])
	wrk.method = "POST"
	wrk.headers["Authorization"] = "Bearer " .. lines(args[1])[1]
	wrk.headers["Content-Type"] = "application/json"
	requests = {}
	at = number * 499
	for i = 0, math.min(REQUESTS_MAX, math.floor(#ids / items)) - 1 do
		local body
		if items == 1 then
			body = '{"value_id":"' .. ids[i + 1] .. '"}'
		else
			local checks = {}
			for j = 1, items do
				checks[j] = '{"value_id":"' .. ids[i * items + j] .. '"}'
			end
			body = '{"checks":[' .. table.concat(checks, ",") .. ']}'
		end
		requests[#requests + 1] = wrk.format(nil, nil, nil, body)
	end
end

function request()
	at = at % #requests + 1
	return requests[at]
end

function done(summary, latency, requests)
	local e = summary.errors
	io.write(string.format('{"rate": %.1f, "errors": %d, "p50_ms": %.3f, "p99_ms": %.3f, "p999_ms": %.3f}\n',
		summary.requests / summary.duration * 1e6,
		e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50) / 1e3,
		latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3))
end
