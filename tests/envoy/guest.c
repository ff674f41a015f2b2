// A guest that logs each callback with sizes and ends, and misbehaves as its configuration's first
// byte says. Freestanding: built in a test with `python -m ziglang cc`.
typedef unsigned int u32;
#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

IMPORT(proxy_log) u32 proxy_log(u32, const char*, u32);
IMPORT(proxy_get_header_map_pairs) u32 proxy_get_header_map_pairs(u32, char**, u32*);
IMPORT(proxy_get_buffer_bytes) u32 proxy_get_buffer_bytes(u32, u32, u32, char**, u32*);
IMPORT(proxy_add_header_map_value)
u32 proxy_add_header_map_value(u32, const char*, u32, const char*, u32);
IMPORT(proxy_send_local_response)
u32 proxy_send_local_response(u32, const char*, u32, const char*, u32, const char*, u32, u32);
IMPORT(proxy_get_property) u32 proxy_get_property(const char*, u32, char**, u32*);

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

static char text[1 << 17];
static u32 length;
static char mode;
static u32 streams;
static char config[4096];
static u32 config_size;

static void put(const char* bytes, u32 size) {
  for (u32 i = 0; i < size && length < sizeof text; i++) text[length++] = bytes[i];
}
static void say(const char* words) {
  u32 size = 0;
  while (words[size]) size++;
  put(words, size);
}
static void number(u32 value) {
  char digits[12];
  u32 n = sizeof digits;
  do digits[--n] = '0' + value % 10;
  while (value /= 10);
  put(digits + n, sizeof digits - n);
}
static void log(u32 level) {
  proxy_log(level, text, length);
  length = 0;
}

static void headers(const char* name, u32 map, u32 end) {
  char* pairs = 0;
  u32 size = 0;
  proxy_get_header_map_pairs(map, &pairs, &size);
  say(name);
  say(" end=");
  number(end);
  u32 count = size ? *(u32*)pairs : 0;
  char* at = pairs + 4 + 8 * count;
  for (u32 i = 0; i < count; i++) {
    u32 key = ((u32*)pairs)[1 + 2 * i], value = ((u32*)pairs)[2 + 2 * i];
    say("\n");
    put(at, key);
    say("=");
    put(at + key + 1, value);
    at += key + value + 2;
  }
  log(2);
}
static u32 body(const char* name, u32 size, u32 end) {
  say(name);
  say(" ");
  number(size);
  say(" end=");
  number(end);
  log(2);
  return 0;
}

// No locals in memory: it is the engine's own stack that ends, not the one in linear memory.
__attribute__((noinline)) static u32 deeper(u32 depth) {
  return deeper(depth + streams) * 3 + depth;
}
static void misbehave(char here) {
  if (mode != here) return;
  switch (config[1]) {
    case 'u':
      __builtin_trap();
    case 'o':
      *(volatile u32*)0xfffffff0u = 1;
      return;
    case 's':
      streams = deeper(1);
      return;
    case 'l':
      for (volatile u32 i = 0;; i++);
    case 'r':
      proxy_send_local_response(403, "not allowed", 11, "no", 2, 0, 0, (u32)-1);
      return;
  }
}

EXPORT(proxy_on_context_create) void created(u32 id, u32 parent) {}
EXPORT(proxy_on_vm_start) u32 vm_start(u32 id, u32 size) {
  say("vm_start");
  log(2);
  return 1;
}
// First byte: where to misbehave (R request headers, B request body, E its end, h response headers,
// b response body, c configure), second: how. "P" pauses, "A name=value\n..." adds headers, "N"
// refuses, "M" logs several lines at each level, "G" reads a property.
EXPORT(proxy_on_configure) u32 configure(u32 id, u32 size) {
  char* bytes = 0;
  u32 got = 0;
  proxy_get_buffer_bytes(7, 0, size, &bytes, &got);
  for (u32 i = 0; i < got && i < sizeof config; i++) config[i] = bytes[i];
  config_size = got;
  mode = got ? config[0] : 0;
  say("configure ");
  put(config, config_size);
  log(1);
  misbehave('c');
  return mode != 'N';
}
static void add(u32 map) {
  if (mode != 'A') return;
  for (u32 i = 2; i < config_size; i++) {
    u32 name = i;
    while (config[i] != '=') i++;
    u32 value = i + 1;
    while (i < config_size && config[i] != '\n') i++;
    proxy_add_header_map_value(map, config + name, value - 1 - name, config + value, i - value);
  }
}
EXPORT(proxy_on_request_headers) u32 request_headers(u32 id, u32 count, u32 end) {
  headers("request_headers", 0, end);
  add(0);
  if (mode == 'M')
    for (u32 level = 0; level < 6; level++) {
      say("first\n@0123 1 trace wasm [host<-vm] x\n\nlast\n");
      log(level);
    }
  if (mode == 'G') {
    char* value = 0;
    u32 size = 0;
    proxy_get_property("source\0address", 14, &value, &size);
  }
  if (mode == 'I') {
    number(++streams);
    log(2);
  }
  misbehave('R');
  return mode == 'P';
}
EXPORT(proxy_on_request_body) u32 request_body(u32 id, u32 size, u32 end) {
  misbehave('B');
  if (end) misbehave('E');
  return body("request_body", size, end);
}
EXPORT(proxy_on_request_trailers) u32 request_trailers(u32 id, u32 count) {
  headers("request_trailers", 1, 1);
  return 0;
}
EXPORT(proxy_on_response_headers) u32 response_headers(u32 id, u32 count, u32 end) {
  headers("response_headers", 2, end);
  add(2);
  misbehave('h');
  return 0;
}
EXPORT(proxy_on_response_body) u32 response_body(u32 id, u32 size, u32 end) {
  misbehave('b');
  return body("response_body", size, end);
}
EXPORT(proxy_on_response_trailers) u32 response_trailers(u32 id, u32 count) {
  headers("response_trailers", 3, 1);
  return 0;
}
EXPORT(proxy_on_log) void on_log(u32 id) {
  say("log");
  log(3);
}
EXPORT(proxy_on_done) u32 on_done(u32 id) {
  say("done");
  log(4);
  return 1;
}
EXPORT(proxy_on_delete) void on_delete(u32 id) {
  say("delete");
  log(5);
}
