"""What a store is asked, and what not: pushes again, mounts, lists, parts, tokens, threads."""

import hashlib
import json
import threading
from pathlib import Path

import pytest
from tests.registry import Fault, LoopbackRegistry

from tamis.errors import BadInput, Rejected, TamisError, Unreachable
from tamis.model.artifact import Descriptor, Metadata
from tamis.model.media_types import OCI_INDEX
from tamis.oci import InMemory, Source, Stored, pack, replicate, save, stored
from tamis.oci.blobs import watched
from tamis.oci.crew import Stop, in_parallel, stoppable
from tamis.oci.digests import digest_of
from tamis.oci.registry.patience import Patience
from tamis.oci.registry.repository import RegistryStore
from tamis.oci.registry.upload import Parts

MODULE = b"\0asm\1\0\0\0" + b"".join(hashlib.sha256(bytes([n])).digest() for n in range(100))
PACKED = pack(MODULE, Metadata("one", "1.0"), "istio")
LAYER = PACKED.layers[1]


def store(registry: LoopbackRegistry, name: str = "acme/one", whole: int = 1000) -> RegistryStore:
    patience = Patience(pause=lambda _: None)
    parts = Parts(whole=whole, size=1000)
    return RegistryStore(registry.host, name, patience=patience, parts=parts)


def asked(registry: LoopbackRegistry) -> list[tuple[str, str]]:
    found, registry.requests[:] = registry.requests[:], []
    return found


def test_a_second_push_asks_once(registry: LoopbackRegistry) -> None:
    with store(registry) as one:
        assert save(PACKED, one, "1.0")
        asked(registry)
        assert not save(PACKED, one, "1.0")
        assert asked(registry) == [("HEAD", "/v2/acme/one/manifests/1.0")]
        assert save(PACKED, one, "2.0")
        assert [method for method, _ in asked(registry)] == ["HEAD", "HEAD", "PUT"]
        assert registry.tags["acme/one"] == {"1.0": PACKED.digest, "2.0": PACKED.digest}
        assert not save(PACKED, one, None)
        assert len(asked(registry)) == 1


def test_a_second_copy_asks_once_of_each(registry: LoopbackRegistry) -> None:
    with store(registry) as one, store(registry, "acme/two") as two:
        save(PACKED, one, "1.0")
        replicate("1.0", one, two, "1.0")
        asked(registry)
        replicate("1.0", one, two, "1.0")
        assert [method for method, _ in asked(registry)] == ["GET", "HEAD"]


def test_an_index_brings_its_children_first(registry: LoopbackRegistry) -> None:
    with store(registry) as one, store(registry, "acme/two") as two:
        save(PACKED, one, None)
        child = {"mediaType": PACKED.media_type, "digest": PACKED.digest, "size": 1}
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [child]}
        index = stored(json.dumps(document).encode())
        one.write_manifest(index, "all")
        assert replicate("all", one, two, "all") == index
        assert set(registry.manifests["acme/two"]) == {index.digest, PACKED.digest}


def test_blobs_of_another_repository_are_mounted(registry: LoopbackRegistry) -> None:
    with store(registry) as one, store(registry, "acme/two") as two:
        save(PACKED, one, "1.0")
        asked(registry)
        replicate("1.0", one, two, "1.0")
        posts = [path for method, path in asked(registry) if method in {"POST", "PATCH"}]
        assert all("?mount=sha256:" in path and "from=acme/one" in path for path in posts)
        assert len(posts) == 3
    assert registry.blobs["acme/two"] == registry.blobs["acme/one"]


def test_a_registry_that_mounts_nothing(registry: LoopbackRegistry) -> None:
    registry.mounts = False
    with store(registry) as one, store(registry, "acme/two") as two:
        save(PACKED, one, "1.0")
        replicate("1.0", one, two, "1.0")
    assert registry.blobs["acme/two"] == registry.blobs["acme/one"]


def test_a_mount_that_is_not_allowed(docker_config: Path, registry: LoopbackRegistry) -> None:
    with LoopbackRegistry("token") as closed:
        docker_config.write_text(closed.docker_config())
        challenge = f'Bearer realm="http://{closed.host}/token",scope="repository:acme/one:pull"'
        refusal = Fault("POST", "mount=", 99, status=401, headers={"WWW-Authenticate": challenge})
        closed.faults.append(refusal)
        with store(closed) as one, store(closed, "acme/two") as two:
            save(PACKED, one, "1.0")
            replicate("1.0", one, two, "1.0")
        assert refusal.times < 99
        assert closed.blobs["acme/two"] == closed.blobs["acme/one"]


