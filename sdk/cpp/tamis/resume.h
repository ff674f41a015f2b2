// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Going on after a pause, and cutting a stream.
#ifndef TAMIS_RESUME_H_
#define TAMIS_RESUME_H_

#include "tamis/backend/backend.h"
#include "tamis/types.h"

namespace tamis {

/// The request goes on when the callback returns: what its headers get until then still counts.
inline void resume_request() { backend::resume(Half::Request); }

/// As resume_request(). Never before on_response_headers, and never in on_log: that crashes Envoy.
inline void resume_response() { backend::resume(Half::Response); }

/// Of a connection: what its client sent goes on to the upstream.
inline void resume_downstream() { backend::resume(Half::Downstream); }

/// The exchange ends without an answer when the callback returns.
inline void reset_stream() { backend::close(Half::Request); }

/// The connection to the client is closed when the callback returns, after what is on its way.
inline void close_connection() { backend::close(Half::Downstream); }

}  // namespace tamis

#endif  // TAMIS_RESUME_H_
