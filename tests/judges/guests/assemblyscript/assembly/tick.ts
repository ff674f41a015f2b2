// SPDX-License-Identifier: Apache-2.0
// tick: counts ticks up to three, and tells each request how many there were.

import { Context, FilterHeadersStatusValues, stream_context } from "@solo-io/proxy-runtime";
import { set_tick_period_milliseconds } from "@solo-io/proxy-runtime/runtime";
import { Behaviour, info } from "./behaviour";

export class Tick extends Behaviour {
  ticks: i32 = 0;

  configured(): void {
    set_tick_period_milliseconds(250);
  }

  createContext(contextId: u32): Context {
    return new TickStream(contextId, this);
  }

  onTick(): void {
    this.ticks++;
    info("tick " + this.ticks.toString());
    if (this.ticks == 3) set_tick_period_milliseconds(0); // no more of them
  }
}

class TickStream extends Context {
  constructor(contextId: u32, private root: Tick) {
    super(contextId, root);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    stream_context.headers.request.add("x-ticks", this.root.ticks.toString());
    return FilterHeadersStatusValues.Continue;
  }
}
