"""Every fault of tests/faults.py, before a real registry, for push, pull and copy.

Each ends in success after a few tries or in one clear error: no partial artifact under a tag, no
credential where it does not belong, no wrong bytes.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.docker_registry import serve
from tests.fault_proxy import FaultProxy
from tests.faults import FAULTS, OK, Row
from tests.registry import LoopbackRegistry

from tamis.errors import TamisError
from tamis.model.artifact import Metadata
from tamis.oci import Stored, pack, parse, replicate, save
from tamis.oci.manifests import Manifest
from tamis.oci.registry.patience import Patience
from tamis.oci.registry.repository import RegistryStore
from tamis.oci.registry.upload import Parts

MODULE = b"\0asm\1\0\0\0" + b"".join(hashlib.sha256(bytes([n])).digest() for n in range(100))
PACKED = pack(MODULE, Metadata("one", "1.0"), "istio")
VERBS = ("push", "pull", "copy")
#: The module goes in four parts.
PARTS = Parts(whole=1000, size=1000)
_ACCOUNT = {"auth": "YWxpY2U6c2VjcmV0"}


@dataclass
class World:
    """A registry, the proxy before it, and another host that has the same blobs."""

    proxy: FaultProxy
    other: FaultProxy
    upstream: str
    pauses: list[float]
    registry: LoopbackRegistry | None = None

    def store(self, host: str, name: str, *, hasty: bool = False) -> RegistryStore:
        read = 0.3 if hasty else 30.0
        patience = Patience(pause=self.pauses.append, read=read)
        return RegistryStore(host, name, patience=patience, parts=PARTS)

    def put(self, name: str) -> None:
        """Past the proxy."""
        with self.store(self.upstream, name) as store:
            save(PACKED, store, "1.0")

    def kept(self, name: str) -> Stored | None:
        """What the tag names in the registry, with every blob read and verified."""
        with self.store(self.upstream, name) as store:
            found = store.find_manifest("1.0")
            if found:
                manifest = parse(found)
                assert isinstance(manifest, Manifest)
                for blob in manifest.blobs:
                    store.read_blob(blob)
            return found


_OTHERS = [pytest.param(name, marks=pytest.mark.judge) for name in ("remembering", "docker")]


@pytest.fixture(params=["loopback", *_OTHERS])
def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """`remembering`: the registry keeps what it got of an upload that broke."""
    for name in ("HOME", "DOCKER_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(name, raising=False)
    with ExitStack() as stack:
        registry = None
        if request.param == "docker":
            upstream = stack.enter_context(_served(tmp_path))
        else:
            registry = stack.enter_context(LoopbackRegistry("token"))
            registry.forgets = request.param != "remembering"
            upstream = registry.host
            both = frozenset({"pull", "push"})
            registry.tokens["signed"] = {"acme/one": both, "acme/two": both}
        proxy = stack.enter_context(FaultProxy(upstream))
        other = stack.enter_context(FaultProxy(upstream, bearer="signed"))
        if registry:
            registry.realm = f"http://{proxy.host}/token"
        hosts = (upstream, proxy.host, f"localhost:{proxy.port}")
        config = {"auths": dict.fromkeys(hosts, _ACCOUNT)}
        (tmp_path / "config.json").write_text(json.dumps(config))
        yield World(proxy, other, upstream, [], registry)


def _served(folder: Path):  # type: ignore[no-untyped-def]
    from contextlib import contextmanager

    return contextmanager(serve)(folder)


def act(world: World, verb: str, *, hasty: bool = False) -> None:
    """The verb, through the proxy."""
    if verb == "push":
        with world.store(world.proxy.host, "acme/one", hasty=hasty) as store:
            save(PACKED, store, "1.0")
    elif verb == "pull":
        with world.store(world.proxy.host, "acme/one", hasty=hasty) as store:
            found = store.read_manifest("1.0")
            assert found.content == PACKED.manifest
            manifest = parse(found)
            assert isinstance(manifest, Manifest)
            assert [store.read_blob(blob) for blob in manifest.blobs] == [
                blob.content for blob in PACKED.blobs
            ]
    else:
        with (
            world.store(world.proxy.host, "acme/one", hasty=hasty) as source,
            world.store(f"localhost:{world.proxy.port}", "acme/two", hasty=hasty) as target,
        ):
            replicate("1.0", source, target, "1.0")


CASES = [
    pytest.param(row, verb, id=f"{verb}: {row.name}")
    for row in FAULTS
    for verb in VERBS
    if row.expected(verb) is not None
]


@pytest.mark.parametrize(("row", "verb"), CASES)
def test_fault(world: World, row: Row, verb: str) -> None:
    if verb != "push":
        world.put("acme/one")
    rules = row.rules(world.other)
    world.proxy.rules += rules
    expected = row.expected(verb)
    if expected == OK:
        act(world, verb, hasty=row.hasty)
    else:
        with pytest.raises(TamisError, match=expected) as caught:
            act(world, verb, hasty=row.hasty)
        assert caught.value.exit_code in {1, 2, 3}
        assert caught.value.advice()
        assert "\n" not in str(caught.value)
    world.proxy.rules.clear()
    assert rules[0].met, "the fault was never met"
    if verb != "pull":
        kept = world.kept("acme/one" if verb == "push" else "acme/two")
        if expected == OK:
            assert kept == Stored(PACKED.manifest, PACKED.digest, PACKED.media_type)
        elif kept:  # refused only after the registry took all of it
            assert (rules[0].method, kept.digest) == ("PUT", PACKED.digest)
    assert {seen.authorization for seen in world.other.seen} <= {None}
    assert sum(world.pauses) < 60


def test_every_fault_has_a_name_of_its_own() -> None:
    names = [row.name for row in FAULTS]
    assert len(set(names)) == len(names)
    assert all(any(row.expected(verb) is not None for verb in VERBS) for row in FAULTS)
