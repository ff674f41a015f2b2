"""Bundles, signatures, keys and lists of packages come from strangers: only a TamisError, or a no,
may come of them; never a yes to what was not signed.
"""

import base64
import json
import random
import zlib
from pathlib import Path

import pytest
from tests.fuzz.mutation import Rounds, damage, spoil, told

from tamis import trust
from tamis.errors import TamisError
from tamis.model.artifact import Artifact, Descriptor, Metadata
from tamis.model.media_types import OCI_MANIFEST
from tamis.oci import InMemory, digest_of, pack, parse, referrers, stored
from tamis.oci.folder.layout_folder import LayoutFolder
from tamis.oci.manifests import compact
from tamis.trust import bundle, dsse, reports, sealed, statement
from tamis.trust.policy import read as read_policy
from tamis.trust.predicates import REQUIREMENTS, SIGN, TEST_RESULT
from tamis.trust.sbom import golang, npm, rust, sbom

KEY = trust.generate()
DIGEST = digest_of(b"the manifest")
GOOD = bundle.bundle(statement.write(DIGEST, SIGN, {}), KEY)
MODULE = b"\0asm\1\0\0\0"


def spoilt(content: bytes, chance: random.Random) -> bytes:
    """Damaged as bytes, or as a document."""
    if chance.randrange(3) == 0:
        return damage(content, chance)
    document = spoil(json.loads(content), chance)
    return json.dumps(document).encode("utf-8", "surrogatepass")


def inner(content: bytes, chance: random.Random) -> bytes:
    """The statement spoilt, and signed by the key as it then is: what a careless signer does."""
    document = json.loads(content)
    payload = base64.b64decode(document["dsseEnvelope"]["payload"])
    document["dsseEnvelope"] = dsse.envelope(spoilt(payload, chance), KEY)
    return json.dumps(document).encode()


def held(content: bytes) -> str:
    """What a bundle says of DIGEST, if the key signed it."""
    payload, key = dsse.signed(bundle.envelope_of(content, "x"), (KEY.public,), "x")
    if key is None:
        return ""
    said = statement.read(payload, "x")
    return said.predicate_type if DIGEST in said.subjects else ""


def test_bundles(rounds: Rounds) -> None:
    yes = 0
    for chance in rounds("bundle", 20_000):
        try:
            found = held(spoilt(GOOD, chance))
        except TamisError as error:
            told(error)
        else:
            assert found in ("", SIGN), "nothing else was ever signed"
            yes += found == SIGN
    assert yes > 100, "a fuzzer that is always refused sees only the first check"


def test_statements_that_are_signed(rounds: Rounds) -> None:
    yes = 0
    for chance in rounds("statement", 10_000):
        try:
            yes += held(inner(GOOD, chance)) == SIGN
        except TamisError as error:
            told(error)
    assert yes > 100


def test_artifacts(rounds: Rounds, tmp_path: Path) -> None:
    """Whatever is attached, beside the signature: the verdict stays."""
    store = LayoutFolder(tmp_path / "layout")
    packed = pack(MODULE, Metadata("hello", "1.0.0"))
    for blob in packed.blobs:
        store.write_blob(blob.descriptor, blob.source)
    store.write_manifest(stored(packed.manifest), "1")
    subject = Descriptor(OCI_MANIFEST, packed.digest, len(packed.manifest))
    trust.attest(store, subject, TEST_RESULT, {"result": "PASSED"}, KEY)
    policy = trust.policy.Policy(require=tuple(REQUIREMENTS))
    (entry,) = store.referrers(packed.digest) or ()
    manifest = store.read_manifest(entry.digest)
    document = parse(manifest)
    content = store.read_blob(document.layers[0])  # type: ignore[union-attr]
    for chance in rounds("artifact", 500):
        bad = spoilt(content, chance)
        layer = Descriptor(bundle.BUNDLE, digest_of(bad), len(bad))
        store.write_blob(layer, InMemory(bad))
        changed = json.loads(manifest.content)
        changed["layers"][0] |= {"digest": layer.digest, "size": layer.size}
        if chance.randrange(2):
            changed = spoil(changed, chance)
        try:
            strange = stored(json.dumps(changed).encode("utf-8", "surrogatepass"))
            one = referrers.describe(strange)
            store.write_blob(one, InMemory(strange.content))
        except TamisError as error:
            told(error)
            continue
        store.referrers = lambda _, one=one: (one, entry)  # type: ignore[method-assign]
        try:
            verdict = trust.required(store, packed.digest, (KEY.public,), policy)
        except TamisError as error:
            told(error)
            continue
        met = {each.name for each in verdict if each.ok}
        assert met in (set(), {"check"}), met


def test_encrypted_keys(rounds: Rounds) -> None:
    good = sealed.sealed(b"plain", b"pw")
    for chance in rounds("sealed", 2000):
        try:
            assert sealed.opened(spoilt(good, chance), b"pw", "x") == b"plain"
        except TamisError as error:
            told(error)


