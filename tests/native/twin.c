// A twin for the native tests: what it does depends on the status of the exchange's answer.
#include <stddef.h>
#include <stdint.h>

uint32_t proxy_log(uint32_t level, const char* text, size_t size);
uint32_t proxy_get_header_map_value(uint32_t map, const char* key, size_t key_size, char** value,
                                    size_t* size);
uint32_t proxy_add_header_map_value(uint32_t map, const char* key, size_t key_size,
                                    const char* value, size_t size);
uint32_t proxy_done(void);

void proxy_abi_version_0_2_1(void) {}

// What the host stores here is read at once: there is room for one value.
static char room[1 << 12];
void* proxy_on_memory_allocate(size_t size) { return size <= sizeof room ? room : NULL; }

static int streams;  // of this copy

__attribute__((constructor)) static void loaded(void) { proxy_log(0, "loaded", 6); }
void _initialize(void) { proxy_log(1, "entered", 7); }
void proxy_on_context_create(uint32_t id, uint32_t parent) { streams += parent != 0; }
uint32_t proxy_on_vm_start(uint32_t id, uint32_t size) { return 1; }
uint32_t proxy_on_configure(uint32_t id, uint32_t size) { return 1; }

static int deep(volatile int* at) {
  volatile int here[256] = {*at};
  return deep(here) + here[255];
}

uint32_t proxy_on_response_headers(uint32_t id, uint32_t count, uint32_t end) {
  char* value = NULL;
  size_t size = 0;
  proxy_get_header_map_value(2, ":status", 7, &value, &size);
  if (size != 3) return 0;
  const char number = (char)('0' + streams);
  proxy_add_header_map_value(2, "x-n", 3, &number, 1);
  volatile int zero = 0;
  switch (value[2]) {
    case '1':
      __builtin_trap();
    case '2':
      *(volatile int*)8 = 1;
      break;
    case '3':
      for (;;) zero = 1;
    case '4':
      return (uint32_t)deep(&zero);
    case '5':
      return (uint32_t)(streams / zero);
    case '6':
      proxy_log(2, (const char*)16, 4);  // nobody's memory, read by the host
      break;
  }
  return 0;
}
