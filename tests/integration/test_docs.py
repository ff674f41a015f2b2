"""The filter in docs/filters.md is built and run, as a reader would copy it; other pages keep to
the facts.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tamis.profiles import resolve

_DOCS = Path(__file__).parent.parent.parent / "docs"
_TEXT = (_DOCS / "filters.md").read_text("utf-8")


def _block(language: str, nth: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", _TEXT, re.DOTALL)[nth]


@pytest.fixture
def documented(tmp_path: Path) -> Path:
    """A folder with nothing but what the page shows."""
    folder = tmp_path / "my filter"  # spaces are nothing special
    (folder / "fixtures").mkdir(parents=True)
    for name, text in {
        "tamis.toml": _block("toml"),
        "filter.cc": _block("cpp"),
        "config.json": _block("json"),
        "config.schema.json": _block("json", 1),
        "fixtures/hello.yaml": _block("yaml"),
    }.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.envoy
def test_the_documented_filter_ships(documented: Path, tmp_path: Path, tamis_cli):
    ended = tamis_cli("ship", documented, "--out", tmp_path / "out")
    assert ended.code == 0, ended.out + ended.err
    assert "no findings" in ended.out


def test_the_documented_filter_refuses_what_it_cannot_read(documented: Path, tamis_cli):
    (documented / "config.json").unlink()
    manifest = documented / "tamis.toml"
    manifest.write_text(manifest.read_text().replace("config = ", "#").replace("config_s", "#"))
    (documented / "fixtures" / "hello.yaml").write_text(
        "config: {}\n"
        'exchanges:\n- request: {headers: [[":method", GET], [":path", /]]}\n'
        "expect: {start: refused, logs: [{level: error, matches: greeting}]}\n"
    )
    ended = tamis_cli("test", documented)
    assert ended.code == 0, ended.out + ended.err


@pytest.mark.envoy
def test_the_python_example_of_run_works():
    (code,) = re.findall(r"```python\n(.*?)```", (_DOCS / "run.md").read_text("utf-8"), re.DOTALL)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=_DOCS.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_documented_pairs_of_istio_and_envoy():
    text = (_DOCS / "envoy.md").read_text("utf-8")
    pairs = re.findall(r"\| (\d\.\d+) \| (\d\.\d+) \|", text)
    assert pairs[-1][0] == resolve("istio").version
    assert [resolve(f"istio@{istio}").envoy for istio, _ in pairs] == [envoy for _, envoy in pairs]
