// SPDX-License-Identifier: Apache-2.0
// An HTTP filter of the AssemblyScript SDK. Its configuration is one word: which behaviour it has.

import { Context, RootContext, registerRootContext } from "@solo-io/proxy-runtime";
import { BufferTypeValues, get_buffer_bytes } from "@solo-io/proxy-runtime/runtime";
import { Async } from "./async";
import { Behaviour } from "./behaviour";
import { Body } from "./body";
import { Callout } from "./callout";
import { Foreign } from "./foreign";
import { EditHeaders, EditTrailers } from "./headers";
import { Lifecycle } from "./lifecycle";
import { Metrics } from "./metrics";
import { Properties } from "./properties";
import { Queue } from "./queue";
import { Reply } from "./reply";
import { Shared } from "./shared";
import { Tick } from "./tick";

// All callbacks of the SDK, as its own example has it. It has none for connections, so there is no network filter; and
// its declarations of gRPC calls lack the metadata, so that no host would link them: there is no gRPC either.
export * from "@solo-io/proxy-runtime/proxy";

function behaviour(word: string, contextId: u32): Behaviour | null {
  if (word == "lifecycle") return new Lifecycle(contextId);
  if (word == "headers") return new EditHeaders(contextId);
  if (word == "trailers") return new EditTrailers(contextId);
  if (word == "body") return new Body(contextId);
  if (word == "reply") return new Reply(contextId);
  if (word == "callout") return new Callout(contextId);
  if (word == "tick") return new Tick(contextId);
  if (word == "shared") return new Shared(contextId);
  if (word == "queue") return new Queue(contextId);
  if (word == "metrics") return new Metrics(contextId);
  if (word == "properties") return new Properties(contextId);
  if (word == "foreign") return new Foreign(contextId);
  if (word == "async") return new Async(contextId);
  return null;
}

/** The root context that the SDK knows: it passes on what it is told to the one that the configuration names. */
class Guest extends RootContext {
  private chosen: Behaviour | null = null;

  // The base class would misread the configuration, so it is not called.
  onConfigure(size: u32): bool {
    const word = String.UTF8.decode(get_buffer_bytes(BufferTypeValues.PluginConfiguration, 0, size));
    const chosen = behaviour(word, this.context_id);
    if (chosen === null) return false;
    this.chosen = chosen;
    chosen.configured();
    return true;
  }

  createContext(contextId: u32): Context {
    return this.chosen!.createContext(contextId);
  }

  onTick(): void {
    this.chosen!.onTick();
  }

  onQueueReady(token: u32): void {
    this.chosen!.onQueueReady(token);
  }

  onHttpCallResponse(token: u32, headers: u32, bodySize: u32, trailers: u32): void {
    this.chosen!.onHttpCallResponse(token, headers, bodySize, trailers);
  }

  // Also when the configuration was refused.
  onDone(): bool {
    const chosen = this.chosen;
    return chosen === null || chosen.onDone();
  }
}

// The host names the root id that it wants: where tamis.toml has no root_id, that is the empty one.
registerRootContext((contextId: u32) => new Guest(contextId), "");
