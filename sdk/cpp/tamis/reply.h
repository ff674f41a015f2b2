// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Answering in place of the upstream.
#ifndef TAMIS_REPLY_H_
#define TAMIS_REPLY_H_

#include "tamis/backend/backend.h"
#include "tamis/types.h"

namespace tamis {

/// reply({.status = 403, .body = "no", .details = "denied_by_policy"})
struct Reply {
  uint32_t status = 200;
  StringView body = {};
  Span<Header> headers = {};
  /// Shown in access logs as the response code's details; no spaces.
  StringView details = {};
  /// Of a gRPC request, 0 to 16; -1: the proxy derives it from `status`.
  int32_t grpc_status = -1;
};

/// The proxy answers when the callback returns, whatever status it returns; the first reply wins.
/// This filter's own response callbacks still run on it.
inline void reply(const Reply& with) {
  backend::reply(with.status, with.details, with.body, with.headers, with.grpc_status);
}

}  // namespace tamis

#endif  // TAMIS_REPLY_H_
