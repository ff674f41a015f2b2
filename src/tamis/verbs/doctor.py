"""`tamis doctor`: what is installed, what is missing, and the command that gets it."""

import os
import platform
import shutil
from collections.abc import Callable
from functools import partial

from tamis import envoy, host, toolchains, trust
from tamis.errors import TamisError
from tamis.model.choices import Language
from tamis.model.diagnosis import Diagnosis
from tamis.model.reference import is_image
from tamis.oci.registry.credentials import docker_file

__all__ = ["doctor"]

_LANGUAGES: dict[Language, str] = {
    "cpp": "C, C++, Zig",
    "rust": "Rust",
    "go": "Go",
    "tinygo": "TinyGo",
    "assemblyscript": "AssemblyScript",
}


def doctor() -> tuple[Diagnosis, ...]:
    """Look at this machine; nothing is changed and no server is asked."""
    return (
        Diagnosis("python", platform.python_version(), "all verbs", required=True),
        _try("native host core", lambda: host.label(), "build, check, test, ship", required=True),
        *_toolchains(),
        _try("Envoy", _envoy, "test --host envoy, ship"),
        *_other_envoys(),
        _registry_accounts(),
        _try("keys", trust.label, "keygen, sign, attach, verify"),
        Diagnosis(
            "cosign",
            shutil.which("cosign"),
            "sign and attach --signer cosign",
            "Only a KMS, a token or keyless signing needs it: sigstore.dev/cosign.",
        ),
    )


def _toolchains() -> tuple[Diagnosis, ...]:
    shop = toolchains.Here()  # asks only: it needs no scratch folder
    return tuple(
        _try(
            f"{names} toolchain",
            partial(_version, language, shop),
            f"build of filters in {names}",
        )
        for language, names in _LANGUAGES.items()
    )


def _version(language: Language, shop: toolchains.Workshop) -> str:
    return toolchains.toolchain_for(language).find(shop).version


def _try(
    name: str, look: Callable[[], str], needed_by: str, *, required: bool = False
) -> Diagnosis:
    try:
        return Diagnosis(name, look(), needed_by, required=required)
    except TamisError as error:
        return Diagnosis(name, None, needed_by, f"{error.what}: {error.advice()}", required)


def _envoy() -> str:
    """What TAMIS_ENVOY names may have to be fetched, but not now."""
    named = os.environ.get(envoy.VARIABLE, "")
    if envoy.is_version(named) or is_image(named):
        return f"{named} ({envoy.VARIABLE}), fetched when it is needed"
    return envoy.find().host


def _other_envoys() -> tuple[Diagnosis, ...]:
    """Those that were fetched; none is nothing to report."""
    kept = ", ".join((*envoy.cached(), *envoy.cached_images()))
    needed_by = "test --host envoy@VERSION or envoy@IMAGE"
    return (Diagnosis("other Envoys", kept, needed_by),) if kept else ()


def _registry_accounts() -> Diagnosis:
    file = docker_file()
    if file.is_file():
        return Diagnosis("registry accounts", str(file), "push and pull of private repositories")
    return Diagnosis(
        "registry accounts",
        None,
        "push and pull of private repositories",
        "tamis login HOST writes them; public repositories need none.",
    )
