"""What tamis signs, both cosigns verify; what they sign, tamis verifies; what was tampered with,
nobody does. In docker-registry, which has no referrers API, and in a registry that has.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import wasmtime
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from tests import docker_registry, referrers_registry
from tests.judging import CACHE, cosign, oras, sigstore_verify

from tamis import trust
from tamis.errors import Missing, Rejected
from tamis.model.artifact import Descriptor, Metadata
from tamis.model.reference import RegistryReference
from tamis.model.signed import KeyPair
from tamis.oci import Stored, digest_of, open_store, referrers, stored
from tamis.oci.manifests import compact
from tamis.trust import classic
from tamis.trust.bundle import BUNDLE, bundle, notes
from tamis.trust.predicates import SBOM, SIGN, TEST_RESULT
from tamis.trust.statement import write
from tamis.verbs.attach import attach
from tamis.verbs.keygen import keygen
from tamis.verbs.push import push
from tamis.verbs.sign import sign
from tamis.verbs.verify import verify

pytestmark = pytest.mark.judge

Version = Literal[2, 3]
MODULE = b"\0asm\1\0\0\0"
#: What every host loads.
GOOD = """\
(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0)))
"""
SECRET = "a secret"
OFFLINE = {2: ("--tlog-upload=false",), 3: ("--use-signing-config=false", "--tlog-upload=false")}
CHECK = ("--insecure-ignore-tlog=true",)


@pytest.fixture(scope="module", params=["docker-registry", "olareg"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    serve = {"docker-registry": docker_registry.serve, "olareg": referrers_registry.serve}
    yield from serve[request.param](tmp_path_factory.mktemp("registry"))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


@pytest.fixture
def place(host: str, request: pytest.FixtureRequest) -> RegistryReference:
    """An artifact of the test's own."""
    name = digest_of(request.node.name.encode())[7:23]
    where = RegistryReference(host, f"acme/{name}", "1")
    push(MODULE, Metadata("hello", "1.0.0"), where)
    return where


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    """Made by tamis, with a passphrase."""
    return keygen(tmp_path_factory.mktemp("keys") / "release", SECRET.encode())


def secret() -> bytes:
    return SECRET.encode()


def pinned(place: RegistryReference) -> str:
    with open_store(place) as store:
        return f"{place.name}@{store.read_manifest('1').digest}"


def theirs(version: Version, home: Path) -> Path:
    """A key pair made by cosign: its prefix."""
    prefix = f"cosign-{version}"
    made = cosign(
        version, "generate-key-pair", "--output-key-prefix", prefix, home=home, password=SECRET
    )
    assert made.code == 0, made.err
    return home / prefix


@pytest.mark.parametrize("version", [2, 3])
def test_signed_by_us_verified_by_them(
    place: RegistryReference, home: Path, pair: KeyPair, version: Version
) -> None:
    sign(place, key=str(pair.private), passphrase=secret)
    told = cosign(version, "verify", "--key", str(pair.public), *CHECK, pinned(place))
    assert told.code == 0, told.err
    assert "verified against the specified public key" in told.err
    assert pinned(place).partition("@")[2] in told.out
    stranger = keygen(home / "stranger", b"")
    refused = cosign(version, "verify", "--key", str(stranger.public), *CHECK, pinned(place))
    assert refused.code != 0


@pytest.mark.parametrize("version", [2, 3])
def test_signed_by_them_verified_by_us(
    place: RegistryReference, home: Path, pair: KeyPair, version: Version
) -> None:
    prefix = theirs(version, home)
    told = cosign(
        version, "sign", "--yes", "--key", f"{prefix}.key", *OFFLINE[version], pinned(place),
        home=home, password=SECRET,
    )  # fmt: skip
    assert told.code == 0, told.err
    verdict = verify(place, keys=[prefix.with_suffix(".pub")])
    assert verdict.ok, verdict
    form = {2: "signature", 3: "bundle"}[version]
    assert [each.form for each in verdict.required[0].evidence] == [form]
    assert not verify(place, keys=[pair.public]).ok


