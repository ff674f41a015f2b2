#include "native/hostcalls/wasi.h"

#include "check.h"
#include "native_guest.h"

using namespace tamis;
using namespace tamis::hostcalls;

static constexpr uint32_t kOut = NativeGuest::kOut, kFar = NativeGuest::kFar;

static void writing() {
  Rig w;
  const uint32_t one = w.guest.put("one "), two = w.guest.put("two\n\n");
  const uint32_t vectors = w.guest.allocate(16);
  w.host.write(vectors, std::array<uint32_t, 4>{one, 4, two, 5});
  CHECK(fd_write(w.host, 2, vectors, 2, kOut) == kWasiSuccess && w.guest.word(kOut) == 9);
  CHECK(w.world.log.text(w.world.log.lines()[0]) == "one two\n" &&
        w.world.log.lines()[0].level == 4);
  CHECK(fd_pwrite(w.host, 1, vectors, 1, 0, kOut) == kWasiSuccess &&
        w.world.log.lines()[1].level == 2);
  CHECK(fd_write(w.host, 3, vectors, 2, kOut) == kWasiBadf);
  CHECK(fd_write(w.host, 1, kFar + 12, 2, kOut) == kWasiFault &&
        fd_write(w.host, 1, vectors, 1, kFar + 14) == kWasiFault);
}

static void environment_and_arguments() {
  Rig w;
  w.script.plugin.environment = {{"A", "1"}, {"LONG", "value"}};
  CHECK(environ_sizes_get(w.host, kOut, kOut + 4) == kWasiSuccess);
  CHECK(w.guest.word(kOut) == 2 && w.guest.word(kOut + 4) == 4 + 11);
  const uint32_t array = w.guest.allocate(8), buffer = w.guest.allocate(15);
  CHECK(environ_get(w.host, array, buffer) == kWasiSuccess && w.guest.word(array) == buffer);
  CHECK(std::string(w.guest.at(w.guest.word(array + 4), 1)) == "LONG=value");
  CHECK(environ_get(w.host, kFar + 14, buffer) == kWasiFault &&
        environ_sizes_get(w.host, kFar + 14, kOut) == kWasiFault);
  CHECK(args_sizes_get(w.host, kOut, kOut + 4) == kWasiSuccess && w.guest.word(kOut) == 0);
}

static void clocks_and_chance() {
  Rig w;
  w.world.clock = {1000, 5};
  CHECK(clock_time_get(w.host, 0, 0, kOut) == kWasiSuccess && w.guest.wide(kOut) == 1005);
  CHECK(clock_time_get(w.host, 1, 0, kOut) == kWasiSuccess &&
        w.guest.wide(kOut) == VirtualClock::kUp + 5);
  CHECK(clock_time_get(w.host, 2, 0, kOut) == kWasiNotsup &&
        clock_res_get(w.host, 2, kOut) == kWasiNotsup);
  CHECK(clock_res_get(w.host, 0, kOut) == kWasiSuccess && w.guest.wide(kOut) == 1);
  CHECK(random_get(w.host, kOut, 8) == kWasiSuccess && w.guest.wide(kOut) == Random(0).next());
  CHECK(random_get(w.host, kFar, 0) == kWasiSuccess && random_get(w.host, kFar, 99) == kWasiFault);
  CHECK(random_get(w.host, kOut, 65537) == kWasiInval);
  CHECK(poll_oneoff(w.host, 0, 0, 1, kOut) == kWasiSuccess && w.guest.word(kOut) == 0);
}

static void files_and_sockets() {
  Rig w;
  CHECK(fd_fdstat_get(w.host, 1, kOut) == kWasiSuccess && w.guest.wide(kOut + 8) == 64);
  CHECK(fd_fdstat_get(w.host, 1, kFar) == kWasiSuccess &&
        fd_fdstat_get(w.host, 0, kOut) == kWasiBadf);
  CHECK(fd_tell(w.host, 1, kOut) == kWasiSuccess && fd_tell(w.host, 0, kOut) == kWasiBadf);
  CHECK(fd_readdir(w.host, 3, 0, 0, 0, kOut) == kWasiExist &&
        fd_readdir(w.host, 3, 0, 0, 0, kFar + 14) == kWasiFault);
  CHECK(fd_renumber(w.host, 1, 2) == kWasiNotsup && fd_renumber(w.host, 1, 3) == kWasiBadf);
  CHECK(fd_sync(w.host, 1) == kWasiSuccess && fd_sync(w.host, 3) == kWasiBadf);
  CHECK(fd_datasync(w.host, 3) == kWasiBadf && fd_allocate(w.host, 1, 0, 0) == kWasiSuccess);
  CHECK(fd_filestat_set_size(w.host, 3, 0) == kWasiBadf &&
        fd_filestat_set_times(w.host, 2, 0, 0, 0) == kWasiSuccess);
  CHECK(fd_fdstat_set_rights(w.host, 9, 0, 0) == kWasiBadf);
  CHECK(path_readlink(w.host, 3, 0, 0, 0, 0, kOut) == kWasiNotsup &&
        sock_accept(w.host, 0, 0, kOut) == kWasiNotsup);
  CHECK(sock_recv(w.host, 0, 0, 0, 0, kOut, kOut + 4) == kWasiNotsup &&
        sock_send(w.host, 0, 0, 0, 0, kFar + 14) == kWasiFault);
}

static void constants() {
  CHECK(wasi_constant(Import::fd_read) == 52 && wasi_constant(Import::fd_prestat_get) == 8);
  CHECK(wasi_constant(Import::path_open) == 44 && wasi_constant(Import::path_link) == 58);
  CHECK(wasi_constant(Import::fd_close) == 0 && wasi_constant(Import::args_get) == 0);
}

int main() {
  writing();
  environment_and_arguments();
  clocks_and_chance();
  files_and_sockets();
  constants();
}
