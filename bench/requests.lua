-- Sends the requests of a file, one a line: method, path, token and body, with tabs
-- between; from the beginning again when all were sent. For one thread:
--
-- BENCH_OUTPUT=run.json wrk --threads 1 --script requests.lua URL -- FILE [OFFSET]

local messages, position = {}, 0
sent = 0

function setup(thread)
   the_thread = thread
end

function init(arguments)
   for line in io.lines(arguments[1]) do
      local method, path, token, body = line:match("^(%S+)\t(%S+)\t(%S+)\t?(.*)$")
      local headers = { ["Host"] = "localhost", ["Authorization"] = "Bearer " .. token }
      if body == "" then body = nil end
      if body then headers["Content-Type"] = "application/json" end
      messages[#messages + 1] = wrk.format(method, path, headers, body)
   end
   position = tonumber(arguments[2] or "0")
end

function request()
   position = position % #messages + 1
   sent = sent + 1
   return messages[position]
end

function done(summary, latency, requests)
   local errors = summary.errors
   local file = io.open(os.getenv("BENCH_OUTPUT"), "w")
   file:write(string.format(
      '{"requests": %d, "sent": %d, "microseconds": %d, "p50": %d, "p95": %d, "p99": %d, "errors": %d}\n',
      summary.requests, the_thread:get("sent"), summary.duration,
      latency:percentile(50), latency:percentile(95), latency:percentile(99),
      errors.status + errors.connect + errors.read + errors.write + errors.timeout))
   file:close()
end
