"""sign, verify and attach: in a registry and in a folder, among others and among forgeries."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.registry import LoopbackRegistry

from tamis import trust
from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Descriptor, Metadata
from tamis.model.media_types import OCI_MANIFEST
from tamis.model.reference import LayoutReference, Reference, RegistryReference
from tamis.model.signed import KeyPair
from tamis.model.verified import Verified
from tamis.oci import (
    InMemory,
    Manifest,
    digest_of,
    open_store,
    parse,
    racing,
    referrers,
    stored,
)
from tamis.oci.manifests import compact, written
from tamis.oci.store import Store
from tamis.trust import dsse, statement
from tamis.trust.bundle import BUNDLE, bundle, notes
from tamis.trust.predicates import BENCH, PROVENANCE, SBOM, SIGN, TEST_RESULT
from tamis.verbs.copy import copy
from tamis.verbs.push import push
from tamis.verbs.sign import sign
from tamis.verbs.verify import verify

MODULE = b"\0asm\1\0\0\0"
METADATA = Metadata("hello", "1.0.0", repository="ghcr.io/acme/hello")
INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else writes, but where a test says so: no waiting."""
    monkeypatch.setattr(racing, "_SHORTEST", 0.0)
    monkeypatch.setattr(racing, "_SLOWER", 0.0)


@pytest.fixture
def remote(registry: LoopbackRegistry) -> RegistryReference:
    return RegistryReference(registry.host, "acme/hello", "1.0.0")


@pytest.fixture
def local(tmp_path: Path) -> LayoutReference:
    return LayoutReference(tmp_path / "layout", "1.0.0")


@pytest.fixture(params=["remote", "local"])
def place(request: pytest.FixtureRequest) -> Reference:
    """Where the artifact is, pushed."""
    where: Reference = request.getfixturevalue(request.param)
    push(MODULE, METADATA, where)
    return where


def quick_pair(prefix: Path) -> KeyPair:
    """As `keygen` makes one, but not encrypted: that takes a while, by design."""
    made = ec.generate_private_key(ec.SECP256R1())
    private, public = prefix.with_suffix(".key"), prefix.with_suffix(".pub")
    private.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = trust.private_key(private, lambda: b"")
    public.write_bytes(key.public.pem)
    return KeyPair(private, public, key.public.id)


@pytest.fixture
def pair(tmp_path: Path) -> KeyPair:
    return quick_pair(tmp_path / "release")


@pytest.fixture
def other(tmp_path: Path) -> KeyPair:
    return quick_pair(tmp_path / "other")


def key(pair: KeyPair) -> trust.PrivateKey:
    return trust.private_key(pair.private, lambda: b"")


def subject(place: Reference) -> Descriptor:
    with open_store(place) as store:
        found = store.read_manifest("1.0.0")
    return Descriptor(found.media_type, found.digest, len(found.content))


def put(place: Reference, content: bytes, kind: str = BUNDLE, predicate: str = SIGN) -> Descriptor:
    """Whatever somebody may attach."""
    with open_store(place) as store:
        told = notes(predicate, "2026-01-01T00:00:00Z")
        return referrers.put(store, subject(place), kind, content, notes=told)


def attest(place: Reference, pair: KeyPair, predicate_type: str, predicate: trust.Object) -> None:
    with open_store(place) as store:
        trust.attest(store, subject(place), predicate_type, predicate, key(pair))


def problems(verdict: Verified) -> list[str]:
    return [each.problem for one in verdict.required for each in one.evidence]


def test_signed_and_verified(place: Reference, pair: KeyPair, other: KeyPair) -> None:
    before = verify(place, keys=[pair.public])
    assert [(each.ok, each.why) for each in before.required] == [(False, "there is no signature")]
    done = sign(place, key=str(pair.private))
    assert [(each.form, each.new) for each in done.attachments] == [
        ("signature", True),
        ("bundle", True),
    ]
    assert (done.digest, done.key, done.index) == (subject(place).digest, pair.id, "")
    verdict = verify(place, keys=[other.public, pair.public])
    assert verdict.ok
    (required,) = verdict.required
    assert [(each.form, each.holder) for each in required.evidence] == [
        (each.form, each.holder) for each in done.attachments
    ]
    assert {(each.key, each.file) for each in required.evidence} == {(pair.id, str(pair.public))}
    stranger = verify(place, keys=[other.public])
    assert not stranger.ok
    assert problems(stranger) == ["it is signed by none of the keys"] * 2
    assert "signed by none of the keys" in stranger.required[0].why


