"""What Istio's agent says to each of the cases of images.py, as recorded.

`python -m tests.judges.verdicts` records it anew, by Istio's own code: after a change of a case, or
of Istio's version in istio/go.mod.
"""

import json
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.judges.images import CASES
from tests.registry import LoopbackRegistry

__all__ = ["Verdict", "ask", "recorded"]

_FILE = Path(__file__).parent / "cases" / "istio.toml"


@dataclass(frozen=True)
class Verdict:
    """What Istio's agent makes of a case.

    Accepted: `sha256` of the module in hex, `digest` of its manifest. Refused: `error`, its own
    words, where `{url}` stands for what it was asked for, `{registry}` for the registry's host and
    port, `{repository}` for the repository's name there. `stored`: whether docker-registry takes
    the image; if not, Istio got it from a registry that takes everything.
    """

    sha256: str = ""
    digest: str = ""
    error: str = ""
    stored: bool = True

    @property
    def accepted(self) -> bool:
        """Whether it is."""
        return not self.error


_UNSAID = vars(Verdict())


def recorded() -> dict[str, Verdict]:
    """By the case's name."""
    return {name: Verdict(**said) for name, said in tomllib.loads(_FILE.read_text()).items()}


def ask(registry: str) -> dict[str, Verdict]:
    """What Istio says now, with the images in that docker-registry."""
    from tests.judging import istio_pull  # the rest of this file needs no Go

    urls, places = {}, {}
    with LoopbackRegistry() as lenient:
        for number, (name, case) in enumerate(CASES.items()):
            repository = f"filters/case-{number}"
            host = registry
            if not case.image.upload(registry, f"{repository}:1"):
                case.image.serve(lenient, f"{repository}:1")
                host = lenient.host
            places[name] = (host, repository)
            urls[name] = f"oci://{host}/{repository}{case.reference}"
        checksums = {urls[name]: case.checksum for name, case in CASES.items()}
        answers = istio_pull(*urls.values(), checksums=checksums)
    said = {}
    for name, answer in zip(CASES, answers, strict=True):
        host, repository = places[name]
        words = answer.error.replace(urls[name], "{url}")
        words = words.replace(host, "{registry}").replace(repository, "{repository}")
        said[name] = Verdict(answer.sha256, answer.digest, words, host == registry)
    return said


def _record() -> None:
    from tests.docker_registry import serve

    lines = ["# By tests/judges/verdicts.py; test_istio.py holds it against Istio's own code."]
    with tempfile.TemporaryDirectory() as folder:
        for registry in serve(Path(folder)):
            said = ask(registry)
    for name, verdict in said.items():
        lines += ["", f"[{json.dumps(name)}]"]
        keys = {key: value for key, value in vars(verdict).items() if value != _UNSAID[key]}
        # A string of JSON is one of TOML.
        lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    _FILE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    _record()
