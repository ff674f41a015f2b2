"""The registry store against a strict registry on loopback: log in, upload, download, fail."""

import json
import socket
import threading
from pathlib import Path

import pytest
from tests.fault_proxy import Exchange, FaultProxy, Rule
from tests.registry import Fault, LoopbackRegistry

from tamis.errors import BadInput, Rejected, TamisError, Unreachable
from tamis.model.artifact import Descriptor, Metadata
from tamis.model.media_types import DOCKER_MANIFEST
from tamis.oci import InMemory, Stored, pack, save, stored
from tamis.oci.digests import digest_of
from tamis.oci.registry.patience import Patience
from tamis.oci.registry.repository import RegistryStore

PACKED = pack(b"\0asm\1\0\0\0" + b"m" * 300, Metadata("one", "1.0"))
LAYER = PACKED.layers[0]
MANIFEST = stored(PACKED.manifest)


class Pauses(list[float]):
    """Waits in no time, and remembers how long it would have been."""

    def store(self, host: str, **more: float) -> RegistryStore:
        patience = Patience(pause=self.append, **more)  # type: ignore[arg-type]
        return RegistryStore(host, "acme/one", patience=patience)


def test_upload_and_download(registry: LoopbackRegistry) -> None:
    with Pauses().store(registry.host) as store:
        assert save(PACKED, store, "1.0")
        for name in ("1.0", PACKED.digest):
            found = store.read_manifest(name)
            assert found == Stored(PACKED.manifest, PACKED.digest, PACKED.media_type)
        assert store.read_blob(LAYER.descriptor) == LAYER.content
    assert registry.manifests["acme/one"] == {PACKED.digest: (PACKED.media_type, PACKED.manifest)}


def test_second_upload_sends_nothing(registry: LoopbackRegistry) -> None:
    with Pauses().store(registry.host) as store:
        save(PACKED, store, "1.0")
        before = len(registry.uploads)
        assert not save(PACKED, store, "1.0")
        assert len(registry.uploads) == before
        assert save(PACKED, store, "other")
        assert len(registry.uploads) == before + 1


def test_manifest_without_tag_goes_by_digest(registry: LoopbackRegistry) -> None:
    with Pauses().store(registry.host) as store:
        save(PACKED, store, None)
        assert store.read_manifest(PACKED.digest).content == PACKED.manifest
    assert registry.tags == {}


def test_media_type_is_kept(registry: LoopbackRegistry) -> None:
    manifest = stored(b'{"schemaVersion":2,"layers":[]}', DOCKER_MANIFEST)
    with Pauses().store(registry.host) as store:
        store.write_manifest(manifest, "d")
        assert store.read_manifest("d").media_type == DOCKER_MANIFEST


@pytest.mark.parametrize("repository", ["my.org/x", "x", "a/b/c/d"])
def test_repository_names(registry: LoopbackRegistry, repository: str) -> None:
    """oras takes `my.org/x` for a host."""
    with RegistryStore(registry.host, repository) as store:
        save(PACKED, store, "1.0")
    assert list(registry.tags) == [repository]


def test_basic_credentials(docker_config: Path) -> None:
    with LoopbackRegistry("basic") as registry, Pauses().store(registry.host) as store:
        docker_config.write_text(registry.docker_config())
        save(PACKED, store, "1.0")
        assert store.read_manifest("1.0").digest == PACKED.digest


def test_push_gets_a_token_that_may_push(docker_config: Path) -> None:
    """A HEAD first gets a token for pull; oras would send that with the upload."""
    with LoopbackRegistry("token") as registry, Pauses().store(registry.host) as store:
        docker_config.write_text(registry.docker_config())
        assert not store.has_blob(LAYER.descriptor)
        save(PACKED, store, "1.0")
        assert store.read_blob(LAYER.descriptor) == LAYER.content
        tokens = [path for _, path in registry.requests if path.startswith("/token")]
        assert len(tokens) == 2


