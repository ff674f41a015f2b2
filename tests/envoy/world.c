// A guest whose configuration is a program about the world around it: callouts, timers, metrics,
// shared state, connections. It logs every callback and every answer. Freestanding: built in a test
// with `python -m ziglang cc`.
//
// The program: lines of words, CALLBACK CALL WORD...; both are one letter, see the exports and
// `call`. Numbers are decimal.
typedef unsigned int u32;
typedef unsigned long long u64;
#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))
typedef const char* bytes;
IMPORT(proxy_log) u32 proxy_log(u32, bytes, u32);
IMPORT(proxy_get_buffer_bytes) u32 proxy_get_buffer_bytes(u32, u32, u32, char**, u32*);
IMPORT(proxy_set_buffer_bytes) u32 proxy_set_buffer_bytes(u32, u32, u32, bytes, u32);
IMPORT(proxy_get_header_map_pairs) u32 proxy_get_header_map_pairs(u32, char**, u32*);
IMPORT(proxy_http_call)
u32 proxy_http_call(bytes, u32, bytes, u32, bytes, u32, bytes, u32, u32, u32*);
IMPORT(proxy_grpc_call)
u32 proxy_grpc_call(bytes, u32, bytes, u32, bytes, u32, bytes, u32, bytes, u32, u32, u32*);
IMPORT(proxy_grpc_stream)
u32 proxy_grpc_stream(bytes, u32, bytes, u32, bytes, u32, bytes, u32, u32*);
IMPORT(proxy_grpc_send) u32 proxy_grpc_send(u32, bytes, u32, u32);
IMPORT(proxy_grpc_close) u32 proxy_grpc_close(u32);
IMPORT(proxy_grpc_cancel) u32 proxy_grpc_cancel(u32);
IMPORT(proxy_get_status) u32 proxy_get_status(u32*, char**, u32*);
IMPORT(proxy_set_tick_period_milliseconds) u32 proxy_set_tick_period_milliseconds(u32);
IMPORT(proxy_define_metric) u32 proxy_define_metric(u32, bytes, u32, u32*);
IMPORT(proxy_increment_metric) u32 proxy_increment_metric(u32, u64);
IMPORT(proxy_record_metric) u32 proxy_record_metric(u32, u64);
IMPORT(proxy_get_metric) u32 proxy_get_metric(u32, u64*);
IMPORT(proxy_get_shared_data) u32 proxy_get_shared_data(bytes, u32, char**, u32*, u32*);
IMPORT(proxy_set_shared_data) u32 proxy_set_shared_data(bytes, u32, bytes, u32, u32);
IMPORT(proxy_register_shared_queue) u32 proxy_register_shared_queue(bytes, u32, u32*);
IMPORT(proxy_enqueue_shared_queue) u32 proxy_enqueue_shared_queue(u32, bytes, u32);
IMPORT(proxy_dequeue_shared_queue) u32 proxy_dequeue_shared_queue(u32, char**, u32*);
IMPORT(proxy_set_property) u32 proxy_set_property(bytes, u32, bytes, u32);
IMPORT(proxy_get_property) u32 proxy_get_property(bytes, u32, char**, u32*);
IMPORT(proxy_send_local_response)
u32 proxy_send_local_response(u32, bytes, u32, bytes, u32, bytes, u32, u32);
IMPORT(proxy_continue_stream) u32 proxy_continue_stream(u32);
IMPORT(proxy_close_stream) u32 proxy_close_stream(u32);
IMPORT(proxy_set_effective_context) u32 proxy_set_effective_context(u32);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("environ_sizes_get"))) u32
environ_sizes_get(u32*, u32*);

static char heap[1 << 19];
static u32 top;
EXPORT(malloc) void* allocate(u32 size) {
  top = (top + 7) & ~7u;
  if (top + size > sizeof heap) top = 0;
  void* given = heap + top;
  top += size;
  return given;
}
EXPORT(proxy_abi_version_0_2_1) void abi(void) {}

