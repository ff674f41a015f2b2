"""What belongs to a manifest: with the API, without it, and when many attach at once."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry import LoopbackRegistry

from tamis.errors import BadInput, Rejected, Unreachable
from tamis.model.artifact import Descriptor, Metadata
from tamis.model.media_types import OCI_INDEX, OCI_MANIFEST
from tamis.model.reference import RegistryReference
from tamis.oci import InMemory, digest_of, open_store, pack, parse, referrers, save, stored
from tamis.oci.folder.layout_folder import LayoutFolder
from tamis.oci.manifests import Manifest, compact, written
from tamis.oci.racing import until_seen
from tamis.oci.store import Store

MODULE = b"\0asm\1\0\0\0" + bytes(range(256))
PACKED = pack(MODULE, Metadata("hello", "1.0.0"))
SUBJECT = Descriptor(OCI_MANIFEST, PACKED.digest, len(PACKED.manifest))
KIND, NOTES = "application/vnd.example.note", {"note": "first"}


@pytest.fixture
def remote(registry: LoopbackRegistry) -> Iterator[Store]:
    with open_store(RegistryReference(registry.host, "acme/hello")) as store:
        save(PACKED, store, "1.0.0")
        yield store


@pytest.fixture
def folder(tmp_path: Path) -> Store:
    store = LayoutFolder(tmp_path / "layout")
    save(PACKED, store, "1.0.0")
    return store


@pytest.fixture(params=["remote", "folder"])
def store(request: pytest.FixtureRequest) -> Store:
    found: Store = request.getfixturevalue(request.param)
    return found


def _note(store: Store, text: str, subject: Descriptor = SUBJECT, kind: str = KIND) -> Descriptor:
    return referrers.put(store, subject, kind, text.encode(), notes={"note": text}, title="note")


def _fallback(registry: LoopbackRegistry, digest: str = PACKED.digest) -> list[dict[str, object]]:
    kept = registry.tags["acme/hello"][digest.replace(":", "-")]
    found: list[dict[str, object]] = json.loads(registry.manifests["acme/hello"][kept][1])[
        "manifests"
    ]
    return found


def _put_index(
    registry: LoopbackRegistry, entries: list[dict[str, object]], digest: str = PACKED.digest
) -> None:
    content = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
    registry.manifests["acme/hello"][digest_of(content)] = (OCI_INDEX, content)
    registry.tags["acme/hello"][digest.replace(":", "-")] = digest_of(content)


def test_what_was_attached_is_listed(store: Store) -> None:
    assert referrers.listing(store, PACKED.digest) == ()
    first, second = _note(store, "first"), _note(store, "second", kind="application/x.other")
    assert first.artifact_type == KIND
    assert dict(first.annotations) == NOTES
    assert referrers.listing(store, PACKED.digest) == (first, second)
    assert referrers.listing(store, PACKED.digest, KIND) == (first,)
    assert referrers.listing(store, first.digest) == ()
    document = parse(store.read_manifest(first.digest))
    assert isinstance(document, Manifest)
    assert document.subject == SUBJECT
    assert (document.artifact_type, document.config) == (KIND, referrers.EMPTY)
    assert store.read_blob(document.layers[0]) == b"first"
    assert dict(document.layers[0].annotations) == {"org.opencontainers.image.title": "note"}


def test_attaching_again_adds_nothing(store: Store) -> None:
    first = _note(store, "first")
    manifest = store.read_manifest(first.digest)
    assert referrers.attach(store, manifest) is False
    assert referrers.listing(store, PACKED.digest) == (first,)


def test_only_what_has_a_subject_can_be_attached(store: Store) -> None:
    with pytest.raises(BadInput, match="has no subject"):
        referrers.attach(store, stored(PACKED.manifest))


def test_the_fallback_has_types_and_annotations(registry: LoopbackRegistry, remote: Store) -> None:
    first = _note(remote, "first")
    assert _fallback(registry) == [
        {
            "mediaType": OCI_MANIFEST,
            "digest": first.digest,
            "size": first.size,
            "artifactType": KIND,
            "annotations": NOTES,
        }
    ]


def test_dead_and_false_entries_of_the_fallback(registry: LoopbackRegistry, remote: Store) -> None:
    """One that is gone, one about another manifest, one that is no referrer: ignored, pruned."""
    first = _note(remote, "first")
    other = _note(remote, "other", replace(SUBJECT, digest=digest_of(b"another")))
    gone = Descriptor(OCI_MANIFEST, digest_of(b"gone"), 4)
    false = [written(each) for each in (gone, other, SUBJECT)]
    _put_index(registry, [*false, *_fallback(registry)])
    assert referrers.listing(remote, PACKED.digest) == (first,)
    second = _note(remote, "second")
    assert [each["digest"] for each in _fallback(registry)] == [first.digest, second.digest]


def test_an_entry_without_type_is_opened(registry: LoopbackRegistry, remote: Store) -> None:
    first = _note(remote, "first")
    for kind in ("", "application/vnd.oci.empty.v1+json"):
        bare = replace(first, artifact_type=kind, annotations={})
        _put_index(registry, [written(bare)])
        assert referrers.listing(remote, PACKED.digest, KIND) == (first,)


def test_a_list_of_the_api_is_taken_as_it_is(remote: Store) -> None:
    """Types that it tells are not asked for again; those that it does not are."""
    told = Descriptor(OCI_MANIFEST, digest_of(b"told"), 4, artifact_type=KIND)
    untold = replace(_note(remote, "first"), artifact_type="")
    remote.referrers = lambda _: (told, untold)  # type: ignore[method-assign]
    listed = referrers.listing(remote, PACKED.digest)
    assert [each.artifact_type for each in listed] == [KIND, KIND]
    assert listed[0] == told


def test_with_the_api_no_tag_is_written(registry: LoopbackRegistry, remote: Store) -> None:
    remote.referrers = lambda _: ()  # type: ignore[method-assign]
    _note(remote, "first")
    assert set(registry.tags["acme/hello"]) == {"1.0.0"}


def test_somebody_elses_tag_is_not_overwritten(registry: LoopbackRegistry, remote: Store) -> None:
    tag = referrers.tag_of(PACKED.digest)
    remote.write_manifest(stored(PACKED.manifest), tag)
    with pytest.raises(BadInput, match="names no index of referrers"):
        _note(remote, "first")
    assert registry.tags["acme/hello"][tag] == PACKED.digest


def test_more_than_anybody_can_look_through(registry: LoopbackRegistry, remote: Store) -> None:
    many = [Descriptor(OCI_MANIFEST, digest_of(b"%d" % at), 4) for at in range(2001)]
    _put_index(registry, [written(each) for each in many])
    with pytest.raises(Rejected, match="more than 2000 manifests"):
        referrers.listing(remote, PACKED.digest)


def test_belongings_come_with_what_belongs_to_them(store: Store) -> None:
    sbom = _note(store, "sbom")
    signature = _note(store, "signature of the sbom", sbom)
    classic = _classic(store, PACKED.digest, "sig")
    below = _classic(store, signature.digest, "att")
    found = referrers.belongings(store, PACKED.digest)
    assert {(each.descriptor.digest, each.tag) for each in found} == {
        (sbom.digest, None),
        (signature.digest, None),
        (classic.digest, referrers.tag_of(PACKED.digest, "sig")),
        (below.digest, referrers.tag_of(signature.digest, "att")),
    }
    order = [each.descriptor for each in found]
    assert order.index(sbom) < order.index(signature) < order.index(below)
    assert referrers.belongings(store, digest_of(b"nobody")) == ()


def test_belongings_in_a_circle_end(store: Store) -> None:
    tag = referrers.tag_of(PACKED.digest, "sig")
    store.write_manifest(stored(PACKED.manifest), tag)
    (found,) = referrers.belongings(store, PACKED.digest)
    assert (found.descriptor.digest, found.tag) == (PACKED.digest, tag)


def _classic(store: Store, digest: str, kind: str) -> Descriptor:
    content = f"{kind} of {digest}".encode()
    layer = Descriptor("text/plain", digest_of(content), len(content))
    store.write_blob(layer, InMemory(content))
    store.write_blob(referrers.EMPTY, InMemory(b"{}"))
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": written(referrers.EMPTY),
        "layers": [written(layer)],
    }
    manifest = stored(compact(document))
    store.write_manifest(manifest, referrers.tag_of(digest, kind))
    return referrers.describe(manifest)


_ATTACH = """\
import sys
from tests.integration.oci.test_referrers import KIND, SUBJECT
from tamis.model.reference import parse
from tamis.oci import open_store, referrers
with open_store(parse(sys.argv[1])) as store:
    sys.stdin.read(1)
    for text in sys.argv[2:]:
        referrers.put(store, SUBJECT, KIND, text.encode(), notes={})
