// SPDX-License-Identifier: Apache-2.0
// properties: reads what the host knows, and what it was told.

import { Context, FilterHeadersStatusValues } from "@solo-io/proxy-runtime";
import { set_property } from "@solo-io/proxy-runtime/runtime";
import { Behaviour, info } from "./behaviour";
import { property } from "./host";

export class Properties extends Behaviour {
  createContext(contextId: u32): Context {
    return new PropertiesStream(contextId, this);
  }
}

class PropertiesStream extends Context {
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    tell("path", ["request", "path"]);
    tell("route", ["xds", "route_name"]);
    set_property("tamis_guest", String.UTF8.encode("set here"));
    tell("state", ["filter_state", "wasm.tamis_guest"]);
    return FilterHeadersStatusValues.Continue;
  }
}

function tell(name: string, path: string[]): void {
  const value = property(path);
  if (value !== null) info(name + " " + String.UTF8.decode(value));
}
