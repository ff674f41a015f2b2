// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

//! Proxy-Wasm 0.2.1 as a filter meets it: numbers and host functions. proxy_wasm.zig is nicer.

/// `_`: a host may know more of them.
pub const Status = enum(u32) {
    ok = 0,
    not_found = 1,
    bad_argument = 2,
    serialization_failure = 3,
    parse_failure = 4,
    bad_expression = 5,
    invalid_memory_access = 6,
    empty = 7,
    cas_mismatch = 8,
    result_mismatch = 9,
    internal_failure = 10,
    broken_connection = 11,
    unimplemented = 12,
    _,
};

pub const Level = enum(u32) { trace, debug, info, warn, err, critical };

/// What a callback tells the proxy. Of headers and trailers: go on, or hold the message until it is
/// resumed or answered. Of a body: `pause` holds it and calls again with all of it;
/// `pause_and_watermark` the same, but slows the sender down at the proxy's limit instead of failing
/// the stream; `pause_without_buffer` holds nothing back for later. Of a connection's data: go on, or
/// `pause`, which holds them and calls again with more.
pub const Action = enum(u32) {
    proceed = 0,
    pause = 1,
    pause_and_watermark = 2,
    pause_without_buffer = 3,
};

/// Which headers or trailers.
pub const Map = enum(u32) {
    request_headers = 0,
    request_trailers = 1,
    response_headers = 2,
    response_trailers = 3,
    callout_headers = 6,
    callout_trailers = 7,
};

/// Which bytes.
pub const Buffer = enum(u32) {
    request_body = 0,
    response_body = 1,
    downstream_data = 2,
    upstream_data = 3,
    callout_body = 4,
    vm_configuration = 6,
    plugin_configuration = 7,
};

/// Which half of an exchange, or of a connection.
pub const Stream = enum(u32) { request = 0, response = 1, downstream = 2, upstream = 3 };

/// Who closed a connection; of the upstream's the proxy does not tell.
pub const Peer = enum(u32) { unknown = 0, local = 1, remote = 2, _ };

pub const MetricKind = enum(u32) { counter = 0, gauge = 1, histogram = 2 };

const Bytes = [*]const u8;

/// What the host gives back: a slice over memory that it took from our `malloc`; null is empty.
pub const Given = extern struct {
    bytes: ?Bytes = null,
    size: usize = 0,

    pub fn slice(given: Given) []const u8 {
        return if (given.bytes) |bytes| bytes[0..given.size] else "";
    }
};

/// What the host is given: an empty slice of Zig's may point anywhere, and the host would mind.
pub fn ptr(bytes: []const u8) Bytes {
    return if (bytes.len == 0) "" else bytes.ptr;
}

pub extern "env" fn proxy_log(level: Level, line: Bytes, size: usize) Status;
pub extern "env" fn proxy_get_log_level(level: *u32) Status;
pub extern "env" fn proxy_get_current_time_nanoseconds(now: *u64) Status;

pub extern "env" fn proxy_get_header_map_value(map: Map, name: Bytes, name_size: usize, value: *?Bytes, value_size: *usize) Status;
pub extern "env" fn proxy_add_header_map_value(map: Map, name: Bytes, name_size: usize, value: Bytes, value_size: usize) Status;
pub extern "env" fn proxy_replace_header_map_value(map: Map, name: Bytes, name_size: usize, value: Bytes, value_size: usize) Status;
pub extern "env" fn proxy_remove_header_map_value(map: Map, name: Bytes, name_size: usize) Status;
pub extern "env" fn proxy_get_header_map_pairs(map: Map, pairs: *?Bytes, size: *usize) Status;
pub extern "env" fn proxy_set_header_map_pairs(map: Map, pairs: Bytes, size: usize) Status;

pub extern "env" fn proxy_get_buffer_status(buffer: Buffer, size: *usize, flags: *u32) Status;
pub extern "env" fn proxy_get_buffer_bytes(buffer: Buffer, start: usize, count: usize, bytes: *?Bytes, size: *usize) Status;
pub extern "env" fn proxy_set_buffer_bytes(buffer: Buffer, start: usize, count: usize, bytes: Bytes, size: usize) Status;

pub extern "env" fn proxy_get_property(path: Bytes, path_size: usize, value: *?Bytes, size: *usize) Status;
pub extern "env" fn proxy_set_property(path: Bytes, path_size: usize, value: Bytes, size: usize) Status;

pub extern "env" fn proxy_send_local_response(status: u32, details: ?Bytes, details_size: usize, body: Bytes, body_size: usize, headers: Bytes, headers_size: usize, grpc_status: i32) Status;
/// Resumes what was paused; its headers cannot be read or written any more. Never `.response` before
/// there are response headers, and never in onLog: that crashes Envoy. `.upstream`: unimplemented.
pub extern "env" fn proxy_continue_stream(stream: Stream) Status;
/// Resets an exchange: no answer is sent. Closes a connection behind what is on its way.
pub extern "env" fn proxy_close_stream(stream: Stream) Status;

pub extern "env" fn proxy_http_call(cluster: Bytes, cluster_size: usize, headers: Bytes, headers_size: usize, body: Bytes, body_size: usize, trailers: ?Bytes, trailers_size: usize, timeout_ms: u32, call: *u32) Status;

pub extern "env" fn proxy_define_metric(kind: MetricKind, name: Bytes, size: usize, metric: *u32) Status;
/// Of a counter only by more than 0.
pub extern "env" fn proxy_increment_metric(metric: u32, difference: i64) Status;
pub extern "env" fn proxy_record_metric(metric: u32, value: u64) Status;
pub extern "env" fn proxy_get_metric(metric: u32, value: *u64) Status;

pub extern "env" fn proxy_set_effective_context(id: u32) Status;
pub extern "env" fn proxy_done() Status;