"""


def test_twelve_attach_at_once_and_none_is_lost(registry: LoopbackRegistry, remote: Store) -> None:
    where = f"{registry.host}/acme/hello"
    command = [sys.executable, "-c", _ATTACH, where]
    started = [
        subprocess.Popen([*command, f"note {number}"], stdin=subprocess.PIPE)
        for number in range(12)
    ]
    for each in started:  # all of them are let go when all of them are there
        assert each.stdin
        each.stdin.write(b".")
        each.stdin.close()
    assert [each.wait(120) for each in started] == [0] * 12
    assert len(referrers.listing(remote, PACKED.digest, KIND)) == 12


def test_what_is_gone_each_time_is_an_error() -> None:
    waited: list[float] = []
    with pytest.raises(Unreachable, match="the entry is gone each time"):
        until_seen(lambda: True, "the entry", pause=waited.append, clock=lambda: 0.0)
    assert len(waited) == 60
    assert 0.15 <= min(waited) < max(waited) <= 0.3


def test_what_another_took_away_is_added_again() -> None:
    """There, there, gone, added again, there, there, there for good."""
    turns = iter([True, False, True, False, True, False, False])
    waited: list[float] = []
    ticks = iter(range(100))
    assert until_seen(
        lambda: next(turns), "x", pause=waited.append, clock=lambda: float(next(ticks))
    )
    assert next(turns, None) is None
    assert all(4 <= each <= 8 for each in waited), "longer than others hold what they read"


def test_what_is_there_is_not_waited_for() -> None:
    assert until_seen(lambda: False, "x", pause=pytest.fail) is False
