"""Who we are to a registry: what `docker login` or `podman login` left behind.

Order: `credHelpers[host]`, then `credsStore`, then `auths`, in $DOCKER_CONFIG/config.json (default
~/.docker), then in Podman's containers/auth.json. A helper that knows nothing means anonymous.
"""

import base64
import binascii
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tamis.errors import BadInput, Place

__all__ = ["Credentials", "docker_file", "find", "helper_for", "key_of", "read_config"]

#: Docker Hub's own key in the configuration, and the names people use for it.
_HUB = ("https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io")
_HELPER_SECONDS = 30
_ADVICE = "Run tamis login again, or repair the file."


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and a password, or a token to be exchanged; secrets never show in `repr`."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of an Authorization header."""
        pair = f"{self.username}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}"


def key_of(host: str) -> str:
    """What docker calls registry `host` in its configuration."""
    return _HUB[0] if host in _HUB else host


def docker_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Docker's config.json, whether it is there or not."""
    home = Path(environment.get("HOME") or Path.home())
    return Path(environment.get("DOCKER_CONFIG") or home / ".docker") / "config.json"


def find(host: str, environment: Mapping[str, str] = os.environ) -> Credentials | None:
    """The credentials for registry `host` (`HOST[:PORT]`); None: go there as nobody.

    Raises BadInput when a configuration file is there but cannot be read.
    """
    names = _HUB if host in _HUB else (host, f"https://{host}", f"http://{host}")
    for path in _files(environment):
        config = read_config(path)
        for name in names:
            if found := _in(config, name, path):
                return found
    return None


def _files(environment: Mapping[str, str]) -> Iterator[Path]:
    home = Path(environment.get("HOME") or Path.home())
    candidates = [docker_file(environment)]
    if named := environment.get("REGISTRY_AUTH_FILE"):
        candidates.append(Path(named))
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        candidates.append(Path(runtime) / "containers" / "auth.json")
    settings = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    candidates.append(settings / "containers" / "auth.json")
    return (path for path in candidates if path.is_file())


def read_config(path: Path) -> dict[str, Any]:
    """What a file of credentials holds. Raises BadInput when it cannot be read."""
    try:
        config = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(
            f"cannot read the registry credentials: {error}", advice=_ADVICE, at=Place(path)
        ) from error
    return config if isinstance(config, dict) else {}


def _table(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = config.get(key)
    return value if isinstance(value, dict) else {}


def helper_for(config: Mapping[str, Any], name: str) -> str:
    """The suffix of the program that keeps the credentials of `name`; "": the file does."""
    helper = _table(config, "credHelpers").get(name) or config.get("credsStore")
    return helper if isinstance(helper, str) else ""


def _in(config: Mapping[str, Any], name: str, path: Path) -> Credentials | None:
    helper = helper_for(config, name)
    if helper and (found := _ask(helper, name)):
        return found
    entry = _table(config, "auths").get(name)
    return _entry(entry, path) if isinstance(entry, dict) else None


def _entry(entry: Mapping[str, Any], path: Path) -> Credentials | None:
    username, password = str(entry.get("username", "")), str(entry.get("password", ""))
    token = str(entry.get("identitytoken", ""))
    if encoded := entry.get("auth"):
        try:
            text = base64.b64decode(str(encoded), validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise BadInput(
                "an 'auth' of the registry credentials is not base64",
                advice=_ADVICE,
                at=Place(path),
            ) from error
        username, _, password = text.partition(":")
    if not (username or token):
        return None
    return Credentials(username, password.rstrip("\0"), token)


def _ask(helper: str, name: str) -> Credentials | None:
    """`docker-credential-HELPER get`; "<token>" as the name marks an identity token."""
    try:
        answer = subprocess.run(
            [f"docker-credential-{helper}", "get"],
            input=name.encode(),
            capture_output=True,
            timeout=_HELPER_SECONDS,
            check=True,
        )
        document = json.loads(answer.stdout)
        username, secret = str(document["Username"]), str(document["Secret"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None
    if username == "<token>":
        return Credentials(identity_token=secret)
    return Credentials(username, secret) if username or secret else None
