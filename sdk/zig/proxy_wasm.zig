// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

//! Filters for Envoy in Zig:
//!
//!     const pw = @import("proxy_wasm");
//!
//!     const Filter = struct {
//!         pub fn onResponseHeaders(_: *Filter, _: bool) pw.Action {
//!             pw.response.headers.set("x-hello", "world");
//!             return .proceed;
//!         }
//!     };
//!
//!     comptime {
//!         pw.register(Filter, void);
//!     }

const std = @import("std");

pub const abi = @import("abi.zig");
pub const json = @import("json.zig");
const calls = @import("callout.zig");
const memory = @import("memory.zig");
const module = @import("module.zig");

pub const Action = abi.Action;
pub const Level = abi.Level;
pub const Peer = abi.Peer;

/// Memory of the callback that runs now: freed when it returns. Whatever the host hands over
/// (header values, bodies, properties) lies here.
pub const scratch = memory.scratch;

/// Exports a filter, once in a program: see module.zig.
pub const register = module.register;

pub const request: Message = .{
    .headers = .{ .map = .request_headers },
    .trailers = .{ .map = .request_trailers },
    .body = .{ .buffer = .request_body },
};
pub const response: Message = .{
    .headers = .{ .map = .response_headers },
    .trailers = .{ .map = .response_trailers },
    .body = .{ .buffer = .response_body },
};

/// What a callout brought; in onCallout.
pub const callout: Message = .{
    .headers = .{ .map = .callout_headers },
    .trailers = .{ .map = .callout_trailers },
    .body = .{ .buffer = .callout_body },
};

pub const Callout = calls.Callout;
pub const call = calls.call;
pub const calloutStatus = calls.calloutStatus;

/// Of a connection: what its client or its upstream sent since the last `.proceed`.
pub const downstream: Body = .{ .buffer = .downstream_data };
pub const upstream: Body = .{ .buffer = .upstream_data };

pub const Message = struct {
    headers: Headers,
    trailers: Headers,
    body: Body,
};

pub const Header = struct {
    name: []const u8,
    value: []const u8,
};

/// One header map. Each call is one crossing; names have no case.
pub const Headers = struct {
    map: abi.Map,

    /// The value of the first header of that name.
    pub fn get(headers: Headers, name: []const u8) ?[]const u8 {
        var value: abi.Given = .{};
        const got = abi.proxy_get_header_map_value(headers.map, abi.ptr(name), name.len, &value.bytes, &value.size);
        return if (got == .ok) value.slice() else null;
    }

    /// Leaves exactly one header of that name. What would break the message (see isLine) is left
    /// out.
    pub fn set(headers: Headers, name: []const u8, value: []const u8) void {
        if (!isLine(name) or !isLine(value)) return;
        _ = abi.proxy_replace_header_map_value(headers.map, abi.ptr(name), name.len, abi.ptr(value), value.len);
    }

    /// Adds a header behind those that are there; else as set().
    pub fn add(headers: Headers, name: []const u8, value: []const u8) void {
        if (!isLine(name) or !isLine(value)) return;
        _ = abi.proxy_add_header_map_value(headers.map, abi.ptr(name), name.len, abi.ptr(value), value.len);
    }

    /// Removes all headers of that name, if there are any.
    pub fn remove(headers: Headers, name: []const u8) void {
        _ = abi.proxy_remove_header_map_value(headers.map, abi.ptr(name), name.len);
    }

    /// All in order, duplicates kept.
    pub fn all(headers: Headers) ![]const Header {
        var pairs: abi.Given = .{};
        const got = abi.proxy_get_header_map_pairs(headers.map, &pairs.bytes, &pairs.size);
        if (got != .ok or pairs.size < 4) return &.{};
        return unpacked(pairs.slice());
    }

    /// The whole map in one crossing. At most 1024 headers and 1 MiB: Envoy takes more for none, and
    /// erases the map; so this refuses them.
    pub fn setAll(headers: Headers, all_of_them: []const Header) !void {
        const bytes = try packed_(all_of_them);
        if (all_of_them.len > 1024 or bytes.len > 1 << 20) return error.TooMany;
        const done = abi.proxy_set_header_map_pairs(headers.map, abi.ptr(bytes), bytes.len);
        if (done != .ok) return error.Refused;
    }
};

/// No CR, LF or NUL: Envoy would put them on the wire as they are, which lets a value forge headers.
pub noinline fn isLine(text: []const u8) bool {
    for (text) |c| {
        if (c == '\r' or c == '\n' or c == 0) return false;
    }
    return true;
}

// Pairs travel as a count, the sizes of each name and value, then each followed by NUL.

fn unpacked(bytes: []const u8) ![]const Header {
    const count = std.mem.readInt(u32, bytes[0..4], .little);
    const headers = try scratch.alloc(Header, count);
    var text = bytes[4 + 8 * count ..];
    for (headers, 0..) |*header, at| {
        const sizes = bytes[4 + 8 * at ..][0..8];
        const name = std.mem.readInt(u32, sizes[0..4], .little);
        const value = std.mem.readInt(u32, sizes[4..8], .little);
        header.* = .{ .name = text[0..name], .value = text[name + 1 ..][0..value] };
        text = text[name + value + 2 ..];
    }
    return headers;
}

