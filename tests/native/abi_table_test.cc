#include "native/abi_table.h"

#include "check.h"

int main() {
  CHECK(tamis::kImports.size() == 91 && tamis::kCallbacks.size() == 30);
  const auto& log = tamis::kImports[static_cast<size_t>(tamis::Import::proxy_log)];
  CHECK(log.name == "proxy_log" && log.params == "iii" && log.results == "i" && log.abis == 7 &&
        log.in_vm_init);
  const auto& pread = tamis::kImports[static_cast<size_t>(tamis::Import::fd_pread)];
  CHECK(pread.wasi && pread.since == 39 && pread.params == "iiiIi");
  const auto& headers =
      tamis::kCallbacks[static_cast<size_t>(tamis::Callback::proxy_on_request_headers)];
  CHECK(headers.params[0] == "ii" && headers.params[2] == "iii");
}
