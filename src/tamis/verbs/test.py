"""`tamis test`: the same fixtures in every host named, judged and compared."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tamis import compare, envoy, fixtures, host
from tamis.errors import BadInput, Missing
from tamis.model.exchange import Fixture
from tamis.model.outcome import Difference, Run
from tamis.model.result import Tested
from tamis.verbs.subject import Subject

__all__ = ["HOSTS", "ready", "test"]

_VERSION = re.compile(r"\d+\.\d+(\.\d+)?\Z")
#: What `--host` takes; `envoy@PATH` names a binary of the user's, `envoy@1.40` the installed one.
HOSTS = ("wasmtime", "envoy")


def test(
    subject: Subject,
    *,
    hosts: Sequence[str] = ("wasmtime",),
    folder: Path | None = None,
    config: bytes | None = None,
    update: bool = False,
    allow_empty: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Tested:
    """Run the fixtures in `folder` (default: the filter's own) in each of `hosts`.

    A host named twice, in whatever words, runs once. `config` replaces the default configuration.
    `update` rewrites snapshots from wasmtime. Raises BadInput for unusable fixtures, an unknown
    host, or when there is nothing to run and `allow_empty` is not set; Missing when a host is not
    installed.
    """
    wanted = _wanted(hosts)
    read = _fixtures(subject, folder, config, allow_empty)
    judged: list[list[Run]] = []
    written: list[Path] = []
    for binary in wanted:
        kind = "envoy" if binary else "wasmtime"
        say(f"{subject.metadata.name}: {len(read)} fixtures in {kind}")
        if binary:
            judged.append(_judge(read, _in_envoy(subject, read, binary)))
            continue
        runs = _in_wasmtime(subject, read)
        if update:
            written += _update(read, runs)
        judged.append(_judge(read, runs, snapshots=True))
    differences = _differences(read, judged)
    runs = [run for each in judged for run in each]
    if not allow_empty and runs and all(run.outcome is None for run in runs):
        raise BadInput(
            f"{subject.metadata.name}: no fixture can be run in {', '.join(hosts)}",
            advice="Add one that can, or say --allow-empty.",
        )
    return Tested(subject.metadata.name, read, tuple(runs), differences, tuple(written))


def ready(hosts: Sequence[str]) -> None:
    """Raise now what would be missing later: BadInput for an unknown host, Missing for Envoy."""
    _wanted(hosts)


def _wanted(hosts: Sequence[str]) -> tuple[envoy.Binary | None, ...]:
    """Each host once, in the order named: an Envoy, or None for wasmtime."""
    named = map(_host, hosts)
    return tuple(dict.fromkeys(_envoy(where) if kind == "envoy" else None for kind, where in named))


def _envoy(where: str | None) -> envoy.Binary:
    """The Envoy of `--host envoy`, or of `envoy@PATH`, or the installed one of `envoy@1.40`."""
    if where is None or not _VERSION.match(where):
        return envoy.find(Path(where) if where else None)
    found = envoy.find()
    if found.version != where and not found.version.startswith(f"{where}."):
        raise Missing(
            f"Envoy {where} is not installed, {found.host} is",
            advice="Name its binary: --host envoy@PATH.",
        )
    return found


def _host(text: str) -> tuple[str, str | None]:
    kind, at, where = text.partition("@")
    if kind not in HOSTS or (kind == "wasmtime" and at) or (at and not where):
        raise BadInput(
            f"--host '{text}': not a host tamis has",
            advice=f"Hosts: {', '.join(HOSTS)}; envoy@PATH is a binary of yours.",
        )
    return kind, where or None


def _fixtures(
    subject: Subject, folder: Path | None, config: bytes | None, allow_empty: bool
) -> tuple[Fixture, ...]:
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
    found = fixtures.find(place, default_config=default)
    if not found and not allow_empty:
        raise BadInput(
            f"{place}: no fixtures found",
            advice="Add fixtures/<name>.yaml (docs/fixtures.md), or say --allow-empty.",
        )
    return found


def _in_wasmtime(subject: Subject, read: Sequence[Fixture]) -> list[Run]:
    plugin = host.Plugin(name=subject.metadata.name, root_id=subject.metadata.root_id)
    return [host.run(subject.module, fixture, plugin=plugin) for fixture in read]


def _in_envoy(subject: Subject, read: Sequence[Fixture], binary: envoy.Binary) -> list[Run]:
    return envoy.run(
        binary,
        subject.module,
        read,
        name=subject.metadata.name,
        root_id=subject.metadata.root_id,
    )


def _judge(read: Sequence[Fixture], runs: Iterable[Run], *, snapshots: bool = False) -> list[Run]:
    return [
        compare.judge(fixture, run, snapshot=snapshots)
        for fixture, run in zip(read, runs, strict=True)
    ]


def _update(read: Sequence[Fixture], runs: Sequence[Run]) -> list[Path]:
    pairs = zip(read, runs, strict=True)
    return [path for fixture, run in pairs if (path := compare.update(fixture, run))]


def _differences(read: Sequence[Fixture], hosts: list[list[Run]]) -> tuple[Difference, ...]:
    if len(hosts) < 2:
        return ()
    first, *others = hosts
    return tuple(
        difference
        for runs in others
        for fixture, one, other in zip(read, first, runs, strict=True)
        for difference in compare.differences(fixture, one, other)
    )
