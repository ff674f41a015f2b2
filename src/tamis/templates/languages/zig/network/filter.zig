// SPDX-License-Identifier: 0BSD
const std = @import("std");
const pw = @import("proxy_wasm");

/// What the configuration says. One for each configuration; it lives until the proxy drops that.
const Settings = struct {
    deny_prefix: []const u8,

    /// Called once, in every thread of the proxy. null refuses to start.
    pub fn init(configuration: []const u8, memory: std.mem.Allocator) ?Settings {
        var broken_at: usize = 0;
        const object = pw.json.parse(memory, configuration, &broken_at) catch
            return refuse(pw.join(&.{ "not JSON at byte ", pw.decimal(broken_at) }));
        if (object.data != .object) return refuse("must be an object");
        const settings: Settings = .{
            .deny_prefix = object.string("deny_prefix") orelse
                return refuse("\"deny_prefix\" must be a string"),
        };
        if (settings.deny_prefix.len == 0) return refuse("\"deny_prefix\" must not be empty");
        return settings;
    }

    fn refuse(why: []const u8) ?Settings {
        pw.log(.err, pw.join(&.{ "configuration: ", why }));
        return null;
    }
};

/// One for each connection. The proxy calls only what is declared here.
const Filter = struct {
    settings: *const Settings,
    passed: bool = false,
    downstream: u64 = 0,
    upstream: u64 = 0,

    pub fn onDownstreamData(filter: *Filter, size: usize, end_of_stream: bool) pw.Action {
        if (!filter.passed) {
            const prefix = filter.settings.deny_prefix;
            const first = pw.downstream.readPart(0, prefix.len);
            if (std.mem.startsWith(u8, prefix, first)) {
                if (first.len == prefix.len) {
                    pw.log(.warn, "denied");
                    pw.closeConnection();
                    return .pause; // nothing goes to the upstream
                }
                // Too few bytes to tell: hold them, and come again with more.
                if (!end_of_stream) return .pause;
            }
            filter.passed = true;
        }
        filter.downstream += size;
        return .proceed;
    }

    pub fn onUpstreamData(filter: *Filter, size: usize, _: bool) pw.Action {
        filter.upstream += size;
        return .proceed;
    }

    /// The connection is over.
    pub fn onLog(filter: *Filter) void {
        const downstream = pw.decimal(filter.downstream);
        const upstream = pw.decimal(filter.upstream);
        pw.log(.info, pw.join(&.{ "downstream sent ", downstream, " bytes, upstream ", upstream }));
    }
};

comptime {
    // Without this nothing is exported, and the module does nothing.
    pw.register(Filter, Settings);
}
