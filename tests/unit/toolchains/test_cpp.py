"""C++ and C: what is built, that it repeats, and how it fails."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.abc import MetaPathFinder
from pathlib import Path

import pytest
import wasmtime

from tamis.errors import BadInput, Missing, Rejected
from tamis.toolchains import Cpp, Here, sdk_digest, sdk_folder
from tamis.version import VERSION

C_SOURCE = """\
__attribute__((export_name("proxy_abi_version_0_2_1"))) void version(void) {}
__attribute__((export_name("malloc"))) void *take(unsigned size) { (void)size; return 0; }
"""


def exports(wasm):
    return {each.name for each in wasmtime.Module(wasmtime.Engine(), wasm).exports}


def test_only_what_the_filter_overrides_is_exported(make_filter, compiled):
    built = compiled(make_filter())
    assert exports(built.wasm) == {
        "memory",
        "proxy_abi_version_0_2_1",
        "malloc",
        "_initialize",
        "proxy_on_response_headers",
    }
    assert [step.what for step in built.steps] == ["compile filter.cc", "link hello"]
    assert all(step.seconds > 0 for step in built.steps)
    with Here() as shop:
        assert built.commands[0][0] == str(Cpp().find(shop).path)


def test_the_smallest_filter_is_small_and_needs_no_wasi(make_filter, compiled):
    wasm = compiled(make_filter()).wasm
    assert len(wasm) < 1400
    imports = wasmtime.Module(wasmtime.Engine(), wasm).imports
    # It only ever sets a header: what adds and removes them stays out.
    assert [(each.module, each.name) for each in imports] == [
        ("env", "proxy_replace_header_map_value")
    ]


def test_a_header_from_the_configuration_fits_in_two_kib(make_filter, compiled):
    readme = (sdk_folder() / "README.md").read_text()
    source = readme.partition("```cpp\n")[2].partition("```")[0]
    wasm = compiled(make_filter(source, folder="readme")).wasm
    assert "proxy_on_configure" in exports(wasm)
    assert len(wasm) < 2048


def test_two_folders_give_the_same_bytes_without_a_path(make_filter, tmp_path, compiled):
    named = {"defines": {"GREETING": "__FILE__"}}
    filters = [make_filter(folder=name, settings=named) for name in ("a/one", "b/another-name")]
    first, second = (compiled(each).wasm for each in filters)
    assert first == second
    assert str(tmp_path).encode() not in first
    assert b"\0filter.cc\0" in first


def test_the_day_of_the_build_is_refused(make_filter, compiled):
    source = make_filter().sources[0].read_text() + "const char* volatile when = __DATE__;\n"
    with pytest.raises(Rejected, match="expansion of date or time macro is not reproducible"):
        compiled(make_filter(source, folder="dated"))


def test_a_fresh_cache_gives_the_same_bytes(make_filter, tmp_path, compiled):
    filter_ = make_filter()
    fresh = compiled(filter_, tmp_path / "cache").wasm
    assert fresh == compiled(filter_).wasm
    assert any((tmp_path / "cache").iterdir())


def test_builds_run_side_by_side(make_filter, compiled):
    filters = [
        make_filter(
            folder=f"f{number}", settings={"defines": {"GREETING": f'"the world of {number}"'}}
        )
        for number in range(4)
    ]
    with ThreadPoolExecutor(2) as pool:
        modules = [built.wasm for built in pool.map(compiled, filters)]
    for number, wasm in enumerate(modules):
        assert re.findall(rb"the world of \d", wasm) == [f"the world of {number}".encode()]


def test_nothing_is_written_beside_the_sources(make_filter, compiled):
    filter_ = make_filter()
    compiled(filter_)
    assert [path.name for path in filter_.folder.iterdir()] == ["filter.cc"]


def test_a_fault_in_the_source_is_shown_as_the_compiler_says_it(make_filter, monkeypatch, compiled):
    filter_ = make_filter("int here = nowhere;\n")
    monkeypatch.chdir(filter_.folder.parent)
    with pytest.raises(Rejected) as caught:
        compiled(filter_)
    assert str(caught.value.at) == "hello/filter.cc:1:12"
    assert (
        "hello/filter.cc:1:12: error: use of undeclared identifier 'nowhere'" in caught.value.what
    )
    assert "int here = nowhere;" in caught.value.what
    assert caught.value.exit_code == 1


def test_a_callback_with_a_wrong_type_does_not_compile(make_filter, compiled):
    source = make_filter().sources[0].read_text().replace(", bool) override", ", int) override")
    with pytest.raises(Rejected, match="marked 'override' hides virtual member function"):
        compiled(make_filter(source, folder="wrong"))


def test_a_missing_function_is_told_by_the_linker(make_filter, compiled):
    source = make_filter().sources[0].read_text()
    source = source.replace("headers.set(", "extern void gone(); gone(); headers.set(")
    with pytest.raises(Rejected, match="undefined symbol: gone"):
        compiled(make_filter(source, folder="unlinked"))


def test_what_has_no_instruction_is_linked_in(make_filter, compiled):
    wide = "static unsigned long long f(unsigned __int128 a) { return (a * a * a) % 1000000007; }\n"
    source = make_filter().sources[0].read_text()
    source = source.replace("headers.set(", "volatile auto x = f(headers.size()); headers.set(")
    source = source.replace("class Hello", f"{wide}class Hello")
    built = compiled(make_filter(source, folder="wide"))
    assert [step.what for step in built.steps][-2:] == ["compile the runtime", "link hello"]
    assert len(built.wasm) < 6000


def test_warnings_do_not_fail_and_are_kept(make_filter, compiled):
    source = make_filter().sources[0].read_text() + "static int unused;\n"
    built = compiled(make_filter(source, folder="warned"))
    assert "unused variable 'unused'" in built.output
    assert "error" not in built.output


def test_settings_reach_the_compiler(make_filter, compiled):
    filter_ = make_filter(settings={"flags": ['-DGREETING="by flag"'], "include": ["."]})
    assert b"by flag" in compiled(filter_).wasm
    fast = replace(filter_, settings={**filter_.settings, "optimize": "speed"})
    assert "-O2" in compiled(fast).commands[0]


def test_options_of_the_linker_reach_it(make_filter, compiled):
    settings = {**make_filter().settings, "flags": ["-Wl,--export=__heap_base,--export-table"]}
    built = compiled(make_filter(folder="linked", settings=settings))
    assert exports(built.wasm) >= {"__heap_base", "__indirect_function_table"}
    wrong = make_filter(folder="mislinked", settings={**settings, "flags": ["-Wl,--no-such"]})
    with pytest.raises(Rejected, match="unknown argument: --no-such"):
        compiled(wrong)


def test_several_sources_become_one_module(make_filter, compiled):
    one = make_filter('int other(); extern "C" int one() { return other(); }\n', folder="several")
    two = one.folder / "two.cc"
    two.write_text("int other() { return 42; }\n")
    keep = {"flags": ["-Wl,--export=one"]}
    built = compiled(replace(one, sources=(*one.sources, two), settings=keep))
    assert "one" in exports(built.wasm)
    assert len(built.commands) == 3


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"flags": "-g"}, r"\[cpp\] flags: expected a list of strings"),
        ({"include": [1]}, r"\[cpp\] include: expected a list of strings"),
        ({"defines": ["A", 2]}, r"\[cpp\] defines: expected a list of strings"),
        ({"optimize": "more"}, r"\[cpp\] optimize: 'more' is not one of size, speed, none"),
    ],
)
def test_wrong_settings_are_bad_input(make_filter, settings, text, compiled):
    with pytest.raises(BadInput, match=text):
        compiled(make_filter(settings=settings))


def test_no_sources_is_bad_input(make_filter, compiled):
    with pytest.raises(BadInput, match="hello names no sources"):
        compiled(replace(make_filter(), sources=()))


def test_c_is_compiled_as_c(make_filter, compiled):
    filter_ = make_filter(C_SOURCE, language="c", file="filter.c", settings={})
    built = compiled(filter_)
    assert exports(built.wasm) == {"memory", "proxy_abi_version_0_2_1", "malloc"}
    assert len(built.wasm) < 512


class NoZiglang(MetaPathFinder):
    """Python without the package."""

    def find_spec(self, fullname, path, target=None):
        if fullname == "ziglang":
            raise ModuleNotFoundError(fullname, name=fullname)


def test_without_the_extra_the_one_command_is_named(make_filter, monkeypatch, compiled):
    monkeypatch.delitem(sys.modules, "ziglang", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoZiglang(), *sys.meta_path])
    with pytest.raises(Missing) as caught:
        compiled(make_filter())
    assert caught.value.exit_code == 3
    assert caught.value.advice() == "Run: pip install 'tamis[cpp]'"


def test_the_fingerprint_names_compiler_and_sdk(make_filter):
    with Here() as shop:
        fingerprint = Cpp().fingerprint(make_filter(), shop)
        assert fingerprint.toolchain == Cpp().find(shop).version
    assert fingerprint.sdk == f"tamis-cpp {VERSION}"
    assert fingerprint.detail.startswith(sdk_digest())
    assert str(Path.home()) not in fingerprint.detail
