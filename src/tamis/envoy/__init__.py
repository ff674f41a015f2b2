"""A real Envoy as the judge: found, started, fed with fixtures over HTTP/2, and observed.

`run` is what most callers want; `validate` and `loads` ask for a verdict without traffic. Facts
about Envoy that this room relies on are tested in tests/envoy.
"""

from typing import TYPE_CHECKING

from tamis import extras
from tamis.envoy.binaries.images import cached_images, from_image, keep_image, note_index
from tamis.envoy.binaries.keeping import fetching
from tamis.envoy.binaries.versions import cached, find, is_version, of_version
from tamis.envoy.binary import VARIABLE, Binary, label
from tamis.envoy.native import kind_of, unsupported
from tamis.envoy.validate import loads, validate
from tamis.errors import Missing

if TYPE_CHECKING:
    from tamis.envoy.judging.judge import Judge, run

__all__ = [
    "VARIABLE",
    "Binary",
    "Judge",
    "cached",
    "cached_images",
    "fetching",
    "find",
    "from_image",
    "is_version",
    "keep_image",
    "kind_of",
    "label",
    "loads",
    "note_index",
    "of_version",
    "run",
    "unsupported",
    "validate",
]


def __getattr__(name: str) -> object:
    """Import what needs the HTTP/2 codec (extra `envoy`) on first use."""
    if name not in ("Judge", "run"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from tamis.envoy.judging import judge
    except ModuleNotFoundError as error:
        raise Missing(
            f"the Python package {error.name} is not installed",
            advice=f"Run: {extras.command('envoy')}",
        ) from error
    return getattr(judge, name)
