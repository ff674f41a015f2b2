// SPDX-License-Identifier: Apache-2.0
// metrics: one of each kind.

import { Context, Counter, FilterHeadersStatusValues, Gauge, Histogram } from "@solo-io/proxy-runtime";
import { Behaviour, info } from "./behaviour";
import { metricValue } from "./host";

export class Metrics extends Behaviour {
  requests: Counter | null = null;
  active: Gauge | null = null;
  size: Histogram | null = null;

  configured(): void {
    this.requests = new Counter("guest.requests");
    this.active = new Gauge("guest.active");
    this.size = new Histogram("guest.size");
  }

  createContext(contextId: u32): Context {
    return new MetricsStream(contextId, this);
  }
}

class MetricsStream extends Context {
  constructor(contextId: u32, private root: Metrics) {
    super(contextId, root);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    const requests = this.root.requests!;
    const active = this.root.active!;
    const size = this.root.size!;
    requests.increment(1);
    active.record(active.metric_id, 5);
    active.increment(-2);
    size.record(size.metric_id, 7);
    info("requests " + metricValue(requests.metric_id).toString());
    return FilterHeadersStatusValues.Continue;
  }
}
