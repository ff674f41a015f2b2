// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a configuration derives from.
#ifndef TAMIS_PLUGIN_H_
#define TAMIS_PLUGIN_H_

#include "tamis/lifetime.h"
#include "tamis/types.h"

namespace tamis {

/// One configuration of the filter; lives as long as the proxy uses it.
class Plugin : public Lifetime {
 public:
  /// `text` lives as long as the plugin. False refuses to start; say why in the log.
  virtual bool configure(StringView text) {
    (void)text;
    return true;
  }
};

}  // namespace tamis

#endif  // TAMIS_PLUGIN_H_