def test_a_mount_reads_with_one_token(docker_config: Path) -> None:
    with LoopbackRegistry("token") as closed:
        docker_config.write_text(closed.docker_config())
        with store(closed) as one, store(closed, "acme/two") as two:
            save(PACKED, one, "1.0")
            two.write_blob(LAYER.descriptor, LAYER.source, origin=one.name)
        assert ("PUT", sum(m == "PUT" and "/two/" in p for m, p in closed.requests)) == ("PUT", 0)


@pytest.mark.parametrize("forgets", [True, False])
def test_parts(registry: LoopbackRegistry, forgets: bool) -> None:
    """A part that breaks begins anew, or goes on where the registry says."""
    registry.forgets = forgets
    registry.faults.append(Fault("PATCH", "/uploads/", drop=True))
    with store(registry) as one:
        assert one.write_blob(LAYER.descriptor, LAYER.source)
    assert registry.blobs["acme/one"][LAYER.descriptor.digest] == MODULE
    posts = [method for method, _ in registry.uploads].count("POST")
    assert posts == (2 if forgets else 1)


def test_a_token_ends_within_an_upload(docker_config: Path) -> None:
    """While the first part is sent, and between two parts."""
    with LoopbackRegistry("token") as closed, store(closed) as one:
        docker_config.write_text(closed.docker_config())
        ends = [0, 1500]

        def told(at: int) -> None:
            if ends and at > ends[0]:
                ends.pop(0)
                closed.tokens.clear()

        assert one.write_blob(LAYER.descriptor, watched(InMemory(MODULE), told))
        assert closed.blobs["acme/one"][LAYER.descriptor.digest] == MODULE
        assert ends == []


def test_a_token_is_renewed_before_it_ends(docker_config: Path) -> None:
    with LoopbackRegistry("token") as closed, store(closed) as one:
        docker_config.write_text(closed.docker_config())
        closed.expires_in = 1e-9
        save(PACKED, one, "1.0")
        statuses = sum(path.startswith("/token") for _, path in closed.requests)
        assert statuses > 5
        closed.expires_in = 3600
        before = statuses
        with store(closed, "acme/one") as again:
            again.has_blob(LAYER.descriptor)
            again.has_blob(LAYER.descriptor)
        after = sum(path.startswith("/token") for _, path in closed.requests)
        assert after == before + 1


def test_identity_tokens_where_there_is_no_exchange(docker_config: Path) -> None:
    with LoopbackRegistry("token") as closed, store(closed) as one:
        entry = {"identitytoken": "x", "username": "alice", "password": "secret"}
        docker_config.write_text(json.dumps({"auths": {closed.host: entry}}))
        assert save(PACKED, one, "1.0")
        assert ("POST", "/token") in closed.requests


def test_tags_come_in_pages(registry: LoopbackRegistry) -> None:
    registry.page = 2
    with store(registry) as one:
        with pytest.raises(BadInput, match="list of tags is not there"):
            one.tags()
        save(PACKED, one, None)
        assert one.tags() == ()
        for name in "edcba":
            save(PACKED, one, name)
        asked(registry)
        assert one.tags() == ("a", "b", "c", "d", "e")
        assert len(asked(registry)) == 3


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Link": '</v2/acme/one/tags/list?n=1000>; rel="next"'}, "never ends"),
        ({"Link": '<https://evil.example/v2/>; rel="next"'}, "on another host"),
        ({"Link": '<file:///etc/passwd>; rel="next"'}, "which is not https"),
    ],
)
def test_lists_that_lead_astray(
    registry: LoopbackRegistry, headers: dict[str, str], said: str
) -> None:
    body = b'{"tags": ["a"]}'
    registry.faults.append(Fault("GET", "/tags/", 99, status=200, headers=headers, body=body))
    with store(registry) as one, pytest.raises(TamisError, match=said):
        one.tags()


@pytest.mark.parametrize("body", [b"", b"[]", b'{"tags": 5}', b"<html>", b"[" * 100_000])
def test_lists_that_are_none(registry: LoopbackRegistry, body: bytes) -> None:
    registry.faults.append(Fault("GET", "/tags/", 99, status=200, headers={}, body=body))
    with store(registry) as one, pytest.raises(BadInput, match="no list"):
        one.tags()


def _about(number: int) -> Stored:
    subject = {"mediaType": PACKED.media_type, "digest": PACKED.digest, "size": 1}
    document = {"schemaVersion": 2, "layers": [], "subject": subject, "artifactType": f"a/{number}"}
    return stored(json.dumps(document).encode())


