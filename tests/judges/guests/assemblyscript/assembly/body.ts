// SPDX-License-Identifier: Apache-2.0
// body: holds the request's body until it is whole, and puts it in brackets; appends to each part of the response's.

import {
  Context,
  FilterDataStatusValues,
  FilterHeadersStatusValues,
  FilterTrailersStatusValues,
  stream_context,
} from "@solo-io/proxy-runtime";
import { BufferTypeValues, get_buffer_bytes } from "@solo-io/proxy-runtime/runtime";
import { Behaviour } from "./behaviour";
import { appendToBuffer, setBuffer } from "./host";

export class Body extends Behaviour {
  createContext(contextId: u32): Context {
    return new BodyStream(contextId, this);
  }
}

class BodyStream extends Context {
  private holding: bool = false;

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    stream_context.headers.request.remove("content-length"); // it changes
    return FilterHeadersStatusValues.Continue;
  }

  onRequestBody(size: usize, endOfStream: bool): FilterDataStatusValues {
    this.holding = !endOfStream;
    if (this.holding) return FilterDataStatusValues.StopIterationAndBuffer;
    bracket();
    return FilterDataStatusValues.Continue;
  }

  // Where there are trailers, no body callback says endOfStream: the body ends here.
  onRequestTrailers(count: u32): FilterTrailersStatusValues {
    if (this.holding) bracket();
    return FilterTrailersStatusValues.Continue;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    stream_context.headers.response.remove("content-length");
    return FilterHeadersStatusValues.Continue;
  }

  onResponseBody(size: usize, endOfStream: bool): FilterDataStatusValues {
    appendToBuffer(BufferTypeValues.HttpResponseBody, String.UTF8.encode("!"));
    return FilterDataStatusValues.Continue;
  }
}

function bracket(): void {
  const body = get_buffer_bytes(BufferTypeValues.HttpRequestBody, 0, u32.MAX_VALUE);
  const bracketed = new Uint8Array(body.byteLength + 2);
  bracketed[0] = 0x5b; // [
  bracketed.set(Uint8Array.wrap(body), 1);
  bracketed[body.byteLength + 1] = 0x5d; // ]
  setBuffer(BufferTypeValues.HttpRequestBody, bracketed.buffer);
}
