// SPDX-License-Identifier: 0BSD
// Sets one header on every request and every response, and takes x-powered-by off responses.

import {
  Context,
  FilterHeadersStatusValues,
  LogLevelValues,
  RootContext,
  log,
  registerRootContext,
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
  proxy_on_response_headers,
} from "@solo-io/proxy-runtime/proxy";

/** One for each configuration. */
class Root extends RootContext {
  header: string = "";
  value: string = "";

  // The base class would misread the configuration, so it is not called.
  onConfigure(size: u32): bool {
    const config = new Config(get_buffer_bytes(BufferTypeValues.PluginConfiguration, 0, size));
    this.header = config.nonEmpty("header");
    this.value = config.text("value");
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
    stream_context.headers.request.replace(this.root.header, this.root.value);
    return FilterHeadersStatusValues.Continue;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    stream_context.headers.response.replace(this.root.header, this.root.value);
    stream_context.headers.response.remove("x-powered-by");
    return FilterHeadersStatusValues.Continue;
  }
}

// The host names the root id that it wants; no other is served (root_id in tamis.toml).
registerRootContext((contextId: u32) => new Root(contextId), "my-filter");
