// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything a filter of connections needs:
//
//   #include <tamis/network.h>
//   class Once : public tamis::NetworkFilter {
//    public:
//     tamis::FilterStatus on_downstream_data(tamis::Body& data, bool) override {
//       if (data.read(0, 4) == "QUIT") tamis::close_connection();
//       return tamis::FilterStatus::Continue;
//     }
//   };
//   TAMIS_NETWORK_FILTER(Once)
#ifndef TAMIS_NETWORK_H_
#define TAMIS_NETWORK_H_

#include "tamis/network_filter.h"
#include "tamis/proxy.h"

#if defined(TAMIS_ENVOY)
#error "tamis: a dynamic module of Envoy filters exchanges; filters of connections have none"
#else
#include "tamis/backend/wasm_network.h"
#endif

#endif  // TAMIS_NETWORK_H_
