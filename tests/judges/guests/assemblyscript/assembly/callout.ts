// SPDX-License-Identifier: Apache-2.0
// callout: asks another service whether a request may pass.

import {
  Context,
  FilterHeadersStatusValues,
  HeaderPair,
  WasmResultValues,
  continue_request,
  stream_context,
} from "@solo-io/proxy-runtime";
import {
  BufferTypeValues,
  HeaderMapTypeValues,
  add_header_map_value,
  get_buffer_bytes,
} from "@solo-io/proxy-runtime/runtime";
import { Behaviour, firstValue, info, pair, reply } from "./behaviour";

const CLUSTER = "authz";
const TIMEOUT: u32 = 1000; // milliseconds

export class Callout extends Behaviour {
  createContext(contextId: u32): Context {
    return new CalloutStream(contextId, this);
  }
}

class CalloutStream extends Context {
  private gone: bool = false;

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    const headers = [pair(":method", "GET"), pair(":path", "/check"), pair(":authority", CLUSTER)];
    const user = firstValue(stream_context.headers.request.get_headers(), "x-user");
    if (user !== null) headers.push(new HeaderPair(String.UTF8.encode("x-user"), user));
    const called = this.root_context.httpCall(CLUSTER, headers, new ArrayBuffer(0), [], TIMEOUT, this, onAnswer);
    if (called != WasmResultValues.Ok) reply(503, String.UTF8.encode("no cluster"), []);
    return FilterHeadersStatusValues.StopIteration; // until the answer is here
  }

  onDelete(): void {
    this.gone = true;
  }

  /** The SDK has made this stream the one that is spoken about. */
  onAnswer(count: u32, size: u32, trailers: u32): void {
    if (this.gone) return; // nobody waits any more
    if (count == 0) {
      reply(504, String.UTF8.encode("no authz"), []);
      return;
    }
    const status = stream_context.headers.http_callback.get(":status");
    const body = get_buffer_bytes(BufferTypeValues.HttpCallResponseBody, 0, size);
    if (status != "200") {
      reply(403, body, []);
      return;
    }
    add_header_map_value(HeaderMapTypeValues.RequestHeaders, String.UTF8.encode("x-authz"), body);
    info("authz " + status + " " + trailers.toString());
    continue_request();
  }
}

// The SDK takes no closure.
function onAnswer(origin: Context, count: u32, size: usize, trailers: u32): void {
  changetype<CalloutStream>(origin).onAnswer(count, <u32>size, trailers);
}
