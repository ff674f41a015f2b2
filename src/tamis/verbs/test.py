"""`tamis test`: the same fixtures in every host named, judged and compared."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from tamis import compare, elf, envoy, host, project, toolchains
from tamis.envoy.judging.questions import Questions
from tamis.errors import BadInput, Rejected
from tamis.model.built import Twin
from tamis.model.exchange import Fixture
from tamis.model.outcome import Difference, Run
from tamis.model.plugin import Limits
from tamis.model.tested import Tested
from tamis.verbs.fixtures import fixtures_of
from tamis.verbs.hosts import Core, Real, wanted
from tamis.verbs.subject import Subject, source_of
from tamis.verbs.twins import make_twin

__all__ = ["ready", "test"]


def test(
    subject: Subject,
    *,
    hosts: Sequence[str] = ("wasmtime",),
    folder: Path | None = None,
    config: bytes | None = None,
    update: bool = False,
    strict: bool = False,
    limits: Mapping[str, str | int] | None = None,
    allow_empty: bool = False,
    only: Sequence[str] = (),
    trace: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Tested:
    """Run the fixtures in `folder` (default: the filter's own) in each of `hosts`.

    A host named twice, in whatever words, runs once; wasmtime is the first, because an Envoy is
    asked about what was left behind there. `config` replaces the default configuration, `limits`
    (such as `{"memory": "64MiB"}`) what tamis.toml says. `update` rewrites snapshots: they are of
    wasmtime as the newest Envoy.
    `strict`: host functions may fail only as a fixture expects. `only`: names of fixtures or
    of their files, or patterns (`auth-*`); all else stays out. `trace` keeps every crossing of
    wasmtime's runs. Raises BadInput for unusable fixtures, an unknown host or limit, or when there
    is nothing to run and `allow_empty` is not set; Missing when a host cannot be had.
    """
    bounds = project.bounded(subject.filter.limits if subject.filter else Limits(), limits or {})
    if trace and not any(name.partition("@")[0] in ("wasmtime", "native") for name in hosts):
        raise BadInput("--trace: of Envoy there is none", advice="Say --host wasmtime as well.")
    chosen = wanted(hosts, say)
    read = fixtures_of(subject, folder, config=config, only=only, allow_empty=allow_empty)
    judged: list[list[Run]] = []
    written: list[Path] = []
    for one in chosen:
        say(f"{subject.metadata.name}: {len(read)} fixtures in {one.host}")
        if not isinstance(one, Core):
            found = _in_envoy(subject, read, one, judged[0] if judged else ())
            judged.append(_judge(read, found, strict=strict))
            continue
        found = _in_core(subject, read, one, bounds, trace=trace)
        if update and one.newest:
            written += _update(read, found)
        judged.append(_judge(read, found, snapshots=one.newest, strict=strict))
    differences = _differences(read, judged)
    runs = [run for each in judged for run in each]
    if not allow_empty and runs and all(run.ok and run.outcome is None for run in runs):
        raise BadInput(
            f"{subject.metadata.name}: no fixture can be run in {', '.join(hosts)}",
            advice="Add one that can, or say --allow-empty.",
        )
    images = {one.host: one.image for one in chosen if isinstance(one, Real) and one.image}
    name, digest = subject.metadata.name, subject.digest
    return Tested(name, digest, read, tuple(runs), differences, tuple(written), images)


def ready(
    hosts: Sequence[str],
    limits: Mapping[str, str | int] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Fetch now what is needed later. Raises BadInput for an unknown host or limit, Missing for an
    Envoy that cannot be had.
    """
    project.bounded(Limits(), limits or {})
    wanted(hosts, say)


def _in_core(
    subject: Subject, read: Sequence[Fixture], one: Core, limits: Limits, *, trace: bool
) -> list[Run]:
    if not one.native:
        _only_envoy(subject, one.host)
        return [
            host.run(subject.module, fixture, envoy=one.envoy, limits=limits, trace=trace)
            for fixture in read
        ]
    with host.Twin(_twin(subject, one.host).path) as twin:
        return [twin.run(fixture, envoy=one.envoy, limits=limits, trace=trace) for fixture in read]


def _twin(subject: Subject, where: str) -> Twin:
    """The filter's native twin, built now."""
    _only_envoy(subject, where)
    return make_twin(source_of(subject, where))


def _only_envoy(subject: Subject, where: str) -> None:
    if elf.is_library(subject.module):
        raise BadInput(
            f"{where}: {subject.text} is a module of Envoy's own, and runs nowhere else",
            advice="Say --host envoy.",
        )


def _in_envoy(
    subject: Subject, read: Sequence[Fixture], one: Real, before: Sequence[Run]
) -> list[Run]:
    """`before`: the runs in the host that ran first; they tell what to ask."""
    outcomes = [run.outcome for run in before] or [None] * len(read)
    asks = [Questions.of(*pair) for pair in zip(read, outcomes, strict=True)]
    module, shim = subject.module, b""
    if one.native:
        twin = _twin(subject, one.host)
        if twin.unsupported:
            first = twin.unsupported[0]
            raise Rejected(
                f"{subject.metadata.name} cannot run natively in Envoy: it has {first.name}, and "
                f"{first.reason}",
                advice="tamis build --native lists all of it; --host native runs it.",
            )
        module, shim = twin.path.read_bytes(), toolchains.shim()
    return envoy.run(one.binary, module, read, layer=subject.metadata.layer, asks=asks, shim=shim)


def _judge(
    read: Sequence[Fixture], runs: Iterable[Run], *, snapshots: bool = False, strict: bool
) -> list[Run]:
    return [
        compare.judge(fixture, run, snapshot=snapshots, strict=strict)
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
