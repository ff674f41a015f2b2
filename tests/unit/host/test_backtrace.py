"""A guest's trap names the functions that were on its way."""

import sys
from pathlib import Path
from subprocess import run as execute

import pytest

from tamis.host.backtrace import frames
from tamis.model.plugin import Limits

pytest.importorskip("ziglang")

SOURCE = """
#define EXPORT(name) extern "C" __attribute__((export_name(name)))
namespace shop {
struct Cart {
  __attribute__((noinline)) int add(int n) {
    if (n > 1) __builtin_trap();
    return n;
  }
};
static inline int checkout(Cart& cart, int n) { return cart.add(n * 2); }
}  // namespace shop
EXPORT("proxy_abi_version_0_2_1") void version() {}
EXPORT("malloc") void* room(unsigned long) { return (void*)4096; }
EXPORT("proxy_on_request_headers") int y(int, int n, int) {
  shop::Cart cart;
  return shop::checkout(cart, n) + 1;
}
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Compiles the source; what the module tells depends on the flags."""

    def build(*flags: str) -> bytes:
        folder: Path = tmp_path_factory.mktemp("module")
        (folder / "cart.cc").write_text(SOURCE)
        options = ["-target", "wasm32-freestanding", "-nostdlib", "-O1", "-Wl,--no-entry"]
        command = [sys.executable, "-m", "ziglang", "c++", *options, *flags, "-o", "m.wasm"]
        execute([*command, "cart.cc"], cwd=folder, check=True)
        return (folder / "m.wasm").read_bytes()

    return build


def test_names_files_and_lines_where_there_is_dwarf(built, outcome_of):
    trap = outcome_of(built("-g")).trap
    assert [frame.split(" (/")[0] for frame in trap.frames] == [
        "shop::Cart::add(int)",
        "shop::checkout(shop::Cart&, int)",
        "y",
    ]
    assert [frame.rpartition("/")[2] for frame in trap.frames] == [
        "cart.cc:6)",
        "cart.cc:10)",
        "cart.cc:16)",
    ]


def test_indices_where_there_is_nothing(built, outcome_of):
    trap = outcome_of(built("-s")).trap
    assert [frame.partition("+")[0] for frame in trap.frames] == ["func[3]", "func[2]"]


def test_names_alone(guest, outcome_of):
    module = guest(
        extra='(func $inner unreachable) (func $"odd ! name" (call $inner))',
        on_request_headers='(call $"odd ! name") i32.const 0',
    )
    assert outcome_of(module).trap.frames[:2] == ("inner", "odd ! name")


def test_a_host_function_that_ends_the_guest(guest, outcome_of):
    flood = "(loop (drop (call $log (i32.const 2) (i32.const 0) (i32.const 100))) (br 0))"
    module = guest(uses="log", extra=f"(func $flood {flood})", on_log="(call $flood)")
    trap = outcome_of(module, limits=Limits(log_bytes=10_000)).trap
    assert trap.kind == "oom"
    assert trap.frames[0] == "flood"


def test_a_stack_that_overflows_is_told_shortly(guest, outcome_of):
    module = guest(extra="(func $deep (call $deep))", on_log="(call $deep)")
    trap = outcome_of(module).trap
    assert trap.kind == "stack"
    assert trap.frames[0] == "deep"
    assert len(trap.frames) < 100


def test_rust_names():
    """As the engine words them: mangled by either scheme, from a module with a name."""
    words = (
        b"error while executing at wasm backtrace:\n"
        b"    0:   0x1a - m.wasm!core::panicking::panic::h0123456789abcdef\n"
        b"    1:   0x2b - m.wasm!<wasm function 7>\n"
        b"note: more words\n"
    )
    raw = [
        (3, 1, b"_ZN4core9panicking5panic17h0123456789abcdefE", b"m.wasm"),
        (7, 16, b"", b"m.wasm"),
    ]
    assert frames(words, raw) == ("core::panicking::panic", "func[7]+0x10")
    assert frames(b"other words", raw) == (raw[0][2].decode(), "func[7]+0x10")
