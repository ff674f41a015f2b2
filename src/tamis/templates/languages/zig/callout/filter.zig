// SPDX-License-Identifier: 0BSD
const std = @import("std");
const pw = @import("proxy_wasm");

/// What the configuration says. One for each configuration; it lives until the proxy drops that.
const Settings = struct {
    cluster: []const u8,
    path: []const u8,
    timeout_ms: u32 = 500,
    fail_open: bool = false,
    allowed: pw.Metric = .{},
    denied: pw.Metric = .{},
    failed: pw.Metric = .{},

    /// Called once, in every thread of the proxy. null refuses to start.
    pub fn init(configuration: []const u8, memory: std.mem.Allocator) ?Settings {
        var broken_at: usize = 0;
        const object = pw.json.parse(memory, configuration, &broken_at) catch
            return refuse(pw.join(&.{ "not JSON at byte ", pw.decimal(broken_at) }));
        if (object.data != .object) return refuse("must be an object");
        var settings: Settings = .{
            .cluster = object.string("cluster") orelse return refuse("\"cluster\" must be a string"),
            .path = object.string("path") orelse return refuse("\"path\" must be a string"),
        };
        if (settings.cluster.len == 0) return refuse("\"cluster\" must not be empty");
        if (settings.path.len == 0) return refuse("\"path\" must not be empty");
        if (object.get("timeout_ms") != null) {
            settings.timeout_ms = object.integer(u32, "timeout_ms") orelse 0;
            if (settings.timeout_ms < 1 or settings.timeout_ms > 60_000)
                return refuse("\"timeout_ms\" must be a whole number from 1 to 60000");
        }
        if (object.get("fail_open") != null) {
            settings.fail_open = object.boolean("fail_open") orelse
                return refuse("\"fail_open\" must be true or false");
        }
        settings.allowed = .define(.counter, "my-filter.allowed");
        settings.denied = .define(.counter, "my-filter.denied");
        settings.failed = .define(.counter, "my-filter.failed");
        return settings;
    }

    fn refuse(why: []const u8) ?Settings {
        pw.log(.err, pw.join(&.{ "configuration: ", why }));
        return null;
    }
};

/// One for each exchange. The proxy calls only what is declared here.
const Filter = struct {
    settings: *const Settings,

    pub fn onRequestHeaders(filter: *Filter, _: bool) pw.Action {
        const settings = filter.settings;
        const path = pw.request.headers.get(":path") orelse "";
        const called = pw.call(.{
            .cluster = settings.cluster,
            .path = settings.path,
            .authority = pw.request.headers.get(":authority") orelse "",
            .headers = &.{.{ .name = "x-original-path", .value = path }},
            .timeout_ms = settings.timeout_ms,
        });
        if (called != null) return .pause; // until the answer is here
        return if (filter.fail(0)) .proceed else .pause;
    }

    pub fn onCallout(filter: *Filter, _: u32) void {
        switch (pw.calloutStatus()) {
            200 => {
                filter.settings.allowed.add(1);
                name(pw.callout.headers.get("x-user"));
            },
            0, 500...std.math.maxInt(u32) => |status| if (!filter.fail(status)) return,
            else => {
                filter.settings.denied.add(1);
                return pw.reply(.{ .status = 403, .body = "denied\n" });
            },
        }
        pw.resume_(.request);
    }

    /// Whether the request goes on although nobody said so.
    fn fail(filter: *Filter, status: u32) bool {
        const settings = filter.settings;
        settings.failed.add(1);
        pw.log(.warn, pw.join(&.{ settings.cluster, " failed: ", pw.decimal(status) }));
        if (settings.fail_open) name(null) else pw.reply(.{ .status = 503, .body = "unavailable\n" });
        return settings.fail_open;
    }

    /// What a client says about itself does not count.
    fn name(user: ?[]const u8) void {
        if (user) |known| {
            pw.request.headers.set("x-user", known);
        } else {
            pw.request.headers.remove("x-user");
        }
    }
};

comptime {
    // Without this nothing is exported, and the module does nothing.
    pw.register(Filter, Settings);
}
