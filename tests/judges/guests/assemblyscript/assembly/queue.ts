// SPDX-License-Identifier: Apache-2.0
// queue: puts the path of each request into a queue, and takes out all there is when the host says that it has some.

import { Context, FilterHeadersStatusValues, WasmResultValues, stream_context } from "@solo-io/proxy-runtime";
import {
  Reference,
  enqueue_shared_queue,
  register_shared_queue,
  resolve_shared_queue,
} from "@solo-io/proxy-runtime/runtime";
import { Behaviour, info } from "./behaviour";
import { dequeue } from "./host";

export class Queue extends Behaviour {
  jobs: u32 = 0;

  // The SDK declares the token as a number, yet hands it to the host, which writes the token there: it is an address.
  configured(): void {
    const token = new Reference<u32>();
    register_shared_queue("jobs", <u32>token.ptr());
    this.jobs = token.data;
  }

  createContext(contextId: u32): Context {
    return new QueueStream(contextId, this);
  }

  onQueueReady(token: u32): void {
    for (let job = dequeue(token); job !== null; job = dequeue(token)) info("job " + String.UTF8.decode(job));
    info("empty");
  }
}

class QueueStream extends Context {
  constructor(contextId: u32, private root: Queue) {
    super(contextId, root);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    enqueue_shared_queue(this.root.jobs, String.UTF8.encode(stream_context.headers.request.get(":path")));
    const token = new Reference<u32>();
    if (resolve_shared_queue("nowhere", "nowhere", <u32>token.ptr()) == WasmResultValues.NotFound) info("no queue");
    return FilterHeadersStatusValues.Continue;
  }
}