def test_expired_token_is_replaced(docker_config: Path) -> None:
    with LoopbackRegistry("token") as registry, Pauses().store(registry.host) as store:
        docker_config.write_text(registry.docker_config())
        store.has_blob(LAYER.descriptor)
        registry.tokens.clear()
        save(PACKED, store, "1.0")
        registry.tokens.clear()
        assert store.read_manifest("1.0").digest == PACKED.digest


def test_token_expires_within_an_upload(docker_config: Path) -> None:
    with LoopbackRegistry("token") as registry, Pauses().store(registry.host) as store:
        docker_config.write_text(registry.docker_config())
        challenge = f'Bearer realm="http://{registry.host}/token"'
        registry.faults.append(
            Fault("PUT", "/blobs/uploads/", status=401, headers={"WWW-Authenticate": challenge})
        )
        assert save(PACKED, store, "1.0")


def test_anonymous_token_may_pull(docker_config: Path) -> None:
    with LoopbackRegistry("token", public=True) as registry:
        docker_config.write_text(registry.docker_config())
        with Pauses().store(registry.host) as store:
            save(PACKED, store, "1.0")
        docker_config.unlink()
        with Pauses().store(registry.host) as store:
            assert store.read_manifest("1.0").digest == PACKED.digest
            with pytest.raises(Unreachable, match="does not let anonymous users push to") as caught:
                store.write_blob(Descriptor("a/b", digest_of(b"x"), 1), InMemory(b"x"))
        assert caught.value.advice().startswith(f"Run: tamis login {registry.host}")


def test_identity_token(docker_config: Path) -> None:
    with LoopbackRegistry("token") as registry, Pauses().store(registry.host) as store:
        registry.identity_token = "refresh"
        docker_config.write_text(
            json.dumps({"auths": {registry.host: {"identitytoken": "refresh"}}})
        )
        assert save(PACKED, store, "1.0")
        assert ("POST", "/token") in registry.requests


@pytest.mark.parametrize("auth", ["basic", "token"])
def test_wrong_password(docker_config: Path, auth: str) -> None:
    with LoopbackRegistry(auth) as registry, Pauses().store(registry.host) as store:  # type: ignore[arg-type]
        docker_config.write_text(registry.docker_config())
        registry.account = ("alice", "changed")
        with pytest.raises(Unreachable, match="does not let these credentials pull from"):
            store.read_manifest("1.0")


def test_basic_without_credentials() -> None:
    with LoopbackRegistry("basic") as registry, Pauses().store(registry.host) as store:
        with pytest.raises(Unreachable, match="anonymous users pull from acme/one") as caught:
            store.read_manifest("1.0")
        assert "tamis login" in caught.value.advice()