@pytest.mark.parametrize("version", [2, 3])
def test_keys_go_both_ways(
    place: RegistryReference, home: Path, pair: KeyPair, version: Version
) -> None:
    prefix = theirs(version, home)
    done = sign(place, key=f"{prefix}.key", passphrase=secret)
    assert done.key == trust.public_key(prefix.with_suffix(".pub")).id
    shown = cosign(version, "public-key", "--key", str(pair.private), home=home, password=SECRET)
    assert shown.code == 0, shown.err
    assert shown.out.strip() == pair.public.read_text().strip()
    wrong = cosign(version, "public-key", "--key", str(pair.private), home=home, password="wrong")
    assert wrong.code != 0
    with pytest.raises(Rejected, match="the passphrase does not open it"):
        sign(place, key=f"{prefix}.key", passphrase=lambda: b"wrong")


def test_our_signatures_and_theirs_side_by_side(
    place: RegistryReference, home: Path, pair: KeyPair
) -> None:
    """Nobody's is lost, in whatever order they come."""
    prefixes = {version: theirs(version, home) for version in (2, 3)}  # type: ignore[arg-type]
    for version in (2, 3):
        told = cosign(
            version, "sign", "--yes", "--key", f"{prefixes[version]}.key", *OFFLINE[version],
            pinned(place), home=home, password=SECRET,
        )  # fmt: skip
        assert told.code == 0, told.err
        if version == 2:
            sign(place, key=str(pair.private), passphrase=secret)
    for prefix in prefixes.values():
        assert verify(place, keys=[prefix.with_suffix(".pub")]).ok
    assert verify(place, keys=[pair.public]).ok
    for version in (2, 3):
        for public in (pair.public, prefixes[version].with_suffix(".pub")):
            told = cosign(version, "verify", "--key", str(public), *CHECK, pinned(place), home=home)
            assert told.code == 0, (version, public, told.err)


def _tamper_classic(place: RegistryReference, digest: str) -> None:
    """The signature of another image in the place of this one's."""
    with open_store(place) as store:
        found = store.read_manifest(referrers.tag_of(digest, "sig"))
        other = push(MODULE + b"\0\1\0", Metadata("other", "2.0.0"), place)
        document = json.loads(found.content)
        store.write_manifest(stored(compact(document)), referrers.tag_of(other.digest, "sig"))


def test_tampered_is_refused_by_all(place: RegistryReference, pair: KeyPair) -> None:
    digest = pinned(place).partition("@")[2]
    with open_store(place) as store:
        subject = _described(store.read_manifest("1"))
        private = trust.private_key(pair.private, secret)
        classic.sign(store, digest, place.name, private)
        _tamper_classic(place, digest)
        # `place` now names the other image; a bundle about the first one is attached to it.
        other = _described(store.read_manifest("1"))
        assert other.digest != subject.digest
        content = bundle(write(subject.digest, SIGN, {}), private)
        referrers.put(store, other, BUNDLE, content, notes=notes(SIGN, trust.moment()))
    assert not verify(place, keys=[pair.public]).ok
    for version in (2, 3):
        told = cosign(version, "verify", "--key", str(pair.public), *CHECK, pinned(place))  # type: ignore[arg-type]
        assert told.code != 0, told.out


def _described(found: Stored) -> Descriptor:
    return Descriptor(found.media_type, found.digest, len(found.content))