static char programs[8][4096], *program, text[1 << 16], pairs[4096];
static u32 sizes[8], program_size, plugins[1024], length, status, stream, last_call, last_queue,
    metrics[16], metric_count;

static void put(bytes from, u32 size) {
  for (u32 i = 0; i < size && length < sizeof text; i++) text[length++] = from[i];
}
static void number(u64 value) {
  char digits[20];
  u32 n = sizeof digits;
  do digits[--n] = '0' + value % 10;
  while (value /= 10);
  put(" ", 1);
  put(digits + n, sizeof digits - n);
}
static void data(u32 answer, bytes from, u32 size) {
  number(answer);
  put(" ", 1);
  if (answer == 0) put(from, size);
}
static void flush(void) {
  proxy_log(2, text, length);
  length = 0;
}

struct Word {
  bytes at;
  u32 size;
};
static u64 value(struct Word word) {
  u64 found = 0;
  for (u32 i = 0; i < word.size; i++) found = found * 10 + (u64)(word.at[i] - '0');
  return found;
}

static u32 pairs_size;
static void store(u32 at, u32 number) { *(u32*)(pairs + at) = number; }
// Pairs as the ABI has them: names and values in turn.
static void headers(u32 count, const struct Word* words) {
  store(0, count);
  u32 at = 4 + 8 * count;
  for (u32 i = 0; i < 2 * count; i++) {
    store(4 + 4 * i, words[i].size);
    for (u32 j = 0; j < words[i].size; j++) pairs[at++] = words[i].at[j];
    pairs[at++] = 0;
  }
  pairs_size = at;
}
static void show(u32 map) {
  char* found = 0;
  u32 size = 0;
  const u32 answer = proxy_get_header_map_pairs(map, &found, &size);
  number(answer);
  const u32 count = size != 0 ? *(u32*)found : 0;
  bytes at = found + 4 + 8 * count;
  for (u32 i = 0; i < count; i++) {
    const u32 key = ((u32*)found)[1 + 2 * i], long_ = ((u32*)found)[2 + 2 * i];
    put(" ", 1);
    put(at, key);
    put("=", 1);
    put(at + key + 1, long_);
    at += key + long_ + 2;
  }
}
#define TEXT(word) (word).at, (word).size

