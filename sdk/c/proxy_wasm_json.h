// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A strict JSON reader (RFC 8259) for configurations.
//
//   const struct pw_json *object = pw_json_read(configuration, &plugin->memory);
//   if (!pw_json_string(object, PW("header"), &settings->header)) ...
//
// It decodes a copy of the text in place, and says of broken text only where it is broken: the
// reader is part of every module, and small is good.
#ifndef PROXY_WASM_JSON_H_
#define PROXY_WASM_JSON_H_

#include "proxy_wasm_memory.h"

enum pw_json_kind {
  PW_JSON_ERROR,
  PW_JSON_NULL,
  PW_JSON_TRUE,
  PW_JSON_FALSE,
  PW_JSON_NUMBER,
  PW_JSON_STRING,
  PW_JSON_ARRAY,
  PW_JSON_OBJECT,
};

/// Lives in the arena it was read into.
struct pw_json {
  enum pw_json_kind kind;
  /// Of a string, decoded; of a number, as written; of an error, what is wrong and where.
  pw_view text;
  /// Of a member of an object, decoded.
  pw_view key;
  /// The first member of an object or element of an array, and what stands behind this one.
  struct pw_json* first;
  struct pw_json* next;
};

/// Over a copy of the text that ends with a NUL, which can stand nowhere in JSON.
struct pw_json_reader_ {
  char* at;
  struct pw_arena* arena;
  unsigned depth;
};

/// Goes to the next byte that is no space.
__attribute__((noinline)) static inline char pw_json_next_(struct pw_json_reader_* reader) {
  char* at = reader->at;
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') ++at;
  reader->at = at;
  return *at;
}

/// Only right here.
__attribute__((noinline)) static inline bool pw_json_one_(struct pw_json_reader_* reader,
                                                          char wanted) {
  const bool there = *reader->at == wanted;
  reader->at += there;
  return there;
}

/// Behind spaces.
__attribute__((noinline)) static inline bool pw_json_take_(struct pw_json_reader_* reader,
                                                           char wanted) {
  pw_json_next_(reader);
  return pw_json_one_(reader, wanted);
}

/// Four hexadecimal digits, or something above 0xFFFF.
__attribute__((noinline)) static inline uint32_t pw_json_unit_(const char* at) {
  uint32_t unit = 0;
  for (int digit = 0; digit < 4; ++digit) {
    const uint32_t number = (uint32_t)at[digit] - '0';
    const uint32_t letter = ((uint32_t)at[digit] | 0x20) - 'a';
    if (number > 9 && letter > 5) return UINT32_MAX;
    unit = unit * 16 + (number > 9 ? letter + 10 : number);
  }
  return unit;
}