@pytest.mark.parametrize("which", ["private", "public"])
def test_keys_in_pem(rounds: Rounds, tmp_path: Path, which: str) -> None:
    path = tmp_path / "key.pem"
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    good = plain if which == "private" else KEY.public.pem
    read = 0
    for chance in rounds(f"{which} key", 10_000):
        path.write_bytes(damage(good, chance))
        try:
            if which == "private":
                trust.private_key(path, lambda: b"")
            else:
                trust.public_key(path)
            read += 1
        except TamisError as error:
            told(error)
    assert read > 10


def test_classic_signatures(rounds: Rounds) -> None:
    """DER of every kind against the same content."""
    good = KEY.sign(b"content")
    for chance in rounds("signature", 20_000):
        bad = damage(good, chance)
        assert not KEY.public.verifies(bad, b"content") or bad == good


CRATES = {
    "packages": [
        {"name": "hello", "version": "1.0.0", "source": "local", "root": True, "dependencies": [1]},
        {"name": "serde", "version": "1.0.200", "source": "crates.io", "kind": "build"},
    ]
}


def test_crates(rounds: Rounds) -> None:
    good = json.dumps(CRATES).encode()
    listed = 0
    for chance in rounds("crates", 10_000):
        section = zlib.compress(spoilt(good, chance))
        if chance.randrange(4) == 0:
            section = damage(section, chance)
        try:
            listed += bool(rust.audited(section).components)
        except TamisError as error:
            told(error)
    assert listed > 100


def test_modules_with_lists(rounds: Rounds) -> None:
    """Whole documents: what goes in, comes out as JSON that can be written."""
    marks = (
        bytes.fromhex("3077af0c9274080241e1c107e6d618e6"),
        bytes.fromhex("f932433186182072008242104116d8f2"),
    )
    text = (
        b"path\tx\nmod\texample.com/x\tv1.0.0\th1:\ndep\texample.com/y\tv1.2.3\th1:=\n=>\t../z\t\n"
    )
    lists = (
        b"\x07.dep-v0" + zlib.compress(json.dumps(CRATES).encode()),
        b"\1x" + marks[0] + text + marks[1],
        b"\tproducers\1\x0cprocessed-by\1\5clang\x0619.1.0",
    )
    made = 0
    for chance in rounds("modules", 5000):
        body = chance.choice(lists)
        module = MODULE + b"\0" + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body
        module = damage(module, chance)
        digest = digest_of(module)
        artifact = Artifact(Metadata("hello", "1.0.0"), "image", DIGEST, digest, 1, 1)
        try:
            compact(sbom(artifact, module))
            made += 1
        except TamisError as error:
            told(error)
    assert made > 100


def test_lock_files(rounds: Rounds, tmp_path: Path) -> None:
    cargo = (
        b'[[package]]\nname = "a"\nversion = "1.0.0"\ndependencies = ["b 1.0.0", "c"]\n'
        b"[[package]]\n"
        b'name = "b"\nversion = "1.0.0"\nsource = "git+https://example.com/b#0"\nchecksum = "x"\n'
    )
    mod = b"require (\n\ta.b/c v1.0.0 // indirect\n)\nreplace a.b/c => ../c\nrequire d.e/f v2\n"
    lock = json.dumps(
        {"packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": {"version": "1.0.0",
         "integrity": "sha512-AAAA sha1-" + "A" * 27 + "="}}}
    ).encode()  # fmt: skip
    path = tmp_path / "lock"
    for chance in rounds("locks", 10_000):
        good, read = chance.choice(
            ((cargo, rust.locked), (mod, golang.required), (lock, npm.locked))
        )
        path.write_bytes(spoilt(good, chance) if good is lock else damage(good, chance))
        try:
            read(path)
        except TamisError as error:
            told(error)


def test_reports(rounds: Rounds, tmp_path: Path) -> None:
    found = {
        "id": "a/b",
        "severity": "warning",
        "message": "",
        "advice": "",
        "place": None,
        "target": None,
    }
    check = {"name": "x", "digest": DIGEST, "ok": True, "targets": ["envoy"], "findings": [found]}
    good = {"tamis": "0.1.0", "verb": "check", "ok": True, "problems": [], "checks": [check]}
    path = tmp_path / "report.json"
    signed = 0
    for chance in rounds("reports", 1000):
        path.write_bytes(spoilt(json.dumps(good).encode(), chance))
        try:
            predicate = reports.check(reports.report(path, ("check", "test")), DIGEST, "x")
            statement.read(statement.write(DIGEST, TEST_RESULT, predicate), "x")
            signed += 1
        except TamisError as error:
            told(error)
    assert signed > 10


def test_policies(rounds: Rounds, tmp_path: Path) -> None:
    toml = b'keys = ["a.pub"]\nrequire = ["check"]\nallow_warned = true\nsource = "https://x/y"\n'
    yaml = b"keys: [a.pub]\nrequire: [check]\nallow_warned: true\nsource: https://x/y\n"
    for chance in rounds("policies", 1000):
        path = tmp_path / chance.choice(("p.toml", "p.yaml"))
        path.write_bytes(damage(toml if path.suffix == ".toml" else yaml, chance))
        try:
            read_policy(path)
        except TamisError as error:
            told(error)
