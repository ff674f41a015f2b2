"""`wasm.read` against modules made of WAT, and against wasmtime as the judge of validity."""

import random
import subprocess
import sys

import pytest
import wasmtime

from tamis.errors import BadInput
from tamis.wasm import FunctionType, GlobalType, Import, Memory, Start, Table, read

RICH = """
(module
  (type $pair (func (result i32 i64)))
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_log" (func $again (param i32 i32 i32) (result i32)))
  (import "env" "counter" (global $c (mut i64)))
  (import "env" "table" (table 1 2 funcref))
  (memory (export "memory") 2 4)
  (table $t (export "refs") 3 externref)
  (global $g (export "limit") i32 (i32.add (i32.const 3) (i32.const 4)))
  (tag $e (param i32))
  (elem (table 0) (i32.const 0) func $two)
  (data (i32.const 8) "hello")
  (data $passive "bytes")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_abi_version_0_1_0"))
  (func (export "malloc") (param i32) (result i32)
    (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 1))
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 1))
    (i32.trunc_sat_f32_s (f32.const 1.5)))
  (func $two (type $pair) (i32.extend8_s (i32.const -1)) (i64.const -123456789012))
  (func $lanes (param v128) (result v128)
    (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (local.get 0)
      (v128.load8_lane 3 (i32.const 0) (v128.const i64x2 1 2))))
  (func $table (param i32) (result i32)
    (block $out (result i32)
      (loop $in (result i32)
        (br_table $out $out $out (i32.const 4) (local.get 0)))
      (br_if $out (i32.const 5))
      (select (result i32) (i32.const 1) (i32.const 2) (local.get 0))
      (drop)))
  (func $returns (result f64)
    (drop (ref.null extern)) (drop (ref.func $two)) (return (f64.const 2.5)))
  (func $throws (block $h (result i32) (try_table (catch $e $h) (throw $e (i32.const 1)))
    (return)) (drop))
  (func $start
    (call $two) (drop) (drop)
    (drop (call $lanes (v128.const i64x2 1 2)))
    (drop (call $table (i32.const 1)))
    (drop (call $returns))
    (call $throws))
  (start $start)
)
"""


