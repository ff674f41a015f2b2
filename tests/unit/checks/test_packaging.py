"""The rules of Istio's image fetcher, held against what Istio's own code said to each case."""

from collections.abc import Iterator

import pytest
from tests.images import Image, digest
from tests.judges.cases.parts import Case
from tests.judges.images import CASES
from tests.judges.verdicts import recorded

from tamis.checks.packaging import Entry, packaging
from tamis.model.packaged import Layer, Packaged, Served
from tamis.oci import InMemory
from tamis.oci.packing.peek import peek
from tamis.profiles import resolve
from tamis.verbs.packages import look

VERDICTS = recorded()
PLACE = "127.0.0.1:5000/filters/case"
#: What a registry says, or who reads the user's URL: no artifact was seen yet.
NOT_THE_ARTIFACT = {
    "by a digest of nothing",
    "by a digest cut short",
    "by a tag that is not there",
    "by no tag",
    "by a tag that no tag can be",
    "sent as JSON",
}
JUDGED = [name for name in CASES if name not in NOT_THE_ARTIFACT]


def _every(image: Image) -> Iterator[Image]:
    yield image
    for child in image.children:
        yield from _every(child)


def seen(case: Case) -> Packaged:
    """The case as a puller finds it."""
    every = {each.digest: each for each in _every(case.image)}
    blobs = {digest(blob): blob for each in every.values() for blob in each.blobs}
    pinned = case.reference.partition("@sha256:")[2]
    top = every[f"sha256:{pinned}"] if pinned else case.image
    url = f"oci://{PLACE}{case.reference}"

    def child(entry: Entry) -> Served | None:
        there = every.get(entry.digest)
        return Served(there.manifest, there.kind) if there else None

    def layer(entry: Entry, archive: bool) -> Layer | None:
        content = blobs.get(entry.digest)
        return None if content is None else peek(InMemory(content), archive=archive)

    known = Packaged(url, Served(top.manifest, top.kind), checksum=case.checksum or pinned)
    return look(known, child, layer)


def folded(text: str) -> str:
    """Told in one line."""
    return " ".join(text.split())


@pytest.mark.parametrize("name", JUDGED)
def test_istios_verdict_in_istios_words(name: str) -> None:
    case, verdict = CASES[name], VERDICTS[name]
    host, _, repository = PLACE.partition("/")
    words = verdict.error.replace("{url}", f"oci://{PLACE}{case.reference}")
    words = words.replace("{registry}", host).replace("{repository}", repository)
    findings = packaging(seen(case), resolve("istio@1.31"))
    errors = [each.message for each in findings if each.severity == "error"]
    assert errors == ([folded(words)] if words else [])
    assert all(each.advice for each in findings)


def test_most_cases_are_judged() -> None:
    assert len(JUDGED) >= 200
    assert {VERDICTS[name].accepted for name in JUDGED} == {True, False}
    assert not any(VERDICTS[name].accepted for name in NOT_THE_ARTIFACT)
