"""A small filter of its own for tests that break things; what Envoys leave behind."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.processes import command, tasks

_MANIFEST = """\
name = "hello"
version = "1.2.3"
description = "Adds a header"
license = "Apache-2.0"
language = "cpp"
sources = ["filter.cc"]
root_id = "hello"
config = {greeting = "hi"}
config_schema = "config.schema.json"
targets = ["istio@1.30", "envoy@1.40"]

[publish]
repository = "registry.example/acme/hello"
"""
_SOURCE = """\
#include <tamis/http.h>

class Filter : public tamis::HttpFilter {
 public:
  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    headers.set("x-hello", "world");
    return tamis::FilterStatus::Continue;
  }
};

TAMIS_HTTP_FILTER(Filter)
"""
_SCHEMA = '{"type": "object", "properties": {"greeting": {"type": "string"}}}'
_FIXTURE = """\
name: a header is added
exchanges:
- request: {headers: [[":method", GET], [":path", /]]}
  expect: {request: {headers: {set: {x-hello: [world]}}}}
"""


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    """A filter that works; a test breaks what it wants to."""
    folder = tmp_path / "hello"
    (folder / "fixtures").mkdir(parents=True)
    for name, text in {
        "tamis.toml": _MANIFEST,
        "filter.cc": _SOURCE,
        "config.schema.json": _SCHEMA,
        "fixtures/added.yaml": _FIXTURE,
    }.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def header_policy_copy(header_policy: Path, tmp_path: Path) -> Path:
    """The example filter, to write into."""
    return shutil.copytree(
        header_policy, tmp_path / "header-policy", ignore=shutil.ignore_patterns("build")
    )


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where Envoys keep what they need; short, as names of Unix sockets are."""
    folder = Path(tempfile.mkdtemp(prefix="t"))
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def left(here: Path) -> Callable[[], set[str]]:
    """What is there of Envoys now: folders by name, and processes by id."""

    def look() -> set[str]:
        folders = {path.name for path in here.iterdir()}
        return folders | {task for task in tasks() if bytes(here) in command(task)}

    return look
