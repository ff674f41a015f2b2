// A guest whose configuration is a program of hostcalls: what it calls where, and it logs every
// answer. Freestanding: built in a test with `python -m ziglang cc`.
//
// The program: steps of five bytes, CALLBACK CALL A B C (digits are arguments). CALLBACK: R B T
// request headers, body, trailers; h b t of the response; l d x log, done, delete.
typedef unsigned int u32;
#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))
IMPORT(proxy_log) u32 proxy_log(u32, const char*, u32);
IMPORT(proxy_get_header_map_value)
u32 proxy_get_header_map_value(u32, const char*, u32, char**, u32*);
IMPORT(proxy_add_header_map_value)
u32 proxy_add_header_map_value(u32, const char*, u32, const char*, u32);
IMPORT(proxy_replace_header_map_value)
u32 proxy_replace_header_map_value(u32, const char*, u32, const char*, u32);
IMPORT(proxy_remove_header_map_value) u32 proxy_remove_header_map_value(u32, const char*, u32);
IMPORT(proxy_get_header_map_pairs) u32 proxy_get_header_map_pairs(u32, char**, u32*);
IMPORT(proxy_set_header_map_pairs) u32 proxy_set_header_map_pairs(u32, const char*, u32);
IMPORT(proxy_get_header_map_size) u32 proxy_get_header_map_size(u32, u32*);
IMPORT(proxy_get_buffer_bytes) u32 proxy_get_buffer_bytes(u32, u32, u32, char**, u32*);
IMPORT(proxy_get_buffer_status) u32 proxy_get_buffer_status(u32, u32*, u32*);
IMPORT(proxy_set_buffer_bytes) u32 proxy_set_buffer_bytes(u32, u32, u32, const char*, u32);
IMPORT(proxy_send_local_response)
u32 proxy_send_local_response(u32, const char*, u32, const char*, u32, const char*, u32, u32);
IMPORT(proxy_continue_stream) u32 proxy_continue_stream(u32);
IMPORT(proxy_close_stream) u32 proxy_close_stream(u32);
IMPORT(proxy_set_effective_context) u32 proxy_set_effective_context(u32);
IMPORT(proxy_done) u32 proxy_done(void);

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

static char program[4096], text[1 << 16];
static u32 program_size, length, status, context;

static void put(const char* bytes, u32 size) {
  for (u32 i = 0; i < size && length < sizeof text; i++) text[length++] = bytes[i];
}
static void number(u32 value) {
  char digits[12];
  u32 n = sizeof digits;
  do digits[--n] = '0' + value % 10;
  while (value /= 10);
  put(" ", 1);
  put(digits + n, sizeof digits - n);
}
static void bytes(u32 answer, const char* data, u32 size) {
  number(answer);
  number(size);
  if (answer == 0 && size != 0) {
    put(" ", 1);
    put(data, size);
  }
}

static void call(char what, u32 a, u32 b, u32 c) {
  static const char* const kNames[] = {"x-a", "x-b", ":path", ":status"};
  static const u32 kSizes[] = {3, 3, 5, 7};
  static const u32 kBounds[] = {0, 1, 2, 1000000};
  static const char kPairs[] = "\2\0\0\0\3\0\0\0\1\0\0\0\3\0\0\0\0\0\0\0x-p\0001\0x-q\0\0";
  const char* name = kNames[b & 3];
  const u32 size = kSizes[b & 3];
  char* data = 0;
  u32 got = 0, flags = 0;
  switch (what) {
    case 'v':
      return bytes(proxy_get_header_map_value(a, name, size, &data, &got), data, got);
    case 'a':
      return number(proxy_add_header_map_value(a, name, size, "added", 5));
    case 'r':
      return number(proxy_replace_header_map_value(a, name, size, "201", 3));
    case 'm':
      return number(proxy_remove_header_map_value(a, name, size));
    case 'p':
      number(proxy_get_header_map_pairs(a, &data, &got));
      return number(got == 0 ? 0 : *(u32*)data);
    case 'P':
      return number(proxy_set_header_map_pairs(a, kPairs, b == 0 ? 0 : sizeof kPairs - 1));
    case 's':
      return number(proxy_get_header_map_size(a, &got)), number(got);
    case 'g':
      return bytes(proxy_get_buffer_bytes(a, kBounds[b & 3], kBounds[c & 3], &data, &got), data,
                   got);
    case 'S':
      return number(proxy_get_buffer_status(a, &got, &flags)), number(got), number(flags);
    case 'w':
      return number(proxy_set_buffer_bytes(a, kBounds[b & 3], kBounds[c & 3], "new", 3));
    case 'L':
      return number(proxy_send_local_response(400 + a, "why", 3, "body", b == 0 ? 0 : 4, 0, 0,
                                              c == 0 ? ~0u : c));
    case 'c':
      return number(proxy_continue_stream(a));
    case 'x':
      return number(proxy_close_stream(a));
    case 'e':
      return number(proxy_set_effective_context(a == 0 ? context : a == 1 ? 1 : 99));
    case 'd':
      return number(proxy_done());
    case 'z':
      status = a;
      return number(0);
    case '!':
      __builtin_trap();
  }
}

static u32 callback(char here, u32 id, u32 size, u32 end) {
  context = id;
  status = 0;
  put(&here, 1);
  number(size);
  number(end);
  proxy_log(2, text, length);
  length = 0;
  for (u32 i = 0; i + 5 <= program_size; i += 5) {
    if (program[i] != here) continue;
    put(program + i, 5);
    call(program[i + 1], program[i + 2] - '0', program[i + 3] - '0', program[i + 4] - '0');
    proxy_log(2, text, length);
    length = 0;
  }
  return status;
}

EXPORT(proxy_on_context_create) void created(u32 id, u32 parent) {}
EXPORT(proxy_on_vm_start) u32 vm_start(u32 id, u32 size) { return 1; }
EXPORT(proxy_on_configure) u32 configure(u32 id, u32 size) {
  char* data = 0;
  proxy_get_buffer_bytes(7, 0, size, &data, &program_size);
  for (u32 i = 0; i < program_size; i++) program[i] = data[i];
  return 1;
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
EXPORT(proxy_on_log) void on_log(u32 id) { callback('l', id, 0, 0); }
EXPORT(proxy_on_done) u32 on_done(u32 id) {
  callback('d', id, 0, 0);
  return 1;
}
EXPORT(proxy_on_delete) void on_delete(u32 id) { callback('x', id, 0, 0); }
