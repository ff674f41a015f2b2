-- SPDX-License-Identifier: Apache-2.0
-- six-reads: FNV-1a of 32 bits.

local bit = require("bit")
local names = {":method", ":path", ":authority", "accept", "cookie", "user-agent"}

-- Numbers are doubles here: the prime 0x01000193 is multiplied in two parts, neither of which
-- exceeds 53 bits.
local function add(hash, bytes)
  for at = 1, #bytes do
    local mixed = bit.bxor(hash, bytes:byte(at)) % 0x100000000
    hash = (mixed * 0x193 + bit.lshift(mixed, 24)) % 0x100000000
  end
  return hash
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local hash, found = 0x811c9dc5, 0
  for _, name in ipairs(names) do
    local value = headers:get(name)
    if value ~= nil then
      found = found + 1
      hash = add(hash, value)
    end
    hash = add(hash, "\n")
  end
  headers:replace("x-hash", bit.tohex(hash))
  headers:replace("x-hashed", tostring(found))
end