static void call(char what, const struct Word* w, u32 context) {
  char* found = 0;
  u32 size = 0, more = 0;
  u64 big = 0;
  switch (what) {
    case 'h': {  // cluster path body timeout: an HTTP call
      const struct Word sent[] = {{":method", 7},     {"POST", 4}, {":path", 5}, w[1],
                                  {":authority", 10}, {"auth", 4}, {"x-a", 3},   {"1", 1}};
      headers(4, sent);
      number(proxy_http_call(TEXT(w[0]), pairs, pairs_size, TEXT(w[2]), 0, 0, (u32)value(w[3]),
                             &last_call));
      return number(last_call);
    }
    case 'g':    // cluster service method message timeout: a gRPC call
    case 'G': {  // cluster service method: a gRPC stream
      const struct Word sent[] = {{"x-m", 3}, {"1", 1}};
      headers(1, sent);
      number(what == 'g' ? proxy_grpc_call(TEXT(w[0]), TEXT(w[1]), TEXT(w[2]), pairs, pairs_size,
                                           TEXT(w[3]), (u32)value(w[4]), &last_call)
                         : proxy_grpc_stream(TEXT(w[0]), TEXT(w[1]), TEXT(w[2]), pairs, pairs_size,
                                             &last_call));
      return number(last_call);
    }
    case 'Z':  // cluster service method message timeout: a gRPC call, the cluster in a GrpcService
      pairs[0] = pairs[2] = 0x0a;
      pairs[1] = (char)(w[0].size + 2);
      pairs[3] = (char)w[0].size;
      for (u32 i = 0; i < w[0].size; i++) pairs[4 + i] = w[0].at[i];
      return number(proxy_grpc_call(pairs, w[0].size + 4, TEXT(w[1]), TEXT(w[2]), 0, 0, TEXT(w[3]),
                                    (u32)value(w[4]), &last_call));
    case 's':  // message end: to the last stream
      return number(proxy_grpc_send(last_call, TEXT(w[0]), (u32)value(w[1])));
    case 'x':
      return number(proxy_grpc_close(last_call));
    case 'y':
      return number(proxy_grpc_cancel(last_call));
    case 't':  // milliseconds
      return number(proxy_set_tick_period_milliseconds((u32)value(w[0])));
    case 'm':  // type name
      return number(
          proxy_define_metric((u32)value(w[0]), TEXT(w[1]), &metrics[metric_count++ & 15]));
    case '+':  // which how-much
      return number(proxy_increment_metric(metrics[value(w[0]) & 15], value(w[1])));
    case '=':
      return number(proxy_record_metric(metrics[value(w[0]) & 15], value(w[1])));
    case '?':
      number(proxy_get_metric(metrics[value(w[0]) & 15], &big));
      return number(big);
    case 'd':  // key value
      return number(proxy_set_shared_data(TEXT(w[0]), TEXT(w[1]), 0));
    case 'e':  // key
      more = proxy_get_shared_data(TEXT(w[0]), &found, &size, &more);
      return data(more, found, size);
    case 'Q':  // name
      return number(proxy_register_shared_queue(TEXT(w[0]), &last_queue));
    case 'E':  // item
      return number(proxy_enqueue_shared_queue(last_queue, TEXT(w[0])));
    case 'D':
      more = proxy_dequeue_shared_queue(last_queue, &found, &size);
      return data(more, found, size);
    case 'p':  // name value
      return number(proxy_set_property(TEXT(w[0]), TEXT(w[1])));
    case 'v':  // name
      more = proxy_get_property(TEXT(w[0]), &found, &size);
      return data(more, found, size);
    case 'b':  // buffer
      more = proxy_get_buffer_bytes((u32)value(w[0]), 0, 1000000, &found, &size);
      return data(more, found, size);
    case 'w':  // buffer start size bytes
      return number(
          proxy_set_buffer_bytes((u32)value(w[0]), (u32)value(w[1]), (u32)value(w[2]), TEXT(w[3])));
    case 'a':  // map
      return show((u32)value(w[0]));
    case 'r':  // status
      return number(
          proxy_send_local_response((u32)value(w[0]), "why", 3, "body", 4, 0, 0, (u32)-1));
    case 'c':  // stream type
      return number(proxy_continue_stream((u32)value(w[0])));
    case 'X':
      return number(proxy_close_stream((u32)value(w[0])));
    case 'f':  // 0: the stream that began last; 1: this context
      return number(proxy_set_effective_context(value(w[0]) == 0 ? stream : context));
    case 'o':
      number(proxy_get_status(&more, &found, &size));
      number(more);
      return data(0, found, size);
    case 'z':  // what the callback returns
      status = (u32)value(w[0]);
      return;
    case 'n':
      environ_sizes_get(&more, &size);
      return number(more);
    case '!':
      __builtin_trap();
  }
}

static u32 callback(char here, u32 id, u32 one, u32 two) {
  const u32 plugin = plugins[id & 1023] & 7;
  program = programs[plugin];
  program_size = sizes[plugin];
  if (program_size == 0) return 0;
  status = 0;
  put(&here, 1);
  number(id);
  number(one);
  number(two);
  flush();
  for (u32 i = 0; i < program_size;) {
    bytes line = program + i;
    struct Word words[8] = {};
    u32 count = 0;
    while (i < program_size && program[i] != '\n') {
      const u32 from = i;
      while (i < program_size && program[i] != '\n' && program[i] != ' ') i++;
      if (count < 8) words[count++] = (struct Word){program + from, i - from};
      if (i < program_size && program[i] == ' ') i++;
    }
    const u32 end = i++;
    if (line[0] != here || count < 2) continue;
    put(line, (u32)(program + end - line));
    call(words[1].at[0], words + 2, id);
    flush();
  }
  return status;
}

