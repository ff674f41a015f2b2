// SPDX-License-Identifier: Apache-2.0
// What all behaviours have: a root context that is told when the configuration has named it, and short words for what
// they do often.

import {
  GrpcStatusValues,
  HeaderPair,
  Headers,
  LogLevelValues,
  RootContext,
  log,
  send_local_response,
} from "@solo-io/proxy-runtime";

export abstract class Behaviour extends RootContext {
  /** Called in on_configure. */
  configured(): void {}
}

export function info(text: string): void {
  log(LogLevelValues.info, text);
}

export function pair(name: string, value: string): HeaderPair {
  return new HeaderPair(String.UTF8.encode(name), String.UTF8.encode(value));
}

/** The first value under a name, or null. The SDK's get() does not tell an empty value from a missing one. */
export function firstValue(headers: Headers, name: string): ArrayBuffer | null {
  for (let i = 0; i < headers.length; i++) {
    if (String.UTF8.decode(headers[i].key) == name) return headers[i].value;
  }
  return null;
}

export function reply(status: u32, body: ArrayBuffer, headers: Headers): void {
  send_local_response(status, "", body, headers, GrpcStatusValues.InvalidCode);
}
