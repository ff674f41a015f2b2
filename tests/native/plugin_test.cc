#include "native/plugin.h"

#include "check.h"

using namespace tamis;

int main() {
  PluginContext plugin;
  CHECK(plugin.find_call(4) == nullptr);
  Call call;
  for (const uint32_t id : {4U, 5U, 6U}) {
    call.id = id;
    plugin.calls.push_back(call);
  }
  CHECK(plugin.find_call(5) == &plugin.calls[1] && plugin.find_call(7) == nullptr);
}
