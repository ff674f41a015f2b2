// SPDX-License-Identifier: Apache-2.0
// reply: answers by itself, before the upstream is asked (/deny) or once it has answered (/late).

import { Context, FilterHeadersStatusValues, stream_context } from "@solo-io/proxy-runtime";
import { Behaviour, pair, reply } from "./behaviour";

export class Reply extends Behaviour {
  createContext(contextId: u32): Context {
    return new ReplyStream(contextId, this);
  }
}

class ReplyStream extends Context {
  private path: string = ""; // request headers are not there any more when the response comes

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    this.path = stream_context.headers.request.get(":path");
    if (this.path != "/deny") return FilterHeadersStatusValues.Continue;
    reply(403, String.UTF8.encode("denied"), [pair("x-why", "path")]);
    return FilterHeadersStatusValues.StopIteration;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    if (this.path != "/late") return FilterHeadersStatusValues.Continue;
    reply(500, String.UTF8.encode("late"), []);
    return FilterHeadersStatusValues.StopIteration;
  }
}
