// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

//! Asking another service over HTTP while a stream waits. A filter's onCallout takes the answers.

const abi = @import("abi.zig");
const module = @import("module.zig");
const pw = @import("proxy_wasm.zig");

pub const Callout = struct {
    /// As the proxy names it; it must know it.
    cluster: []const u8,
    method: []const u8 = "GET",
    path: []const u8 = "/",
    authority: []const u8,
    /// Those without a colon.
    headers: []const pw.Header = &.{},
    body: []const u8 = "",
    /// 0 waits for ever.
    timeout_ms: u32 = 5000,
};

/// The answer comes to onCallout of the filter whose callback runs, under the number that is
/// returned; return `.pause` to wait for it. It comes to nobody when the stream is over before. null
/// when the proxy refuses: a cluster that it does not know, nothing for a path, CR, LF or NUL in a
/// value.
pub fn call(callout: Callout) ?u32 {
    const headers = pw.scratch.alloc(pw.Header, 3 + callout.headers.len) catch return null;
    headers[0] = .{ .name = ":method", .value = callout.method };
    headers[1] = .{ .name = ":path", .value = callout.path };
    headers[2] = .{ .name = ":authority", .value = callout.authority };
    for (headers[3..], callout.headers) |*to, header| to.* = header;
    for (headers) |header| {
        if (!pw.isLine(header.value)) return null;
    }
    const pairs = pw.packed_(headers) catch return null;
    const cluster = callout.cluster;
    const body = callout.body;
    var number: u32 = 0;
    const asked = abi.proxy_http_call(abi.ptr(cluster), cluster.len, pairs.ptr, pairs.len, abi.ptr(body), body.len, null, 0, callout.timeout_ms, &number);
    if (asked != .ok) return null;
    module.await_(number);
    return number;
}

/// In onCallout. A service that cannot be reached is 503 and one that took too long 504, as if it
/// had said so itself; an answer that was cut is 0. Its headers and body are in `pw.callout`.
pub fn calloutStatus() u32 {
    var status: u32 = 0;
    for (pw.callout.headers.get(":status") orelse "") |digit| status = status * 10 + digit - '0';
    return status;
}