// Letters: c configure, k tick, q queue, A answer of an HTTP call, i initial metadata, m message,
// j trailing metadata, C end of a gRPC call; R B T h b t L of exchanges (L: log); N connection,
// D data from downstream, U from upstream, d u their ends; l log, o done, x delete.
EXPORT(proxy_on_context_create) void created(u32 id, u32 parent) {
  plugins[id & 1023] = parent != 0 ? parent : id;
  if (parent != 0) stream = id;
}
EXPORT(proxy_on_configure) u32 configure(u32 id, u32 size) {
  char* found = 0;
  proxy_get_buffer_bytes(7, 0, size, &found, &sizes[id & 7]);
  for (u32 i = 0; i < sizes[id & 7]; i++) programs[id & 7][i] = found[i];
  return callback('c', id, 0, 0) == 0;
}
EXPORT(proxy_on_tick) void tick(u32 id) { callback('k', id, 0, 0); }
EXPORT(proxy_on_queue_ready) void queue(u32 id, u32 token) { callback('q', id, token, 0); }
EXPORT(proxy_on_http_call_response)
void answer(u32 id, u32 token, u32 count, u32 size, u32 trailers) {
  callback('A', id, count, size + 1000 * trailers);
}
EXPORT(proxy_on_grpc_receive_initial_metadata) void initial(u32 id, u32 token, u32 count) {
  callback('i', id, token, count);
}
EXPORT(proxy_on_grpc_receive) void message(u32 id, u32 token, u32 size) {
  callback('m', id, token, size);
}
EXPORT(proxy_on_grpc_receive_trailing_metadata) void trailing(u32 id, u32 token, u32 count) {
  callback('j', id, token, count);
}
EXPORT(proxy_on_grpc_close) void closed(u32 id, u32 token, u32 code) {
  callback('C', id, token, code);
}
EXPORT(proxy_on_request_headers) u32 on_request_headers(u32 id, u32 count, u32 end) {
  return callback('R', id, count, end);
}
EXPORT(proxy_on_request_body) u32 on_request_body(u32 id, u32 size, u32 end) {
  return callback('B', id, size, end);
}
EXPORT(proxy_on_request_trailers) u32 on_request_trailers(u32 id, u32 count) {
  return callback('T', id, count, 1);
}
EXPORT(proxy_on_response_headers) u32 on_response_headers(u32 id, u32 count, u32 end) {
  return callback('h', id, count, end);
}
EXPORT(proxy_on_response_body) u32 on_response_body(u32 id, u32 size, u32 end) {
  return callback('b', id, size, end);
}
EXPORT(proxy_on_response_trailers) u32 on_response_trailers(u32 id, u32 count) {
  return callback('t', id, count, 1);
}
EXPORT(proxy_on_new_connection) u32 connection(u32 id) { return callback('N', id, 0, 0); }
EXPORT(proxy_on_downstream_data) u32 downstream(u32 id, u32 size, u32 end) {
  return callback('D', id, size, end);
}
EXPORT(proxy_on_upstream_data) u32 upstream(u32 id, u32 size, u32 end) {
  return callback('U', id, size, end);
}
EXPORT(proxy_on_downstream_connection_close) void downstream_end(u32 id, u32 peer) {
  callback('d', id, peer, 0);
}
EXPORT(proxy_on_upstream_connection_close) void upstream_end(u32 id, u32 peer) {
  callback('u', id, peer, 0);
}
EXPORT(proxy_on_log) void on_log(u32 id) { callback('l', id, 0, 0); }
EXPORT(proxy_on_done) u32 on_done(u32 id) {
  callback('o', id, 0, 0);
  return 1;
}
EXPORT(proxy_on_delete) void on_delete(u32 id) { callback('x', id, 0, 0); }
