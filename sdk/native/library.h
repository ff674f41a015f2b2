// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A copy of a shared library: each has globals of its own, as VMs have memories of their own.
//
// A second dlopen() of one file gives the first one's globals, and so does a second file of the
// same name. So a copy is an anonymous file that stays open as long as the loader knows its name.
#pragma once

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <string>

namespace shim {

class Library {
 public:
  // Null, and why in `error`, when these bytes are no library that can be loaded.
  static std::unique_ptr<Library> load(const std::string& bytes, std::string& error) {
    const int file = memfd_create("twin", MFD_CLOEXEC);
    if (file < 0 || !fill(file, bytes)) {
      error = "no memory for a copy of the twin";
      if (file >= 0) close(file);
      return nullptr;
    }
    const std::string path = "/proc/self/fd/" + std::to_string(file);
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      error = dlerror();
      close(file);
      return nullptr;
    }
    return std::unique_ptr<Library>(new Library(handle, path, file));
  }

  Library(const Library&) = delete;
  ~Library() {
    dlclose(handle_);
    // A library with destructors of a thread's variables stays; then its name must stay taken.
    void* still = dlopen(path_.c_str(), RTLD_NOW | RTLD_NOLOAD);
    if (still == nullptr) {
      close(file_);
    } else {
      dlclose(still);
    }
  }

  // Null when there is none of that name.
  void* find(const char* name) const { return dlsym(handle_, name); }

 private:
  Library(void* handle, std::string path, int file)
      : handle_(handle), path_(std::move(path)), file_(file) {}

  static bool fill(int file, const std::string& bytes) {
    size_t written = 0;
    while (written < bytes.size()) {
      const ssize_t some = write(file, bytes.data() + written, bytes.size() - written);
      if (some <= 0) return false;
      written += static_cast<size_t>(some);
    }
    return true;
  }

  void* handle_;
  std::string path_;
  int file_;
};

}  // namespace shim
