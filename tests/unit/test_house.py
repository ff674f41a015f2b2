"""The rules of the house that no linter knows."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted((ROOT / "src" / "tamis").rglob("*.py"))
HEADERS = sorted((ROOT / "src" / "native").rglob("*.h"))
#: They turn Python's objects into values, and back: tests in Python exercise them.
WITHOUT_NATIVE_TEST = {
    "bind_deflate.h",
    "bind_load.h",
    "convert.h",
    "convert_run.h",
    "convert_script.h",
    "convert_trace.h",
    "python_foreign.h",
}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_opens_with_its_purpose_and_what_it_offers(path: Path):
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree)
    names = [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    bare = all(isinstance(node, ast.Expr | ast.ImportFrom) for node in tree.body)
    assert bare or "__all__" in names


def test_each_native_header_has_a_test():
    tests = {path.name for path in (ROOT / "tests" / "native").rglob("*_test.cc")}
    missing = {h.name for h in HEADERS if f"{h.stem}_test.cc" not in tests}
    assert missing == WITHOUT_NATIVE_TEST


def test_verbs_are_one_word_from_the_command_to_the_function():
    from tamis.cli.main import VERBS

    for verb in VERBS:
        assert importlib.util.find_spec(f"tamis.cli.{verb}")
        if verb not in ("schema", "completion"):
            assert importlib.util.find_spec(f"tamis.verbs.{verb}")


def test_generated_files_are_up_to_date():
    spec = importlib.util.spec_from_file_location("docs", ROOT / "scripts" / "generate_docs.py")
    assert spec
    assert spec.loader
    docs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(docs)
    assert (ROOT / "docs" / "reference.md").read_text("utf-8") == docs.reference()


def test_nothing_slow_is_imported_for_help():
    code = (
        "import sys; from tamis.cli.main import run\n"
        "try: run(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in "
        "{'rich', 'oras', 'requests', 'wasmtime', 'jsonschema', 'ruamel', 'envoy', 'pydantic'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", ["tamis", "tamis.oci", "tamis.wasm"])
def test_what_a_package_offers_is_there_when_asked_for(name: str):
    package = importlib.import_module(name)
    assert [each for each in package.__all__ if not hasattr(package, each)] == []
    with pytest.raises(AttributeError, match=f"'{name}' has no attribute 'nothing'"):
        _ = package.nothing


UNNEEDED = {
    "push": ("tamis.checks", "tamis.profiles", "tamis.toolchains", "tamis.oci.packing.extract"),
    "copy": ("tamis.oci.packing.pack", "tamis.oci.packing.extract"),
    "pull": ("tamis.oci.packing.pack", "tamis.oci.along"),
}


def test_moving_an_artifact_loads_what_it_needs(tmp_path: Path):
    module = tmp_path / "a.wasm"
    module.write_bytes(b"\0asm\1\0\0\0")
    there = f"oci-layout://{tmp_path}/there"
    given = {
        "push": [str(module), f"{there}:1"],
        "copy": [f"{there}:1", f"{there}:2"],
        "pull": [f"{there}:1", "-o", f"{tmp_path}/b.wasm"],
    }
    for verb, arguments in given.items():
        assert all(importlib.util.find_spec(name) for name in UNNEEDED[verb])
        code = (
            "import sys; from tamis.cli.main import run\n"
            f"try: run({[verb, '-q', *arguments]})\n"
            "except SystemExit as end: assert end.code == 0\n"
            f"print([m for m in {UNNEEDED[verb]} if m in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout == "[]\n", verb
