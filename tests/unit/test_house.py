"""The rules of the house that no linter knows."""

import ast
import importlib.util
import subprocess
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
    from sys import executable

    done = subprocess.run([executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
