// SPDX-License-Identifier: 0BSD
const std = @import("std");
const pw = @import("proxy_wasm");

/// What the configuration says. One for each configuration; it lives until the proxy drops that.
const Settings = struct {
    header: []const u8,
    value: []const u8,

    /// Called once, in every thread of the proxy. null refuses to start.
    pub fn init(configuration: []const u8, memory: std.mem.Allocator) ?Settings {
        var broken_at: usize = 0;
        const object = pw.json.parse(memory, configuration, &broken_at) catch
            return refuse(pw.join(&.{ "not JSON at byte ", pw.decimal(broken_at) }));
        if (object.data != .object) return refuse("must be an object");
        const settings: Settings = .{
            .header = object.string("header") orelse return refuse("\"header\" must be a string"),
            .value = object.string("value") orelse return refuse("\"value\" must be a string"),
        };
        if (settings.header.len == 0) return refuse("\"header\" must not be empty");
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

    /// The flag says whether the message ends here, without a body.
    pub fn onRequestHeaders(filter: *Filter, _: bool) pw.Action {
        pw.request.headers.set(filter.settings.header, filter.settings.value);
        return .proceed;
    }

    pub fn onResponseHeaders(filter: *Filter, _: bool) pw.Action {
        pw.response.headers.set(filter.settings.header, filter.settings.value);
        pw.response.headers.remove("x-powered-by");
        return .proceed;
    }
};

comptime {
    // Without this nothing is exported, and the module does nothing.
    pw.register(Filter, Settings);
}
