// An SDK in the shape of proxy-wasm-cpp-sdk: one source beside one header, contexts that register
// themselves, every callback defined. It tests how such filters are built, and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

enum class FilterHeadersStatus : int { Continue = 0, StopIteration = 1 };
enum class LogLevel : int { trace, debug, info, warn, error, critical };

extern "C" int proxy_log(LogLevel level, const char* text, size_t size);
extern "C" int proxy_add_header_map_value(int map, const char* key, size_t key_size,
                                          const char* value, size_t value_size);

class Context {
 public:
  explicit Context(uint32_t id) : id_(id) {}
  virtual ~Context() = default;
  virtual FilterHeadersStatus onRequestHeaders(uint32_t, bool) {
    return FilterHeadersStatus::Continue;
  }
  uint32_t id() const { return id_; }

 private:
  uint32_t id_;
};

using ContextFactory = std::function<std::unique_ptr<Context>(uint32_t)>;

struct RegisterContextFactory {
  explicit RegisterContextFactory(ContextFactory make);
};

inline void addRequestHeader(std::string_view key, std::string_view value) {
  proxy_add_header_map_value(0, key.data(), key.size(), value.data(), value.size());
}
