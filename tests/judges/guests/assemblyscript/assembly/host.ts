// SPDX-License-Identifier: Apache-2.0
// Host functions for which the SDK (0.1.8) has a declaration but no wrapper that works, and one that it lacks.

import { Headers, WasmResultValues } from "@solo-io/proxy-runtime";
import {
  proxy_call_foreign_function,
  proxy_dequeue_shared_queue,
  proxy_get_metric,
  proxy_get_property,
  proxy_get_shared_data,
  proxy_set_header_map_pairs,
  proxy_set_shared_data,
} from "@solo-io/proxy-runtime/imports";
import { free } from "@solo-io/proxy-runtime/malloc";
import { BufferTypeValues, HeaderMapTypeValues, Reference } from "@solo-io/proxy-runtime/runtime";

/** Where the host puts the address and the size of what it returns. */
class Returned {
  private data: Reference<usize> = new Reference<usize>();
  private size: Reference<usize> = new Reference<usize>();

  get dataPtr(): usize {
    return this.data.ptr();
  }

  get sizePtr(): usize {
    return this.size.ptr();
  }

  /** What the host has written, or null if it says that it failed; call it once. */
  taken(status: u32): ArrayBuffer | null {
    if (status != WasmResultValues.Ok) return null;
    if (this.size.data == 0) return new ArrayBuffer(0);
    const written = changetype<ArrayBuffer>(this.data.data);
    free(this.data.data); // malloc() has kept it for the host; from here on `written` does
    return written;
  }
}

// What the SDK calls proxy_set_buffer_status is linked to proxy_get_buffer_status.
// @ts-ignore: decorator
@external("env", "proxy_set_buffer_bytes")
declare function proxy_set_buffer_bytes(buffer: i32, start: u32, length: u32, data: usize, size: usize): u32;

/** Puts `data` in the place of the whole buffer. */
export function setBuffer(buffer: BufferTypeValues, data: ArrayBuffer): void {
  proxy_set_buffer_bytes(buffer, 0, u32.MAX_VALUE, changetype<usize>(data), data.byteLength);
}

/** Puts `data` behind all that the buffer holds. */
export function appendToBuffer(buffer: BufferTypeValues, data: ArrayBuffer): void {
  proxy_set_buffer_bytes(buffer, u32.MAX_VALUE, 0, changetype<usize>(data), data.byteLength);
}

/** Puts `headers` in the place of all there are. The SDK's set_headers() does not compile. */
export function setHeaders(map: HeaderMapTypeValues, headers: Headers): void {
  const pairs = serialized(headers);
  proxy_set_header_map_pairs(map, changetype<usize>(pairs), pairs.byteLength);
}

/** The number of pairs, the sizes of each name and value, then all of them, each with a zero behind it. */
function serialized(headers: Headers): ArrayBuffer {
  let size = 4;
  for (let i = 0; i < headers.length; i++) size += 8 + headers[i].key.byteLength + 1 + headers[i].value.byteLength + 1;
  const result = new ArrayBuffer(size);
  let sizes = changetype<usize>(result);
  let text = sizes + 4 + 8 * headers.length;
  store<u32>(sizes, headers.length);
  for (let i = 0; i < headers.length; i++) {
    const pair = headers[i];
    store<u32>((sizes += 4), pair.key.byteLength);
    store<u32>((sizes += 4), pair.value.byteLength);
    memory.copy(text, changetype<usize>(pair.key), pair.key.byteLength);
    text += pair.key.byteLength + 1;
    memory.copy(text, changetype<usize>(pair.value), pair.value.byteLength);
    text += pair.value.byteLength + 1;
  }
  return result;
}

/** A property, or null where there is none: there the SDK's get_property() aborts. */
export function property(path: string[]): ArrayBuffer | null {
  const joined = String.UTF8.encode(path.join("\0"));
  const value = new Returned();
  return value.taken(proxy_get_property(changetype<usize>(joined), joined.byteLength, value.dataPtr, value.sizePtr));
}

/** What a foreign function returns, or null where it fails. The SDK has no wrapper. */
export function callForeign(name: string, argument: ArrayBuffer): ArrayBuffer | null {
  const utf8 = String.UTF8.encode(name);
  const value = new Returned();
  return value.taken(proxy_call_foreign_function(
    changetype<usize>(utf8), utf8.byteLength, changetype<usize>(argument), argument.byteLength,
    value.dataPtr, value.sizePtr,
  ));
}

/** The first item of a queue, or null where it is empty. The SDK's dequeue_shared_queue() does not compile. */
export function dequeue(token: u32): ArrayBuffer | null {
  const item = new Returned();
  return item.taken(proxy_dequeue_shared_queue(token, item.dataPtr, item.sizePtr));
}

/** The SDK's get_metric() records instead. */
export function metricValue(id: u32): u64 {
  const value = new Reference<u64>();
  proxy_get_metric(id, value.ptr());
  return value.data;
}

/** A value of the shared data, or null where there is none, and the number of its version. */
export class SharedValue {
  constructor(public value: ArrayBuffer | null, public cas: u32) {}
}

/** The SDK's get_shared_data() has no way out for the value. */
export function getShared(key: string): SharedValue {
  const utf8 = String.UTF8.encode(key);
  const value = new Returned();
  const cas = new Reference<u32>();
  const status = proxy_get_shared_data(
    changetype<usize>(utf8), utf8.byteLength, value.dataPtr, value.sizePtr, cas.ptr(),
  );
  return new SharedValue(value.taken(status), cas.data);
}

/** The SDK's set_shared_data() does not compile, and has no way in for the value. */
export function setShared(key: string, value: string, cas: u32): WasmResultValues {
  const utf8 = String.UTF8.encode(key);
  const data = String.UTF8.encode(value);
  return proxy_set_shared_data(changetype<usize>(utf8), utf8.byteLength, changetype<usize>(data), data.byteLength, cas);
}