def test_signing_again_adds_nothing(
    registry: LoopbackRegistry, remote: RegistryReference, pair: KeyPair
) -> None:
    push(MODULE, METADATA, remote)
    first = sign(remote, key=str(pair.private))
    registry.requests.clear()
    again = sign(remote, key=str(pair.private))
    assert registry.uploads == []
    assert again.attachments == tuple(replace(each, new=False) for each in first.attachments)


def test_several_signers_add_up(place: Reference, pair: KeyPair, other: KeyPair) -> None:
    for one in (pair, other):
        sign(place, key=str(one.private))
    for one in (pair, other):
        verdict = verify(place, keys=[one.public])
        assert verdict.ok
        good = [each for each in verdict.required[0].evidence if not each.problem]
        assert [each.form for each in good] == ["signature", "bundle"]


def test_what_is_written_is_what_cosign_writes(
    registry: LoopbackRegistry, remote: RegistryReference, pair: KeyPair
) -> None:
    """Byte by byte, as far as a signature lets it."""
    digest = push(MODULE, METADATA, remote).digest
    sign(remote, key=str(pair.private))
    kept, blobs = registry.manifests["acme/hello"], registry.blobs["acme/hello"]
    tag = registry.tags["acme/hello"][f"{digest.replace(':', '-')}.sig"]
    classic = json.loads(kept[tag][1])
    (layer,) = classic["layers"]
    payload = (
        f'{{"critical":{{"identity":{{"docker-reference":"{registry.host}/acme/hello"}},'
        f'"image":{{"docker-manifest-digest":"{digest}"}},'
        '"type":"cosign container image signature"},"optional":null}'
    )
    assert blobs[layer["digest"]] == payload.encode()
    assert layer["mediaType"] == "application/vnd.dev.cosign.simplesigning.v1+json"
    signature = base64.b64decode(layer["annotations"]["dev.cosignproject.cosign/signature"])
    public = trust.public_key(pair.public)
    assert public.verifies(signature, payload.encode())
    config = json.loads(blobs[classic["config"]["digest"]])
    assert config["rootfs"]["diff_ids"] == [layer["digest"]]
    assert len(config["history"]) == 1
    index = json.loads(kept[registry.tags["acme/hello"][digest.replace(":", "-")]][1])
    (entry,) = index["manifests"]
    assert entry["artifactType"] == BUNDLE
    assert entry["annotations"]["dev.sigstore.bundle.predicateType"] == SIGN
    manifest = json.loads(kept[entry["digest"]][1])
    content = json.loads(blobs[manifest["layers"][0]["digest"]])
    assert content["verificationMaterial"] == {
        "publicKey": {"hint": public.hint},
        "tlogEntries": [],
    }
    envelope = content["dsseEnvelope"]
    said = base64.b64decode(envelope["payload"])
    assert said == compact(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"digest": {"sha256": digest[7:]}}],
            "predicateType": SIGN,
            "predicate": {},
        }
    )
    message = b"DSSEv1 28 application/vnd.in-toto+json %d %s" % (len(said), said)
    assert public.verifies(base64.b64decode(envelope["signatures"][0]["sig"]), message)


def test_in_a_folder_the_name_is_where_it_is_meant_to_live(
    local: LayoutReference, pair: KeyPair
) -> None:
    homeless = replace(METADATA, repository="")
    for metadata, name in ((METADATA, "ghcr.io/acme/hello"), (homeless, "localhost/filter")):
        digest = push(MODULE, metadata, local).digest
        sign(local, key=str(pair.private))
        with open_store(local) as store:
            manifest = store.read_manifest(referrers.tag_of(digest, "sig"))
            document = parse(manifest)
            assert isinstance(document, Manifest)
            payload = store.read_blob(document.layers[0])
        assert json.loads(payload)["critical"]["identity"]["docker-reference"] == name


def test_a_copy_takes_the_signatures_along(
    remote: RegistryReference, local: LayoutReference, pair: KeyPair
) -> None:
    push(MODULE, METADATA, remote)
    sign(remote, key=str(pair.private))
    copy(remote, local, referrers=False)
    assert not verify(local, keys=[pair.public]).ok
    copy(remote, local)
    verdict = verify(local, keys=[pair.public])
    assert [each.form for each in verdict.required[0].evidence] == ["signature", "bundle"]
    assert verdict.ok


