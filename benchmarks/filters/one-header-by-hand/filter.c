/* SPDX-License-Identifier: Apache-2.0
 *
 * one-header without any SDK, as small and as fast as it can be: the floor that SDKs stand on.
 * Several configurations may be in use at once (Envoy keeps the old one until its last exchange is
 * over), so each exchange must be told from which it is, by proxy_on_context_create, and forgotten,
 * by proxy_on_delete.
 */
#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))

typedef unsigned int u32;

IMPORT(proxy_get_buffer_bytes)
u32 get_bytes(u32 buffer, u32 start, u32 count, char** bytes, u32* size);
IMPORT(proxy_add_header_map_value)
u32 add_header(u32 map, const char* name, u32 name_size, const char* value, u32 value_size);

enum { REQUEST_HEADERS = 0, PLUGIN_CONFIGURATION = 7, PAGE = 65536, BUCKETS = 1024 };

/* A plugin or a stream; a stream has its plugin's text. */
struct context {
  struct context* next;
  u32 id;
  struct context* plugin;
  char* text;
  u32 size;
};

extern char __heap_base; /* NOLINT(bugprone-reserved-identifier): wasm-ld defines it */

static struct context* contexts[BUCKETS];
static struct context* unused;
static char* rest = &__heap_base;
/* Room of the configuration that went last, for the next. */
static char* old_text;
static u32 old_size;

static void* take(u32 size) {
  char* taken = rest;
  rest += (size + 7) & ~7U;
  while ((u32)rest > __builtin_wasm_memory_size(0) * PAGE) {
    if (__builtin_wasm_memory_grow(0, 1) == ~0UL) __builtin_trap();
  }
  return taken;
}

static struct context** link_of(u32 id) {
  struct context** link = &contexts[id % BUCKETS];
  while ((*link)->id != id) link = &(*link)->next;
  return link;
}

EXPORT(proxy_abi_version_0_2_1) void abi_version(void) {}

/* The host takes room for one thing alone: the configuration. */
EXPORT(malloc) void* allocate(u32 size) {
  if (size > old_size) return take(size);
  old_size = 0;
  return old_text;
}

EXPORT(proxy_on_context_create) void create(u32 id, u32 parent) {
  struct context* made = unused;
  if (made != 0) {
    unused = made->next;
  } else {
    made = take(sizeof *made);
  }
  made->plugin = parent != 0 ? *link_of(parent) : 0;
  made->id = id;
  made->size = 0;
  struct context** first = &contexts[id % BUCKETS];
  made->next = *first;
  *first = made;
}

EXPORT(proxy_on_configure) u32 configure(u32 id, u32 size) {
  struct context* plugin = *link_of(id);
  if (size < 2) return 0;
  get_bytes(PLUGIN_CONFIGURATION, 0, size, &plugin->text, &plugin->size);
  return plugin->text[0] == '"' && plugin->text[size - 1] == '"';
}

EXPORT(proxy_on_request_headers) u32 on_request_headers(u32 id, u32 count, u32 end) {
  const struct context* plugin = (*link_of(id))->plugin;
  (void)count, (void)end;
  add_header(REQUEST_HEADERS, "x-tamis", 7, plugin->text + 1, plugin->size - 2);
  return 0;
}

EXPORT(proxy_on_delete) void erase(u32 id) {
  struct context** link = link_of(id);
  struct context* gone = *link;
  *link = gone->next;
  gone->next = unused;
  unused = gone;
  if (gone->size <= old_size) return;
  old_text = gone->text;
  old_size = gone->size;
}