def test_netrc_does_not_replace_a_token(
    docker_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that is not loopback by name: for those, requests reads ~/.netrc."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 0.0.0.0 login mallory password x\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with LoopbackRegistry("token") as registry:
        host = registry.host.replace("127.0.0.1", "0.0.0.0")
        docker_config.write_text(registry.docker_config().replace(registry.host, host))
        with RegistryStore(host, "acme/one", insecure=True) as store:
            assert save(PACKED, store, "1.0")


def test_broken_upload_begins_anew(registry: LoopbackRegistry) -> None:
    """Its session is gone: the PUT alone is not repeated."""
    registry.faults.append(Fault("PUT", "/blobs/uploads/", drop=True))
    with Pauses().store(registry.host) as store:
        assert store.write_blob(LAYER.descriptor, LAYER.source)
    assert [method for method, _ in registry.uploads] == ["POST", "PUT", "POST", "PUT"]


@pytest.mark.parametrize(
    "realm", ["http://10.0.0.1/token", "ftp://x/token", "http://127.0.0.1.x.io/"]
)
def test_credentials_go_to_no_plain_realm(docker_config: Path, realm: str) -> None:
    with LoopbackRegistry("token") as registry, Pauses().store(registry.host) as store:
        docker_config.write_text(registry.docker_config())
        registry.realm = realm
        with pytest.raises(Unreachable, match="which is not https"):
            store.read_manifest("1.0")


def test_authorization_stays_with_the_registry(docker_config: Path) -> None:
    """An upload that continues on another host does so without our token."""
    with LoopbackRegistry("token") as registry, LoopbackRegistry("basic") as other:
        docker_config.write_text(registry.docker_config())
        away = f"http://{other.host}/v2/acme/one/blobs/uploads/x?_state=y"
        registry.faults.append(
            Fault("POST", "/blobs/uploads/", status=202, headers={"Location": away}, times=9)
        )
        with Pauses().store(registry.host) as store, pytest.raises(Unreachable):
            store.write_blob(LAYER.descriptor, LAYER.source)
        assert other.requests
        assert other.authorizations == [None] * len(other.requests)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("HEAD", "/blobs/", status=500),
        Fault("POST", "/blobs/uploads/", status=503),
        Fault("PUT", "/blobs/uploads/", status=500),
        Fault("PUT", "/manifests/", status=502, body=b"<html>"),
        Fault("POST", "/blobs/uploads/", status=429, headers={"Retry-After": "3"}),
        Fault("PUT", "/blobs/uploads/", drop=True),
        Fault("POST", "/blobs/uploads/", drop=True),
        Fault("PUT", "/manifests/", drop=True),
        Fault("PUT", "/blobs/uploads/", drop=True, times=3),
    ],
    ids=str,
)
def test_one_fault_while_uploading(registry: LoopbackRegistry, fault: Fault) -> None:
    fault = Fault(**{name: getattr(fault, name) for name in fault.__dataclass_fields__})
    registry.faults.append(fault)
    pauses = Pauses()
    with pauses.store(registry.host) as store:
        assert save(PACKED, store, "1.0")
        assert store.read_blob(LAYER.descriptor) == LAYER.content
    assert fault.times == 0
    assert pauses
    if "Retry-After" in fault.headers:
        assert pauses == [3.0]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", "/manifests/", status=500),
        Fault("GET", "/manifests/", truncate=True),
        Fault("GET", "/blobs/", truncate=True),
        Fault("GET", "/blobs/", drop=True),
    ],
    ids=str,
)
def test_one_fault_while_downloading(registry: LoopbackRegistry, fault: Fault) -> None:
    with Pauses().store(registry.host) as store:
        save(PACKED, store, "1.0")
        registry.faults.append(Fault(**{n: getattr(fault, n) for n in fault.__dataclass_fields__}))
        assert store.read_manifest("1.0").content == PACKED.manifest
        assert store.read_blob(LAYER.descriptor) == LAYER.content
        assert registry.faults[0].times == 0


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Fault("GET", "/manifests/", 99, status=503), Unreachable, "fails to serve .*503"),
        (Fault("GET", "/manifests/", 99, status=429), Unreachable, "asks for fewer requests .*429"),
        (Fault("GET", "/manifests/", 99, status=404), BadInput, "acme/one:1.0 is not there: .*404"),
        (Fault("GET", "/manifests/", 99, status=403), Unreachable, "does not let anonymous users"),
        (Fault("GET", "/manifests/", 99, status=418), BadInput, "refuses .*418"),
        (Fault("GET", "/manifests/", 99, drop=True), Unreachable, "does not answer: "),
        (Fault("GET", "/manifests/", 99, truncate=True), Unreachable, "does not answer: "),
        (Fault("GET", "/manifests/", damage=True), Rejected, "the content has digest"),
        (Fault("GET", "/manifests/", claim=digest_of(b"x")), Rejected, "the content has digest"),
        (
            Fault("GET", "/manifests/", status=200, body=b"x" * (4 << 20) + b"x"),
            Rejected,
            "sends more than the 4194304 bytes",
        ),
        (Fault("GET", "/manifests/", status=200, body=b"<html>"), BadInput, "is not JSON"),
    ],
    ids=str,
)
def test_faults_that_stay(
    registry: LoopbackRegistry, fault: Fault, kind: type[TamisError], said: str
) -> None:
    fault = Fault(**{name: getattr(fault, name) for name in fault.__dataclass_fields__})
    with Pauses().store(registry.host) as store:
        save(PACKED, store, "1.0")
        registry.faults.append(fault)
        with pytest.raises(kind, match=said):
            store.read_manifest("1.0")


