// SPDX-License-Identifier: 0BSD
// Lets a request pass when it carries the right key, and answers 401 otherwise.

import {
  Context,
  FilterHeadersStatusValues,
  GrpcStatusValues,
  HeaderPair,
  LogLevelValues,
  RootContext,
  log,
  registerRootContext,
  send_local_response,
  stream_context,
} from "@solo-io/proxy-runtime";
import { BufferTypeValues, get_buffer_bytes } from "@solo-io/proxy-runtime/runtime";
import { Config } from "./config";

// What the host may call. A callback that you override below is called only if it is exported here:
// what is not exported costs nothing.
export {
  malloc,
  proxy_abi_version_0_2_0,
  proxy_on_configure,
  proxy_on_context_create,
  proxy_on_delete,
  proxy_on_request_headers,
} from "@solo-io/proxy-runtime/proxy";

/** One for each configuration. */
class Root extends RootContext {
  header: string = "";
  key: ArrayBuffer = new ArrayBuffer(0);

  // The base class would misread the configuration, and log it with the key in it, so it is not called.
  onConfigure(size: u32): bool {
    const config = new Config(get_buffer_bytes(BufferTypeValues.PluginConfiguration, 0, size));
    this.header = config.nonEmpty("header");
    this.key = String.UTF8.encode(config.nonEmpty("key"));
    if (config.error != "") {
      log(LogLevelValues.error, "configuration: " + config.error);
      return false;
    }
    return true;
  }

  createContext(contextId: u32): Context {
    return new Filter(contextId, this);
  }
}

/** One for each request with its response. */
class Filter extends Context {
  constructor(contextId: u32, private root: Root) {
    super(contextId, root);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    const given = firstValue(this.root.header);
    if (given === null) return this.deny("no");
    if (!equal(given, this.root.key)) return this.deny("wrong");
    stream_context.headers.request.remove(this.root.header);
    return FilterHeadersStatusValues.Continue;
  }

  private deny(why: string): FilterHeadersStatusValues {
    log(LogLevelValues.warn, "denied: " + why + " " + this.root.header); // never the key
    const plain = new HeaderPair(String.UTF8.encode("content-type"), String.UTF8.encode("text/plain"));
    send_local_response(401, "", String.UTF8.encode("denied\n"), [plain], GrpcStatusValues.InvalidCode);
    return FilterHeadersStatusValues.StopIteration;
  }
}

/** The first value of a request header. All headers are read: get() does not tell an empty one from a missing one. */
function firstValue(name: string): ArrayBuffer | null {
  const headers = stream_context.headers.request.get_headers();
  for (let i = 0; i < headers.length; i++) {
    if (String.UTF8.decode(headers[i].key) == name) return headers[i].value;
  }
  return null;
}

/** Compares in a time that does not tell where the first difference is. */
function equal(a: ArrayBuffer, b: ArrayBuffer): bool {
  if (a.byteLength != b.byteLength) return false;
  const left = Uint8Array.wrap(a);
  const right = Uint8Array.wrap(b);
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= left[i] ^ right[i];
  return difference == 0;
}

// The host names the root id that it wants; no other is served (root_id in tamis.toml).
registerRootContext((contextId: u32) => new Root(contextId), "my-filter");
