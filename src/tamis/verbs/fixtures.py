"""The fixtures that a verb runs: the filter's own or others, all or those named."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from tamis import fixtures
from tamis.errors import BadInput
from tamis.model.exchange import Fixture
from tamis.model.plugin import plugin_of
from tamis.verbs.subject import Subject

__all__ = ["fixtures_of"]

#: Names of files that an error lists.
_LISTED = 12


def fixtures_of(
    subject: Subject,
    folder: Path | None = None,
    *,
    config: bytes | None = None,
    only: Sequence[str] = (),
    allow_empty: bool = False,
) -> tuple[Fixture, ...]:
    """Those in `folder` or file (default: the filter's own); `config`: instead of its default.

    `only`: names of fixtures or of their files, or patterns (`auth-*`). Raises BadInput for
    unusable ones, a name that none has, or none at all unless `allow_empty`.
    """
    place = folder or (subject.filter.fixtures if subject.filter else None)
    if place is None:
        raise BadInput(
            f"{subject.text}: a module alone has no fixtures", advice="Name them: --fixtures DIR."
        )
    if not place.exists() and not allow_empty:
        raise BadInput(
            f"there is no folder {place}",
            advice="Add fixtures/<name>.yaml (docs/fixtures.md), or say --allow-empty.",
        )
    default = subject.metadata.config.encode() if config is None else config
    plugin = plugin_of(subject.metadata)
    found = fixtures.find(place, default_config=default, default_plugin=plugin)
    if not found and not allow_empty:
        raise BadInput(
            f"{place}: no fixtures found",
            advice="Add fixtures/<name>.yaml (docs/fixtures.md), or say --allow-empty.",
        )
    return _chosen(found, only)


def _chosen(found: tuple[Fixture, ...], only: Sequence[str]) -> tuple[Fixture, ...]:
    for pattern in only:
        if not any(_called(fixture, pattern) for fixture in found):
            files = tuple(dict.fromkeys(_stem(fixture) for fixture in found))
            more = " ..." if len(files) > _LISTED else "."
            raise BadInput(
                f"--only '{pattern}': no fixture has such a name, or such a file",
                advice=f"Files: {', '.join(files[:_LISTED])}{more}",
            )
    if not only:
        return found
    return tuple(f for f in found if any(_called(f, pattern) for pattern in only))


def _called(fixture: Fixture, pattern: str) -> bool:
    return fnmatchcase(fixture.name, pattern) or fnmatchcase(_stem(fixture), pattern)


def _stem(fixture: Fixture) -> str:
    return fixture.path.name.partition(".")[0]
