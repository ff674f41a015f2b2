// SPDX-License-Identifier: Apache-2.0
// lifecycle: writes down which callbacks come, and what they say.

import {
  Context,
  FilterDataStatusValues,
  FilterHeadersStatusValues,
  FilterTrailersStatusValues,
} from "@solo-io/proxy-runtime";
import { Behaviour, info } from "./behaviour";

export class Lifecycle extends Behaviour {
  configured(): void {
    info("configured lifecycle");
  }

  createContext(contextId: u32): Context {
    return new LifecycleStream(contextId, this);
  }
}

class LifecycleStream extends Context {
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    info("request headers " + count.toString() + end(endOfStream));
    return FilterHeadersStatusValues.Continue;
  }

  onRequestBody(size: usize, endOfStream: bool): FilterDataStatusValues {
    info("request body " + size.toString() + end(endOfStream));
    return FilterDataStatusValues.Continue;
  }

  onRequestTrailers(count: u32): FilterTrailersStatusValues {
    info("request trailers " + count.toString());
    return FilterTrailersStatusValues.Continue;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    info("response headers " + count.toString() + end(endOfStream));
    return FilterHeadersStatusValues.Continue;
  }

  onResponseBody(size: usize, endOfStream: bool): FilterDataStatusValues {
    info("response body " + size.toString() + end(endOfStream));
    return FilterDataStatusValues.Continue;
  }

  onResponseTrailers(count: u32): FilterTrailersStatusValues {
    info("response trailers " + count.toString());
    return FilterTrailersStatusValues.Continue;
  }

  onDone(): bool {
    info("done");
    return true;
  }
}

function end(endOfStream: bool): string {
  return endOfStream ? " end=true" : " end=false";
}
