// A guest whose configuration is a program: what it calls in which callback. It logs every callback
// with its arguments and every call with its answer, so that a probe is data. Freestanding.
//
// A line:   CALLBACK[#N]: FUNCTION ARGUMENT... [=x]
//   CALLBACK   without proxy_on_; #N: only the N-th time it runs
//   FUNCTION   a host function without proxy_, or: return N, trap, spin, log "text", free
//   ARGUMENT   -1, 0x10, "text \x00 \n", {"name" "value" ...} (serialized pairs), $x (a variable),
//              @ADDRESS:SIZE (instead of a text), !ADDRESS (instead of where an answer goes)
//   =x         keeps the first number it answers in variable x (a to z)
// Variables set by itself: c the context that runs, p the plugin's, s the newest stream's.
// Lines that do not parse are logged as such. `log off` in a line of its own: calls alone are told.
#include "prober_functions.h"

static _Alignas(8) char program[1 << 14], said[1 << 17], made[1 << 14], scratch[1 << 12];
static u32 program_size, length, made_size, outcome;
static u32 variables[26], times[40];

// -- the C library -----------------------------------------------------------------------------

static char heap[1 << 20];
static u32 top;
EXPORT(malloc) void* allocate(u32 size) {
  top = (top + 7) & ~7u;
  if (top + size > sizeof heap) top = 0;
  if (size > sizeof heap) return 0;
  void* given = heap + top;
  top += size;
  return given;
}
static u32 size_of(const char* text) {
  u32 n = 0;
  while (text[n]) n++;
  return n;
}
static int same(const char* a, u32 size, const char* b) {
  for (u32 i = 0; i < size; i++)
    if (a[i] != b[i]) return 0;
  return b[size] == 0;
}

// -- what is said ------------------------------------------------------------------------------

