// The DEFLATE encoder as Python sees it. It works without the GIL.
#pragma once

#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>

#include "convert.h"
#include "deflate.h"

namespace tamis {

// The bytes of any object that has them in one piece; raises what Python raises for others.
class HeldBuffer {
 public:
  explicit HeldBuffer(nb::handle object) {
    if (PyObject_GetBuffer(object.ptr(), &buffer_, PyBUF_SIMPLE) != 0) throw nb::python_error();
  }
  HeldBuffer(const HeldBuffer&) = delete;
  ~HeldBuffer() { PyBuffer_Release(&buffer_); }
  std::string_view view() const {
    return {static_cast<const char*>(buffer_.buf), static_cast<size_t>(buffer_.len)};
  }

 private:
  Py_buffer buffer_{};
};

// Python's threads may meet at one encoder: they are refused, not mixed up.
class PythonDeflate {
 public:
  nb::bytes update(nb::handle data) {
    const HeldBuffer buffer(data);
    return work([&] { return deflate_.update(buffer.view()); });
  }
  nb::bytes finish() {
    return work([&] { return deflate_.finish(); });
  }

 private:
  template <typename Action>
  nb::bytes work(const Action& action) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) throw std::runtime_error("an encoder does one thing at a time");
    std::string out;
    {
      const nb::gil_scoped_release release;
      out = action();
    }
    return to_bytes(out);
  }

  std::mutex mutex_;
  Deflate deflate_;
};

inline void bind_deflate(nb::module_& m) {
  nb::class_<PythonDeflate>(m, "Deflate")
      .def(nb::init<>())
      .def("update", &PythonDeflate::update, nb::arg("data"))
      .def("finish", &PythonDeflate::finish);
}

}  // namespace tamis