def test_of_an_index_the_child_that_consumers_pin(
    registry: LoopbackRegistry, remote: RegistryReference, pair: KeyPair
) -> None:
    child = push(MODULE, METADATA, remote).digest
    kind, content = registry.manifests["acme/hello"][child]
    platform = {"os": "linux", "architecture": "amd64"}
    entry = {"mediaType": kind, "digest": child, "size": len(content), "platform": platform}
    index = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    registry.manifests["acme/hello"][digest_of(index)] = (INDEX, index)
    registry.tags["acme/hello"]["all"] = digest_of(index)
    where = replace(remote, tag="all")
    done = sign(where, key=str(pair.private))
    assert (done.digest, done.index) == (child, digest_of(index))
    for each in (where, remote, remote.with_digest(child)):
        assert verify(each, keys=[pair.public]).ok
    assert verify(where, keys=[pair.public]).index == digest_of(index)


# --- forgeries: nothing of this is a signature, and nothing of it hides one


def _signed(said: bytes, one: trust.PrivateKey, **changed: object) -> bytes:
    document = json.loads(bundle(said, one))
    document["dsseEnvelope"].update(changed)
    return compact(document)


Forge = Callable[[Reference, trust.PrivateKey], bytes]


def _about(digest: str, predicate: str = SIGN) -> bytes:
    return statement.write(digest, predicate, {})


def _of_another_image(place: Reference, one: trust.PrivateKey) -> bytes:
    return bundle(_about(digest_of(b"another")), one)


def _other_payload(place: Reference, one: trust.PrivateKey) -> bytes:
    good = _about(subject(place).digest)
    return _signed(_about(digest_of(b"another")), one, payload=base64.b64encode(good).decode())


def _payload_without_its_type(place: Reference, one: trust.PrivateKey) -> bytes:
    """A signature of the bare statement, not of DSSE's message: that is another protocol."""
    good = _about(subject(place).digest)
    sig = base64.b64encode(one.sign(good)).decode()
    return _signed(good, one, signatures=[{"sig": sig}])


def _other_type(place: Reference, one: trust.PrivateKey) -> bytes:
    return _signed(_about(subject(place).digest), one, payloadType="application/json")


def _algorithm(place: Reference, one: trust.PrivateKey) -> bytes:
    """What an envelope says of algorithms is never looked at: "none" is no signature."""
    good = _about(subject(place).digest)
    return _signed(good, one, signatures=[{"sig": "", "alg": "none", "keyid": one.public.id}])


def _no_signature(place: Reference, one: trust.PrivateKey) -> bytes:
    return _signed(_about(subject(place).digest), one, signatures=[])


def _thousand_signatures(place: Reference, one: trust.PrivateKey) -> bytes:
    return _signed(_about(subject(place).digest), one, signatures=[{"sig": "AAAA"}] * 1000)


def _garbage_in_base64(place: Reference, one: trust.PrivateKey) -> bytes:
    good = base64.b64encode(_about(subject(place).digest)).decode()
    return _signed(_about(subject(place).digest), one, payload=good[:8] + "\n!" + good[8:])


def _key_twice(place: Reference, one: trust.PrivateKey) -> bytes:
    """Another reader may take the first payload, and we the second."""
    text = bundle(_about(subject(place).digest), one).decode()
    return text.replace('"payload":', '"payload":"AAAA","payload":', 1).encode()


def _subject_twice(place: Reference, one: trust.PrivateKey) -> bytes:
    text = _about(digest_of(b"another")).decode()
    good = json.dumps([{"digest": {"sha256": subject(place).digest[7:]}}])
    return bundle(text.replace('"subject":', f'"subject":{good},"subject":', 1).encode(), one)


def _nested(place: Reference, one: trust.PrivateKey) -> bytes:
    return b'{"mediaType":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def _no_statement(place: Reference, one: trust.PrivateKey) -> bytes:
    return bundle(b'{"_type":"x"}', one)


def _wrong_types(place: Reference, one: trust.PrivateKey) -> bytes:
    text = _about(subject(place).digest).replace(b'"subject":[{', b'"subject":[7,{')
    return bundle(text, one)


def _message_signature(place: Reference, one: trust.PrivateKey) -> bytes:
    document = json.loads(bundle(_about(subject(place).digest), one))
    document["messageSignature"] = document.pop("dsseEnvelope")
    return compact(document)


