"""SBOMs: of what a module says itself, else of lock files; valid, the same each time, bounded."""

import json
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tamis.errors import BadInput
from tamis.model.artifact import Artifact, Metadata
from tamis.model.choices import Language
from tamis.model.filter import Filter
from tamis.oci import digest_of
from tamis.trust.sbom import given, sbom

EMPTY = b"\0asm\1\0\0\0"
_GO = (
    bytes.fromhex("3077af0c9274080241e1c107e6d618e6"),
    bytes.fromhex("f932433186182072008242104116d8f2"),
)
CRATES = [
    {"name": "hello", "version": "1.0.0", "source": "local", "root": True, "dependencies": [1, 3]},
    {"name": "serde", "version": "1.0.200", "source": "crates.io", "dependencies": [2]},
    {"name": "serde_derive", "version": "1.0.200", "source": "crates.io", "kind": "build"},
    {"name": "own", "version": "0.1.0", "source": "local"},
]


def _leb(number: int) -> bytes:
    return bytes([number >> 7 * at & 0x7F | (0x80 if at < 3 else 0) for at in range(4)])


def _custom(name: str, content: bytes) -> bytes:
    body = bytes([len(name)]) + name.encode() + content
    return EMPTY + b"\0" + _leb(len(body)) + body


def _audited(document: object) -> bytes:
    return _custom(".dep-v0", zlib.compress(json.dumps(document).encode()))


def _go(text: str) -> bytes:
    return _custom("data", _GO[0] + text.encode() + _GO[1])


def _made(module: bytes, filter: Filter | None = None, **known: str) -> dict[str, object]:
    metadata = replace(Metadata("hello", "1.0.0", license="MIT"), **known)
    digest = digest_of(b"manifest")
    artifact = Artifact(metadata, "image", digest, digest_of(module), len(module), len(module))
    document = sbom(artifact, module, filter)
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document))
    assert fault is None, fault
    assert sbom(artifact, module, filter) == document, "the same each time"
    return document


def _purls(document: dict[str, object]) -> list[str | None]:
    components = document["components"]
    assert isinstance(components, list)
    return [each.get("purl") for each in components]


def _needs(document: dict[str, object]) -> dict[str, list[str]]:
    listed = document["dependencies"]
    assert isinstance(listed, list)
    return {each["ref"]: each["dependsOn"] for each in listed}


def _aggregate(document: dict[str, object]) -> str:
    listed = document["compositions"]
    assert isinstance(listed, list)
    return str(listed[0]["aggregate"])


def _source(tmp_path: Path, language: Language, name: str, text: str) -> Filter:
    """A filter's folder below the one with the lock file."""
    (tmp_path / name).write_text(text)
    folder = tmp_path / "filters" / "hello"
    folder.mkdir(parents=True)
    return Filter(folder, "hello", "1.0.0", language, ())


def test_crates_that_the_module_lists() -> None:
    found = _made(_audited({"packages": CRATES}))
    assert _purls(found) == [None, "pkg:cargo/serde@1.0.200", "pkg:cargo/serde_derive@1.0.200"]
    root = found["metadata"]["component"]["bom-ref"]  # type: ignore[index]
    assert _needs(found)[root] == ["own@0.1.0", "pkg:cargo/serde@1.0.200"]
    assert _needs(found)["pkg:cargo/serde@1.0.200"] == ["pkg:cargo/serde_derive@1.0.200"]
    scopes = {each["name"]: each.get("scope") for each in found["components"]}  # type: ignore[attr-defined]
    assert scopes == {"own": None, "serde": None, "serde_derive": "excluded"}
    assert _aggregate(found) == "complete"


def test_the_serial_number_is_the_modules() -> None:
    one, two = _made(EMPTY), _made(_audited({"packages": []}))
    assert one["serialNumber"] == _made(EMPTY)["serialNumber"] != two["serialNumber"]
    assert "timestamp" not in one["metadata"]  # type: ignore[operator]


def test_a_time_only_when_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert _made(EMPTY)["metadata"]["timestamp"] == "1970-01-02T00:00:00Z"  # type: ignore[index]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "tomorrow")
    with pytest.raises(BadInput, match="SOURCE_DATE_EPOCH=tomorrow"):
        _made(EMPTY)


