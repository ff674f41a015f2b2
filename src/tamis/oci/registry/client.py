"""Requests about one repository of one registry: addresses (by oras), tokens, refusals."""

import os
import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

from oras.container import Container

from tamis.errors import BadInput, Rejected, TamisError, Unreachable
from tamis.model.media_types import OCI_INDEX
from tamis.oci.manifests import ACCEPTED, Stored
from tamis.oci.registry.answers import Answer, Broken
from tamis.oci.registry.connections import Connections, Data
from tamis.oci.registry.credentials import Credentials
from tamis.oci.registry.names import api_host, api_repository, is_loopback
from tamis.oci.registry.patience import Patience
from tamis.oci.registry.tokens import PULL, PUSH, Access, Tokens
from tamis.oci.registry.wire import Refusal, Untrusted, Wire, refusal

__all__ = ["Client"]


class Client:
    """Used by any number of threads. `repository` "": the registry itself.

    `insecure`: TLS that nobody vouches for will do, and plain HTTP where there is none.
    """

    def __init__(
        self,
        host: str,
        repository: str,
        *,
        insecure: bool = False,
        patience: Patience | None = None,
        known: Credentials | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.host = host
        self.name = f"{host}/{repository}" if repository else host
        self.repository = api_repository(host, repository) if repository else ""
        self._api = api_host(host)
        loopback = is_loopback(self._api)
        self._connections = Connections(patience or Patience(), environment)
        self.wire = Wire(
            self._connections, host, patience or Patience(), plain=insecure or loopback
        )
        self._tokens = Tokens(self.wire, self.repository, self._api, known)
        self._scheme = "http" if loopback else "https"
        self._unsettled = insecure and not loopback
        self._lock = threading.Lock()
        self._places = _container(self._api, self.repository or "x")

    def close(self) -> None:
        """Close its connections."""
        self._connections.close()

    def manifest(self, method: str, name: str, content: Stored | None = None) -> Answer:
        """One request for the manifest with this tag or digest."""
        place = self._places.manifest_url(name)
        if content is None:
            return self._ask(method, place, PULL, {"Accept": ", ".join(ACCEPTED)})
        kind = {"Content-Type": content.media_type}
        return self._ask(method, place, PUSH, kind, content.content)

    def blob(self, method: str, digest: str, start: int = 0) -> Answer:
        """One request for a blob, from its byte `start` on."""
        sent = {"Range": f"bytes={start}-"} if start else {}
        return self._ask(method, self._places.get_blob_url(digest), PULL, sent)

    def listing(self, path: str) -> Answer:
        """One request for a list of the repository."""
        place = f"{self._api}/v2/{self._places.api_prefix}/{path}"
        return self._ask("GET", place, PULL, {"Accept": f"{OCI_INDEX}, */*"})

    def following(self, url: str) -> Answer:
        """One request for another page of a list, whose address the registry told."""
        return self.request("GET", url, PULL, {"Accept": f"{OCI_INDEX}, */*"})

    def open_upload(self, query: str = "", also: str = "") -> Answer:
        """POST; `query` with its `?`, for a mount out of the repository `also`."""
        return self._ask("POST", f"{self._places.upload_blob_url()}{query}", PUSH, also=also)

    def version(self) -> Answer:
        """GET /v2/: whether it is a registry that lets us in."""
        return self._ask("GET", f"{self._api}/v2/", PULL)

    def request(
        self,
        method: str,
        url: str,
        access: Access,
        headers: Mapping[str, str] | None = None,
        data: Data = None,
        *,
        again: bool = True,
        also: str = "",
    ) -> Answer:
        """One request with the right token; a 401 (or a 403 with a challenge) is answered once.

        Another host than ours gets no token. Raises Dropped, Unreachable.
        """
        ours = urlsplit(url)[:2] == (self._scheme, self._api)
        sent = {**(headers or {}), **(self._tokens.headers_for(access, also) if ours else {})}
        answer = self.wire.send(method, url, headers=sent, data=data, again=again)
        if not ours or answer.status not in {401, 403}:
            return answer
        used = sent.get("Authorization", "")
        try:
            renewed = self._tokens.renewed(answer, used, access, also)
        except BaseException:
            answer.close()
            raise
        if renewed is None:
            return answer
        answer.close()
        return self.wire.send(method, url, headers={**sent, **renewed}, data=data, again=again)

    def location(self, answer: Answer) -> str:
        """Where an upload continues; may be relative, may be on another host; "" if not told.

        Raises Unreachable for what may not be spoken to.
        """
        told = answer.headers.get("Location", "")
        return self.wire.led(answer.url, told, "with an upload") if told else ""

    def content(self, answer: Answer, limit: int, what: str) -> bytes:
        """The whole body of a small answer. Raises Dropped; Rejected when there is more."""
        with answer:
            try:
                content = answer.content(limit)
            except Broken as error:
                raise self.wire.dropped(error) from error
        if len(content) > limit:
            raise Rejected(
                f"{self.host} sends more than the {limit} bytes that {what} may have",
                advice="Do not use it: it is not what it should be.",
            )
        return content

    def refused(self, answer: Answer | Refusal, doing: str, what: str) -> TamisError:
        """The error for an answer that is not the one we need; closes it."""
        said = answer if isinstance(answer, Refusal) else refusal(answer)
        match said.status:
            case 401 | 403:
                return self._tokens.refused(said, doing)
            case 404 if doing == "pull from" and not said.page:
                return BadInput(
                    f"{what} is not there: {self.host} answers {said}",
                    advice="Check repository and tag, or push it first.",
                )
            case 408 | 429:
                return Unreachable(
                    f"{self.host} asks for fewer requests ({said})",
                    advice="Wait a while, or log in.",
                )
            case status if status >= 500:
                return Unreachable(
                    f"{self.host} fails to serve {what} ({said})",
                    advice="Try again in a few minutes.",
                )
            case _ if said.page:
                return BadInput(
                    f"{self.host} answers like a web site, not like a registry ({said})",
                    advice="Check the registry's address, and what proxy stands before it.",
                )
        return BadInput(
            f"{self.host} refuses {what} ({said})",
            advice="See what the registry says; another --layout or registry may take it.",
        )

    def _ask(
        self,
        method: str,
        place: str,
        access: Access,
        headers: Mapping[str, str] | None = None,
        data: Data = None,
        also: str = "",
    ) -> Answer:
        self._settle()
        return self.request(method, f"{self._scheme}://{place}", access, headers, data, also=also)

    def _settle(self) -> None:
        """`insecure` allows what TLS would not; it is used only where there is nothing better."""
        with self._lock:
            if not self._unsettled:
                return
            for trusting in (False, True):
                if trusting:
                    self._connections.trust(self._api)
                try:
                    self.wire.send("HEAD", f"https://{self._api}/v2/", again=False).close()
                    break
                except Untrusted:
                    continue
                except Unreachable:
                    self._scheme = "http"
                    break
            else:
                self._scheme = "http"
            self._unsettled = False


def _container(host: str, repository: str) -> Container:
    """Built by parts: oras' parser takes `localhost/x` for a namespace, `my.org/x` for a host."""
    namespace, _, name = repository.rpartition("/")
    container = Container("x", registry=host)
    container.namespace, container.repository = namespace or None, name
    return container
