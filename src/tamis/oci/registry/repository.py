"""A registry repository as a store, through oras: its URLs, its session, its uploads.

What is ours: exact bytes, verified digests, bounded retries, errors that say what to do, tokens
(see `tokens`). Source of facts: OCI distribution spec 1.1, and docker-registry 2.8 where it differs
from it: 404 without the right Accept; an upload is forgotten when its connection breaks; a repeated
PUT may be answered 404 though the first one was taken.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self
from urllib.parse import urljoin, urlsplit

import requests
from oras.container import Container
from oras.provider import Registry

from tamis.errors import BadInput, Rejected, TamisError, Unreachable
from tamis.model.artifact import Descriptor
from tamis.oci.blobs import Reader, Source, pieces
from tamis.oci.digests import Verified, verify, verify_file
from tamis.oci.manifests import ACCEPTED, MAX_MANIFEST, OCI_INDEX, Index, Stored, parse, stored
from tamis.oci.registry.names import api_host, api_repository, is_loopback
from tamis.oci.registry.tokens import Tokens
from tamis.oci.registry.wire import Dropped, Patience, Wire, message

__all__ = ["RegistryStore"]

#: Bytes of one blob that we are ready to hold in memory.
_MAX_BLOB = 2 << 30
#: Of a list of tags or referrers.
_PAGES = 1000


class RegistryStore:
    """The store in one repository of one registry."""

    def __init__(
        self,
        host: str,
        repository: str,
        *,
        insecure: bool = False,
        patience: Patience | None = None,
    ) -> None:
        self.name = f"{host}/{repository}"
        self._registry = _Registry(host, repository, insecure=insecure, patience=patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._registry.session.close()

    def read_manifest(self, name: str, media_type: str | None = None) -> Stored:
        """GET by tag or digest; by digest the bytes must have it, by tag what the header says."""
        told: dict[str, str] = {}

        def get() -> requests.Response:
            response = self._registry.manifest("GET", name)
            if response.status_code != 200:
                raise self._refused(response, "pull from", f"{self.name}{_suffix(name)}")
            told.update(response.headers)
            return response

        content = self._registry.wire.download(get, MAX_MANIFEST)
        digest = name if name.startswith("sha256:") else told.get("Docker-Content-Digest", "")
        if digest.startswith("sha256:"):
            verify(content, digest, f"{self.name}{_suffix(name)}")
        return stored(content, media_type or told.get("Content-Type"))

    def find_manifest(self, name: str) -> Stored | None:
        """As `read_manifest`; None for a 404."""
        response = self._registry.manifest("HEAD", name)
        response.close()
        return None if response.status_code == 404 else self.read_manifest(name)

    def read_blob(self, descriptor: Descriptor) -> bytes:
        """GET, and verify size and digest."""
        get = partial(self._get_blob, descriptor)
        content = self._registry.wire.download(get, min(descriptor.size, _MAX_BLOB))
        return verify(content, descriptor.digest, f"{self.name}, blob {descriptor.digest}")

    def save_blob(self, descriptor: Descriptor, path: Path) -> None:
        """GET into the file, and verify size and digest."""
        with path.open("wb") as file:
            self._registry.wire.save(partial(self._get_blob, descriptor), descriptor.size, file)
        verify_file(path, descriptor.digest, f"{self.name}, blob {descriptor.digest}")

    def _get_blob(self, descriptor: Descriptor) -> requests.Response:
        response = self._registry.blob("GET", descriptor)
        if response.status_code != 200:
            raise self._refused(response, "pull from", f"blob {descriptor.digest}")
        return response

    def has_blob(self, descriptor: Descriptor) -> bool:
        """HEAD."""
        response = self._registry.blob("HEAD", descriptor)
        if response.status_code in {200, 404}:
            return response.status_code == 200
        raise self._refused(response, "pull from", f"blob {descriptor.digest}")

    @contextmanager
    def stream(self, descriptor: Descriptor, start: int = 0) -> Iterator[Reader]:
        """The bytes of a blob from `start` on, unverified."""
        with self._get_blob(descriptor) as response:
            response.raw.decode_content = False
            if start:
                response.raw.read(start)
            yield response.raw

    def blob(self, descriptor: Descriptor) -> Source:
        """GET when it is opened, verified as it is read."""
        return _Remote(self, descriptor)

    def write_blob(self, descriptor: Descriptor, source: Source, *, origin: str = "") -> bool:  # noqa: ARG002
        """Upload, unless a HEAD finds it. A broken upload begins anew: registries forget it."""
        if self.has_blob(descriptor):
            return False
        content = b"".join(pieces(source))
        patience = self._registry.wire.patience
        attempt = 0
        while True:
            delay = patience.delay(attempt)
            attempt += 1
            last = attempt >= patience.tries
            try:
                response = self._registry.upload(descriptor, content)
            except Dropped:
                if last:
                    raise
            else:
                if response.status_code in {201, 204}:
                    return True
                lost = response.status_code == 404 or response.status_code >= 500
                if not lost or last:
                    raise self._refused(response, "push to", f"blob {descriptor.digest}")
            patience.pause(delay)
            if self.has_blob(descriptor):
                return True

    def write_manifest(self, manifest: Stored, tag: str | None) -> bool:
        """PUT the exact bytes, by tag or else by digest, unless they are there under that name."""
        name = tag or manifest.digest
        there = self._registry.manifest("HEAD", name)
        if (
            there.status_code == 200
            and there.headers.get("Docker-Content-Digest") == manifest.digest
        ):
            return False
        response = self._registry.manifest("PUT", name, manifest)
        if response.status_code not in {200, 201, 202, 204}:
            raise self._refused(response, "push to", f"{self.name}{_suffix(name)}")
        kept = response.headers.get("Docker-Content-Digest", manifest.digest)
        if kept != manifest.digest:
            raise Rejected(
                f"{self.name} keeps the manifest as {kept}, not as {manifest.digest}",
                advice="This registry changes what it is given: use another one.",
            )
        return True

    def tags(self) -> tuple[str, ...]:
        """GET tags/list, page by page."""
        found: set[str] = set()
        for response in self._pages("tags/list"):
            if response.status_code != 200:
                raise self._refused(response, "pull from", f"{self.name}, its list of tags")
            found |= _tags(response)
        return tuple(sorted(found))

    def referrers(self, digest: str) -> tuple[Descriptor, ...] | None:
        """GET referrers, page by page; None: the registry does not have this API.

        Only a 200 with an index means that it does: some announce it and answer otherwise.
        """
        found: list[Descriptor] = []
        for response in self._pages(f"referrers/{digest}"):
            kind = response.headers.get("Content-Type", "").split(";")[0].strip()
            if response.status_code != 200 or kind != OCI_INDEX:
                response.close()
                return None
            listed = parse(stored(response.content, kind))
            assert isinstance(listed, Index)
            found += [each for _, each in listed.manifests]
        return tuple(found)

    def _pages(self, path: str) -> Iterator[requests.Response]:
        """The answers to a GET, and to those that its Link headers lead to."""
        url: str | None = path
        for _ in range(_PAGES):
            if url is None:
                return
            response = self._registry.listing(url)
            yield response
            following = response.links.get("next", {}).get("url")
            url = urljoin(response.url, following) if following else None
        raise BadInput(
            f"{self.name}: the registry's list never ends", advice="Ask who runs the registry."
        )

    def _refused(self, response: requests.Response, doing: str, what: str) -> TamisError:
        """The error for an answer that is not the one we need."""
        host, said = self._registry.wire.host, message(response)
        response.close()
        match response.status_code:
            case 401 | 403:
                return self._registry.auth.refused(said, doing)
            case 404 if doing == "pull from":
                return BadInput(
                    f"{what} is not there: {host} answers {said}",
                    advice="Check repository and tag, or push it first.",
                )
            case 408 | 429:
                return Unreachable(
                    f"{host} asks for fewer requests ({said})", advice="Wait a while, or log in."
                )
            case status if status >= 500:
                return Unreachable(
                    f"{host} fails to serve {what} ({said})", advice="Try again in a few minutes."
                )
        return BadInput(
            f"{host} refuses {what} ({said})",
            advice="See what the registry says; another --layout or registry may take it.",
        )


class _Registry(Registry):  # type: ignore[misc]  # oras has no types
    """oras' client with our requests below it, and with our tokens."""

    def __init__(
        self, host: str, repository: str, *, insecure: bool, patience: Patience | None
    ) -> None:
        api = api_host(host)
        loopback = is_loopback(api)
        super().__init__(hostname=api, insecure=loopback)
        # requests would put a password from ~/.netrc in the place of our token.
        self.session.auth = lambda request: request
        # No proxy stands between this machine and itself.
        self.session.trust_env = not loopback
        self.wire = Wire(self.session, host, patience or Patience())
        name = api_repository(host, repository)
        self.auth = Tokens(self.wire, name, api, plain=insecure or loopback)
        self._container = _container(api, name)
        self._unsettled = insecure and not loopback

    def _settle(self) -> None:
        """`insecure` allows plain HTTP; it is used only where there is no TLS to be had."""
        if not self._unsettled:
            return
        try:
            self.wire.send("HEAD", f"https://{self.hostname}/v2/", again=False)
        except Unreachable:
            self.prefix = "http"
        self._unsettled = False

    def manifest(self, method: str, name: str, content: Stored | None = None) -> requests.Response:
        """One request for the manifest with this tag or digest."""
        self._settle()
        url = f"{self.prefix}://{self._container.manifest_url(name)}"
        if content is None:
            accept = {"Accept": ", ".join(ACCEPTED)}
            return self.do_request(url, method, headers=accept, stream=method == "GET")
        kind = {"Content-Type": content.media_type}
        return self.do_request(url, method, data=content.content, headers=kind)

    def blob(self, method: str, descriptor: Descriptor) -> requests.Response:
        """One request for a blob."""
        self._settle()
        url = f"{self.prefix}://{self._container.get_blob_url(descriptor.digest)}"
        return self.do_request(url, method, stream=method == "GET")

    def listing(self, path: str) -> requests.Response:
        """One request for a list of the repository, or for the URL of its next page."""
        self._settle()
        api = f"{self.prefix}://{self.hostname}/v2/{self._container.api_prefix}/"
        return self.do_request(urljoin(api, path), headers={"Accept": f"{OCI_INDEX}, */*"})

    def upload(self, descriptor: Descriptor, content: bytes) -> requests.Response:
        """POST and PUT by oras, which wants a file. The answer of the first that was refused."""
        with tempfile.NamedTemporaryFile(prefix="tamis-") as file:
            file.write(content)
            file.flush()
            layer = {"digest": descriptor.digest, "size": descriptor.size}
            try:
                response: requests.Response = self.put_upload(file.name, self._container, layer)
            except _NoSession as refusal:
                return refusal.response
        return response

    def do_request(
        self,
        url: str,
        method: str = "GET",
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        json: object = None,  # noqa: ARG002  (oras' signature; we never let it serialise)
        stream: bool = False,
    ) -> requests.Response:
        """One request with the right token; a 401 (or a 403 with a challenge) is answered once."""
        # An upload session lives once: its PUT is not repeated, the whole upload is.
        again = not (method == "PUT" and "/blobs/uploads/" in url)
        ours = urlsplit(url).netloc == self.hostname
        sent = {**(headers or {}), **(self.auth.headers_for(method) if ours else {})}
        response = self.wire.send(method, url, headers=sent, data=data, stream=stream, again=again)
        if not ours or response.status_code not in {401, 403}:
            return response
        sent, changed = self.auth.authenticate_request(response, sent)
        if not changed:
            return response
        response.close()
        return self.wire.send(method, url, headers=sent, data=data, stream=stream, again=again)

    def _get_location(self, r: requests.Response, container: Container) -> str:  # noqa: ARG002
        """Where the upload continues; may be relative, may be on another host."""
        location = r.headers.get("Location", "")
        if r.status_code not in {201, 202} or not location:
            raise _NoSession(r)
        return urljoin(r.url, location)


