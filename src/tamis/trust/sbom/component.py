"""A package that is in a module, checked: names and versions come from files of somebody else."""

import re
from dataclasses import dataclass

from tamis.errors import BadInput
from tamis.trust.libraries import needed

__all__ = ["MOST", "Component", "Packages", "component"]

#: Packages of one module.
MOST = 10_000
_TEXT = re.compile(r"[!-~]{1,300}\Z")
_ADVICE = "Build it again; or write the SBOM by other means: --attach sbom=FILE."


@dataclass(frozen=True, slots=True)
class Component:
    """`purl` is "" for what no registry has. `built`: needed by the build alone. `hashes`: by
    CycloneDX's names of algorithms, in hexadecimal. `needs`: the `ref` of others.
    """

    name: str
    version: str
    purl: str = ""
    built: bool = False
    hashes: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """By which the document refers to it."""
        return self.purl or f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Packages:
    """What is known to be inside. `aggregate` as CycloneDX has it: complete (the module itself
    lists them), unknown (what a lock file has, which may be more), incomplete. `direct`: the `ref`
    of what the filter itself needs.
    """

    components: tuple[Component, ...] = ()
    aggregate: str = "incomplete"
    direct: tuple[str, ...] = ()


def component(
    kind: str,
    name: object,
    version: object,
    what: str,
    *,
    listed: bool = True,
    built: bool = False,
    hashes: tuple[tuple[str, str], ...] = (),
    qualifiers: dict[str, str] | None = None,
) -> Component:
    """A package of `kind` (cargo, golang, npm). `listed`: it has a purl. `what` names where it was
    read, in errors. Raises BadInput, Missing.
    """
    if not isinstance(name, str) or not isinstance(version, str):
        raise BadInput(f"{what} has a package without name and version", advice=_ADVICE)
    if not _TEXT.match(name) or not (_TEXT.match(version) or not version):
        raise BadInput(
            f"{what} has a package with a strange name: {ascii(name)[:80]} {ascii(version)[:80]}",
            advice=_ADVICE,
        )
    purl = _purl(kind, name, version, qualifiers) if listed else ""
    return Component(name, version, purl, built, hashes)


def _purl(kind: str, name: str, version: str, qualifiers: dict[str, str] | None) -> str:
    with needed():
        from packageurl import PackageURL
    space, _, last = name.rpartition("/")
    try:
        url = PackageURL(kind, space or None, last, version or None, qualifiers)
    except ValueError as error:
        raise BadInput(f"{name[:80]} is no package's name: {error}", advice=_ADVICE) from error
    return url.to_string()
