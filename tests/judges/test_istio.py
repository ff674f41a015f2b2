"""Istio's own code fetches each image of images.py; what it says must be what was recorded."""

from collections.abc import Iterator

import pytest
from tests.docker_registry import serve
from tests.images import Image, file
from tests.judges.cases.parts import CONTENT, SPEC_CONFIG, image, part, tarball
from tests.judges.images import CASES
from tests.judges.verdicts import Verdict, ask, recorded
from tests.judging import istio_pull
from tests.registry import LoopbackRegistry

_RECORDED = recorded()


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Verdict]]:
    for registry in serve(tmp_path_factory.mktemp("registry")):
        yield ask(registry)


@pytest.mark.judge
@pytest.mark.parametrize("name", CASES)
def test_istio_says_what_was_recorded(name: str, said: dict[str, Verdict]) -> None:
    assert said[name] == _RECORDED[name]


def test_each_case_has_a_verdict() -> None:
    assert list(_RECORDED) == list(CASES)


def _digests(image: Image) -> set[str]:
    return {image.digest}.union(*(_digests(child) for child in image.children))


def test_cases_are_the_bytes_that_were_judged() -> None:
    """On any Python: whoever reads the verdicts must have the same images."""
    accepted = [name for name, verdict in _RECORDED.items() if verdict.accepted]
    other = [n for n in accepted if _RECORDED[n].digest not in _digests(CASES[n].image)]
    assert len(accepted) > 50
    assert other == []


_LIMIT = 256 << 20


@pytest.mark.judge
def test_more_than_256_mib() -> None:
    """A raw module is cut there without a word; one in an archive is not accepted."""
    module = b"\0asm\1\0\0\0" + bytes(_LIMIT - 7)
    content = image(part(SPEC_CONFIG, b"{}"), part(CONTENT, module))
    archive = image(tarball(file("plugin.wasm", module)))
    with LoopbackRegistry() as registry:
        places = [content.serve(registry, "large/raw:1"), archive.serve(registry, "large/tar:1")]
        cut, refused = istio_pull(*(f"oci://{place}" for place in places))
    assert (cut.accepted, cut.size) == (True, _LIMIT)
    assert cut.digest == content.digest
    assert "failed to read plugin.wasm: unexpected EOF" in refused.error
