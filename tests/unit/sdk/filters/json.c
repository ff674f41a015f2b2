// SPDX-License-Identifier: Apache-2.0
//
// Reads its configuration as JSON and logs it again, compact, and what its members "text", "flag"
// and "count" are; or why it is wrong.

#include <proxy_wasm.h>
#include <proxy_wasm_json.h>

static void quote(struct pw_text* to, pw_view text) {
  pw_append(to, PW("\""));
  for (size_t at = 0; at < text.size; ++at) {
    const unsigned char c = (unsigned char)text.data[at];
    const char escaped[] = {
        '\\', 'u', '0', '0', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
    const bool plain = c >= 0x20 && c != '"' && c != '\\';
    pw_append(to, plain ? (pw_view){text.data + at, 1} : (pw_view){escaped, sizeof(escaped)});
  }
  pw_append(to, PW("\""));
}

static void write(struct pw_text* to, const struct pw_json* value) {
  const bool object = value->kind == PW_JSON_OBJECT;
  if (value->kind == PW_JSON_NULL) pw_append(to, PW("null"));
  if (value->kind == PW_JSON_TRUE) pw_append(to, PW("true"));
  if (value->kind == PW_JSON_FALSE) pw_append(to, PW("false"));
  if (value->kind == PW_JSON_NUMBER) pw_append(to, value->text);
  if (value->kind == PW_JSON_STRING) quote(to, value->text);
  if (!object && value->kind != PW_JSON_ARRAY) return;
  pw_append(to, object ? PW("{") : PW("["));
  for (const struct pw_json* each = value->first; each != NULL; each = each->next) {
    if (each != value->first) pw_append(to, PW(","));
    if (object) {
      quote(to, each->key);
      pw_append(to, PW(":"));
    }
    write(to, each);
  }
  pw_append(to, object ? PW("}") : PW("]"));
}

static bool on_configure(struct pw_context* plugin, pw_view configuration) {
  const struct pw_json* value = pw_json_read(configuration, &plugin->memory);
  if (value->kind == PW_JSON_ERROR) {
    pw_log(PW_ERROR, value->text);
    return false;
  }
  struct pw_text written = {.arena = &pw_scratch};
  write(&written, value);
  pw_log(PW_INFO, (pw_view){written.data, written.size});

  pw_view text = PW("none");
  bool flag = false;
  int64_t count = 0;
  pw_json_string(value, PW("text"), &text);
  const bool has_flag = pw_json_boolean(value, PW("flag"), &flag);
  const bool has_count = pw_json_integer(value, PW("count"), &count);
  const pw_view digits = pw_decimal(count < 0 ? 0 - (uint64_t)count : (uint64_t)count);
  pw_log(PW_INFO, pw_join(&pw_scratch, text, PW(" "),
                          !has_flag ? PW("none")
                          : flag    ? PW("true")
                                    : PW("false"),
                          PW(" "), count < 0 ? PW("-") : PW(""), has_count ? digits : PW("none")));
  return true;
}

PW_FILTER(0, 0)
PW_ON_CONFIGURE(on_configure)
