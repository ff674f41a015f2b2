"""A fixture that says everything a fixture can say: what fuzzers damage."""

__all__ = ["WHOLE"]

WHOLE = """\
name: "x" # comment
config: {deny: [&a {path: /admin}, *a], n: 1.5}
properties: {source.address: "1.2.3.4:5", x.y: {uint: 5}, z: {duration: 5ms}}
now: 2026-01-01T00:00:00.5Z
seed: 7
volatile: [response.headers.x-v, logs]
shared_data: {k: v, b: {base64: /w==}}
plugin: {name: p, vm_id: v, vm_config: {a: 1}, environment: {A: "1"}, capabilities: [proxy_log],
  failure_policy: reload, allow_on_headers_stop_iteration: true}
beside: [{name: clock, root_id: r, config: {t: 1}}]
callouts:
- {match: {cluster: a, path: /x, body: {contains: b}}, reply: {status: 403, body: c}, times: 1}
- {match: {cluster: a}, reply: {messages: [m], grpc_status: 7, grpc_message: w, after: 1ms}}
- {match: {cluster: b, x-a: "1"}, reply: {timeout: true}}
- {match: {cluster: c}, reply: {body: half, reset: true}}
- {match: {cluster: d}, reply: {no_cluster: true}}
exchanges:
- request:
    headers: [[":method", GET], [":path", /], [x-a, {base64: /w==}]]
    body: [a, {base64: /w==}]
  answer: {headers: [[":status", "200"]], trailers: [[x-t, "1"]], after: 5ms}
  expect:
    request: none
    response: {headers: {set: {x-a: ["1"]}, has: [b], exact: []}, body: {matches: "a+"}}
    local_reply: {status: 403}
    logs: [{level: warn, matches: denied}]
- {request: {headers: [[":method", GET], [":path", /]]}, overlap: true, abort: request}
- {tick: 1s, overlap: true}
- connection: {downstream: [a, b], upstream: c, close: upstream}
  expect: {upstream: a, downstream: {contains: c}, closed: filter, logs: [{equals: x}]}
- connection: {events: [{downstream: a}, {end: upstream}, {close: downstream}]}
expect:
  trap: none
  start: ok
  metrics: {m: 1}
  shared_data: {k: v, n: null}
  queues: {q: [a]}
  filter_state: {wasm.x: y}
  callouts: [{cluster: a, path: /x}]
  failed_calls: {proxy_get_property: [BAD_ARGUMENT]}
"""
