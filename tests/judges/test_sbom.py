"""What is listed is what compilers linked in: crates by cargo, modules by Go."""

import json
import subprocess
from pathlib import Path

import pytest
from tests.cargo_auditable import audited, crates

from tamis.toolchains import Here, toolchain_for

pytestmark = [pytest.mark.judge, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sbom(tamis_cli, module: str, *more: str) -> dict:
    """The document that is attached to a module that was pushed."""
    place = "oci-layout://there:1"
    for command in (["push", module, place], ["attach", place, "sbom"]):
        ended = tamis_cli(*command, *more)
        assert ended.code == 0, ended.out + ended.err
    ended = tamis_cli("pull", "oci-layout://there:1", "--json", "-o", "again.wasm")
    assert ended.code == 0
    blobs = [each.read_bytes() for each in Path("there/blobs/sha256").iterdir()]
    (document,) = [json.loads(each) for each in blobs if b'"bomFormat"' in each]
    return document


def purls(document: dict, kind: str) -> set[str]:
    head = f"pkg:{kind}/"
    found = {each.get("purl", "") for each in document["components"]}
    return {each.removeprefix(head) for each in found if each.startswith(head)}


def aggregate(document: dict) -> str:
    return document["compositions"][0]["aggregate"]


def test_crates(tamis_cli, folder: Path) -> None:
    assert tamis_cli("new", "audited", "--language", "rust").code == 0
    module = audited(folder / "audited")
    document = sbom(tamis_cli, str(module))
    assert purls(document, "cargo") == crates(folder / "audited")
    assert "proxy-wasm" in str(purls(document, "cargo"))
    assert aggregate(document) == "complete"


def test_go_modules(tamis_cli, folder: Path) -> None:
    assert tamis_cli("new", "modules", "--language", "go").code == 0
    document = sbom(tamis_cli, "modules")
    go = toolchain_for("go").find(Here()).path
    format_ = "{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}}{{end}}{{end}}"
    listed = subprocess.run(
        [go, "list", "-deps", f"-f={format_}", "."],
        cwd=folder / "modules",
        capture_output=True,
        text=True,
        check=True,
    )
    modules = {line for line in listed.stdout.splitlines() if line}
    assert modules
    assert purls(document, "golang") == modules
    assert aggregate(document) == "complete"