pub fn packed_(headers: []const Header) ![]const u8 {
    var size = 4 + 8 * headers.len;
    for (headers) |header| size += header.name.len + header.value.len + 2;
    const bytes = try scratch.alloc(u8, size);
    std.mem.writeInt(u32, bytes[0..4], @intCast(headers.len), .little);
    var text = bytes[4 + 8 * headers.len ..];
    for (headers, 0..) |header, at| {
        for ([_][]const u8{ header.name, header.value }, 0..) |part, half| {
            std.mem.writeInt(u32, bytes[4 + 8 * at + 4 * half ..][0..4], @intCast(part.len), .little);
            @memcpy(text[0..part.len], part);
            text[part.len] = 0;
            text = text[part.len + 1 ..];
        }
    }
    return bytes;
}

/// All bytes the proxy holds: this chunk, or everything since a body callback returned `.pause`.
/// A held body can be read and written in the trailers callback as well.
pub const Body = struct {
    buffer: abi.Buffer,

    pub fn read(body: Body) []const u8 {
        return body.readPart(0, std.math.maxInt(usize));
    }

    /// At most `count` bytes from `start`.
    pub fn readPart(body: Body, start: usize, count: usize) []const u8 {
        return module.readBuffer(body.buffer, start, count);
    }

    /// Puts `bytes` in place of all that the proxy holds.
    pub fn write(body: Body, bytes: []const u8) void {
        const all = std.math.maxInt(usize);
        _ = abi.proxy_set_buffer_bytes(body.buffer, 0, all, abi.ptr(bytes), bytes.len);
    }
};

/// log(.warn, join(&.{ "denied: no ", name }))
pub fn log(level: Level, line: []const u8) void {
    _ = abi.proxy_log(level, abi.ptr(line), line.len);
}

/// Texts one behind the other; lives until the callback returns. Empty without memory left.
pub noinline fn join(pieces: []const []const u8) []const u8 {
    var size: usize = 0;
    for (pieces) |piece| size += piece.len;
    const joined = scratch.alloc(u8, size) catch return "";
    var at: usize = 0;
    for (pieces) |piece| {
        @memcpy(joined[at..][0..piece.len], piece);
        at += piece.len;
    }
    return joined;
}

/// A number in decimal digits, for join(); lives until the callback returns.
pub fn decimal(number: u64) []const u8 {
    const digits = scratch.create([20]u8) catch return "";
    var left = number;
    var at: usize = digits.len;
    while (true) {
        at -= 1;
        digits[at] = @intCast('0' + left % 10);
        left /= 10;
        if (left == 0) return digits[at..];
    }
}

/// property("source\x00address"); null when nobody knows it.
pub fn property(path: []const u8) ?[]const u8 {
    var value: abi.Given = .{};
    const got = abi.proxy_get_property(abi.ptr(path), path.len, &value.bytes, &value.size);
    return if (got == .ok) value.slice() else null;
}

/// Nanoseconds since 1970-01-01 UTC.
pub fn now() u64 {
    var nanoseconds: u64 = 0;
    _ = abi.proxy_get_current_time_nanoseconds(&nanoseconds);
    return nanoseconds;
}

/// Equal, in a time that tells only whether the sizes differ: for keys and other secrets.
pub fn equalSecret(a: []const u8, b: []const u8) bool {
    if (a.len != b.len) return false;
    var difference: u8 = 0;
    for (a, b) |x, y| {
        difference |= x ^ y;
        std.mem.doNotOptimizeAway(difference);
    }
    return difference == 0;
}

pub const Reply = struct {
    status: u32,
    headers: []const Header = &.{},
    body: []const u8 = "",
};

/// Answers in place of the upstream when the callback returns, whatever it returns; the first reply
/// wins. This filter's own response callbacks still run on it.
pub fn reply(with: Reply) void {
    const headers = packed_(with.headers) catch return;
    _ = abi.proxy_send_local_response(with.status, null, 0, abi.ptr(with.body), with.body.len, headers.ptr, headers.len, -1);
}

/// Goes on with what was paused. Do it last: what it was can then not be changed any more.
pub fn resume_(stream: abi.Stream) void {
    _ = abi.proxy_continue_stream(stream);
}

/// The connection to the client is closed when the callback returns, behind what is on its way.
pub fn closeConnection() void {
    _ = abi.proxy_close_stream(.downstream);
}

/// A number in the proxy's statistics, under `wasmcustom.`: defined in Settings.init, used by what
/// this returns.
pub const Metric = struct {
    /// None, at first: it counts nothing.
    id: u32 = 0,

    pub fn define(kind: abi.MetricKind, name: []const u8) Metric {
        var id: u32 = 0;
        _ = abi.proxy_define_metric(kind, abi.ptr(name), name.len, &id);
        return .{ .id = id };
    }

    /// A counter only grows.
    pub fn add(metric: Metric, difference: i64) void {
        _ = abi.proxy_increment_metric(metric.id, difference);
    }
};
