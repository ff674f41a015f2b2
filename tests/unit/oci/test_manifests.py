"""What is on the wire, and what pretends to be."""

import json

import pytest

from tamis.errors import BadInput, Rejected
from tamis.model.media_types import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from tamis.oci.digests import digest_of, verify
from tamis.oci.manifests import MAX_MANIFEST, Index, Manifest, parse, stored

D = {"mediaType": "a/b", "digest": digest_of(b"x"), "size": 1}


def document(**fields: object) -> bytes:
    return json.dumps({"schemaVersion": 2, **fields}).encode()


def test_digest_is_of_the_exact_bytes() -> None:
    content = document(layers=[]) + b"\n  "
    assert stored(content).digest == digest_of(content)
    assert stored(content).content == content


@pytest.mark.parametrize(
    ("own", "told", "expected"),
    [
        (OCI_MANIFEST, "text/plain", OCI_MANIFEST),
        (DOCKER_MANIFEST, OCI_MANIFEST, DOCKER_MANIFEST),
        (None, f"{DOCKER_MANIFEST}; charset=utf-8", DOCKER_MANIFEST),
        (None, None, OCI_MANIFEST),
        (None, "application/json", OCI_MANIFEST),
    ],
)
def test_media_type(own: str | None, told: str | None, expected: str) -> None:
    more = {"mediaType": own} if own else {}
    assert stored(document(layers=[], **more), told).media_type == expected


def test_index_without_media_type() -> None:
    assert stored(document(manifests=[])).media_type == OCI_INDEX


def test_platforms() -> None:
    children = [
        D,
        {**D, "platform": {"os": "linux", "architecture": "arm64"}},
        {**D, "platform": 1},
    ]
    index = parse(stored(document(mediaType=DOCKER_LIST, manifests=children)))
    assert isinstance(index, Index)
    assert [platform for platform, _ in index.manifests] == ["", "linux/arm64", ""]


def test_blobs_are_named_once() -> None:
    manifest = parse(stored(document(config=D, layers=[D, D])))
    assert isinstance(manifest, Manifest)
    assert len(manifest.blobs) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"schemaVersion":1}', "schemaVersion 1, not 2"),
        (b"{}", "schemaVersion None"),
        (document(), "no list 'layers'"),
        (document(layers={}), "no list 'layers'"),
        (document(mediaType=OCI_INDEX), "no list 'manifests'"),
        (document(manifests=[1]), "descriptor without"),
        (document(layers=[{**D, "size": -1}]), "descriptor without"),
        (document(layers=[{**D, "size": True}]), "descriptor without"),
        (document(layers=[{**D, "size": "1"}]), "descriptor without"),
        (document(layers=[{**D, "digest": "sha256:../../x"}]), "descriptor without"),
        (document(layers=[{**D, "digest": digest_of(b"") + "\n"}]), "descriptor without"),
        (document(layers=[{**D, "digest": "md5:00"}]), "descriptor without"),
        (document(layers=[], config=[]), "descriptor without"),
        (document(layers=[], annotations=[]), "annotations are not strings"),
        (document(layers=[], annotations={"a": 1}), "annotations are not strings"),
        (document(layers=[], padding="x" * MAX_MANIFEST), "larger than 4 MiB"),
    ],
)
def test_refuses(content: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parse(stored(content))


def test_verify_names_both_digests() -> None:
    assert verify(b"x", digest_of(b"x"), "here") == b"x"
    with pytest.raises(Rejected, match=f"here: .* {digest_of(b'y')}, not {digest_of(b'x')}"):
        verify(b"y", digest_of(b"x"), "here")
