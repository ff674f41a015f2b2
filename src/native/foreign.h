// Functions outside the ABI that guests call by name; those that the core does not have itself come
// from a registry behind this interface.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "abi_table.h"

namespace tamis {

// Who calls, for functions that ask. Lives as long as the call.
class ForeignCaller {
 public:
  // As the calling context itself reads it, whatever its effective one is.
  virtual Status property(std::string_view path, std::string& value) = 0;
  // Whether the plugin declared the property to be text, not bytes.
  virtual bool textual(std::string_view name) = 0;
  // What the registry keeps for the calling plugin; it dies with the plugin.
  virtual std::shared_ptr<void>& state() = 0;

 protected:
  ~ForeignCaller() = default;
};

// Lives with its world, is used by one thread at a time.
class Foreign {
 public:
  virtual ~Foreign() = default;
  virtual bool knows(std::string_view name) = 0;
  // `result` without a value: the function has none, and nothing is allocated for it. Throws what
  // ends the run: a guest never sees a status that Envoy would not have given.
  virtual Status call(std::string_view name, std::string_view arguments, ForeignCaller& caller,
                      std::optional<std::string>& result) = 0;
  // Throws what ended the run, if anything did.
  virtual void settle() const {}
};

}  // namespace tamis
