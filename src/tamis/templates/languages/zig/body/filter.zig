// SPDX-License-Identifier: 0BSD
const std = @import("std");
const pw = @import("proxy_wasm");

/// What the configuration says. One for each configuration; it lives until the proxy drops that.
const Settings = struct {
    find: []const u8,
    replace: []const u8,

    /// Called once, in every thread of the proxy. null refuses to start.
    pub fn init(configuration: []const u8, memory: std.mem.Allocator) ?Settings {
        var broken_at: usize = 0;
        const object = pw.json.parse(memory, configuration, &broken_at) catch
            return refuse(pw.join(&.{ "not JSON at byte ", pw.decimal(broken_at) }));
        if (object.data != .object) return refuse("must be an object");
        const settings: Settings = .{
            .find = object.string("find") orelse return refuse("\"find\" must be a string"),
            .replace = object.string("replace") orelse return refuse("\"replace\" must be a string"),
        };
        if (settings.find.len == 0) return refuse("\"find\" must not be empty");
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
    rewrite: bool = false,

    pub fn onResponseHeaders(filter: *Filter, end_of_stream: bool) pw.Action {
        const encoding = pw.response.headers.get("content-encoding") orelse "identity";
        filter.rewrite = !end_of_stream and std.mem.eql(u8, encoding, "identity");
        // It may not be true any more when the body goes out.
        if (filter.rewrite) pw.response.headers.remove("content-length");
        return .proceed;
    }

    pub fn onResponseBody(filter: *Filter, _: usize, end_of_stream: bool) pw.Action {
        if (!filter.rewrite) return .proceed;
        if (!end_of_stream) return .pause; // hold what there is, and come again with more
        filter.rewriteBody();
        return .proceed;
    }

    /// When there are trailers, they end the body instead.
    pub fn onResponseTrailers(filter: *Filter) pw.Action {
        if (filter.rewrite) filter.rewriteBody();
        return .proceed;
    }

    /// Writes the body back only if something was found in it.
    fn rewriteBody(filter: *Filter) void {
        const find = filter.settings.find;
        const replace = filter.settings.replace;
        const body = pw.response.body.read();
        const size = std.mem.replacementSize(u8, body, find, replace);
        // Freed when the callback returns. Without memory left the module ends here.
        const written = pw.scratch.alloc(u8, size) catch @trap();
        if (std.mem.replace(u8, body, find, replace, written) == 0) return;
        pw.response.body.write(written);
    }
};

comptime {
    // Without this nothing is exported, and the module does nothing.
    pw.register(Filter, Settings);
}
