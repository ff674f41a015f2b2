-- SPDX-License-Identifier: Apache-2.0
-- noop: called for each request, and does nothing. Without any function Envoy would skip it.

function envoy_on_request(handle)
end
