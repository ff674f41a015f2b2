// SPDX-License-Identifier: Apache-2.0
//
// Uses every call once, and carries something from the request to the response.

#include <proxy_wasm.h>

struct exchange {
  pw_view kept;
  size_t bodies;
};

static enum pw_action on_request_headers(struct pw_context* stream, bool end_of_stream) {
  struct exchange* exchange = pw_state(stream);
  struct pw_header* headers = NULL;
  const size_t count = pw_get_headers(PW_REQUEST_HEADERS, &headers);
  for (size_t at = 0; at < count; ++at) {
    if (pw_starts_with(headers[at].name, PW("x-in"))) {
      pw_log(PW_INFO, pw_join(&pw_scratch, headers[at].name, PW("="), headers[at].value));
    }
  }
  pw_view value = PW("none");
  pw_get_header(PW_REQUEST_HEADERS, PW("x-in"), &value);
  exchange->kept = pw_keep(&stream->memory, value);
  if (!pw_set_header(PW_REQUEST_HEADERS, PW("x-bad"), PW("a\rb")) &&
      !pw_set_header(PW_REQUEST_HEADERS, PW("x-bad"), PW("a\nx-forged: 1")) &&
      !pw_set_header(PW_REQUEST_HEADERS, PW("x-bad"), PW("a\0b")) &&
      !pw_add_header(PW_REQUEST_HEADERS, PW("x-b\nad"), PW("a"))) {
    pw_log(PW_WARN, PW("refused"));
  }
  pw_add_header(PW_REQUEST_HEADERS, PW("x-in"), PW("added"));
  pw_view path = PW("none");
  pw_get_property(PW("request\0path"), &path);
  pw_view nobody = PW("nobody");
  pw_get_property(PW("nobody\0knows"), &nobody);
  pw_log(PW_INFO,
         pw_join(&pw_scratch, path, PW(" "), nobody, PW(" "), pw_decimal(pw_now() / 1000000000U),
                 PW(" "), end_of_stream ? PW("end") : PW("more")));
  return PW_CONTINUE;
}

static enum pw_action on_request_body(struct pw_context* stream, size_t size, bool end_of_stream) {
  struct exchange* exchange = pw_state(stream);
  ++exchange->bodies;
  pw_log(PW_INFO, pw_join(&pw_scratch, PW("body "), pw_decimal(size), PW(" "),
                          pw_get_body(PW_REQUEST_BODY)));
  return end_of_stream ? PW_CONTINUE : PW_PAUSE;
}

static enum pw_action on_request_trailers(struct pw_context* stream) {
  (void)stream;
  pw_set_body(PW_REQUEST_BODY,
              pw_join(&pw_scratch, PW("<"), pw_get_body(PW_REQUEST_BODY), PW(">")));
  pw_set_header(PW_REQUEST_TRAILERS, PW("x-sum"), PW("1"));
  return PW_CONTINUE;
}

static enum pw_action on_response_headers(struct pw_context* stream, bool end_of_stream) {
  (void)end_of_stream;
  const struct exchange* exchange = pw_state(stream);
  struct pw_header* headers = NULL;
  const size_t count = pw_get_headers(PW_RESPONSE_HEADERS, &headers);
  struct pw_header* more = pw_take(&pw_scratch, (count + 2) * sizeof(*more));
  for (size_t at = 0; at < count; ++at) more[at] = headers[at];
  more[count] = (struct pw_header){PW("x-kept"), exchange->kept};
  more[count + 1] = (struct pw_header){PW("x-empty"), PW("")};
  if (!pw_set_headers(PW_RESPONSE_HEADERS, more, count + 2)) pw_log(PW_WARN, PW("not set"));
  return PW_CONTINUE;
}

static enum pw_action on_response_body(struct pw_context* stream, size_t size, bool end_of_stream) {
  (void)stream, (void)size, (void)end_of_stream;
  pw_set_body(PW_RESPONSE_BODY, (pw_view){NULL, 0});
  return PW_CONTINUE;
}

static enum pw_action on_response_trailers(struct pw_context* stream) {
  (void)stream;
  pw_remove_header(PW_RESPONSE_TRAILERS, PW("x-gone"));
  return PW_CONTINUE;
}

static void on_log(struct pw_context* stream) {
  const struct exchange* exchange = pw_state(stream);
  pw_log(PW_INFO,
         pw_join(&pw_scratch, PW("log "), exchange->kept, PW(" "), pw_decimal(exchange->bodies)));
}

PW_FILTER(0, sizeof(struct exchange))
PW_ON_REQUEST_HEADERS(on_request_headers)
PW_ON_REQUEST_BODY(on_request_body)
PW_ON_REQUEST_TRAILERS(on_request_trailers)
PW_ON_RESPONSE_HEADERS(on_response_headers)
PW_ON_RESPONSE_BODY(on_response_body)
PW_ON_RESPONSE_TRAILERS(on_response_trailers)
PW_ON_LOG(on_log)