def _other_version(place: Reference, one: trust.PrivateKey) -> bytes:
    text = bundle(_about(subject(place).digest), one)
    return text.replace(b"bundle.v0.3+json", b"bundle.v0.4+json", 1)


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (_of_another_image, "it is about sha256:"),
        (_other_payload, "signed by none of the keys"),
        (_payload_without_its_type, "signed by none of the keys"),
        (_other_type, "has a payload of type 'application/json'"),
        (_algorithm, "signed by none of the keys"),
        (_no_signature, "has 0 signatures"),
        (_thousand_signatures, "has 1000 signatures"),
        (_garbage_in_base64, "is not base64"),
        (_key_twice, "'payload' is there twice"),
        (_subject_twice, "'subject' is there twice"),
        (_nested, "is not JSON"),
        (_no_statement, "is no in-toto statement"),
        (_wrong_types, "has a subject without sha256 digest"),
        (_message_signature, "holds no DSSE envelope"),
        (_other_version, "is no bundle of version 0.3"),
        (lambda *_: b"", "is not JSON"),
        (lambda *_: b"\xff\xfe", "is not JSON"),
        (lambda *_: b"[]", "is not a JSON object"),
        (lambda *_: b'{"mediaType": NaN}', "is not JSON"),
    ],
)
def test_forged_bundles(local: LayoutReference, pair: KeyPair, forge: Forge, why: str) -> None:
    push(MODULE, METADATA, local)
    put(local, forge(local, key(pair)))
    verdict = verify(local, keys=[pair.public])
    assert not verdict.ok
    assert why in problems(verdict)[0]
    sign(local, key=str(pair.private))
    assert verify(local, keys=[pair.public]).ok, "what is good beside it still counts"


def test_a_bundle_that_is_too_long_is_not_read(local: LayoutReference, pair: KeyPair) -> None:
    push(MODULE, METADATA, local)
    content = b"{}" + b" " * (33 << 20)
    put(local, content)
    verdict = verify(local, keys=[pair.public])
    assert "has a layer of 34603010 bytes" in problems(verdict)[0]


def test_more_bundles_than_anybody_makes(local: LayoutReference, pair: KeyPair) -> None:
    push(MODULE, METADATA, local)
    with open_store(local) as store:
        one = Descriptor(OCI_MANIFEST, digest_of(b"one"), 2, artifact_type=BUNDLE)
        store.referrers = lambda _: (one,) * 201  # type: ignore[method-assign]
        policy = trust.policy.Policy()
        with pytest.raises(Rejected, match="201 bundles are about"):
            trust.required(store, subject(local).digest, [key(pair).public], policy)


def _tampered(change: Callable[[dict[str, object]], None]) -> Callable[[Store, str], None]:
    """Change the classic signature's manifest."""

    def tamper(store: Store, digest: str) -> None:
        found = store.read_manifest(referrers.tag_of(digest, "sig"))
        document = json.loads(found.content)
        change(document)
        store.write_manifest(stored(compact(document)), referrers.tag_of(digest, "sig"))

    return tamper


def _annotation(value: str) -> Callable[[dict[str, object]], None]:
    def change(document: dict[str, object]) -> None:
        document["layers"][0]["annotations"] = {"dev.cosignproject.cosign/signature": value}  # type: ignore[index]

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_annotation("!"), "is not base64"),
        (_annotation(""), "signed by none of the keys"),
        (_annotation("MEUCIQ=="), "signed by none of the keys"),
        (lambda d: d["layers"][0].pop("annotations"), "is no text"),
        (lambda d: d["layers"][0].update(mediaType="text/plain"), "is of type text/plain"),
        (lambda d: d["layers"][0].update(size=1 << 40), "is of type"),
    ],
)
def test_forged_classic_signatures(
    local: LayoutReference, pair: KeyPair, change: Callable[[dict[str, object]], None], why: str
) -> None:
    digest = push(MODULE, METADATA, local).digest
    with open_store(local) as store:
        trust.sign(store, subject(local), "x", key(pair))
        _tampered(change)(store, digest)
    verdict = verify(local, keys=[pair.public])
    assert why in problems(verdict)[0]
    assert verdict.ok, "the bundle still counts"


