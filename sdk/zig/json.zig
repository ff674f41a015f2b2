// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

//! A strict JSON reader (RFC 8259) for configurations. std.json is 40 KB in a module, this is 2.
//!
//!     var broken_at: usize = undefined;
//!     const object = json.parse(memory, text, &broken_at) catch ...;
//!     const header = object.string("header") orelse ...;

const std = @import("std");
const Allocator = std.mem.Allocator;

/// Lives in the memory it was parsed into.
pub const Value = struct {
    data: Data = .null,
    /// Of a member of an object, decoded.
    key: []const u8 = "",
    /// What stands behind this member or element.
    next: ?*Value = null,

    /// Of a container, its first member or element.
    pub const Data = union(enum) {
        null,
        boolean: bool,
        /// As written.
        number: []const u8,
        /// Decoded.
        string: []const u8,
        array: ?*Value,
        object: ?*Value,
    };

    /// The member of that key, or null; of what is no object, too.
    pub noinline fn get(value: *const Value, key: []const u8) ?*const Value {
        var member: ?*const Value = switch (value.data) {
            .object => |first| first,
            else => null,
        };
        while (member) |each| : (member = each.next) {
            if (same(each.key, key)) return each;
        }
        return null;
    }

    /// A member that is a string.
    pub fn string(value: *const Value, key: []const u8) ?[]const u8 {
        const member = value.get(key) orelse return null;
        return switch (member.data) {
            .string => |text| text,
            else => null,
        };
    }

    /// A member that is true or false.
    pub fn boolean(value: *const Value, key: []const u8) ?bool {
        const member = value.get(key) orelse return null;
        return switch (member.data) {
            .boolean => |truth| truth,
            else => null,
        };
    }

    /// A member that is a number without fraction and exponent, and fits.
    pub fn integer(value: *const Value, comptime Int: type, key: []const u8) ?Int {
        const member = value.get(key) orelse return null;
        return switch (member.data) {
            .number => |text| std.fmt.parseInt(Int, text, 10) catch null,
            else => null,
        };
    }
};

/// std.mem.eql is for speed, and ten times as large.
fn same(a: []const u8, b: []const u8) bool {
    if (a.len != b.len) return false;
    for (a, b) |x, y| {
        if (x != y) return false;
    }
    return true;
}

/// Reads all of `text`. Not JSON: broken syntax, a key twice in one object, nesting deeper than 32;
/// then `broken_at` is where, in bytes. Without memory left the module ends.
pub noinline fn parse(memory: Allocator, text: []const u8, broken_at: *usize) error{NotJson}!*const Value {
    const copy = memory.allocSentinel(u8, text.len, 0) catch @trap();
    @memcpy(copy, text);
    var reader: Reader = .{ .at = copy.ptr, .memory = memory };
    const root = reader.create();
    if (reader.value(root)) {
        _ = reader.next();
        if (reader.at == copy.ptr + text.len) return root;
    }
    broken_at.* = reader.at - copy.ptr;
    return error.NotJson;
}