def test_referrers(registry: LoopbackRegistry) -> None:
    registry.page = 2
    with store(registry) as one:
        save(PACKED, one, "1.0")
        assert one.referrers(PACKED.digest) is None
        registry.api = True
        assert one.referrers(PACKED.digest) == ()
        for number in range(5):
            one.write_manifest(_about(number), None)
        found = one.referrers(PACKED.digest)
        assert found
        assert [each.artifact_type for each in found] == [f"a/{number}" for number in range(5)]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("GET", "/referrers/", status=404, body=b'{"errors":[{"code":"NAME_UNKNOWN"}]}'), ()),
        (Fault("GET", "/referrers/", status=404, body=b"<html>"), None),
        (Fault("GET", "/referrers/", status=200, headers={"OCI-Subject": "x"}, body=b"{}"), None),
    ],
)
def test_who_has_no_referrers(
    registry: LoopbackRegistry, fault: Fault, expected: tuple[()] | None
) -> None:
    registry.faults.append(fault)
    with store(registry) as one:
        assert one.referrers(PACKED.digest) == expected


@pytest.mark.parametrize("status", [403, 500])
def test_referrers_that_fail(registry: LoopbackRegistry, status: int) -> None:
    """Not the same as having none: who believed it would write over those that are there."""
    registry.faults.append(Fault("GET", "/referrers/", 99, status=status))
    with store(registry) as one, pytest.raises(Unreachable):
        one.referrers(PACKED.digest)


def test_what_is_looked_for_is_asked_for_once(registry: LoopbackRegistry) -> None:
    with store(registry) as one:
        assert one.find_manifest("1.0") is None
        save(PACKED, one, "1.0")
        asked(registry)
        assert one.find_manifest("1.0") == stored(PACKED.manifest)
        assert [method for method, _ in asked(registry)] == ["GET"]


def test_a_part_of_a_blob(registry: LoopbackRegistry) -> None:
    with store(registry) as one:
        save(PACKED, one, "1.0")
        for ranges in (True, False):
            registry.ranges = ranges
            with one.blob(LAYER.descriptor).open(3000) as reader:
                assert reader.read(1 << 20) == MODULE[3000:]
        asked(registry)
        with one.blob(LAYER.descriptor).open(len(MODULE)) as reader:
            assert reader.read(10) == b""
        assert asked(registry) == []  # an offset that is the size is an error at registries


def test_many_threads_share_a_store(docker_config: Path) -> None:
    with LoopbackRegistry("token") as closed, store(closed) as one:
        docker_config.write_text(closed.docker_config())
        blobs = [bytes([n]) * 5000 for n in range(12)]
        jobs = [
            lambda _, b=b: one.write_blob(  # type: ignore[misc]
                Descriptor("a/b", digest_of(b), len(b)), InMemory(b)
            )
            for b in blobs
        ]
        assert in_parallel(jobs) == [True] * 12
        assert sorted(closed.blobs["acme/one"].values()) == sorted(blobs)
        assert sum(path.startswith("/token") for _, path in closed.requests) <= 4


def test_the_first_error_ends_the_others() -> None:
    started = threading.Event()
    read: list[int] = []

    def endless(stop: Stop) -> None:
        with stoppable(_Endless(), stop).open() as reader:
            started.set()
            while True:
                read.append(len(reader.read(10)))

    def fails(_: Stop) -> None:
        started.wait(10)
        raise Rejected("no", advice="none")

    never: list[str] = []
    jobs = [endless, endless, endless, fails, *[lambda _: never.append("x")] * 5]
    with pytest.raises(Rejected, match="no"):
        in_parallel(jobs)
    assert read
    assert never == []


class _Endless:
    size = 1 << 60

    def open(self, start: int = 0):  # type: ignore[no-untyped-def]
        from contextlib import nullcontext

        return nullcontext(self)

    def read(self, size: int, /) -> bytes:
        return b"x" * size


def test_no_manifest_before_its_blobs(registry: LoopbackRegistry) -> None:
    refusal = Fault("PUT", "/uploads/", 99, status=403)
    registry.faults.append(refusal)
    with store(registry) as one, pytest.raises(Unreachable):
        save(PACKED, one, "1.0")
    assert registry.tags == {}
    assert not any("/manifests/" in p for m, p in registry.requests if m == "PUT")


def test_a_file_that_changes_while_it_is_sent(registry: LoopbackRegistry) -> None:
    class Short(InMemory):
        def open(self, start: int = 0):  # type: ignore[no-untyped-def]
            return InMemory(self.content[:-1]).open(start)

    short: Source = Short(MODULE)
    with store(registry, whole=1 << 20) as one, pytest.raises(BadInput, match="1 bytes too early"):
        one.write_blob(LAYER.descriptor, short)