static void put(const char* bytes, u32 size) {
  for (u32 i = 0; i < size && length < sizeof said; i++) said[length++] = bytes[i];
}
static void word(const char* text) { put(text, size_of(text)); }
static void number(u64 value) {
  char digits[24];
  u32 n = sizeof digits;
  do digits[--n] = '0' + value % 10;
  while (value /= 10);
  put(digits + n, sizeof digits - n);
}
static void quoted(const char* bytes, u32 size) {
  put("\"", 1);
  for (u32 i = 0; i < size; i++) {
    const unsigned char c = bytes[i];
    if (c == '"' || c == '\\') {
      put("\\", 1);
      put(bytes + i, 1);
    } else if (c >= ' ' && c <= '~') {
      put(bytes + i, 1);
    } else {
      const char hex[] = {'\\', 'x', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
      put(hex, 4);
    }
  }
  put("\"", 1);
}
static void say(void) {
  proxy_log(2, said, length);
  length = 0;
}

// -- the program -------------------------------------------------------------------------------

static const char *at, *end;

static void spaces(void) {
  while (at < end && *at == ' ') at++;
}
static u64 digits(void) {
  const int minus = at < end && *at == '-';
  if (minus) at++;
  u64 value = 0, base = 10;
  if (at + 1 < end && at[0] == '0' && at[1] == 'x') base = 16, at += 2;
  for (; at < end; at++) {
    const char c = *at;
    u64 digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
    if (digit >= base) break;
    value = value * base + digit;
  }
  return minus ? -value : value;
}
static u64 value(void) {
  spaces();
  if (at < end && *at == '$') {
    at += 2;
    return variables[(at[-1] - 'a') % 26];
  }
  return digits();
}
static u32 hex(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }
// A text in quotes, into `made`.
static void text(u32* size) {
  const u32 start = made_size;
  for (at++; at < end && *at != '"' && made_size < sizeof made; at++) {
    char c = *at;
    if (c == '\\') {
      c = *++at;
      if (c == 'n') c = '\n';
      if (c == 'x') c = hex(at[1]) * 16 + hex(at[2]), at += 2;
    }
    made[made_size++] = c;
  }
  at++;
  *size = made_size - start;
}
static void little(u32 place, u32 number) {
  for (u32 i = 0; i < 4; i++) made[place + i] = number >> (8 * i);
}
// Serialized pairs, into `made`.
static void pairs(u32* size) {
  const char* begin = at++;
  u32 texts = 0;
  for (;;) {
    spaces();
    if (at >= end || *at == '}') break;
    u32 ignored, kept = made_size;
    text(&ignored);
    made_size = kept;
    texts++;
  }
  const u32 start = made_size;
  made_size += 4 + texts * 4;
  little(start, texts / 2);
  at = begin + 1;
  for (u32 i = 0; i < texts; i++) {
    spaces();
    u32 n;
    text(&n);
    little(start + 4 + i * 4, n);
    made[made_size++] = 0;
  }
  spaces();
  at++;
  *size = made_size - start;
}
static u32 bytes(u32* size) {
  spaces();
  const u32 start = made_size;
  *size = 0;
  if (at < end && *at == '"') return text(size), (u32)made + start;
  if (at < end && *at == '{') return pairs(size), (u32)made + start;
  if (at >= end || *at != '@') return (u32)made + start;
  at++;
  const u32 address = value();
  if (at < end && *at == ':') at++;
  *size = value();
  return address;
}
static u32 place(u32 usual) {
  spaces();
  if (at >= end || *at != '!') return usual;
  at++;
  return value();
}

static void run(const struct Function* function) {
  u64 words[16];
  u32 count = 0, outs = 0, size;
  u32 out[8];
  made_size = 0;
  for (u32 i = 0; i < sizeof scratch; i++) scratch[i] = 0;
  for (const char* kind = function->kinds; *kind; kind++) {
    switch (*kind) {
      case 'w':
      case 'W':
        words[count++] = value();
        break;
      case 's':
        words[count] = bytes(&size);
        words[count + 1] = size;
        count += 2;
        break;
      case 'v':
        words[count + 1] = bytes(&size);
        made_size = (made_size + 3) & ~3u;
        little(made_size, words[count + 1]);
        little(made_size + 4, size);
        words[count++] = (u32)made + made_size;
        words[count++] = 1;
        made_size += 8;
        break;
      case 'O':
        words[count++] = out[outs] = place((u32)scratch + outs * 16);
        words[count++] = out[outs] == (u32)scratch + outs * 16 ? out[outs] + 8 : out[outs];
        outs++;
        break;
      default:
        words[count++] = out[outs] = place((u32)scratch + outs * 16);
        outs++;
    }
  }
  spaces();
  const int keeps = at < end && *at == '=' ? at[1] - 'a' : -1;
  const u32 answer = dispatch(function, words);
  word(function->name);
  word(" -> ");
  number(answer);
  outs = 0;
  int kept = 0;
  for (const char* kind = function->kinds; *kind; kind++) {
    if (*kind == 'w' || *kind == 'W' || *kind == 's' || *kind == 'v') continue;
    const u32 where = (u32)scratch + outs * 16;
    const int ours = out[outs] == where;
    outs++;
    if (!ours) continue;
    put(" ", 1);
    if (*kind == 'O') {
      const u32 data = *(u32*)where, data_size = *(u32*)(where + 8);
      if (data == 0) word("null ");
      if (data == 0)
        number(data_size);
      else
        quoted((const char*)data, data_size);
      continue;
    }
    if (*kind == 'z') {
      quoted((const char*)where, size_of((const char*)where));
      continue;
    }
    const u64 found = *kind == 'q' ? *(u64*)where : *(u32*)where;
    number(found);
    if (keeps >= 0 && !kept) variables[keeps] = found, kept = 1;
  }
  say();
}

static void command(void) {
  const char* begin = at;
  while (at < end && *at != ' ') at++;
  const u32 size = at - begin;
  if (same(begin, size, "return")) {
    outcome = value();
    return;
  }
  if (same(begin, size, "trap")) __builtin_trap();
  if (same(begin, size, "spin"))
    for (volatile u32 i = 0;; i++) {
    }
  if (same(begin, size, "log")) {
    u32 n, where = (made_size = 0, bytes(&n));
    put((const char*)where, n);
    say();
    return;
  }
  for (u32 i = 0; i < sizeof kFunctions / sizeof kFunctions[0]; i++)
    if (same(begin, size, kFunctions[i].name)) return run(&kFunctions[i]);
  word("? ");
  put(begin, size);
  say();
}

// Runs the lines of one callback; what it returns is `usual` unless a line says otherwise.
static u32 callback(u32 index, const char* name, u32 count, const u32* arguments, u32 usual) {
  const u32 time = ++times[index];
  variables['c' - 'a'] = arguments[0];
  word(name);
  put("(", 1);
  for (u32 i = 0; i < count; i++) {
    if (i != 0) put(", ", 2);
    number(arguments[i]);
  }
  put(")", 1);
  say();
  u32 result = usual;
  for (u32 line = 0; line < program_size;) {
    u32 stop = line;
    while (stop < program_size && program[stop] != '\n') stop++;
    at = program + line;
    end = program + stop;
    line = stop + 1;
    spaces();
    const char* begin = at;
    while (at < end && *at != ':' && *at != '#') at++;
    if (!same(begin, at - begin, name)) continue;
    if (at < end && *at == '#') {
      at++;
      if (digits() != time) continue;
    }
    at++;
    spaces();
    outcome = result;
    command();
    result = outcome;
  }
  return result;
}

static void configured(u32 id) {
  if (program_size != 0) return;
  char* data = 0;
  proxy_get_buffer_bytes(7, 0, sizeof program, &data, &program_size);
  for (u32 i = 0; i < program_size; i++) program[i] = data[i];
}

// -- the callbacks -----------------------------------------------------------------------------

#define CALLBACK1(index, name, usual)                    \
  EXPORT(proxy_on_##name) u32 on_##name(u32 a) {         \
    return callback(index, #name, 1, (u32[]){a}, usual); \
  }
#define CALLBACK2(index, name, usual)                       \
  EXPORT(proxy_on_##name) u32 on_##name(u32 a, u32 b) {     \
    return callback(index, #name, 2, (u32[]){a, b}, usual); \
  }
#define CALLBACK3(index, name, usual)                          \
  EXPORT(proxy_on_##name) u32 on_##name(u32 a, u32 b, u32 c) { \
    return callback(index, #name, 3, (u32[]){a, b, c}, usual); \
  }
#define EVENT1(index, name) \
  EXPORT(proxy_on_##name) void on_##name(u32 a) { callback(index, #name, 1, (u32[]){a}, 0); }
#define EVENT2(index, name)                              \
  EXPORT(proxy_on_##name) void on_##name(u32 a, u32 b) { \
    callback(index, #name, 2, (u32[]){a, b}, 0);         \
  }
#define EVENT3(index, name)                                     \
  EXPORT(proxy_on_##name) void on_##name(u32 a, u32 b, u32 c) { \
    callback(index, #name, 3, (u32[]){a, b, c}, 0);             \
  }

EXPORT(proxy_on_context_create) void on_context_create(u32 id, u32 parent) {
  variables[(parent == 0 ? 'p' : 's') - 'a'] = id;
  if (parent == 0) configured(id);
  callback(0, "context_create", 2, (u32[]){id, parent}, 0);
}
CALLBACK2(1, vm_start, 1)
CALLBACK2(2, configure, 1)
EVENT1(3, tick)
#if PROBER_ABI == 010
CALLBACK2(4, request_headers, 0)
CALLBACK2(7, response_headers, 0)
#else
CALLBACK3(4, request_headers, 0)
CALLBACK3(7, response_headers, 0)
#endif
CALLBACK3(5, request_body, 0)
CALLBACK2(6, request_trailers, 0)
CALLBACK3(8, response_body, 0)
CALLBACK2(9, response_trailers, 0)
EVENT1(10, log)
CALLBACK1(11, done, 1)
EVENT1(12, delete)
EXPORT(proxy_on_http_call_response)
void on_http_call_response(u32 a, u32 b, u32 c, u32 d, u32 e) {
  callback(13, "http_call_response", 5, (u32[]){a, b, c, d, e}, 0);
}
EVENT3(14, grpc_receive_initial_metadata)
EVENT3(15, grpc_receive)
EVENT3(16, grpc_receive_trailing_metadata)
EVENT3(17, grpc_close)
EVENT2(18, queue_ready)
CALLBACK1(19, new_connection, 0)
CALLBACK3(20, downstream_data, 0)
CALLBACK3(21, upstream_data, 0)
EVENT2(22, downstream_connection_close)
EVENT2(23, upstream_connection_close)
EXPORT(envoy_on_resolve_dns) void on_resolve_dns(u32 a, u32 b, u32 c) {
  callback(24, "resolve_dns", 3, (u32[]){a, b, c}, 0);
}
