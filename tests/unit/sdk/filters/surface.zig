// SPDX-License-Identifier: Apache-2.0

//! Uses every call once, and carries something from the request to the response.

const std = @import("std");
const pw = @import("proxy_wasm");

const Surface = struct {
    kept: [16]u8 = undefined,
    size: usize = 0,
    bodies: usize = 0,

    pub fn onRequestHeaders(filter: *Surface, end_of_stream: bool) pw.Action {
        const headers = pw.request.headers;
        for (headers.all() catch @trap()) |header| {
            if (std.mem.startsWith(u8, header.name, "x-in")) {
                pw.log(.info, pw.join(&.{ header.name, "=", header.value }));
            }
        }
        const value = headers.get("x-in") orelse "none";
        filter.size = @min(value.len, filter.kept.len);
        @memcpy(filter.kept[0..filter.size], value[0..filter.size]);
        for ([_][]const u8{ "a\rb", "a\nx-forged: 1", "a\x00b" }) |bad| headers.set("x-bad", bad);
        headers.add("x-b\nad", "a");
        if (headers.get("x-bad") == null) pw.log(.warn, "refused");
        headers.add("x-in", "added");
        const path = pw.property("request\x00path") orelse "none";
        const nobody = pw.property("nobody\x00knows") orelse "nobody";
        const seconds = pw.decimal(pw.now() / 1000000000);
        const end = if (end_of_stream) "end" else "more";
        pw.log(.info, pw.join(&.{ path, " ", nobody, " ", seconds, " ", end }));
        return .proceed;
    }

    pub fn onRequestBody(filter: *Surface, size: usize, end_of_stream: bool) pw.Action {
        filter.bodies += 1;
        pw.log(.info, pw.join(&.{ "body ", pw.decimal(size), " ", pw.request.body.read() }));
        return if (end_of_stream) .proceed else .pause;
    }

    pub fn onRequestTrailers(_: *Surface) pw.Action {
        pw.request.body.write(pw.join(&.{ "<", pw.request.body.read(), ">" }));
        pw.request.trailers.set("x-sum", "1");
        return .proceed;
    }

    pub fn onResponseHeaders(filter: *Surface, _: bool) pw.Action {
        const headers = pw.response.headers.all() catch @trap();
        const more = std.mem.concat(pw.scratch, pw.Header, &.{ headers, &.{
            .{ .name = "x-kept", .value = filter.kept[0..filter.size] },
            .{ .name = "x-empty", .value = "" },
        } }) catch @trap();
        pw.response.headers.setAll(more) catch pw.log(.warn, "not set");
        return .proceed;
    }

    pub fn onResponseBody(_: *Surface, _: usize, _: bool) pw.Action {
        // An empty slice of Zig's own points to nowhere.
        pw.response.body.write(pw.scratch.alloc(u8, 0) catch @trap());
        return .proceed;
    }

    pub fn onResponseTrailers(_: *Surface) pw.Action {
        pw.response.trailers.remove("x-gone");
        return .proceed;
    }

    pub fn onLog(filter: *Surface) void {
        const kept = filter.kept[0..filter.size];
        pw.log(.info, pw.join(&.{ "log ", kept, " ", pw.decimal(filter.bodies) }));
    }
};

comptime {
    pw.register(Surface, void);
}
