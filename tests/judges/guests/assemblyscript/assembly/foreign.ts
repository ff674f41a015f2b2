// SPDX-License-Identifier: Apache-2.0
// foreign: calls functions that the host may have beyond the ABI.

import { Context, FilterHeadersStatusValues } from "@solo-io/proxy-runtime";
import { Behaviour, info } from "./behaviour";
import { callForeign } from "./host";

export class Foreign extends Behaviour {
  createContext(contextId: u32): Context {
    return new ForeignStream(contextId, this);
  }
}

class ForeignStream extends Context {
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    const text = "aaaaaaaaaaaaaaaaaaaa";
    const small = callForeign("compress", String.UTF8.encode(text));
    if (small !== null) {
      const back = callForeign("uncompress", small);
      if (back !== null && String.UTF8.decode(back) == text) info("round trip ok");
    }
    if (callForeign("nothing", new ArrayBuffer(0)) === null) info("no such function");
    return FilterHeadersStatusValues.Continue;
  }
}
