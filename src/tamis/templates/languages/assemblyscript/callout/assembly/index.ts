// SPDX-License-Identifier: 0BSD
// Asks another service whether a request may pass, and who sends it.

import {
  Context,
  Counter,
  FilterHeadersStatusValues,
  GrpcStatusValues,
  HeaderPair,
  Headers,
  LogLevelValues,
  RootContext,
  WasmResultValues,
  continue_request,
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
  proxy_on_http_call_response,
  proxy_on_request_headers,
} from "@solo-io/proxy-runtime/proxy";

/** One for each configuration. */
class Root extends RootContext {
  cluster: string = "";
  path: string = "";
  timeout: u32 = 0;
  failOpen: bool = false;
  allowed: Counter | null = null;
  denied: Counter | null = null;
  failed: Counter | null = null;

  // The base class would misread the configuration, so it is not called.
  onConfigure(size: u32): bool {
    const config = new Config(get_buffer_bytes(BufferTypeValues.PluginConfiguration, 0, size));
    this.cluster = config.nonEmpty("cluster");
    this.path = config.nonEmpty("path");
    this.timeout = config.integer("timeout_ms", 500, 1, 60000);
    this.failOpen = config.boolean("fail_open", false);
    if (config.error != "") {
      log(LogLevelValues.error, "configuration: " + config.error);
      return false;
    }
    this.allowed = new Counter("my-filter.allowed");
    this.denied = new Counter("my-filter.denied");
    this.failed = new Counter("my-filter.failed");
    return true;
  }

  createContext(contextId: u32): Context {
    return new Filter(contextId, this);
  }
}

/** One for each request with its response. */
class Filter extends Context {
  private gone: bool = false;

  constructor(contextId: u32, private root: Root) {
    super(contextId, root);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    const headers = [
      header(":method", "GET"),
      header(":path", this.root.path),
      header(":authority", stream_context.headers.request.get(":authority")),
      header("x-original-path", stream_context.headers.request.get(":path")),
    ];
    const called = this.root.httpCall(
      this.root.cluster, headers, new ArrayBuffer(0), [], this.root.timeout, this, onAnswer,
    );
    if (called != WasmResultValues.Ok && this.fail(0)) return FilterHeadersStatusValues.Continue;
    return FilterHeadersStatusValues.StopIteration; // until the answer is here
  }

  onDelete(): void {
    this.gone = true;
  }

  /**
   * A service that cannot be reached is 503 and one that took too long 504, as if it had said so itself; an answer
   * that was cut has no headers.
   */
  onAnswer(count: u32): void {
    if (this.gone) return; // nobody waits any more
    let headers: Headers = [];
    if (count > 0) headers = stream_context.headers.http_callback.get_headers();
    const digits = valueOf(headers, ":status");
    const status = digits === null ? 0 : <i32>parseInt(String.UTF8.decode(digits));
    if (status == 200) {
      this.root.allowed!.increment(1);
      name(valueOf(headers, "x-user"));
    } else if (status == 0 || status >= 500) {
      if (!this.fail(status)) return;
    } else {
      this.root.denied!.increment(1);
      reply(403, "denied\n");
      return;
    }
    continue_request();
  }

  /** Whether the request goes on although nobody said so. */
  private fail(status: i32): bool {
    this.root.failed!.increment(1);
    log(LogLevelValues.warn, this.root.cluster + " failed: " + status.toString());
    if (this.root.failOpen) name(null);
    else reply(503, "unavailable\n");
    return this.root.failOpen;
  }
}

function onAnswer(origin: Context, count: u32, size: usize, trailers: u32): void {
  changetype<Filter>(origin).onAnswer(count);
}

/** Tells the upstream who sends the request: what a client says about itself does not count. */
function name(user: ArrayBuffer | null): void {
  const headers = stream_context.headers.request;
  if (user === null) headers.remove("x-user");
  else headers.replace("x-user", String.UTF8.decode(user));
}

function reply(status: u32, body: string): void {
  send_local_response(status, "", String.UTF8.encode(body), [], GrpcStatusValues.InvalidCode);
}

function header(name: string, value: string): HeaderPair {
  return new HeaderPair(String.UTF8.encode(name), String.UTF8.encode(value));
}

function valueOf(headers: Headers, name: string): ArrayBuffer | null {
  for (let i = 0; i < headers.length; i++) {
    if (String.UTF8.decode(headers[i].key) == name) return headers[i].value;
  }
  return null;
}

// The host names the root id that it wants; no other is served (root_id in tamis.toml).
registerRootContext((contextId: u32) => new Root(contextId), "my-filter");
