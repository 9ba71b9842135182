-- For wrk: one request after another as the environment describes it, REQUEST_METHOD, REQUEST_KEY and REQUEST_BODY. The last line
-- it prints tells of the run what run's function "field" reads: requests a second, milliseconds, and answers that were none.
wrk.method = os.getenv("REQUEST_METHOD")
wrk.headers["Authorization"] = "Bearer " .. os.getenv("REQUEST_KEY")
if os.getenv("REQUEST_BODY") ~= "" then
    wrk.headers["Content-Type"] = "application/json"
    wrk.body = os.getenv("REQUEST_BODY")
end

function done(summary, latency)
    local e = summary.errors
    io.write(string.format("rate=%.0f p50_ms=%.3f p99_ms=%.3f failed=%d\n", summary.requests / summary.duration * 1e6,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000, e.connect + e.read + e.write + e.status + e.timeout))
end
