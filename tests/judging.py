"""The judges of OCI artifacts that are no packages of this system: Istio's fetcher, cosign, oras.

Each runs with a home of its own, so that no account and no cache of the user has a say.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from tests.conftest import Ended, tool
from tests.go_judges import istio
from tests.kept import CACHE
from tests.node_judges import sigstore

__all__ = ["CACHE", "Pulled", "cosign", "istio_pull", "oras", "sigstore_verify"]

_SECONDS = 120


@dataclass(frozen=True)
class Pulled:
    """What Istio's agent made of a URL.

    Accepted: `sha256` of the module in hex, its `size` in bytes, `digest` of the manifest (of the
    module, where it came by HTTP). Refused: `error`, the agent's own words.
    """

    accepted: bool
    sha256: str = ""
    size: int = 0
    digest: str = ""
    error: str = ""


def istio_pull(
    *urls: str,
    checksums: Mapping[str, str] | None = None,
    insecure: Sequence[str] = (),
    home: Path | None = None,
) -> tuple[Pulled, ...]:
    """What the agent makes of each URL, in order. `checksums`: the sha256 the user gave, by URL;
    `insecure`: hosts whose certificates nobody looks at.
    """
    command = [str(istio()), "pull"]
    for host in insecure:
        command += ["--insecure", host]
    for url in urls:
        command.append(url)
        if checksum := (checksums or {}).get(url):
            command += ["--checksum", checksum]
    ended = _run(command, home)
    assert ended.code == 0, ended.err
    verdicts = tuple(Pulled(**json.loads(line)) for line in ended.out.splitlines())
    assert len(verdicts) == len(urls), ended.out
    return verdicts


def cosign(
    version: Literal[2, 3], *arguments: str, home: Path | None = None, password: str = ""
) -> Ended:
    """cosign of that major version. `home`: where it runs, an empty folder if not told; `password`:
    of the private key.
    """
    return _run([_debian(f"cosign-{version}", "cosign"), *arguments], home, password)


def oras(*arguments: str, home: Path | None = None) -> Ended:
    """oras 1; it wants `--plain-http` for a registry on loopback."""
    return _run([_debian("oras-1", "oras"), *arguments], home)


def sigstore_verify(bundle: Path, key: Path) -> Ended:
    """Whether Sigstore's verifier for JavaScript takes a bundle, for that public key."""
    return _run([tool("node"), str(sigstore()), str(bundle), str(key)], None)


def _debian(folder: str, program: str) -> str:
    """A program that scripts/newer_debian.sh got."""
    path = CACHE / folder / "usr" / "bin" / program
    assert path.exists(), f"{folder} is not here; scripts/judges.sh gets it"
    return str(path)


def _run(command: list[str], home: Path | None, password: str = "") -> Ended:
    with ExitStack() as stack:
        place = str(home or stack.enter_context(TemporaryDirectory()))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": place,
            "DOCKER_CONFIG": place,
            "XDG_CACHE_HOME": f"{place}/.cache",
            "TMPDIR": place,
            "COSIGN_PASSWORD": password,
        }
        ran = subprocess.run(
            command,
            cwd=place,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    return Ended(ran.returncode, ran.stdout, ran.stderr)
