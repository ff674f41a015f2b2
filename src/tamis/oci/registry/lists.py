"""A repository's lists, page by page: its tags, and what is about a manifest."""

import json
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from tamis.errors import BadInput
from tamis.model.artifact import Descriptor
from tamis.model.media_types import OCI_INDEX
from tamis.oci.manifests import Index, parse, stored
from tamis.oci.registry.answers import Answer
from tamis.oci.registry.client import Client
from tamis.oci.registry.wire import refusal

__all__ = ["referrers", "tags"]

#: Of one list; and what a page of tags should hold.
_PAGES = 1000
_LENGTH = 1000
#: Bytes of one page, and of all.
_MAX_PAGE = 4 << 20
_MAX_LIST = 64 << 20


def tags(client: Client) -> tuple[str, ...]:
    """Every tag, sorted. Raises BadInput where there is no such repository."""
    found: set[str] = set()
    first = f"tags/list?n={_LENGTH}"
    pages = _Pages(client, first)
    while True:
        before = len(found)
        count, last = 0, ""
        for answer in pages:
            if answer.status != 200:
                raise client.refused(answer, "pull from", f"{client.name}, its list of tags")
            names = _names(pages.content(answer), client)
            count, last = len(names), names[-1] if names else last
            found.update(names)
        # A full page without a Link: some registries want to be asked for what comes after.
        if count < _LENGTH or len(found) == before:
            return tuple(sorted(found))
        pages.go_on(f"{first}&last={quote(last, safe='')}")


def referrers(client: Client, digest: str) -> tuple[Descriptor, ...] | None:
    """What the registry lists as being about this manifest; None: it does not have this API.

    Only a 200 with an index means that it does: some announce it and answer otherwise. A 404 is
    said of an empty repository, too. Raises BadInput, Unreachable for other answers.
    """
    found: list[Descriptor] = []
    pages = _Pages(client, f"referrers/{digest}")
    for answer in pages:
        if answer.status == 404 and not found:
            said = refusal(answer)
            return () if said.code == "NAME_UNKNOWN" else None
        if answer.status != 200:
            raise client.refused(answer, "pull from", f"{client.name}, what is about {digest}")
        kind = answer.headers.get("Content-Type", "").split(";")[0].strip()
        if kind != OCI_INDEX and not found:
            answer.close()
            return None
        listed = parse(stored(pages.content(answer), kind))
        if not isinstance(listed, Index):
            raise _no_list(client)
        found += [each for _, each in listed.manifests]
    return tuple({each.digest: each for each in found}.values())


class _Pages:
    """The answers to a GET, and to those that its Link headers lead to."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._next: tuple[str, bool] | None = (path, False)
        self._seen: set[str] = set()
        self._left = _MAX_LIST

    def go_on(self, path: str) -> None:
        """Continue with another request."""
        self._next = (path, False)

    def content(self, answer: Answer) -> bytes:
        """The page's bytes."""
        content = self._client.content(answer, min(_MAX_PAGE, self._left), "a page of its list")
        self._left -= len(content)
        return content

    def __iter__(self) -> Iterator[Answer]:
        while self._next:
            where, known = self._next
            if where in self._seen or len(self._seen) >= _PAGES:
                raise BadInput(
                    f"{self._client.name}: the registry's list never ends",
                    advice="Ask who runs the registry.",
                )
            self._seen.add(where)
            answer = self._client.following(where) if known else self._client.listing(where)
            self._next = None
            yield answer
            if following := _next(answer.every("Link")):
                self._next = (self._checked(answer.url, following), True)

    def _checked(self, page: str, link: str) -> str:
        url = self._client.wire.led(page, link, "for the rest of a list")
        if urlsplit(url)[:2] != urlsplit(page)[:2]:
            raise BadInput(
                f"{self._client.host} continues its list on another host, {url[:200]!r}",
                advice="Ask who runs the registry.",
            )
        return url


def _next(header: str) -> str:
    """The target of the link with rel "next" (RFC 8288); targets may have commas."""
    for link in header.split("<")[1:]:
        target, _, rest = link.partition(">")
        relations = rest.replace(" ", "").lower()
        if 'rel="next"' in relations or "rel=next" in relations:
            return target
    return ""


def _names(content: bytes, client: Client) -> list[str]:
    try:
        names = json.loads(content).get("tags") or []
        return [name for name in names if isinstance(name, str)]
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise _no_list(client) from error


def _no_list(client: Client) -> BadInput:
    return BadInput(
        f"{client.host} answers with something that is no list",
        advice="Check the registry's address.",
    )
