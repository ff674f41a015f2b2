// SPDX-License-Identifier: Apache-2.0
//
// Does nothing. The plugin lives and takes its configuration; no callback of an exchange is there.

#include <tamis/http.h>

namespace noop {

class Filter : public tamis::HttpFilter {};

}  // namespace noop

TAMIS_HTTP_FILTER(noop::Filter)