def test_a_classic_signature_of_another_image(local: LayoutReference, pair: KeyPair) -> None:
    first = push(MODULE, METADATA, local)
    with open_store(local) as store:
        trust.sign(store, subject(local), "x", key(pair))
        moved = store.read_manifest(referrers.tag_of(first.digest, "sig"))
        second = push(MODULE + b"\0\1\0", METADATA, local)
        store.write_manifest(moved, referrers.tag_of(second.digest, "sig"))
    verdict = verify(local, keys=[pair.public])
    assert not verdict.ok
    assert f"is one of {first.digest}" in problems(verdict)[0]


def test_a_signed_report_is_no_signature(place: Reference, pair: KeyPair) -> None:
    """cosign 3 takes it for one; what it says is FAILED."""
    attest(place, pair, TEST_RESULT, {"result": "FAILED"})
    attest(place, pair, f"{SIGN}.1", {})
    verdict = verify(place, keys=[pair.public])
    assert [each.why for each in verdict.required] == ["there is no signature"]


# --- what may be demanded


RESULT = {"configuration": [{"name": "x", "uri": "https://example.com"}]}
SOURCE = {"uri": "git+https://github.com/acme/hello", "digest": {"gitCommit": "0" * 40}}


def _built(by: str = "https://b", **source: object) -> trust.Object:
    return {
        "buildDefinition": {"resolvedDependencies": [{**SOURCE, **source}, {"name": "zig"}]},
        "runDetails": {"builder": {"id": by}},
    }


@pytest.mark.parametrize(
    ("name", "kind", "predicate", "policy", "why"),
    [
        ("check", TEST_RESULT, {"result": "PASSED"}, "", ""),
        ("check", TEST_RESULT, {"result": "WARNED"}, "", "WARNED, which the policy does not allow"),
        ("check", TEST_RESULT, {"result": "WARNED"}, "allow_warned = true", ""),
        ("check", TEST_RESULT, {"result": "FAILED"}, "allow_warned = true", "result is FAILED"),
        ("check", TEST_RESULT, {"result": ["PASSED"]}, "", "result is ['PASSED']"),
        ("check", TEST_RESULT, {}, "", "result is None"),
        ("bench", BENCH, {"ok": True}, "", ""),
        ("bench", BENCH, {"ok": 1}, "", "result is FAILED"),
        ("bench", BENCH, {}, "", "result is FAILED"),
        ("sbom", SBOM, {"bomFormat": "CycloneDX"}, "", ""),
        ("sbom", SBOM, {"bomFormat": "SPDX"}, "", "is no CycloneDX document"),
        ("provenance", PROVENANCE, _built(), "", ""),
        ("provenance", PROVENANCE, {"runDetails": {}}, "", "names no builder"),
        ("provenance", PROVENANCE, _built(), 'builders = ["https://b"]', ""),
        ("provenance", PROVENANCE, _built("https://b/x"), 'builders = ["https://b"]', "built by"),
        ("provenance", PROVENANCE, _built(), 'source = "git@github.com:acme/hello.git"', ""),
        ("provenance", PROVENANCE, _built(), 'source = "https://GitHub.com/acme/hello/"', ""),
        ("provenance", PROVENANCE, _built(), 'source = "https://github.com/acme/hello2"', "not of"),
        ("provenance", PROVENANCE, _built(), 'source = "https://github.com/acme"', "not of"),
        (
            "provenance",
            PROVENANCE,
            _built(uri="git+https://github.com/acme/hello@refs/heads/main"),
            'source = "https://github.com/acme/hello"',
            "",
        ),
        (
            "provenance",
            PROVENANCE,
            _built(uri="git+https://evil.example/github.com/acme/hello"),
            'source = "https://github.com/acme/hello"',
            "not of",
        ),
        (
            "provenance",
            PROVENANCE,
            _built(annotations={"dirty": True}),
            'source = "https://github.com/acme/hello"',
            "changes that are in no commit",
        ),
    ],
)
def test_demands(
    local: LayoutReference,
    pair: KeyPair,
    tmp_path: Path,
    name: str,
    kind: str,
    predicate: trust.Object,
    policy: str,
    why: str,
) -> None:
    push(MODULE, METADATA, local)
    file = tmp_path / "policy.toml"
    file.write_text(f'keys = ["release.pub"]\nrequire = ["{name}"]\n{policy}\n')
    missing = verify(local, policy=file)
    assert [each.why for each in missing.required] == [f"there is no {name}"]
    attest(local, pair, kind, predicate)
    verdict = verify(local, policy=file)
    assert verdict.ok == (not why), verdict
    assert why in verdict.required[0].why


