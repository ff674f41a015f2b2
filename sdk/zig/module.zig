// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

//! What a module exports: only the callbacks that a filter declares, since an absent callback costs
//! nothing and a present one costs a crossing.

const std = @import("std");
const abi = @import("abi.zig");
const memory = @import("memory.zig");

/// What the host knows by a number: a plugin (without one above it), or a stream of one. It lies in
/// its own arena.
const Context = struct {
    /// So that what stands behind it may be anything.
    id: u32 align(8),
    plugin: ?*Context,
    next: ?*Context,
    memory: memory.Arena,
    /// Of a plugin: what its streams wait for, and records to use again.
    awaited: ?*Awaited = null,
    spare: ?*Awaited = null,
};

/// An answer that is still to come. Lies in the memory of the plugin, so it goes with that.
const Awaited = struct {
    call: u32,
    stream: u32,
    next: ?*Awaited,
};

/// The context whose callback runs.
var current: u32 = 0;

/// The answer goes to the stream whose callback runs; behind the others, since most answers come in
/// the order of the questions.
pub fn await_(call: u32) void {
    const stream = linkOf(current).* orelse return;
    const plugin = stream.plugin orelse return;
    const awaited = plugin.spare orelse plugin.memory.allocator().create(Awaited) catch @trap();
    if (awaited == plugin.spare) plugin.spare = awaited.next;
    awaited.* = .{ .call = call, .stream = current, .next = null };
    var link = &plugin.awaited;
    while (link.*) |each| link = &each.next;
    link.* = awaited;
}

/// Who waits for it; null: nobody any more.
fn waiting(plugin: *Context, call: u32) ?u32 {
    var link = &plugin.awaited;
    while (link.*) |each| : (link = &each.next) {
        if (each.call != call) continue;
        link.* = each.next;
        each.next = plugin.spare;
        plugin.spare = each;
        return each.stream;
    }
    return null;
}

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

/// At most `count` bytes of a buffer; none when there is no such buffer now.
pub fn readBuffer(buffer: abi.Buffer, start: usize, count: usize) []const u8 {
    var bytes: abi.Given = .{};
    const got = abi.proxy_get_buffer_bytes(buffer, start, count, &bytes.bytes, &bytes.size);
    return if (got == .ok) bytes.slice() else "";
}

fn abiVersion() callconv(.c) void {}

/// Exports a filter, once in a program.
///
/// `Filter` is a struct, one for each exchange or connection. Its field `settings: *const Settings`, if it has
/// one, is filled; all others need defaults. It declares the callbacks that it needs:
///
///     pub fn onRequestHeaders(filter: *Filter, end_of_stream: bool) Action
///     pub fn onRequestBody(filter: *Filter, size: usize, end_of_stream: bool) Action
///     pub fn onRequestTrailers(filter: *Filter) Action
///     the same for onResponse...; of connections
///     pub fn onNewConnection(filter: *Filter) Action
///     pub fn onDownstreamData(filter: *Filter, size: usize, end_of_stream: bool) Action
///     pub fn onDownstreamClose(filter: *Filter, by: Peer) void
///     the same for onUpstream...; and of both
///     pub fn onCallout(filter: *Filter, call: u32) void
///     pub fn onLog(filter: *Filter) void
///
/// onUpstreamClose is called only when the upstream ended its direction first.
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
            const text = keep.dupe(u8, readBuffer(.plugin_configuration, 0, std.math.maxInt(usize))) catch @trap();
            plugin.settings = Settings.init(text, keep) orelse return 0;
            return 1;
        }

        /// Null for a context that is no stream (an access logger's), and for an unknown one.
        fn filterOf(id: u32) ?*Filter {
            current = id;
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

        fn OfClose(comptime callback: anytype) type {
            return struct {
                fn call(id: u32, by: abi.Peer) callconv(.c) void {
                    defer memory.emptyScratch();
                    callback(filterOf(id) orelse return, by);
                }
            };
        }

        fn newConnection(id: u32) callconv(.c) abi.Action {
            defer memory.emptyScratch();
            return Filter.onNewConnection(filterOf(id) orelse return .proceed);
        }

        /// The host gives it to the plugin.
        fn callout(id: u32, call: u32, _: usize, _: usize, _: usize) callconv(.c) void {
            defer memory.emptyScratch();
            const plugin = linkOf(id).* orelse return;
            const stream = waiting(plugin, call) orelse return;
            const filter = filterOf(stream) orelse return; // it is over
            _ = abi.proxy_set_effective_context(stream);
            Filter.onCallout(filter, call);
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
    for (.{ "Downstream", "Upstream" }, .{ "downstream", "upstream" }) |Peer, peer| {
        if (@hasDecl(Filter, "on" ++ Peer ++ "Data")) {
            const call = &callbacks.OfBody(@field(Filter, "on" ++ Peer ++ "Data")).call;
            @export(call, .{ .name = "proxy_on_" ++ peer ++ "_data" });
        }
        if (@hasDecl(Filter, "on" ++ Peer ++ "Close")) {
            const call = &callbacks.OfClose(@field(Filter, "on" ++ Peer ++ "Close")).call;
            @export(call, .{ .name = "proxy_on_" ++ peer ++ "_connection_close" });
        }
    }
    if (@hasDecl(Filter, "onNewConnection")) {
        @export(&callbacks.newConnection, .{ .name = "proxy_on_new_connection" });
    }
    if (@hasDecl(Filter, "onCallout")) {
        @export(&callbacks.callout, .{ .name = "proxy_on_http_call_response" });
    }
    if (@hasDecl(Filter, "onLog")) @export(&callbacks.log, .{ .name = "proxy_on_log" });
}
