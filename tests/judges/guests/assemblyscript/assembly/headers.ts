// SPDX-License-Identifier: Apache-2.0
// headers and trailers: read, add, replace and remove fields.

import {
  Context,
  FilterHeadersStatusValues,
  FilterTrailersStatusValues,
  stream_context,
} from "@solo-io/proxy-runtime";
import { HeaderMapTypeValues, add_header_map_value } from "@solo-io/proxy-runtime/runtime";
import { Behaviour, firstValue, pair } from "./behaviour";
import { setHeaders } from "./host";

export class EditHeaders extends Behaviour {
  createContext(contextId: u32): Context {
    return new HeadersStream(contextId, this);
  }
}

class HeadersStream extends Context {
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    const headers = stream_context.headers.request;
    const given = firstValue(headers.get_headers(), "x-in");
    // A value need not be UTF-8, so it does not become a string.
    const out = given === null ? String.UTF8.encode("none") : given;
    add_header_map_value(HeaderMapTypeValues.RequestHeaders, String.UTF8.encode("x-out"), out);
    headers.replace("x-set", "new");
    headers.remove("x-gone");
    return FilterHeadersStatusValues.Continue;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatusValues {
    const headers = stream_context.headers.response.get_headers();
    headers.push(pair("x-all", headers.length.toString()));
    setHeaders(HeaderMapTypeValues.ResponseHeaders, headers);
    return FilterHeadersStatusValues.Continue;
  }
}

export class EditTrailers extends Behaviour {
  createContext(contextId: u32): Context {
    return new TrailersStream(contextId, this);
  }
}

class TrailersStream extends Context {
  onRequestTrailers(count: u32): FilterTrailersStatusValues {
    stream_context.trailers.request.add("x-t", "request");
    return FilterTrailersStatusValues.Continue;
  }

  onResponseTrailers(count: u32): FilterTrailersStatusValues {
    stream_context.trailers.response.add("x-t", "response");
    stream_context.trailers.response.remove("x-gone");
    return FilterTrailersStatusValues.Continue;
  }
}
