// SPDX-License-Identifier: Apache-2.0
// shared: counts requests in the data that all workers share.

import { Context, FilterHeadersStatusValues, WasmResultValues, stream_context } from "@solo-io/proxy-runtime";
import { Behaviour, info } from "./behaviour";
import { getShared, setShared } from "./host";

const STALE: u32 = u32.MAX_VALUE; // no version that the host ever gave

export class Shared extends Behaviour {
  createContext(contextId: u32): Context {
    return new SharedStream(contextId, this);
  }
}

class SharedStream extends Context {
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    const known = getShared("count");
    const value = known.value;
    let requests = 1;
    if (value !== null && value.byteLength > 0) requests += <i32>parseInt(String.UTF8.decode(value));
    setShared("count", requests.toString(), known.cas);
    if (setShared("count", "never", STALE) == WasmResultValues.CasMismatch) info("cas mismatch");
    stream_context.headers.request.add("x-count", requests.toString());
    return FilterHeadersStatusValues.Continue;
  }
}
