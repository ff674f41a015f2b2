// SPDX-License-Identifier: 0BSD
// Replaces a text in response bodies that are not encoded.

import {
  Context,
  FilterDataStatusValues,
  FilterHeadersStatusValues,
  FilterTrailersStatusValues,
  LogLevelValues,
  RootContext,
  log,
  registerRootContext,
  stream_context,
} from "@solo-io/proxy-runtime";
import { BufferTypeValues, get_buffer_bytes } from "@solo-io/proxy-runtime/runtime";
import { replaceAll, setBuffer } from "./bytes";
import { Config } from "./config";

// What the host may call. A callback that you override below is called only if it is exported here:
// what is not exported costs nothing.
export {
  malloc,
  proxy_abi_version_0_2_0,
  proxy_on_configure,
  proxy_on_context_create,
  proxy_on_delete,
  proxy_on_response_body,
  proxy_on_response_headers,
  proxy_on_response_trailers,
} from "@solo-io/proxy-runtime/proxy";

/** One for each configuration. */
class Root extends RootContext {
  find: ArrayBuffer = new ArrayBuffer(0);
  replace: ArrayBuffer = new ArrayBuffer(0);

  // The base class would misread the configuration, so it is not called.
  onConfigure(size: u32): bool {
    const config = new Config(get_buffer_bytes(BufferTypeValues.PluginConfiguration, 0, size));
    this.find = String.UTF8.encode(config.nonEmpty("find"));
    this.replace = String.UTF8.encode(config.text("replace"));
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
  private holding: bool = false; // the body is held back, to be rewritten when it is whole

  constructor(contextId: u32, private root: Root) {
    super(contextId, root);
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    const encoding = stream_context.headers.response.get("content-encoding"); // "" if there is none
    if (!endOfStream && (encoding == "" || encoding == "identity")) {
      this.holding = true;
      stream_context.headers.response.remove("content-length"); // it may change
    }
    return FilterHeadersStatusValues.Continue;
  }

  onResponseBody(size: usize, endOfStream: bool): FilterDataStatusValues {
    if (this.holding && !endOfStream) return FilterDataStatusValues.StopIterationAndBuffer;
    this.rewrite();
    return FilterDataStatusValues.Continue;
  }

  // Where there are trailers, no body callback says endOfStream: the body ends here.
  onResponseTrailers(count: u32): FilterTrailersStatusValues {
    this.rewrite();
    return FilterTrailersStatusValues.Continue;
  }

  private rewrite(): void {
    if (!this.holding) return;
    this.holding = false;
    const body = get_buffer_bytes(BufferTypeValues.HttpResponseBody, 0, u32.MAX_VALUE);
    const changed = replaceAll(body, this.root.find, this.root.replace);
    if (changed !== body) setBuffer(BufferTypeValues.HttpResponseBody, changed);
  }
}

// The host names the root id that it wants; no other is served (root_id in tamis.toml).
registerRootContext((contextId: u32) => new Root(contextId), "my-filter");
