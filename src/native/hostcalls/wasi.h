// The WASI functions Envoy gives a guest that have a behaviour; those that only answer a constant
// are in `wasi_constant`.
#pragma once

#include <algorithm>
#include <optional>

#include "../host.h"

namespace tamis::hostcalls {

namespace detail {

// Standard output is logged as info, standard error as error; one trailing newline is stripped.
inline std::optional<uint32_t> level_of(uint32_t fd) {
  if (fd == 1) return 2;
  if (fd == 2) return 4;
  return std::nullopt;
}

inline uint32_t standard_or(uint32_t fd, uint32_t otherwise) {
  return level_of(fd) ? kWasiSuccess : otherwise;
}

template <typename H>
uint32_t gather(H& host, uint32_t vectors, uint32_t count) {
  host.text.clear();
  for (uint32_t i = 0; i < count; ++i) {
    const char* vector = host.guest.at(vectors + i * 8, 8);
    if (vector == nullptr) return kWasiFault;
    uint32_t range[2];
    std::memcpy(range, vector, sizeof range);
    const std::string_view part = host.read(range[0], range[1]);
    if (part.data() == nullptr) return kWasiFault;
    if (host.text.size() + part.size() > host.script.limits.log_bytes)
      throw OutputLimit("logs", host.script.limits.log_bytes);
    host.text.append(part);
  }
  return kWasiSuccess;
}

}  // namespace detail

template <typename H>
uint32_t fd_write(H& host, uint32_t fd, uint32_t vectors, uint32_t count, uint32_t written_out) {
  const auto level = detail::level_of(fd);
  if (!level) return kWasiBadf;
  if (const uint32_t bad = detail::gather(host, vectors, count)) return bad;
  const auto written = static_cast<uint32_t>(host.text.size());
  if (written != 0) {
    std::string_view line = host.text;
    if (line.back() == '\n') line.remove_suffix(1);
    host.log(*level, line);
  }
  return host.write(written_out, written) ? kWasiSuccess : kWasiFault;
}

template <typename H>
uint32_t fd_pwrite(H& host, uint32_t fd, uint32_t vectors, uint32_t count, uint64_t,
                   uint32_t written_out) {
  return fd_write(host, fd, vectors, count, written_out);
}

// {filetype and flags 0, rights FD_WRITE, 0}; a bad pointer is not noticed.
template <typename H>
uint32_t fd_fdstat_get(H& host, uint32_t fd, uint32_t out) {
  if (!detail::level_of(fd)) return kWasiBadf;
  host.write(out, std::array<uint64_t, 3>{0, 64, 0});
  return kWasiSuccess;
}

template <typename H>
uint32_t fd_fdstat_set_rights(H&, uint32_t fd, uint64_t, uint64_t) {
  return detail::standard_or(fd, kWasiBadf);
}

template <typename H>
uint32_t fd_allocate(H&, uint32_t fd, uint64_t, uint64_t) {
  return detail::standard_or(fd, kWasiBadf);
}

template <typename H>
uint32_t fd_datasync(H&, uint32_t fd) {
  return detail::standard_or(fd, kWasiBadf);
}

template <typename H>
uint32_t fd_sync(H&, uint32_t fd) {
  return detail::standard_or(fd, kWasiBadf);
}

template <typename H>
uint32_t fd_filestat_set_size(H&, uint32_t fd, uint64_t) {
  return detail::standard_or(fd, kWasiBadf);
}

template <typename H>
uint32_t fd_filestat_set_times(H&, uint32_t fd, uint64_t, uint64_t, uint32_t) {
  return detail::standard_or(fd, kWasiBadf);
}

template <typename H>
uint32_t fd_renumber(H&, uint32_t fd, uint32_t to) {
  return detail::level_of(fd) && detail::level_of(to) ? kWasiNotsup : kWasiBadf;
}

template <typename H>
uint32_t fd_tell(H& host, uint32_t fd, uint32_t out) {
  if (!detail::level_of(fd)) return kWasiBadf;
  return host.write(out, uint64_t{0}) ? kWasiSuccess : kWasiFault;
}

// Answers 20 as Envoy does, although the name of that number is another.
template <typename H>
uint32_t fd_readdir(H& host, uint32_t, uint32_t, uint32_t, uint64_t, uint32_t read_out) {
  return host.write(read_out, uint32_t{0}) ? kWasiExist : kWasiFault;
}

template <typename H>
uint32_t path_readlink(H& host, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t out) {
  return host.write(out, uint32_t{0}) ? kWasiNotsup : kWasiFault;
}

// Writes 8 bytes where WASI means 4, as Envoy does.
template <typename H>
uint32_t sock_accept(H& host, uint32_t, uint32_t, uint32_t out) {
  return host.write(out, uint64_t{0}) ? kWasiNotsup : kWasiFault;
}

template <typename H>
uint32_t sock_recv(H& host, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t size_out,
                   uint32_t flags_out) {
  const bool fine = host.write(size_out, uint32_t{0}) && host.write(flags_out, uint16_t{0});
  return fine ? kWasiNotsup : kWasiFault;
}

template <typename H>
uint32_t sock_send(H& host, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t size_out) {
  return host.write(size_out, uint32_t{0}) ? kWasiNotsup : kWasiFault;
}

template <typename H>
uint32_t environ_sizes_get(H& host, uint32_t count_out, uint32_t size_out) {
  uint32_t size = 0;
  for (const auto& [key, value] : host.plugin().input->environment)
    size += static_cast<uint32_t>(key.size() + value.size() + 2);
  const auto count = static_cast<uint32_t>(host.plugin().input->environment.size());
  return host.write(count_out, count) && host.write(size_out, size) ? kWasiSuccess : kWasiFault;
}

template <typename H>
uint32_t environ_get(H& host, uint32_t array, uint32_t buffer) {
  for (const auto& [key, value] : host.plugin().input->environment) {
    std::string line = key;
    line.append(1, '=').append(value).append(1, '\0');
    char* bytes = host.guest.at(buffer, line.size());
    if (bytes == nullptr || !host.write(array, buffer)) return kWasiFault;
    std::copy(line.begin(), line.end(), bytes);
    host.counts.bytes_in += line.size();
    array += 4;
    buffer += static_cast<uint32_t>(line.size());
  }
  return kWasiSuccess;
}

template <typename H>
uint32_t args_sizes_get(H& host, uint32_t count_out, uint32_t size_out) {
  return host.write(count_out, uint32_t{0}) && host.write(size_out, uint32_t{0}) ? kWasiSuccess
                                                                                 : kWasiFault;
}

template <typename H>
uint32_t clock_time_get(H& host, uint32_t clock, uint64_t, uint32_t out) {
  if (clock > 1) return kWasiNotsup;
  const uint64_t now = clock == 0 ? host.world.clock.wall() : host.world.clock.monotonic();
  return host.write(out, now) ? kWasiSuccess : kWasiFault;
}

template <typename H>
uint32_t clock_res_get(H& host, uint32_t clock, uint32_t out) {
  if (clock > 1) return kWasiNotsup;
  return host.write(out, uint64_t{1}) ? kWasiSuccess : kWasiFault;
}

template <typename H>
uint32_t random_get(H& host, uint32_t out, uint32_t size) {
  if (size > 65536) return kWasiInval;
  if (size == 0) return kWasiSuccess;
  char* bytes = host.guest.at(out, size);
  if (bytes == nullptr) return kWasiFault;
  host.random.fill(bytes, size);
  host.counts.bytes_in += size;
  return kWasiSuccess;
}

// Never sleeps.
template <typename H>
uint32_t poll_oneoff(H& host, uint32_t, uint32_t, uint32_t, uint32_t events_out) {
  return host.write(events_out, uint32_t{0}) ? kWasiSuccess : kWasiFault;
}

// Returns to the guest, as Envoy does; libc runs into unreachable next.
template <typename H>
void proc_exit(H&, uint32_t) {}

// What the functions without a behaviour answer.
inline constexpr uint32_t wasi_constant(Import import) {
  switch (import) {
    case Import::fd_read:
    case Import::fd_pread:
    case Import::fd_fdstat_set_flags:
    case Import::fd_prestat_dir_name:
      return kWasiNosys;
    case Import::fd_prestat_get:
    case Import::fd_filestat_get:
      return kWasiBadf;
    case Import::path_open:
      return kWasiNoent;
    case Import::path_create_directory:
    case Import::path_filestat_get:
    case Import::path_filestat_set_times:
    case Import::path_link:
    case Import::path_remove_directory:
    case Import::path_rename:
    case Import::path_symlink:
    case Import::path_unlink_file:
    case Import::sock_shutdown:
      return kWasiNotsup;
    default:
      return kWasiSuccess;  // fd_seek, fd_close, fd_advise, args_get, sched_yield
  }
}

}  // namespace tamis::hostcalls
