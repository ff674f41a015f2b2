// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

//! What a module exports: only the callbacks that a filter declares, since an absent callback costs
//! nothing and a present one costs a crossing.

const std = @import("std");
const abi = @import("abi.zig");
const memory = @import("memory.zig");

/// What the host knows by a number: a plugin (without one above it), or a stream of one. It lies in
/// its own arena.
const Context = struct {
    id: u32,
    plugin: ?*Context,
    next: ?*Context,
    memory: memory.Arena,
};

// Hosts count up, so contexts spread evenly: a worker with ten thousand streams has ten a bucket.
var buckets: [1024]?*Context = @splat(null);

/// What points to the context of that number, or to the null at the end.
noinline fn linkOf(id: u32) *?*Context {
    var link = &buckets[id % buckets.len];
    while (link.*) |context| : (link = &context.next) {
        if (context.id == id) break;
    }
    return link;
}

/// A context of `size` bytes; what stands behind its head is not cleared.
noinline fn create(id: u32, plugin: ?*Context, size: usize) *Context {
    var arena: memory.Arena = .{};
    const context: *Context = @ptrCast(@alignCast(arena.take(size) orelse @trap()));
    const bucket = &buckets[id % buckets.len];
    context.* = .{ .id = id, .plugin = plugin, .next = bucket.*, .memory = arena };
    bucket.* = context;
    return context;
}

fn delete(id: u32) callconv(.c) void {
    const link = linkOf(id);
    const context = link.* orelse return;
    link.* = context.next;
    var arena = context.memory;
    arena.empty();
}

/// All bytes of a buffer; none when there is no such buffer now.
pub fn readBuffer(buffer: abi.Buffer) []const u8 {
    var bytes: abi.Given = .{};
    const got = abi.proxy_get_buffer_bytes(buffer, 0, std.math.maxInt(usize), &bytes.bytes, &bytes.size);
    return if (got == .ok) bytes.slice() else "";
}

fn abiVersion() callconv(.c) void {}

/// Exports a filter, once in a program.
///
/// `Filter` is a struct, one for each exchange. Its field `settings: *const Settings`, if it has
/// one, is filled; all others need defaults. It declares the callbacks that it needs:
///
///     pub fn onRequestHeaders(filter: *Filter, end_of_stream: bool) Action
///     pub fn onRequestBody(filter: *Filter, size: usize, end_of_stream: bool) Action
///     pub fn onRequestTrailers(filter: *Filter) Action
///     the same for onResponse..., and
///     pub fn onLog(filter: *Filter) void
///
/// `Settings` is a struct, one for each configuration, or void. It declares
///
///     pub fn init(configuration: []const u8, memory: std.mem.Allocator) ?Settings
///
/// where the configuration and what is taken from `memory` live as long as the settings. null
/// refuses to start; say why in the log. The proxy may keep several of each in one module, so
/// nothing of theirs belongs into a global variable.
pub fn register(comptime Filter: type, comptime Settings: type) void {
    const Plugin = struct { context: Context, settings: Settings };
    const Stream = struct { context: Context, filter: Filter };

    const callbacks = struct {
        fn create_(id: u32, parent: u32) callconv(.c) void {
            const plugin = linkOf(parent).* orelse {
                _ = create(id, null, @sizeOf(Plugin));
                return;
            };
            const context = create(id, plugin, @sizeOf(Stream));
            const stream: *Stream = @fieldParentPtr("context", context);
            if (@hasField(Filter, "settings")) {
                const above: *Plugin = @fieldParentPtr("context", plugin);
                stream.filter = .{ .settings = &above.settings };
            } else {
                stream.filter = .{};
            }
        }

        fn configure(id: u32, _: usize) callconv(.c) u32 {
            defer memory.emptyScratch();
            const context = linkOf(id).* orelse return 0;
            const plugin: *Plugin = @fieldParentPtr("context", context);
            const keep = context.memory.allocator();
            const text = keep.dupe(u8, readBuffer(.plugin_configuration)) catch @trap();
            plugin.settings = Settings.init(text, keep) orelse return 0;
            return 1;
        }

        /// Null for a context that is no stream (an access logger's), and for an unknown one.
        fn filterOf(id: u32) ?*Filter {
            const context = linkOf(id).* orelse return null;
            if (context.plugin == null) return null;
            const stream: *Stream = @fieldParentPtr("context", context);
            return &stream.filter;
        }

        fn OfHeaders(comptime callback: anytype) type {
            return struct {
                fn call(id: u32, _: u32, end_of_stream: u32) callconv(.c) abi.Action {
                    defer memory.emptyScratch();
                    const filter = filterOf(id) orelse return .proceed;
                    return callback(filter, end_of_stream != 0);
                }
            };
        }

        fn OfBody(comptime callback: anytype) type {
            return struct {
                fn call(id: u32, size: usize, end_of_stream: u32) callconv(.c) abi.Action {
                    defer memory.emptyScratch();
                    const filter = filterOf(id) orelse return .proceed;
                    return callback(filter, size, end_of_stream != 0);
                }
            };
        }

        fn OfTrailers(comptime callback: anytype) type {
            return struct {
                fn call(id: u32, _: u32) callconv(.c) abi.Action {
                    defer memory.emptyScratch();
                    const filter = filterOf(id) orelse return .proceed;
                    return callback(filter);
                }
            };
        }

        fn log(id: u32) callconv(.c) void {
            defer memory.emptyScratch();
            const filter = filterOf(id) orelse return;
            Filter.onLog(filter);
        }
    };

    @export(&abiVersion, .{ .name = "proxy_abi_version_0_2_1" });
    @export(&memory.takeForHost, .{ .name = "malloc" });
    @export(&callbacks.create_, .{ .name = "proxy_on_context_create" });
    @export(&delete, .{ .name = "proxy_on_delete" });
    if (Settings != void) @export(&callbacks.configure, .{ .name = "proxy_on_configure" });
    for (.{ "Request", "Response" }, .{ "request", "response" }) |Direction, direction| {
        const on = "on" ++ Direction;
        const exported = "proxy_on_" ++ direction;
        if (@hasDecl(Filter, on ++ "Headers")) {
            const call = &callbacks.OfHeaders(@field(Filter, on ++ "Headers")).call;
            @export(call, .{ .name = exported ++ "_headers" });
        }
        if (@hasDecl(Filter, on ++ "Body")) {
            const call = &callbacks.OfBody(@field(Filter, on ++ "Body")).call;
            @export(call, .{ .name = exported ++ "_body" });
        }
        if (@hasDecl(Filter, on ++ "Trailers")) {
            const call = &callbacks.OfTrailers(@field(Filter, on ++ "Trailers")).call;
            @export(call, .{ .name = exported ++ "_trailers" });
        }
    }
    if (@hasDecl(Filter, "onLog")) @export(&callbacks.log, .{ .name = "proxy_on_log" });
}