@pytest.mark.parametrize(
    ("section", "why"),
    [
        (b"", "breaks off"),
        (b"no zlib", "is no zlib stream"),
        (zlib.compress(b"{}"), "has no list of packages"),
        (zlib.compress(b"[]"), "is not a JSON object"),
        (zlib.compress(b"\xff"), "is not JSON"),
        (zlib.compress(b"[" * 100_000), "is not JSON"),
        (zlib.compress(b'{"packages": [], "packages": []}'), "'packages' is there twice"),
        (zlib.compress(b'{"packages": []}')[:-2], "breaks off"),
        (zlib.compress(bytes(9 << 20)), "holds more than 8 MiB"),
    ],
)
def test_a_hostile_section(section: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        _made(_custom(".dep-v0", section))


def test_a_section_that_is_a_bomb_takes_no_memory() -> None:
    bomb = zlib.compressobj(9)
    section = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(128)) + bomb.flush()
    tracemalloc.start()
    with pytest.raises(BadInput, match="holds more than 8 MiB"):
        _made(_custom(".dep-v0", section))
    assert tracemalloc.get_traced_memory()[1] < 24 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("package", "why"),
    [
        ({}, "without name and version"),
        ({"name": 1, "version": "1"}, "without name and version"),
        ({"name": "a\nb", "version": "1"}, "strange name"),
        ({"name": "ä", "version": "1"}, "strange name"),
        ({"name": "a", "version": "x" * 400}, "strange name"),
        ({"name": "a", "version": "1", "dependencies": [7]}, "dependency that is not there"),
        ({"name": "a", "version": "1", "dependencies": [-1]}, "dependency that is not there"),
        ({"name": "a", "version": "1", "dependencies": [True]}, "dependency that is not there"),
        ({"name": "a", "version": "1", "dependencies": "0"}, "dependency that is not there"),
        (None, "has no list of packages"),
    ],
)
def test_a_hostile_package(package: object, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        _made(_audited({"packages": [package]}))


def test_too_many_packages() -> None:
    with pytest.raises(BadInput, match="has 10001 packages"):
        _made(_audited({"packages": [{}] * 10_001}))


def test_packages_that_need_each_other_in_a_circle() -> None:
    crates = [
        {"name": name, "version": "1.0.0", "source": "crates.io", "dependencies": [1 - at]}
        for at, name in enumerate("ab")
    ]
    assert _purls(_made(_audited({"packages": crates}))) == [
        "pkg:cargo/a@1.0.0",
        "pkg:cargo/b@1.0.0",
    ]


def test_go_modules_that_the_module_lists() -> None:
    text = (
        "path\tcommand-line-arguments\nmod\texample.com/hello\t(devel)\t\n"
        "dep\tgithub.com/proxy-wasm/sdk\tv0.0.0-20250212164326-ab4161dcf924\th1:x=\n"
        "dep\tgolang.org/x/text\tv0.3.0\th1:y=\n=>\texample.com/text\tv0.3.1\th1:z=\n"
        "dep\texample.com/local\tv0.0.0\n=>\t../local\t(devel)\t\nbuild\t-compiler=gc\n"
    )
    found = _made(_go(text))
    assert _purls(found) == [
        None,
        "pkg:golang/example.com/text@v0.3.1",
        "pkg:golang/github.com/proxy-wasm/sdk@v0.0.0-20250212164326-ab4161dcf924",
    ]
    assert _aggregate(found) == "complete"


def test_hostile_go_information() -> None:
    with pytest.raises(BadInput, match="is not UTF-8"):
        _made(_custom("data", _GO[0] + b"\xff" + _GO[1]))
    with pytest.raises(BadInput, match="more than 10000 modules"):
        _made(_go("dep\ta.b/c\tv1\n" * 10_001))
    with pytest.raises(BadInput, match="strange name"):
        _made(_go("dep\ta b\tv1\n"))
    for cut in (_GO[0], _GO[0] + bytes(5 << 20) + _GO[1]):  # no end, or too far away
        assert _aggregate(_made(_custom("data", cut))) == "incomplete"
    assert _purls(_made(_go("=>\tx\tv1\ndep\t\n\t\t\n"))) == []


CARGO_LOCK = """\
version = 4
[[package]]
name = "hello"
version = "1.0.0"
dependencies = ["log 0.4.20", "forked"]
[[package]]
name = "log"
version = "0.4.20"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "b5e6163cb8c49088c2c36f57875e58ccd8c87c7427f7fbd50ea6710b2f3f2e8f"
[[package]]
name = "log"
version = "0.3.9"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = ["log 0.4.20 (registry+https://github.com/rust-lang/crates.io-index)"]
[[package]]
name = "forked"
version = "0.1.0"
source = "git+https://example.com/forked?rev=abc#abcdef"
"""


def test_crates_of_a_lock_file(tmp_path: Path) -> None:
    found = _made(EMPTY, _source(tmp_path, "rust", "Cargo.lock", CARGO_LOCK))
    forked, old, new = _purls(found)
    assert (old, new) == ("pkg:cargo/log@0.3.9", "pkg:cargo/log@0.4.20")
    assert str(forked).startswith("pkg:cargo/forked@0.1.0?vcs_url=git%2Bhttps://example.com")
    root = found["metadata"]["component"]["bom-ref"]  # type: ignore[index]
    assert _needs(found)[root] == [forked, new]
    assert _needs(found)[str(old)] == [new]
    assert _aggregate(found) == "unknown"


def test_the_module_knows_better_than_a_lock_file(tmp_path: Path) -> None:
    source = _source(tmp_path, "rust", "Cargo.lock", CARGO_LOCK)
    assert _aggregate(_made(_audited({"packages": CRATES}), source)) == "complete"


def test_go_mod(tmp_path: Path) -> None:
    text = (
        "module example.com/hello\n\ngo 1.24\n\nrequire example.com/one v1.2.3 // a word\n"
        "require (\n\texample.com/two v2.0.0+incompatible\n\texample.com/x v0.1.0 // indirect\n)\n"
        "replace example.com/x => ../x\nreplace example.com/two v2.0.0 => example.com/2 v2.1.0\n"
        "exclude example.com/two v1.0.0\n"
    )
    found = _made(EMPTY, _source(tmp_path, "tinygo", "go.mod", text))
    one, two = "pkg:golang/example.com/one@v1.2.3", "pkg:golang/example.com/2@v2.1.0"
    assert _purls(found) == [None, two, one]
    root = found["metadata"]["component"]["bom-ref"]  # type: ignore[index]
    assert _needs(found)[root] == sorted([one, two])
    assert _aggregate(found) == "unknown"


def test_npm_packages(tmp_path: Path) -> None:
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": {"devDependencies": {"assemblyscript": "^0.27.0"}, "dependencies": {"@a/b": "1"}},
            "node_modules/@a/b": {"version": "1.0.0", "integrity": "sha512-" + "A" * 86 + "=="},
            "node_modules/assemblyscript": {"version": "0.27.1", "dev": True, "integrity": "md5-x"},
            "node_modules/linked": {"link": True, "resolved": "../linked"},
            "node_modules/@a/b/node_modules/c": {"version": "2.0.0", "integrity": "sha512-AAAA"},
        },
    }
    source = _source(tmp_path, "assemblyscript", "package-lock.json", json.dumps(lock))
    found = _made(EMPTY, source)
    names = ["pkg:npm/%40a/b@1.0.0", "pkg:npm/assemblyscript@0.27.1", "pkg:npm/c@2.0.0"]
    assert _purls(found) == names
    hashes = [each.get("hashes") for each in found["components"]]  # type: ignore[attr-defined]
    assert hashes == [[{"alg": "SHA-512", "content": "0" * 128}], None, None]
    root = found["metadata"]["component"]["bom-ref"]  # type: ignore[index]
    assert _needs(found)[root] == names[:2]


