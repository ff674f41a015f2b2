// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything an HTTP filter needs:
//
//   #include <tamis/http.h>
//   class Hello : public tamis::HttpFilter {
//    public:
//     tamis::FilterStatus on_response_headers(tamis::Headers& headers, bool) override {
//       headers.set("x-hello", "world");
//       return tamis::FilterStatus::Continue;
//     }
//   };
//   TAMIS_HTTP_FILTER(Hello)
#ifndef TAMIS_HTTP_H_
#define TAMIS_HTTP_H_

#include "tamis/filter.h"
#include "tamis/proxy.h"

#if defined(TAMIS_ENVOY)
#include "tamis/backend/envoy_http.h"
#else
#include "tamis/backend/wasm_http.h"
#endif

#endif  // TAMIS_HTTP_H_
