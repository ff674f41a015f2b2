// The native tests' one macro and their main: a test is a function, a failure ends the program.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#define CHECK(...)                                                                         \
  do {                                                                                     \
    if (!(__VA_ARGS__)) {                                                                  \
      std::fprintf(stderr, "%s:%d: CHECK(%s) failed\n", __FILE__, __LINE__, #__VA_ARGS__); \
      std::exit(1);                                                                        \
    }                                                                                      \
  } while (false)

// Whether `action` throws an E whose text contains `words`.
template <typename E, typename Action>
bool throws(Action&& action, const std::string& words = "") {
  try {
    action();
  } catch (const E& error) {
    return std::string(error.what()).find(words) != std::string::npos;
  }
  return false;
}