def test_manifest_by_digest_is_verified(registry: LoopbackRegistry) -> None:
    """A server that serves other bytes and claims the digest asked for."""
    with Pauses().store(registry.host) as store:
        save(PACKED, store, "1.0")
        other = PACKED.manifest.replace(b"1.0", b"6.6")
        registry.manifests["acme/one"][PACKED.digest] = (PACKED.media_type, other)
        with pytest.raises(Rejected, match=f"@{PACKED.digest}: the content has"):
            store.read_manifest(PACKED.digest)
        with pytest.raises(Rejected, match=r"acme/one:1.0: the content has"):
            store.read_manifest("1.0")


def test_blob_is_verified(registry: LoopbackRegistry) -> None:
    with Pauses().store(registry.host) as store:
        save(PACKED, store, "1.0")
        blobs = registry.blobs["acme/one"]
        blobs[LAYER.descriptor.digest] = b"!" + LAYER.content[1:]
        with pytest.raises(Rejected, match="the content has digest"):
            store.read_blob(LAYER.descriptor)
        blobs[LAYER.descriptor.digest] = LAYER.content * 2
        with pytest.raises(Rejected, match="sends more than"):
            store.read_blob(LAYER.descriptor)
        del blobs[LAYER.descriptor.digest]
        with pytest.raises(BadInput, match=f"blob {LAYER.descriptor.digest} is not there"):
            store.read_blob(LAYER.descriptor)


def test_upload_that_registry_rejects(registry: LoopbackRegistry) -> None:
    with Pauses().store(registry.host) as store:
        with pytest.raises(BadInput, match=r"refuses blob .*400 DIGEST_INVALID"):
            store.write_blob(LAYER.descriptor, InMemory(b"!" + LAYER.content[1:]))
        with pytest.raises(BadInput, match=r"refuses .*MANIFEST_BLOB_UNKNOWN"):
            store.write_manifest(MANIFEST, "1.0")


def test_registry_that_changes_manifests(registry: LoopbackRegistry) -> None:
    registry.faults.append(Fault("PUT", "/manifests/", claim=digest_of(b"other")))
    with (
        Pauses().store(registry.host) as store,
        pytest.raises(Rejected, match="keeps the manifest"),
    ):
        save(PACKED, store, "1.0")


def test_long_retry_after_is_not_waited_for(registry: LoopbackRegistry) -> None:
    registry.faults.append(Fault("GET", "/manifests/", status=429, headers={"Retry-After": "3600"}))
    pauses = Pauses()
    with pauses.store(registry.host) as store, pytest.raises(Unreachable, match="fewer requests"):
        store.read_manifest("1.0")
    assert pauses == []


def test_no_try_begins_after_the_budget(registry: LoopbackRegistry) -> None:
    registry.faults.append(Fault("GET", "/manifests/", 99, status=500))
    pauses = Pauses()
    with pauses.store(registry.host, budget=0) as store, pytest.raises(Unreachable):
        store.read_manifest("1.0")
    assert pauses == []
    assert len(registry.requests) == 1


def _closed_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def test_host_that_is_down() -> None:
    host = f"127.0.0.1:{_closed_port()}"
    pauses = Pauses()
    with (
        pauses.store(host) as store,
        pytest.raises(Unreachable, match=f"{host} does not answer: connection refused") as caught,
    ):
        store.read_manifest("1.0")
    assert caught.value.exit_code == 3
    assert len(pauses) == 3
    assert sum(pauses) < 2


def test_upload_to_a_host_that_is_down_gives_up_at_once() -> None:
    pauses = Pauses()
    with pauses.store(f"127.0.0.1:{_closed_port()}") as store, pytest.raises(Unreachable):
        save(PACKED, store, "1.0")
    assert sum(pauses) < 2


