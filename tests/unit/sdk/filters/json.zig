// SPDX-License-Identifier: Apache-2.0

//! Reads its configuration as JSON and logs it again, compact, and what its members "text", "flag"
//! and "count" are; or why it is wrong.

const std = @import("std");
const pw = @import("proxy_wasm");

const Echo = struct {
    pub fn init(configuration: []const u8, memory: std.mem.Allocator) ?Echo {
        var at: usize = undefined;
        const value = pw.json.parse(memory, configuration, &at) catch {
            pw.log(.err, pw.join(&.{ "not JSON at byte ", pw.decimal(at) }));
            return null;
        };
        var written: []const u8 = "";
        write(&written, value);
        pw.log(.info, written);

        const flag = if (value.boolean("flag")) |flag| if (flag) "true" else "false" else "none";
        var count: []const u8 = "none";
        if (value.integer(i64, "count")) |whole| {
            count = pw.join(&.{ if (whole < 0) "-" else "", pw.decimal(@abs(whole)) });
        }
        pw.log(.info, pw.join(&.{ value.string("text") orelse "none", " ", flag, " ", count }));
        return .{};
    }

    fn put(to: *[]const u8, piece: []const u8) void {
        to.* = pw.join(&.{ to.*, piece });
    }

    fn quote(to: *[]const u8, text: []const u8) void {
        put(to, "\"");
        for (text) |c| {
            const hex = "0123456789abcdef";
            const escaped = [_]u8{ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
            const plain = c >= 0x20 and c != '"' and c != '\\';
            put(to, if (plain) &.{c} else &escaped);
        }
        put(to, "\"");
    }

    fn write(to: *[]const u8, value: *const pw.json.Value) void {
        switch (value.data) {
            .null => put(to, "null"),
            .boolean => |truth| put(to, if (truth) "true" else "false"),
            .number => |text| put(to, text),
            .string => |text| quote(to, text),
            .array => |first| writeAll(to, first, "[", "]"),
            .object => |first| writeAll(to, first, "{", "}"),
        }
    }

    fn writeAll(to: *[]const u8, first: ?*pw.json.Value, open: []const u8, close: []const u8) void {
        put(to, open);
        var next = first;
        while (next) |each| : (next = each.next) {
            if (each != first.?) put(to, ",");
            if (open[0] == '{') {
                quote(to, each.key);
                put(to, ":");
            }
            write(to, each);
        }
        put(to, close);
    }
};

const Nothing = struct {};

comptime {
    pw.register(Nothing, Echo);
}