def test_what_failed_is_believed_whatever_else_was_signed(
    local: LayoutReference, pair: KeyPair, other: KeyPair
) -> None:
    push(MODULE, METADATA, local)
    attest(local, pair, TEST_RESULT, {"result": "PASSED"})
    attest(local, other, TEST_RESULT, {"result": "FAILED"})
    assert verify(local, keys=[pair.public], require=["check"]).ok, "a stranger's report is nothing"
    both = verify(local, keys=[pair.public, other.public], require=["check"])
    assert both.required[0].why == "its result is FAILED"


def test_keys_of_the_command_line_stand_in_the_place_of_the_policys(
    local: LayoutReference, pair: KeyPair, other: KeyPair, tmp_path: Path
) -> None:
    push(MODULE, METADATA, local)
    sign(local, key=str(other.private))
    file = tmp_path / "policy.toml"
    file.write_text('keys = ["release.pub"]\n')
    assert not verify(local, policy=file).ok
    assert verify(local, policy=file, keys=[other.public]).ok
    policys = tmp_path / "other.toml"
    policys.write_text('keys = ["other.pub"]\n')
    assert verify(local, policy=policys).ok
    assert not verify(local, policy=policys, keys=[pair.public]).ok
    more = verify(local, policy=file, keys=[other.public], require=["sbom", "signature"])
    assert [each.name for each in more.required] == ["signature", "sbom"]
    alone = verify(local, keys=[other.public], require=["sbom"])
    assert [each.name for each in alone.required] == ["sbom"]


def test_verify_without_anything_to_verify_with(local: LayoutReference, pair: KeyPair) -> None:
    push(MODULE, METADATA, local)
    with pytest.raises(BadInput, match="no key to verify with"):
        verify(local)
    with pytest.raises(BadInput, match="--require signatures: nothing that can be demanded"):
        verify(local, keys=[pair.public], require=["signatures"])
    with pytest.raises(BadInput, match="no key to sign with"):
        sign(local)


def test_an_attestation_of_cosign_2(local: LayoutReference, pair: KeyPair) -> None:
    """Bare envelopes as layers, under a tag beside the image."""
    push(MODULE, METADATA, local)
    digest = subject(local).digest
    payload = statement.write(digest, TEST_RESULT, {"result": "PASSED"})
    envelopes = [compact(dsse.envelope(payload, key(pair))), b"no JSON", b"{}"]
    kind, claim = "application/vnd.dsse.envelope.v1+json", {"predicateType": TEST_RESULT}
    layers = [Descriptor(kind, digest_of(each), len(each), claim) for each in envelopes]
    layers.append(replace(layers[0], media_type="text/plain"))
    with open_store(local) as store:
        for layer, content in zip(layers, [*envelopes, envelopes[0]], strict=True):
            store.write_blob(layer, InMemory(content))
        store.write_blob(referrers.EMPTY, InMemory(b"{}"))
        document = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": written(referrers.EMPTY),
            "layers": [written(each) for each in layers],
        }
        store.write_manifest(stored(compact(document)), referrers.tag_of(digest, "att"))
    verdict = verify(local, keys=[pair.public], require=["check"])
    assert verdict.ok
    assert ["" if not each else "bad" for each in problems(verdict)] == ["", "bad", "bad", "bad"]


_SIGN = """\
import sys
from pathlib import Path
from tamis.model.reference import parse
from tamis.verbs.sign import sign
sys.stdin.read(1)
sign(parse(sys.argv[1]), key=sys.argv[2])
"""


def test_six_sign_at_once_and_none_is_lost(remote: RegistryReference, tmp_path: Path) -> None:
    push(MODULE, METADATA, remote)
    pairs = [quick_pair(tmp_path / f"signer-{number}") for number in range(6)]
    command = [sys.executable, "-c", _SIGN, str(remote)]
    started = [
        subprocess.Popen([*command, str(pair.private)], stdin=subprocess.PIPE) for pair in pairs
    ]
    for each in started:  # all of them are let go when all of them are there
        assert each.stdin
        each.stdin.write(b".")
        each.stdin.close()
    assert [each.wait(120) for each in started] == [0] * 6
    for pair in pairs:
        good = [e for e in verify(remote, keys=[pair.public]).required[0].evidence if not e.problem]
        assert [each.form for each in good] == ["signature", "bundle"]