def test_host_that_never_answers() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        store = Pauses().store(host, read=0.05)
        with store, pytest.raises(Unreachable, match=r"no answer within 0.05 s"):
            store.read_manifest("1.0")


def test_host_that_is_not_a_registry() -> None:
    with socket.socket() as odd:
        odd.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{odd.getsockname()[1]}"
        odd.listen(8)

        def babble() -> None:
            for _ in range(4):
                connection, _ = odd.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"SSH-2.0-OpenSSH\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        with Pauses().store(host) as store, pytest.raises(Unreachable, match="does not answer"):
            store.read_manifest("1.0")
        thread.join()


def test_name_that_does_not_resolve() -> None:
    store = RegistryStore("nothing.invalid", "x", patience=Patience(pause=lambda _: None))
    with store, pytest.raises(Unreachable, match=r"nothing.invalid does not answer: "):
        store.read_manifest("1.0")


def test_plain_http_only_on_loopback_or_when_told(registry: LoopbackRegistry) -> None:
    """0.0.0.0 reaches loopback, but is not a loopback name."""
    host = registry.host.replace("127.0.0.1", "0.0.0.0")
    quick = Patience(pause=lambda _: None)
    with RegistryStore(host, "acme/one", patience=quick) as store, pytest.raises(Unreachable):
        store.read_manifest("1.0")
    assert registry.requests == []
    with RegistryStore(host, "acme/one", insecure=True, patience=quick) as store:
        assert save(PACKED, store, "1.0")


def test_a_proxy_stands_between(
    registry: LoopbackRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is told who we are, and the registry is not; loopback needs none."""
    quick = Patience(pause=lambda _: None)
    with FaultProxy(registry.host) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://alice:secret@{proxy.host}")
        host = registry.host.replace("127.0.0.1", "0.0.0.0")
        with RegistryStore(host, "acme/one", insecure=True, patience=quick) as store:
            assert save(PACKED, store, "1.0")
        assert proxy.seen
        assert {seen.path.startswith(f"http://{host}/v2/") for seen in proxy.seen} == {True}
        secret = {seen.headers.get("Proxy-Authorization") for seen in proxy.seen}
        assert secret == {"Basic YWxpY2U6c2VjcmV0"}
        assert {seen.authorization for seen in proxy.seen} == {None}
        before = len(proxy.seen)
        with Pauses().store(registry.host) as store:
            assert store.read_manifest("1.0").digest == PACKED.digest
        assert len(proxy.seen) == before


def test_a_connection_that_was_closed_meanwhile(registry: LoopbackRegistry) -> None:
    """Is not used again: an upload on it would have to begin anew."""
    left = threading.Event()

    def leave(exchange: Exchange) -> None:
        exchange.send(exchange.forward())
        exchange.drop()
        left.set()

    pauses = Pauses()
    with FaultProxy(registry.host) as proxy, pauses.store(proxy.host) as store:
        proxy.rules.append(Rule("HEAD", "/v2/", leave))
        assert not store.has_blob(LAYER.descriptor)
        assert left.wait(20)
        assert not store.has_blob(LAYER.descriptor)
    assert pauses == []


def test_scopes_that_we_must_not_have(docker_config: Path) -> None:
    """A challenge asks for more than the token server gives: ours alone will do."""
    with LoopbackRegistry("token") as registry, Pauses().store(registry.host) as store:
        docker_config.write_text(registry.docker_config())
        scopes = "repository:acme/one:pull repository:other/x:pull"
        challenge = f'Bearer realm="http://{registry.host}/token",scope="{scopes}"'
        registry.faults += [
            Fault("HEAD", "/blobs/", status=401, headers={"WWW-Authenticate": challenge}),
            Fault("GET", "/token?scope=repository%3Aacme%2Fone%3Apull&scope=", 99, status=403),
        ]
        assert not store.has_blob(LAYER.descriptor)
