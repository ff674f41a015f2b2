/* The smallest honest filter, for benchmarks/host.py: reads one request header, adds one, adds one
 * response header. Six guest calls and three hostcalls an exchange, one of them re-entering malloc.
 */
#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(name) __attribute__((import_module("env"), import_name(name)))

typedef unsigned int u32;

IMPORT("proxy_get_header_map_value")
u32 get_value(u32 map, const char* key, u32 key_size, char** value, u32* size);
IMPORT("proxy_add_header_map_value")
u32 add_value(u32 map, const char* key, u32 key_size, const char* value, u32 size);

/* One value is alive at a time: the allocator hands out the same room again and again. */
static char room[4096];

EXPORT("malloc") void* allocate(u32 size) { return size <= sizeof room ? room : 0; }
/* Go's proxytest asks for the allocator by this name alone. */
EXPORT("proxy_on_memory_allocate") void* allocate_too(u32 size) { return allocate(size); }
EXPORT("proxy_abi_version_0_2_1") void abi(void) {}
EXPORT("proxy_on_context_create") void on_context_create(u32 id, u32 parent) {
  (void)id, (void)parent;
}

EXPORT("proxy_on_request_headers") u32 on_request_headers(u32 id, u32 count, u32 end) {
  char* value = 0;
  u32 size = 0;
  (void)id, (void)count, (void)end;
  if (get_value(0, "user-agent", 10, &value, &size) == 0) add_value(0, "x-client", 8, value, size);
  return 0;
}

EXPORT("proxy_on_response_headers") u32 on_response_headers(u32 id, u32 count, u32 end) {
  (void)id, (void)count, (void)end;
  add_value(2, "x-filtered", 10, "yes", 3);
  return 0;
}

EXPORT("proxy_on_log") void on_log(u32 id) { (void)id; }
EXPORT("proxy_on_done") u32 on_done(u32 id) { return (void)id, 1; }
EXPORT("proxy_on_delete") void on_delete(u32 id) { (void)id; }