@pytest.mark.parametrize(
    ("language", "name", "text"),
    [
        ("rust", "Cargo.lock", "= ["),
        ("rust", "Cargo.lock", "package = 1"),
        ("rust", "Cargo.lock", '[[package]]\nname = "a b"\nversion = "1"'),
        ("assemblyscript", "package-lock.json", "[]"),
        ("assemblyscript", "package-lock.json", '{"lockfileVersion": 1, "dependencies": {}}'),
        ("assemblyscript", "package-lock.json", '{"packages": {"node_modules/a": {}}}'),
        ("tinygo", "go.mod", "require a\u00e4/b v1"),
    ],
)
def test_damaged_lock_files(tmp_path: Path, language: Language, name: str, text: str) -> None:
    with pytest.raises(BadInput):
        _made(EMPTY, _source(tmp_path, language, name, text))


def test_of_cpp_only_what_made_it_is_known() -> None:
    producers = b"\1\x0cprocessed-by\1\5clang\x0619.1.0"
    found = _made(_custom("producers", producers), sdk="tamis-cpp 0.1.0", toolchain="zig 0.17.1")
    facts = {each["name"]: each["value"] for each in found["metadata"]["component"]["properties"]}  # type: ignore[index]
    assert facts == {
        "dev.tamis:producers:processed-by": "clang 19.1.0",
        "dev.tamis:sdk": "tamis-cpp 0.1.0",
        "dev.tamis:toolchain": "zig 0.17.1",
    }
    assert [each["name"] for each in found["components"]] == ["tamis-cpp"]  # type: ignore[attr-defined]
    assert _aggregate(found) == "incomplete"


def test_where_the_source_is() -> None:
    told = _made(EMPTY, source_url="https://github.com/acme/hello")["metadata"]
    assert told["component"]["externalReferences"] == [  # type: ignore[index]
        {"type": "vcs", "url": "https://github.com/acme/hello"}
    ]


@pytest.mark.parametrize("url", ["https://[x", "https://a b", "javascript:x", "https://\ud800", ""])
def test_what_is_no_url_is_left_out(url: str) -> None:
    assert "externalReferences" not in _made(EMPTY, source_url=url)["metadata"]["component"]  # type: ignore[index]


def test_what_an_artifact_says_of_itself_is_not_trusted() -> None:
    found = _made(EMPTY, name="My filter \ud800/ü!", description="\ud800", license="a \ud800")
    json.dumps(found, ensure_ascii=False).encode()
    assert str(found["metadata"]["component"]["purl"]).startswith("pkg:oci/my-filter@sha256")  # type: ignore[index]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: "x",
        lambda document: json.dumps({**document, "bomFormat": "SPDX"}),
        lambda document: json.dumps({**document, "specVersion": "2.0"}),
        lambda document: json.dumps({**document, "x": "\ud800"}),
    ],
)
def test_a_document_of_somebody_else(
    tmp_path: Path, spoil: Callable[[dict[str, object]], str]
) -> None:
    good = _made(EMPTY)
    path = tmp_path / "bom.json"
    path.write_text(json.dumps(good))
    assert given(path) == good
    path.write_text(spoil(good))
    with pytest.raises(BadInput):
        given(path)
