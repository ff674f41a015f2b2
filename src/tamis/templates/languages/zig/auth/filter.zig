// SPDX-License-Identifier: 0BSD
const std = @import("std");
const pw = @import("proxy_wasm");

/// What the configuration says. One for each configuration; it lives until the proxy drops that.
const Settings = struct {
    header: []const u8,
    key: []const u8,

    /// Called once, in every thread of the proxy. null refuses to start.
    pub fn init(configuration: []const u8, memory: std.mem.Allocator) ?Settings {
        var broken_at: usize = 0;
        const object = pw.json.parse(memory, configuration, &broken_at) catch
            return refuse(pw.join(&.{ "not JSON at byte ", pw.decimal(broken_at) }));
        if (object.data != .object) return refuse("must be an object");
        const settings: Settings = .{
            .header = object.string("header") orelse return refuse("\"header\" must be a string"),
            .key = object.string("key") orelse return refuse("\"key\" must be a string"),
        };
        if (settings.header.len == 0) return refuse("\"header\" must not be empty");
        if (settings.key.len == 0) return refuse("\"key\" must not be empty");
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
        const given = pw.request.headers.get(settings.header) orelse return filter.deny("no ");
        // How long it takes does not tell how much of a guess was right.
        if (!pw.equalSecret(given, settings.key)) return filter.deny("wrong ");
        pw.request.headers.remove(settings.header);
        return .proceed;
    }

    /// The header's name goes to the log; the key never does.
    fn deny(filter: *Filter, what: []const u8) pw.Action {
        pw.log(.warn, pw.join(&.{ "denied: ", what, filter.settings.header }));
        pw.reply(.{
            .status = 401,
            .headers = &.{.{ .name = "content-type", .value = "text/plain" }},
            .body = "denied\n",
        });
        return .pause; // the request goes no further
    }
};

comptime {
    // Without this nothing is exported, and the module does nothing.
    pw.register(Filter, Settings);
}
