"""Keeping and forgetting credentials where docker does: in a helper's store, or in config.json.

Source of facts: the protocol of docker-credential-helpers (`store`, `erase`), docker's config file.
"""

import base64
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tamis.errors import BadInput, Missing, Place
from tamis.files import write_whole
from tamis.oci.registry.client import Client
from tamis.oci.registry.credentials import (
    Credentials,
    docker_file,
    find,
    helper_for,
    key_of,
    read_config,
)

__all__ = ["forget", "keep", "try_out"]

_HELPER_SECONDS = 60


def try_out(host: str, known: Credentials, *, insecure: bool = False) -> None:
    """Raises Unreachable when registry `host` does not let us in with these, or is not there;
    BadInput when it is no registry.
    """
    client = Client(host, "", insecure=insecure, known=known)
    try:
        answer = client.version()
        if answer.status != 200:
            raise client.refused(answer, "log in to", f"{host}, a login")
        answer.close()
    finally:
        client.close()


def keep(host: str, known: Credentials, environment: Mapping[str, str] = os.environ) -> str:
    """Store credentials, over older ones; returns where: a file, or a helper's name.

    Raises BadInput when the file cannot be read or written, Missing when the helper does not work.
    """
    path = docker_file(environment)
    config = read_config(path) if path.is_file() else {}
    auths = config.setdefault("auths", {})
    if not isinstance(auths, dict):
        raise BadInput(
            "'auths' of the registry credentials is no table",
            advice="Repair the file, or set DOCKER_CONFIG to another folder.",
            at=Place(path),
        )
    name = key_of(host)
    helper = helper_for(config, name)
    if helper:
        secret = {"ServerURL": name, "Username": known.username, "Secret": known.password}
        _run(helper, "store", json.dumps(secret))
        if name in auths:
            return f"docker-credential-{helper}"
        auths[name] = {}  # as docker notes that the helper has it
        _write(path, config)
        return f"docker-credential-{helper}"
    pair = f"{known.username}:{known.password}".encode()
    auths[name] = {"auth": base64.b64encode(pair).decode("ascii")}
    _write(path, config)
    return str(path)


def forget(host: str, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Erase the credentials; returns from where, nothing if there were none.

    Raises BadInput and Missing, as `keep`; BadInput, too, when another program's file has some.
    """
    path = docker_file(environment)
    config = read_config(path) if path.is_file() else {}
    name = key_of(host)
    gone = []
    helper = helper_for(config, name)
    if helper and find(host, environment):
        _run(helper, "erase", name)
        gone.append(f"docker-credential-{helper}")
    auths = config.get("auths")
    if isinstance(auths, dict) and auths.pop(name, None) is not None:
        _write(path, config)
        gone.append(str(path))
    if find(host, environment):
        raise BadInput(
            f"credentials for {host} are kept elsewhere, too: tamis did not store them",
            advice=f"Run: podman logout {host}. The files are named in docs/registries.md.",
        )
    return tuple(gone)


def _write(path: Path, config: Mapping[str, object]) -> None:
    """Whole, for nobody else to read; through a link, where the file is one."""
    text = json.dumps(config, indent="\t", ensure_ascii=False)
    try:
        write_whole(path.resolve(), text.encode(), 0o600)
    except OSError as error:
        raise BadInput(
            f"cannot write the registry credentials: {error.strerror}",
            advice="Set DOCKER_CONFIG to a folder that you may write to.",
            at=Place(path),
        ) from error


def _run(helper: str, verb: str, text: str) -> None:
    """What it says on failure may hold the secret: only its exit status is told."""
    program = f"docker-credential-{helper}"
    try:
        subprocess.run(
            [program, verb],
            input=text.encode(),
            capture_output=True,
            timeout=_HELPER_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        why = "is not there" if isinstance(error, FileNotFoundError) else "failed"
        if isinstance(error, subprocess.CalledProcessError):
            why = f"ended with status {error.returncode}"
        raise Missing(
            f"{program} {verb}: the credential helper {why}",
            advice="Repair it, or take it out of docker's config.json (credsStore, credHelpers).",
        ) from error