/// At its opening quote; false leaves the reader where it is broken.
__attribute__((noinline)) static inline bool pw_json_text_(struct pw_json_reader_* reader,
                                                           pw_view* text) {
  static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
  char* at = ++reader->at;
  char* to = at;
  text->data = to;
  for (;; reader->at = at) {
    uint32_t code = (unsigned char)*at++;
    if (code < 0x20) return false;
    if (code == '"') break;
    if (code != '\\') {
      *to++ = (char)code;
      continue;
    }
    const char* escape = escapes;
    while (*escape != '\0' && *escape != *at) escape += 2;
    ++at;
    if (*escape != '\0') {
      *to++ = escape[1];
      continue;
    }
    if (at[-1] != 'u' || (code = pw_json_unit_(at)) > 0xFFFF) return false;
    at += 4;
    if (code >> 11 == 0xD800 >> 11) {  // a surrogate: only the first half of a pair
      if (code >= 0xDC00 || at[0] != '\\' || at[1] != 'u') return false;
      const uint32_t low = pw_json_unit_(at + 2);
      if (low >> 10 != 0xDC00 >> 10) return false;
      at += 6;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    // UTF-8; never longer than the escape.
    if (code < 0x80) {
      *to++ = (char)code;
      continue;
    }
    uint32_t more = code < 0x800 ? 6 : code < 0x10000 ? 12 : 18;
    *to++ = (char)((0xFF80U >> (more / 6)) | (code >> more));
    for (; more != 0; *to++ = (char)(0x80 | ((code >> more) & 0x3F))) more -= 6;
  }
  reader->at = at;
  text->size = (size_t)(to - text->data);
  return true;
}

__attribute__((noinline)) static inline bool pw_json_digits_(struct pw_json_reader_* reader) {
  const char* start = reader->at;
  while ((unsigned)(*reader->at - '0') <= 9) ++reader->at;
  return reader->at > start;
}

static inline bool pw_json_number_(struct pw_json_reader_* reader) {
  pw_json_one_(reader, '-');
  if (!pw_json_one_(reader, '0') && !pw_json_digits_(reader)) return false;
  if (pw_json_one_(reader, '.') && !pw_json_digits_(reader)) return false;
  if (!pw_json_one_(reader, 'e') && !pw_json_one_(reader, 'E')) return true;
  if (!pw_json_one_(reader, '+')) pw_json_one_(reader, '-');
  return pw_json_digits_(reader);
}

/// The member of that key, or NULL; of what is no object, too.
__attribute__((noinline)) static inline const struct pw_json* pw_json_find(
    const struct pw_json* object, pw_view key) {
  const struct pw_json* member = object->first;
  while (member != NULL && !pw_equal(member->key, key)) member = member->next;
  return member;
}

__attribute__((noinline)) static inline struct pw_json* pw_json_new_(struct pw_arena* arena) {
  struct pw_json* value = pw_take(arena, sizeof(*value));
  __builtin_memset(value, 0, sizeof(*value));
  return value;
}

static bool pw_json_value_(struct pw_json_reader_* reader, struct pw_json* into);

static inline bool pw_json_children_(struct pw_json_reader_* reader, struct pw_json* into) {
  const char close = *reader->at++ + 2;  // as ASCII has it: {} and []
  if (pw_json_take_(reader, close)) return true;
  if (++reader->depth > 32) return false;
  struct pw_json** link = &into->first;
  do {
    struct pw_json* const child = pw_json_new_(reader->arena);
    if (into->kind == PW_JSON_OBJECT) {
      if (pw_json_next_(reader) != '"') return false;
      char* const key = reader->at;
      if (!pw_json_text_(reader, &child->key)) return false;
      if (pw_json_find(into, child->key) != NULL) {
        reader->at = key;
        return false;
      }
      if (!pw_json_take_(reader, ':')) return false;
    }
    if (!pw_json_value_(reader, child)) return false;
    *link = child;
    link = &child->next;
  } while (pw_json_take_(reader, ','));
  --reader->depth;
  return pw_json_take_(reader, close);
}

static bool pw_json_value_(struct pw_json_reader_* reader, struct pw_json* into) {
  const char* word = NULL;
  const char* const start = (pw_json_next_(reader), reader->at);
  switch (*start) {
    case '{':
      into->kind = PW_JSON_OBJECT;
      return pw_json_children_(reader, into);
    case '[':
      into->kind = PW_JSON_ARRAY;
      return pw_json_children_(reader, into);
    case '"':
      into->kind = PW_JSON_STRING;
      return pw_json_text_(reader, &into->text);
    case 't':
      into->kind = PW_JSON_TRUE;
      word = "true";
      break;
    case 'f':
      into->kind = PW_JSON_FALSE;
      word = "false";
      break;
    case 'n':
      into->kind = PW_JSON_NULL;
      word = "null";
      break;
    default:
      into->kind = PW_JSON_NUMBER;
      if (!pw_json_number_(reader)) return false;
      into->text = (pw_view){start, (size_t)(reader->at - start)};
      return true;
  }
  while (*word != '\0') {
    if (!pw_json_one_(reader, *word++)) return false;
  }
  return true;
}

/// Reads all of `text`; never NULL. Errors: broken syntax, a key twice in one object, nesting
/// deeper than 32.
__attribute__((noinline)) static inline const struct pw_json* pw_json_read(pw_view text,
                                                                           struct pw_arena* arena) {
  char* const copy = pw_take(arena, text.size + 1);
  __builtin_memcpy(copy, text.data, text.size);
  copy[text.size] = '\0';
  struct pw_json_reader_ reader = {.at = copy, .arena = arena};
  struct pw_json* const root = pw_json_new_(arena);
  if (!pw_json_value_(&reader, root) || pw_json_next_(&reader) != '\0' ||
      reader.at != copy + text.size) {
    root->kind = PW_JSON_ERROR;
    root->text = pw_join(arena, PW("not JSON at byte "), pw_decimal((size_t)(reader.at - copy)));
    root->first = NULL;
  }
  return root;
}

/// A member that is a string; else false, and `*text` stays as it is.
static inline bool pw_json_string(const struct pw_json* object, pw_view key, pw_view* text) {
  const struct pw_json* member = pw_json_find(object, key);
  if (member == NULL || member->kind != PW_JSON_STRING) return false;
  *text = member->text;
  return true;
}

/// A member that is true or false; else false is returned, and `*boolean` stays as it is.
static inline bool pw_json_boolean(const struct pw_json* object, pw_view key, bool* boolean) {
  const struct pw_json* member = pw_json_find(object, key);
  if (member == NULL || (member->kind != PW_JSON_TRUE && member->kind != PW_JSON_FALSE)) {
    return false;
  }
  *boolean = member->kind == PW_JSON_TRUE;
  return true;
}

/// A member that is a number without fraction and exponent, and fits; else false, and `*integer`
/// stays as it is.
static inline bool pw_json_integer(const struct pw_json* object, pw_view key, int64_t* integer) {
  const struct pw_json* member = pw_json_find(object, key);
  if (member == NULL || member->kind != PW_JSON_NUMBER) return false;
  const bool negative = member->text.data[0] == '-';
  uint64_t magnitude = 0;
  for (size_t at = negative ? 1 : 0; at < member->text.size; ++at) {
    const char digit = member->text.data[at];
    if (digit < '0' || digit > '9') return false;
    const uint64_t value = (uint64_t)(digit - '0');
    if (magnitude > (UINT64_MAX - value) / 10) return false;
    magnitude = magnitude * 10 + value;
  }
  if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0)) return false;
  *integer = (int64_t)(negative ? 0 - magnitude : magnitude);
  return true;
}

#endif  // PROXY_WASM_JSON_H_
