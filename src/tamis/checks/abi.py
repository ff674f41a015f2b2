"""The marker by which a host knows the ABI."""

from collections.abc import Iterator

from tamis.abi import table
from tamis.checks.subject import Subject, error, warning
from tamis.model.finding import Finding

__all__ = ["rule"]

_PREFIX = "proxy_abi_version_"


def rule(subject: Subject) -> Iterator[Finding]:
    """`load/abi-marker` and `load/abi-markers` (several: the first in the export section wins)."""
    markers = [each for each in subject.module.exports if each.name.startswith(_PREFIX)]
    if subject.module.abi is None:
        others = [f"{each.name} is exported as a {each.kind}" for each in markers]
        yield error(
            "load/abi-marker",
            "Missing or unknown Proxy-Wasm ABI version" + "".join(f"; {each}" for each in others),
            f"Export a function named {' or '.join(table.markers())}.",
        )
    elif len(markers) > 1:
        yield warning(
            "load/abi-markers",
            f"{len(markers)} ABI markers are exported; {subject.module.abi} is used",
            "Export one of them.",
        )
