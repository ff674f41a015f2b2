-- SPDX-License-Identifier: Apache-2.0
-- one-header.

function envoy_on_request(handle)
  handle:headers():add("x-tamis", "one-header")
end
