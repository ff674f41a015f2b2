// A filter as an ordinary shared library, its native twin: the file, and a VM's own copy of it.
#pragma once

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

#include "abi_table.h"

namespace tamis {

// Immutable; lives as long as its copies.
class TwinLibrary {
 public:
  // Throws std::runtime_error when the file cannot be read.
  explicit TwinLibrary(const std::string& path) : path(path), bytes(read(path)) {}

  const std::string path;
  const std::string bytes;

 private:
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path + " cannot be read");
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

// Lives with its VM. A file of its own, because the loader gives a file that it knows only once,
// with the globals of the first who asked.
class TwinCopy {
 public:
  // Runs the library's static constructors. Throws std::runtime_error with the loader's words.
  explicit TwinCopy(const TwinLibrary& library) {
    file_ = memfd_create("tamis-twin", MFD_CLOEXEC);
    if (file_ < 0 || !write_all(library.bytes)) throw std::runtime_error("no memory for a copy");
    const std::string name = path();
    handle_ = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) {
      std::string words = dlerror();
      close(file_);
      if (const size_t at = words.find(": "); words.starts_with(name) && at != words.npos)
        words.erase(0, at + 2);
      throw std::runtime_error(words);
    }
    dlinfo(handle_, RTLD_DI_LINKMAP, &map_);
  }
  TwinCopy(const TwinCopy&) = delete;
  // What registered a thread's destructors (Rust's thread-locals do) stays loaded until the thread
  // ends. Its file then stays open, too: its number is the name that the loader knows it by.
  ~TwinCopy() {
    dlclose(handle_);
    void* const still = dlopen(path().c_str(), RTLD_NOW | RTLD_NOLOAD);
    if (still == nullptr)
      close(file_);
    else
      dlclose(still);
  }

  // A function of the library itself, not of those it needs; nullptr: there is none.
  void* own(const char* name) const {
    void* const found = dlsym(handle_, name);
    Dl_info info{};
    if (found == nullptr || dladdr(found, &info) == 0) return nullptr;
    return reinterpret_cast<uintptr_t>(info.dli_fbase) == map_->l_addr ? found : nullptr;
  }

  // The same, or of the libraries that it needs, or of the process: a twin need not name its libc.
  void* any(const char* name) const {
    void* const found = dlsym(handle_, name);
    return found != nullptr ? found : dlsym(RTLD_DEFAULT, name);
  }

  // The newest ABI it speaks, as an index into kAbiVersions; none: it is no proxy-wasm filter.
  std::optional<size_t> abi() const {
    for (size_t i = kAbiMarkers.size(); i-- > 0;)
      if (own(kAbiMarkers[i].data()) != nullptr) return i;
    return std::nullopt;
  }

 private:
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

  bool write_all(const std::string& bytes) const {
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t wrote = write(file_, bytes.data() + done, bytes.size() - done);
      if (wrote <= 0) return false;
      done += static_cast<size_t>(wrote);
    }
    return true;
  }

  int file_ = -1;
  void* handle_ = nullptr;
  link_map* map_ = nullptr;
};

}  // namespace tamis
