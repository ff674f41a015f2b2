// SPDX-License-Identifier: 0BSD
// Bodies are bytes, not strings: they need not be UTF-8.

import { BufferTypeValues } from "@solo-io/proxy-runtime/runtime";

// The runtime library does not have this host function.
// @ts-ignore: decorator
@external("env", "proxy_set_buffer_bytes")
declare function proxy_set_buffer_bytes(buffer: i32, start: u32, length: u32, data: usize, size: usize): u32;

/** Puts `data` in the place of the whole buffer. */
export function setBuffer(buffer: BufferTypeValues, data: ArrayBuffer): void {
  proxy_set_buffer_bytes(buffer, 0, u32.MAX_VALUE, changetype<usize>(data), data.byteLength);
}

/** `text` with every `find` replaced, from left to right; `text` itself if there is none. `find` is not empty. */
export function replaceAll(text: ArrayBuffer, find: ArrayBuffer, replace: ArrayBuffer): ArrayBuffer {
  const places: i32[] = [];
  for (let at = indexOf(text, find, 0); at >= 0; at = indexOf(text, find, at + find.byteLength)) places.push(at);
  if (places.length == 0) return text;

  const result = new ArrayBuffer(text.byteLength + places.length * (replace.byteLength - find.byteLength));
  const from = changetype<usize>(text);
  let to = changetype<usize>(result);
  let done = 0; // how much of text is dealt with
  for (let i = 0; i < places.length; i++) {
    const kept = places[i] - done;
    memory.copy(to, from + done, kept);
    memory.copy(to + kept, changetype<usize>(replace), replace.byteLength);
    to += kept + replace.byteLength;
    done = places[i] + find.byteLength;
  }
  memory.copy(to, from + done, text.byteLength - done);
  return result;
}

function indexOf(text: ArrayBuffer, find: ArrayBuffer, start: i32): i32 {
  const last = text.byteLength - find.byteLength;
  for (let at = start; at <= last; at++) {
    if (memory.compare(changetype<usize>(text) + at, changetype<usize>(find), find.byteLength) == 0) return at;
  }
  return -1;
}
