// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a filter of connections derives from.
#ifndef TAMIS_NETWORK_FILTER_H_
#define TAMIS_NETWORK_FILTER_H_

#include "tamis/body.h"
#include "tamis/filter.h"
#include "tamis/lifetime.h"
#include "tamis/types.h"

namespace tamis {

/// Who closed a connection; of the upstream's the proxy does not tell.
enum class Peer : uint32_t { Unknown = 0, Local = 1, Remote = 2 };

/// One connection of a client, and the one to its upstream. Override what you need: only that is
/// ever called, and only that costs.
class NetworkFilter : public Lifetime {
 public:
  /// Pause holds what the client sends until it is resumed.
  virtual FilterStatus on_new_connection() { return FilterStatus::Continue; }

  /// What came since the last Continue. Pause holds it and calls again with more. When the client
  /// sends no more, this is called with `end_of_stream`, and maybe without data.
  virtual FilterStatus on_downstream_data(Body& data, bool end_of_stream) {
    (void)data, (void)end_of_stream;
    return FilterStatus::Continue;
  }
  /// The same of what the upstream sends.
  virtual FilterStatus on_upstream_data(Body& data, bool end_of_stream) {
    (void)data, (void)end_of_stream;
    return FilterStatus::Continue;
  }
  virtual void on_downstream_close(Peer by) { (void)by; }
  /// Only when the upstream ended its direction first.
  virtual void on_upstream_close(Peer by) { (void)by; }
  /// The connection is over. Of connections, first this is called and then on_log.
  virtual void on_done() {}
  virtual void on_log() {}
};

}  // namespace tamis

#endif  // TAMIS_NETWORK_FILTER_H_