def wasm(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a compiler writes: all kinds of instructions, debug sections, paths, producers."""
    folder = tmp_path_factory.mktemp("compiled")
    source = folder / "module.c"
    source.write_text(
        "typedef int v4 __attribute__((vector_size(16)));\n"
        "int (*table[])(int);\n"
        "int twice(int x) { return 2 * x; }\n"
        'int (*table[])(int) = {twice};\nconst char *where = "/home/builder/src/module.c";\n'
        '__attribute__((export_name("run"))) double run(int a, long long b, float c) {\n'
        "  char buffer[512]; __builtin_memset(buffer, a, sizeof buffer);\n"
        "  v4 v = {a, a, a, a}; v = v * v + 3;\n"
        "  for (int i = 0; i < a; ++i) { switch (i) { case 0: b += 7; break;\n"
        "    case 1: b ^= 9; break; case 2: b <<= 3; break; case 5: c *= 2; break;\n"
        "    default: b += table[i % 1](i); } }\n"
        "  b += (signed char)a + (long long)c + buffer[a & 511] + where[a & 7];\n"
        "  return b + c + v[2];\n}\n"
    )
    target = folder / "module.wasm"
    subprocess.run(
        [sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding",
         "-mcpu=generic+simd128+bulk_memory+sign_ext+nontrapping_fptoint+reference_types",
         "-O1", "-g", "-nostdlib", "-Wl,--no-entry", str(source), "-o", str(target)],
        check=True,
    )  # fmt: skip
    return target.read_bytes()


def test_sections_of_every_kind() -> None:
    module = read(wasm(RICH))
    log = FunctionType(("i32", "i32", "i32"), ("i32",))
    assert module.imports == (
        Import("env", "proxy_log", "function", log),
        Import("env", "proxy_log", "function", log),
        Import("env", "counter", "global", GlobalType("i64", mutable=True)),
        Import("env", "table", "table", Table("funcref", 1, 2)),
    )
    assert module.memories == (Memory(2, 4),)
    assert [table.element for table in module.tables] == ["funcref", "externref"]
    assert module.function("malloc") == FunctionType(("i32",), ("i32",))
    assert module.function("memory") is None
    assert module.export("limit").type == GlobalType("i32")
    assert module.functions == 9
    assert module.abi == "0.2.1", "the first marker in the export section wins"
    assert set(module.features) >= {
        "multivalue", "simd128", "reference-types", "exception-handling", "bulk-memory",
        "mutable-globals",
    }  # fmt: skip
    assert str(log) == "i32 i32 i32 -> i32"
    assert str(FunctionType()) == "void -> void"


def test_a_marker_that_is_no_function_is_none() -> None:
    text = '(module (global (export "proxy_abi_version_0_2_1") i32 (i32.const 0)))'
    assert read(wasm(text)).abi is None


@pytest.mark.parametrize(
    ("body", "start"),
    [
        ("", Start(2)),
        ("(call $host)", Start(2, "env.proxy_done")),
        ("(if (i32.const 1) (then (call $far)))", Start(2, "env.proxy_done")),
        ("(call $itself)", Start(2)),
        ("(call_indirect (i32.const 0))", Start(2, None, unsure=True)),
    ],
)
def test_what_the_start_section_reaches(body: str, start: Start) -> None:
    text = f"""(module (import "env" "proxy_done" (func $host)) (table 1 funcref)
      (func $far (call $host)) (func $itself {body}) (start $itself))"""
    assert read(wasm(text)).start == start


def test_a_component_is_recognised() -> None:
    assert read(b"\0asm\x0d\0\x01\0").component


def test_compiled_code_is_read_whole(compiled: bytes) -> None:
    module = read(compiled)
    assert any("clang" in name or "zig" in name for name, _ in module.producers["processed-by"])
    assert {"simd128", "bulk-memory", "sign-ext"} <= set(module.features)
    assert {".debug_info", "name", "producers"} <= {each.name for each in module.customs}
    assert module.paths[0].startswith("/home/builder/src/module.c")
    assert module.function("run") == FunctionType(("i32", "i64", "f32"), ("f64",))


def test_the_walk_agrees_with_every_body_the_compiler_wrote(compiled: bytes) -> None:
    """A start section is put in that leads through each function in turn."""
    module = read(compiled)
    for index in range(module.functions):
        try:
            read(with_start(compiled, index))
        except BadInput as error:
            pytest.fail(f"function {index}: {error}")


def with_start(data: bytes, function: int) -> bytes:
    """`data` with a start section: before the element, datacount, code or data section."""
    place = min(s.offset for s in read(data).sections if s.id in (9, 10, 11, 12))
    begin = place - 1
    while data[begin] not in (9, 10, 11, 12) or begin + 1 + leb_length(data, begin + 1) != place:
        begin -= 1
    return data[:begin] + bytes((8, 1, function)) + data[begin:]


def leb_length(data: bytes, at: int) -> int:
    size = 1
    while data[at] & 0x80:
        at, size = at + 1, size + 1
    return size


@pytest.mark.parametrize(
    ("data", "why", "offset"),
    [
        (b"", "does not begin", 0),
        (b"\0asm", "version missing", 4),
        (b"\0asm\x02\0\0\0", "version 02 00 00 00", 4),
        (b"\0asm\x01\0\0\0\x01", "unexpected end", 9),
        (b"\0asm\x01\0\0\0\x01\x7f", "127 bytes announced, 0 left", 10),
        (b"\0asm\x01\0\0\0\x63\0", "section 99 is unknown", 8),
        (b"\0asm\x01\0\0\0\x03\x01\0\x01\x01\0", "section 'type' is out of order", 11),
        (b"\0asm\x01\0\0\0\x01\x01\0\x01\x01\0", "section 'type' is out of order", 11),
        (b"\0asm\x01\0\0\0\x01\x02\0\0", "1 bytes left over", 11),
        (b"\0asm\x01\0\0\0\x01\x05\xff\xff\xff\xff\x0f", "elements announced", 10),
        (b"\0asm\x01\0\0\0\x01\x06\x80\x80\x80\x80\x80\x00", "integer is too long", 10),
        (b"\0asm\x01\0\0\0\x01\x05\x80\x80\x80\x80\x10", "does not fit 32 bits", 10),
        (b"\0asm\x01\0\0\0\x01\x04\x01\x60\x01\x05", "0x05 is no value type", 13),
        (b"\0asm\x01\0\0\0\x02\x07\x01\x01\xff\x01a\x00\x00", "a name is not UTF-8", 11),
        (b"\0asm\x01\0\0\0\x02\x07\x01\x01e\x01a\x00\x00", "type 0 is no function type", 16),
        (b"\0asm\x01\0\0\0\x02\x07\x01\x01e\x01a\x09\x00", "0x09 is no kind of import", 15),
        (b"\0asm\x01\0\0\0\x05\x04\x01\x01\x05\x02", "maximum 2 is below minimum 5", 11),
        (b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0", "declared, 0 bodies", 18),
        (b"\0asm\x01\0\0\0\x07\x05\x01\x01a\x00\x00", "export 'a' is of nothing", 11),
        (b"\0asm\x01\0\0\0\x08\x01\x00", "start function 0 does not exist", 10),
    ],
)  # fmt: skip
def test_malformed_modules_name_the_byte(data: bytes, why: str, offset: int) -> None:
    with pytest.raises(BadInput) as caught:
        read(data)
    assert why in caught.value.what
    assert f"at byte {offset} " in caught.value.what


def test_two_exports_of_one_name() -> None:
    data = wasm('(module (func (export "a")) (func (export "b")))').replace(b"\x01b", b"\x01a")
    with pytest.raises(BadInput, match="'a' is exported twice"):
        read(data)


def test_a_broken_custom_section_breaks_nothing() -> None:
    data = wasm("(module)") + b"\x00\x0b\x09producers\xff"
    assert read(data).producers == {}
    data = wasm("(module)") + b"\x00\x12\x0etamis.metadata{}!"
    assert read(data).metadata == b"{}!"


@pytest.mark.parametrize("seed", range(4))
def test_mutations_end_in_a_value_or_in_bad_input(compiled: bytes, seed: int) -> None:
    """And whatever wasmtime calls valid is read."""
    chance = random.Random(seed)
    engine = wasmtime.Engine(features())
    begins = with_start(compiled, 0), wasm(RICH)
    assert valid(engine, wasm(RICH))
    accepted = 0
    for round_ in range(500):
        data = bytearray(begins[round_ % 2])
        if round_ % 3 == 0:
            del data[chance.randrange(len(data)) :]
        for _ in range(chance.randint(1, 4)):
            if data:
                # The head of the module, where its structure is, as often as all the rest.
                end = chance.choice((min(400, len(data)), len(data)))
                data[chance.randrange(end)] = chance.choice(
                    (0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256))
                )
        mutant = bytes(data)
        try:
            read(mutant)
            accepted += valid(engine, mutant)
        except BadInput:
            assert not valid(engine, mutant), mutant.hex()
    assert accepted > 20, "valid mutants are what makes this a test of the reader"


def features() -> wasmtime.Config:
    config = wasmtime.Config()
    config.wasm_exceptions = True
    return config


def valid(engine: wasmtime.Engine, data: bytes) -> bool:
    try:
        wasmtime.Module.validate(engine, data)
    except wasmtime.WasmtimeError:
        return False
    return True
