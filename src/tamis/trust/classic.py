"""cosign's classic signature: a small text about the image, under the tag `sha256-<hex>.sig`.

cosign 2 and every admission controller of its time look for nothing else. Several signers are
several layers, whose annotations hold the signatures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tamis.errors import BadInput, Rejected
from tamis.model.artifact import Descriptor
from tamis.model.media_types import IMAGE_CONFIG, OCI_MANIFEST
from tamis.oci.blobs import InMemory
from tamis.oci.digests import digest_of
from tamis.oci.manifests import Manifest, Stored, compact, parse, stored, written
from tamis.oci.racing import until_seen
from tamis.oci.referrers import tag_of
from tamis.oci.store import Store
from tamis.trust.documents import bytes_of, object_of, text_of
from tamis.trust.keys import PrivateKey, PublicKey

__all__ = ["Layer", "layers", "sign", "signer"]

_LAYER = "application/vnd.dev.cosign.simplesigning.v1+json"
_SIGNATURE = "dev.cosignproject.cosign/signature"
_WHAT = "cosign container image signature"
_NEVER = "0001-01-01T00:00:00Z"
_LIMIT = 64 << 10
#: Signatures of one image that are looked at.
_MOST = 100
_ADVICE = "It was not made by tamis or cosign: find out who pushed it."


@dataclass(frozen=True, slots=True)
class Layer:
    """A signature: the manifest that holds it, and its place there."""

    manifest: str
    descriptor: Descriptor


def sign(store: Store, digest: str, name: str, key: PrivateKey) -> bool:
    """Add this key's signature of the manifest `digest`; False: it is there. `name`: of the
    repository, for people. Others may sign at the same time, and none is lost.
    """
    payload = _payload(name, digest)
    signature = text_of(key.sign(payload))
    layer = Descriptor(_LAYER, digest_of(payload), len(payload), {_SIGNATURE: signature})
    if _is_there(store, digest, key):
        return False
    store.write_blob(layer, InMemory(payload))

    def add() -> bool:
        if _is_there(store, digest, key):
            return False
        found = _manifest(store, digest)
        _write(store, digest, found, (*(found[1].layers if found else ()), layer))
        return True

    return until_seen(add, f"{store.name}: the signature in {tag_of(digest, 'sig')}")


def layers(store: Store, digest: str) -> Iterator[Layer]:
    """The signatures of the manifest `digest`, unverified. Raises BadInput, Rejected."""
    found = _manifest(store, digest)
    if found is None:
        return
    manifest, document = found
    if len(document.layers) > _MOST:
        raise Rejected(
            f"{store.name}: {tag_of(digest, 'sig')} has {len(document.layers)} signatures",
            advice=f"Delete those that nobody needs: {_MOST} are looked at.",
        )
    for layer in document.layers:
        yield Layer(manifest.digest, layer)


def signer(store: Store, layer: Layer, digest: str, keys: Sequence[PublicKey]) -> PublicKey | None:
    """Which of `keys` signed the manifest `digest` with this; None: none of them.

    Raises BadInput for what is no such signature, Rejected for one of another image.
    """
    known = layer.descriptor
    what = f"the signature {known.digest}"
    if known.media_type != _LAYER or known.size > _LIMIT:
        raise BadInput(f"{what} is of type {known.media_type[:80]}", advice=_ADVICE)
    signature = bytes_of(known.annotations.get(_SIGNATURE), what, advice=_ADVICE)
    payload = store.read_blob(known)
    key = next((each for each in keys if each.verifies(signature, payload)), None)
    if key is None:
        return None
    match object_of(payload, what, advice=_ADVICE, limit=_LIMIT):
        case {
            "critical": {"type": str(kind), "image": {"docker-manifest-digest": str(signed)}}
        } if kind == _WHAT:
            if signed != digest:
                raise Rejected(f"{what} is one of {signed[:80]}", advice=_ADVICE)
            return key
    raise BadInput(f"{what} is no signature of an image", advice=_ADVICE)


def _payload(name: str, digest: str) -> bytes:
    return compact(
        {
            "critical": {
                "identity": {"docker-reference": name},
                "image": {"docker-manifest-digest": digest},
                "type": _WHAT,
            },
            "optional": None,
        }
    )


def _is_there(store: Store, digest: str, key: PrivateKey) -> bool:
    for layer in layers(store, digest):
        try:
            if signer(store, layer, digest, (key.public,)):
                return True
        except (BadInput, Rejected):
            continue
    return False


def _manifest(store: Store, digest: str) -> tuple[Stored, Manifest] | None:
    found = store.find_manifest(tag_of(digest, "sig"))
    if found is None:
        return None
    document = parse(found)
    if not isinstance(document, Manifest):
        raise BadInput(
            f"{store.name}: {tag_of(digest, 'sig')} holds no signatures", advice="Delete this tag."
        )
    return found, document


def _write(
    store: Store,
    digest: str,
    old: tuple[Stored, Manifest] | None,
    every: tuple[Descriptor, ...],
) -> None:
    content = compact(
        {
            "architecture": "",
            "created": _NEVER,
            "history": [{"created": _NEVER} for _ in every],
            "os": "",
            "rootfs": {"type": "layers", "diff_ids": [each.digest for each in every]},
            "config": {},
        }
    )
    config = Descriptor(IMAGE_CONFIG, digest_of(content), len(content))
    store.write_blob(config, InMemory(content))
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": written(config),
        "layers": [written(replace(each, artifact_type="")) for each in every],
        **({"annotations": dict(old[1].annotations)} if old and old[1].annotations else {}),
    }
    store.write_manifest(stored(compact(document)), tag_of(digest, "sig"))
