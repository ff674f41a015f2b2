"""How a container for a command is made: nothing is allowed but what a compiler needs."""

import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tamis.errors import BadInput
from tamis.toolchains.containers.engine import Traits
from tamis.toolchains.containers.mounts import Mount, outermost

__all__ = ["MEMORY", "NETWORK", "Limits", "options", "reaching"]

#: Environment variables: the most memory a command gets ("8g"), and the engine's network for
#: commands that fetch packages ("host", where a proxy listens on this machine only).
MEMORY, NETWORK = "TAMIS_CONTAINER_MEMORY", "TAMIS_CONTAINER_NETWORK"
_MEMORY = 4 << 30
_PIDS = 4096
#: How to reach registries: of the user's environment, and for commands with a network only.
_REACHING = re.compile(
    r"(?i:(https?|no|all)_proxy)|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|GIT_SSL_CAINFO"
    r"|CARGO_(NET|HTTP|REGISTRIES|REGISTRY|SOURCE)_\w+"
    r"|GO(PROXY|SUMDB|NOSUMDB|NOSUMCHECK|PRIVATE|NOPROXY|INSECURE|VCS)"
    r"|(?i:npm_config)_(registry|cafile|strict_ssl|https?_proxy|proxy|noproxy|\w*auth\w*)"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a command may use; `network` is the engine's name for one."""

    memory: int = _MEMORY
    network: str = "default"

    @staticmethod
    def of(environment: Mapping[str, str]) -> "Limits":
        """As the user wants them. Raises BadInput."""
        wanted = environment.get(MEMORY, "")
        size = re.fullmatch(r"(\d+)([kmg]?)b?", wanted.lower())
        if wanted and (size is None or int(size[1]) == 0):
            raise BadInput(f"{MEMORY}={wanted} is no size", advice=f"For example: {MEMORY}=8g")
        shift = {"": 0, "k": 10, "m": 20, "g": 30}
        memory = int(size[1]) << shift[size[2]] if size else _MEMORY
        return Limits(memory, environment.get(NETWORK) or "default")


def options(
    traits: Traits, limits: Limits, mounts: Sequence[Mount], *, network: bool
) -> dict[str, Any]:
    """For the SDK's `containers.create`."""
    from docker.types import LogConfig, Mount as Bind  # noqa: I001

    made: dict[str, Any] = {
        # Root of a rootless engine is the calling user.
        "user": "0:0" if traits.rootless else f"{os.getuid()}:{os.getgid()}",
        "network_mode": limits.network if network else "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "init": True,
        # Nothing is kept but what this process reads.
        "log_config": LogConfig(type="none"),
        "healthcheck": {"test": ["NONE"]},
        "tmpfs": {"/tmp": "rw,nosuid,nodev,mode=1777"},  # noqa: S108  (the container's own)
        "mounts": [
            Bind(str(m.path), str(m.path), type="bind", read_only=not m.writable) for m in mounts
        ],
    }
    if traits.selinux:
        # Not `:z`, which labels the user's own files anew, for good.
        made["security_opt"].append("label=disable")
    if traits.userns:
        made["userns_mode"] = "host"
    if traits.memory:
        made["mem_limit"] = limits.memory
        if traits.swap:
            made["memswap_limit"] = limits.memory
    if traits.pids:
        made["pids_limit"] = _PIDS
    return made


def reaching(environment: Mapping[str, str]) -> tuple[dict[str, str], tuple[Path, ...]]:
    """Variables that say how to reach registries, and the files (certificates) that they name."""
    variables = {}
    files = []
    for name, value in environment.items():
        if not _REACHING.fullmatch(name):
            continue
        if value.startswith("/"):
            if not Path(value).exists() or stat.S_ISSOCK(Path(value).stat().st_mode):
                continue
            files.append(Path(value))
        variables[name] = value
    return variables, outermost(files)