@dataclass(frozen=True, slots=True)
class _Remote:
    """A blob of the registry. From its start it is verified; from further on it is a part."""

    store: RegistryStore
    descriptor: Descriptor

    @property
    def size(self) -> int:
        return self.descriptor.size

    @contextmanager
    def open(self, start: int = 0) -> Iterator[Reader]:
        with self.store.stream(self.descriptor, start) as file:
            where = f"{self.store.name}, blob {self.descriptor.digest}"
            known = self.descriptor
            yield file if start else Verified(file, known.digest, known.size, where)


class _NoSession(Exception):
    """The registry did not open an upload; carries its answer past oras."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def _container(host: str, repository: str) -> Container:
    """Built by parts: oras' parser takes `localhost/x` for a namespace, `my.org/x` for a host."""
    namespace, _, name = repository.rpartition("/")
    container = Container("x", registry=host)
    container.namespace, container.repository = namespace or None, name
    return container


def _suffix(name: str) -> str:
    return f"@{name}" if name.startswith("sha256:") else f":{name}"


def _tags(response: requests.Response) -> set[str]:
    try:
        names = response.json().get("tags") or []
        return {name for name in names if isinstance(name, str)}
    except (ValueError, AttributeError, TypeError) as error:
        raise BadInput(
            f"{response.url} is no list of tags", advice="Check the registry's address."
        ) from error
