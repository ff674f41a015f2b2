// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

//! Memory in arenas: what lives for one callback, for one exchange, or for the plugin.
//!
//! Nothing is freed by hand. Below the arenas is one heap of blocks in powers of two with a free
//! list for each size, over Wasm memory that only grows: a filter that served a million exchanges
//! needs no more than its busiest moment did.

const std = @import("std");
const Allocator = std.mem.Allocator;
const Alignment = std.mem.Alignment;

// wasm-ld defines them: what the program's data leave of its first pages.
extern var __heap_base: u8;
extern var __heap_end: u8;

const page = 65536;

const Chunk = extern struct {
    next: ?*Chunk,
    order: u32,
};

const Heap = struct {
    free: [31]?*Chunk = @splat(null),
    /// What nobody took yet; 0 at first.
    at: usize = 0,
    end: usize = 0,

    /// 2^order bytes, aligned to 8.
    noinline fn take(heap: *Heap, order: u32) ?*Chunk {
        if (heap.free[order]) |chunk| {
            heap.free[order] = chunk.next;
            return chunk;
        }
        if (heap.at == 0) {
            heap.at = @intFromPtr(&__heap_base);
            heap.end = @intFromPtr(&__heap_end);
        }
        const size = @as(usize, 1) << @intCast(order);
        if (heap.end -% heap.at < size) {
            const pages = (size + page - 1) / page;
            const before = @wasmMemoryGrow(0, pages);
            if (before < 0) return null;
            const fresh = @as(usize, @intCast(before)) * page;
            // What was left is lost, at most one block's worth, unless more came right behind it.
            if (fresh != heap.end) heap.at = fresh;
            heap.end = fresh +% pages * page;
        }
        const chunk: *Chunk = @ptrFromInt(heap.at);
        heap.at +%= size;
        chunk.order = order;
        return chunk;
    }
};

var blocks: Heap = .{};

/// Owns what was allocated from it, until it is emptied. free() and resize() do nothing; there are
/// no alignments above 8.
pub const Arena = struct {
    chunks: ?*Chunk = null,
    at: usize = 0,
    end: usize = 0,

    /// `size` bytes, aligned to 8, not cleared; null when there is no memory left.
    pub noinline fn take(arena: *Arena, size: usize) ?[*]u8 {
        // Room is a multiple of 8, so what fits does so rounded up, too.
        if (size > arena.end -% arena.at) {
            if (size > (1 << 30) - @sizeOf(Chunk)) return null;
            // 128 bytes hold a stream that keeps little, and many a header.
            const whole: u32 = @intCast((size + @sizeOf(Chunk) - 1) | 127);
            const chunk = blocks.take(32 - @as(u32, @clz(whole))) orelse return null;
            chunk.next = arena.chunks;
            arena.chunks = chunk;
            arena.at = @intFromPtr(chunk) + @sizeOf(Chunk);
            arena.end = @intFromPtr(chunk) +% (@as(usize, 1) << @intCast(chunk.order));
        }
        const taken = arena.at;
        arena.at +%= (size + 7) & ~@as(usize, 7);
        return @ptrFromInt(taken);
    }

    /// Gives back everything that was taken.
    pub noinline fn empty(arena: *Arena) void {
        while (arena.chunks) |chunk| {
            arena.chunks = chunk.next;
            chunk.next = blocks.free[chunk.order];
            blocks.free[chunk.order] = chunk;
        }
        arena.* = .{};
    }

    pub fn allocator(arena: *Arena) Allocator {
        return .{ .ptr = arena, .vtable = &vtable };
    }

    const vtable: Allocator.VTable = .{
        .alloc = alloc,
        .resize = Allocator.noResize,
        .remap = Allocator.noRemap,
        .free = Allocator.noFree,
    };

    fn alloc(pointer: *anyopaque, size: usize, alignment: Alignment, _: usize) ?[*]u8 {
        if (alignment.toByteUnits() > 8) return null;
        const arena: *Arena = @ptrCast(@alignCast(pointer));
        return arena.take(size);
    }
};

var scratch_arena: Arena = .{};

/// Memory of the callback that runs now: freed when it returns. Whatever the host hands over
/// (header values, bodies, properties) lies here.
pub const scratch: Allocator = scratch_arena.allocator();

/// What the host calls for what it hands over. Null would make it go on with nothing.
pub fn takeForHost(size: usize) callconv(.c) [*]u8 {
    return scratch_arena.take(size) orelse @trap();
}

/// The callback is over.
pub fn emptyScratch() void {
    scratch_arena.empty();
}
