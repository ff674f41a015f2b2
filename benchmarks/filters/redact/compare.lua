-- SPDX-License-Identifier: Apache-2.0
-- redact, by the rules of scanner.h, but for a body that is held as a whole.

local function is_card(digits)
  if #digits < 13 or #digits > 19 then return false end
  local sum = 0
  for at = 1, #digits do
    local value = digits:byte(at) - 48
    if (#digits - at) % 2 == 1 then
      value = value * 2
      if value > 9 then value = value - 9 end
    end
    sum = sum + value
  end
  return sum % 10 == 0
end

-- Where the longest card number that begins at `start` ends, and its last four digits; or nil.
local function find(text, start, bare)
  local digits, at = "", start
  local stop, last
  while #digits <= 19 do
    local group = text:match("^%d+", at)
    digits, at = digits .. group, at + #group
    local fraction = text:find("^%.%d", at)
    if not fraction and not text:find("^[%a_]", at) and is_card(digits) then
      stop, last = at, digits:sub(-4)
    end
    if fraction or bare or not text:find("^[ -]%d", at) then break end
    at = at + 1
  end
  return stop, last
end

-- Whether the character before `at` makes its digits part of something else.
local function continues(text, at, bare)
  local before = text:sub(at - 1, at - 1)
  return before:find("[%w_]") or (bare and before == "-") or text:sub(at - 2, at - 1):find("%d%.$")
end

-- The next character that means something.
local function next_of(text, at, json, in_string)
  return text:find((json and (in_string and '[%d"\\]' or '[%d"]')) or "%d", at)
end

local function redact(text, json)
  local out, copied, at, in_string, escaped = {}, 1, 1, false, 0
  while true do
    at = next_of(text, at, json, in_string)
    if not at then break end
    local c = text:sub(at, at)
    if c == '"' then
      in_string, at = not in_string, at + 1
    elseif c == "\\" then
      at = at + (text:sub(at + 1, at + 1) == "u" and 6 or 2)
      escaped = at
    else
      local bare = json and not in_string
      local stop, last
      if escaped == at or not continues(text, at, bare) then stop, last = find(text, at, bare) end
      if stop then
        out[#out + 1] = text:sub(copied, at - 1)
        out[#out + 1] = bare and '"****' .. last .. '"' or "****" .. last
        copied = stop
      end
      at = stop or text:find("%D", at) or #text + 1
    end
  end
  if copied == 1 then return nil end
  out[#out + 1] = text:sub(copied)
  return table.concat(out)
end

function envoy_on_response(handle)
  local headers = handle:headers()
  if (headers:get("content-encoding") or "identity") ~= "identity" then return end
  local kind = (headers:get("content-type") or "text/plain"):lower()
  local json = kind:find("json", 1, true) ~= nil
  if not (json or kind:find("^text/") or kind:find("xml", 1, true)) then return end
  local body = handle:body()
  if body == nil then return end
  local written = redact(body:getBytes(0, body:length()), json)
  if written then body:setBytes(written) end
end