/// Over a copy of the text that ends with NUL, which can stand nowhere in JSON. Strings are decoded
/// in place: they never get longer.
const Reader = struct {
    at: [*:0]u8,
    memory: Allocator,
    depth: u32 = 0,

    noinline fn create(reader: *Reader) *Value {
        const made = reader.memory.create(Value) catch @trap();
        made.* = .{};
        return made;
    }

    /// Goes to the next byte that is no space.
    noinline fn next(reader: *Reader) u8 {
        while (true) : (reader.at += 1) {
            switch (reader.at[0]) {
                ' ', '\n', '\t', '\r' => {},
                else => |c| return c,
            }
        }
    }

    noinline fn take(reader: *Reader, wanted: u8) bool {
        if (reader.next() != wanted) return false;
        reader.at += 1;
        return true;
    }

    fn value(reader: *Reader, into: *Value) bool {
        switch (reader.next()) {
            '{' => {
                into.data = .{ .object = null };
                return reader.children(into, &into.data.object, '}');
            },
            '[' => {
                into.data = .{ .array = null };
                return reader.children(into, &into.data.array, ']');
            },
            '"' => {
                into.data = .{ .string = "" };
                return reader.text(&into.data.string);
            },
            't' => {
                into.data = .{ .boolean = true };
                return reader.word("true");
            },
            'f' => {
                into.data = .{ .boolean = false };
                return reader.word("false");
            },
            'n' => return reader.word("null"),
            else => {
                const start = reader.at;
                if (!reader.number()) return false;
                into.data = .{ .number = start[0 .. reader.at - start] };
                return true;
            },
        }
    }

    noinline fn word(reader: *Reader, letters: []const u8) bool {
        for (letters) |letter| {
            if (reader.at[0] != letter) return false;
            reader.at += 1;
        }
        return true;
    }

    fn children(reader: *Reader, parent: *const Value, first: *?*Value, close: u8) bool {
        reader.at += 1;
        if (reader.take(close)) return true;
        reader.depth += 1;
        if (reader.depth > 32) return false;
        var link = first;
        while (true) {
            const child = reader.create();
            if (close == '}') {
                if (reader.next() != '"') return false;
                const start = reader.at;
                if (!reader.text(&child.key)) return false;
                if (parent.get(child.key) != null) {
                    reader.at = start;
                    return false;
                }
                if (!reader.take(':')) return false;
            }
            if (!reader.value(child)) return false;
            link.* = child;
            link = &child.next;
            if (!reader.take(',')) break;
        }
        reader.depth -= 1;
        return reader.take(close);
    }

    noinline fn digits(reader: *Reader) bool {
        const start = reader.at;
        while (std.ascii.isDigit(reader.at[0])) reader.at += 1;
        return reader.at != start;
    }

    fn number(reader: *Reader) bool {
        if (reader.at[0] == '-') reader.at += 1;
        if (reader.at[0] == '0') reader.at += 1 else if (!reader.digits()) return false;
        if (reader.at[0] == '.') {
            reader.at += 1;
            if (!reader.digits()) return false;
        }
        if (reader.at[0] | 0x20 != 'e') return true;
        reader.at += 1;
        if (reader.at[0] == '+' or reader.at[0] == '-') reader.at += 1;
        return reader.digits();
    }

    /// At its opening quote; false leaves the reader at the byte or escape that is wrong.
    noinline fn text(reader: *Reader, into: *[]const u8) bool {
        const start = reader.at + 1;
        var to: [*]u8 = start;
        reader.at = start;
        while (true) : (to += 1) {
            const at = reader.at;
            switch (at[0]) {
                0...0x1F => return false,
                '"' => break,
                '\\' => {
                    to[0] = switch (at[1]) {
                        '"', '\\', '/' => |c| c,
                        'b' => 0x08,
                        'f' => 0x0C,
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'u' => {
                            const more = reader.unicode(to) orelse return false;
                            to += more;
                            continue;
                        },
                        else => return false,
                    };
                    reader.at += 2;
                },
                else => |c| {
                    to[0] = c;
                    reader.at += 1;
                },
            }
        }
        reader.at += 1;
        into.* = start[0 .. to - start];
        return true;
    }

    /// At its backslash. Returns how many bytes it wrote behind the first; null when it is wrong.
    fn unicode(reader: *Reader, to: [*]u8) ?usize {
        const at = reader.at;
        var size: usize = 6;
        var code = unit(at + 2) orelse return null;
        if (code & 0xF800 == 0xD800) {
            // A surrogate: only the first half of a pair.
            if (code >= 0xDC00 or at[6] != '\\' or at[7] != 'u') return null;
            const low = unit(at + 8) orelse return null;
            if (low & 0xFC00 != 0xDC00) return null;
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            size = 12;
        }
        reader.at += size;
        if (code < 0x80) {
            to[0] = @truncate(code);
            return 0;
        }
        // UTF-8; never longer than the escape.
        const more: usize = if (code < 0x800) 1 else if (code < 0x10000) 2 else 3;
        var left: u5 = @intCast(6 * more);
        to[0] = @truncate((@as(u32, 0xFF80) >> @intCast(more)) | (code >> left));
        for (to[1 .. more + 1]) |*byte| {
            left -= 6;
            byte.* = @truncate(0x80 | (code >> left & 0x3F));
        }
        return more;
    }

    /// Four hexadecimal digits.
    noinline fn unit(at: [*:0]const u8) ?u32 {
        var code: u32 = 0;
        for (0..4) |digit| {
            const nibble = std.fmt.charToDigit(at[digit], 16) catch return null;
            code = code * 16 + nibble;
        }
        return code;
    }
};
