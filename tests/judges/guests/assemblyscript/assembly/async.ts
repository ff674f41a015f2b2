// SPDX-License-Identifier: Apache-2.0
// async: holds responses, and lets them go in the next tick, outside of any callback of theirs.

import { Context, FilterHeadersStatusValues, continue_response } from "@solo-io/proxy-runtime";
import { set_tick_period_milliseconds } from "@solo-io/proxy-runtime/runtime";
import { Behaviour, info } from "./behaviour";

export class Async extends Behaviour {
  paused: Context[] = [];

  configured(): void {
    set_tick_period_milliseconds(200);
  }

  createContext(contextId: u32): Context {
    return new AsyncStream(contextId, this);
  }

  onTick(): void {
    const paused = this.paused;
    this.paused = []; // what is paused from now on waits for the next tick
    for (let i = 0; i < paused.length; i++) {
      paused[i].setEffectiveContext();
      continue_response();
      info("resumed");
    }
  }
}

class AsyncStream extends Context {
  constructor(contextId: u32, private root: Async) {
    super(contextId, root);
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    this.root.paused.push(this);
    return FilterHeadersStatusValues.StopIteration;
  }

  // The base class would log both, in an order that depends on when the tick comes: a tick that finds two responses
  // ends them in another order than two ticks do.
  onLog(): void {}

  onDone(): bool {
    return true;
  }

  // The client may go while its response is held.
  onDelete(): void {
    const at = this.root.paused.indexOf(this);
    if (at >= 0) this.root.paused.splice(at, 1);
  }
}