def test_attached_by_us_verified_by_them(
    place: RegistryReference, pair: KeyPair, tmp_path: Path
) -> None:
    """cosign reads bundles, 2 when it is told to; the plain SBOM is what scanners discover."""
    push(bytes(wasmtime.wat2wasm(GOOD)), Metadata("hello", "1.0.0", root_id="hello"), place)
    attach(place, {"sbom": None, "check": None}, key=str(pair.private), passphrase=secret)
    root = tmp_path / "root.json"  # of none: a key needs no authority, but cosign 2 a file
    root.write_text('{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}')
    for kind in (SBOM, TEST_RESULT):
        asked = ("verify-attestation", "--key", str(pair.public), "--type", kind, *CHECK)
        assert (told := cosign(3, *asked, pinned(place))).code == 0, told.err
        told = cosign(2, *asked, "--new-bundle-format", f"--trusted-root={root}", pinned(place))
        assert told.code == 0, told.err
    policy = tmp_path / "policy.toml"
    policy.write_text('require = ["sbom", "check"]\nallow_warned = true\n')
    assert verify(place, keys=[pair.public], policy=policy).ok
    assert cosign(3, "verify", "--key", str(pair.public), *CHECK, pinned(place)).code == 0
    assert not verify(place, keys=[pair.public]).ok, "a report is no signature"
    seen = oras("discover", "--plain-http", "--format", "json", pinned(place), home=tmp_path)
    assert seen.code == 0, seen.err
    document = json.loads(seen.out)
    found = document.get("referrers") or document["manifests"]
    (plain,) = (each for each in found if each["artifactType"] == "application/vnd.cyclonedx+json")
    name = f"{place.name}@{plain['digest']}"
    pulled = oras("pull", "--plain-http", name, home=tmp_path)
    assert pulled.code == 0, pulled.err
    text = (tmp_path / "sbom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


@pytest.mark.parametrize("version", [2, 3])
def test_attached_by_them_verified_by_us(
    place: RegistryReference, home: Path, version: Version
) -> None:
    prefix = theirs(version, home)
    (home / "result.json").write_text(json.dumps({"result": "PASSED", "configuration": []}))
    told = cosign(
        version, "attest", "--yes", "--key", f"{prefix}.key", "--type", TEST_RESULT,
        "--predicate", "result.json", *OFFLINE[version], pinned(place), home=home, password=SECRET,
    )  # fmt: skip
    assert told.code == 0, told.err
    keys = [prefix.with_suffix(".pub")]
    verdict = verify(place, keys=keys, require=["check"])
    assert verdict.ok, verdict
    assert [each.form for each in verdict.required[0].evidence] == [
        {2: "attestation", 3: "bundle"}[version]
    ]
    assert not verify(place, keys=keys, require=["signature"]).ok


def test_sigstores_verifier_takes_our_bundles(tmp_path: Path) -> None:
    key, digest = trust.generate(), digest_of(b"x")
    public, stranger, file = (tmp_path / name for name in ("a.pub", "b.pub", "bundle.json"))
    public.write_bytes(key.public.pem)
    stranger.write_bytes(trust.generate().public.pem)
    file.write_bytes(bundle(write(digest, SIGN, {}), key))
    told = sigstore_verify(file, public)
    assert told.code == 0, told.err
    refused = sigstore_verify(file, stranger)
    assert refused.code != 0
    assert "signature verification failed" in refused.err


@pytest.mark.parametrize("version", [2, 3])
def test_handed_to_the_users_cosign(
    place: RegistryReference, home: Path, monkeypatch: pytest.MonkeyPatch, version: Version
) -> None:
    prefix = theirs(version, home)
    monkeypatch.setenv("PATH", str(CACHE / f"cosign-{version}" / "usr" / "bin"))
    monkeypatch.setenv("COSIGN_PASSWORD", SECRET)
    for option in OFFLINE[version]:
        name, _, value = option.removeprefix("--").partition("=")
        monkeypatch.setenv(f"COSIGN_{name.upper().replace('-', '_')}", value)
    done = sign(place, key=f"{prefix}.key", signer="cosign")
    assert [each.form for each in done.attachments] == ["cosign"]
    attach(place, {"sbom": None}, key=f"{prefix}.key", signer="cosign")
    keys = [prefix.with_suffix(".pub")]
    assert verify(place, keys=keys, require=["signature", "sbom"]).ok
    with pytest.raises(Rejected, match="cosign sign failed"):
        sign(place, key="none.key", signer="cosign")
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(Missing, match="cosign is not installed"):
        sign(place, key=f"{prefix}.key", signer="cosign")
