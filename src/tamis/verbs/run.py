"""`tamis run`: a real Envoy with filters in it, which are swapped when their source changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from tamis import elf, envoy, host, project
from tamis.envoy.live.bootstrap import Slot
from tamis.envoy.live.gate import Gate
from tamis.envoy.live.lines import spoken
from tamis.envoy.live.upstream import parse
from tamis.envoy.log import Log
from tamis.errors import BadInput, Place, Rejected
from tamis.model import metadata
from tamis.model.exchange import Fixture
from tamis.model.outcome import LogLine
from tamis.model.plugin import Plugin
from tamis.model.running import Loaded, Serving, Traffic
from tamis.verbs.envoys import envoy_of
from tamis.verbs.subject import Subject, subject

__all__ = ["Running", "run"]

#: A gate with these slots; its port, and that of the admin interface (0: any).
_Opens = Callable[[Sequence[Slot], int, int], Gate]
_MODULE, _CONFIGURATION = "module", "configuration"


def run(
    arguments: Sequence[str] = (".",),
    *,
    upstream: str = "",
    address: tuple[str, int] = ("127.0.0.1", 0),
    admin: int = 0,
    configs: Mapping[str, Path] | None = None,
    binary: envoy.Binary | None = None,
    workers: int = 1,
    level: str = "info",
    quick: bool = False,
) -> "Running":
    """An Envoy with the filters that the arguments name, in that order, in front of `upstream`.

    It starts as a context manager: `with tamis.run(["my-filter"]) as running:` serves on
    `running.serving.url`. `upstream`: `http://HOST:PORT`, also https, h2c or, for network filters,
    tcp; "" is an echo that answers with what it received. `address`, `admin`: port 0 is any free
    one. `configs`: name of a filter -> a file instead of its configuration. `level`: of what
    filters log. `binary`: the Envoy, else the one that `envoy_of` finds. `quick` as `build` has it.
    Raises BadInput for an upstream that is none, Missing without an Envoy.
    """
    behind = parse(upstream) if upstream else None
    found = binary or envoy_of()
    name, first = address

    def opens(slots: Sequence[Slot], port: int, admin: int) -> Gate:
        return Gate(
            found,
            behind,
            slots,
            host=name,
            port=port,
            admin=admin,
            workers=workers,
            level=level,
        )

    shown = str(behind) if behind else ""
    return Running(tuple(arguments), dict(configs or {}), opens, (first, admin), shown, quick=quick)


@dataclass(frozen=True, slots=True)
class _Filter:
    """What a slot holds, or is to hold."""

    subject: Subject
    slot: Slot
    plugin: Plugin
    config: bytes

    def new(self, before: "_Filter | None") -> tuple[str, ...]:
        """What is not as it was."""
        if before is None:
            return (_MODULE,)
        same = {
            _MODULE: self.subject.module == before.subject.module,
            _CONFIGURATION: (self.plugin, self.config) == (before.plugin, before.config),
        }
        return tuple(what for what, alike in same.items() if not alike)


class Running:
    """Filters in an Envoy that serves, from `__enter__` on; used by one thread.

    `serving` tells where. Leaving it ends Envoy, and what was started for it.
    """

    def __init__(
        self,
        arguments: tuple[str, ...],
        configs: Mapping[str, Path],
        opens: _Opens,
        ports: tuple[int, int],
        upstream: str,
        *,
        quick: bool,
    ) -> None:
        self._arguments = arguments
        self._configs = configs
        self._opens = opens
        self._ports = ports
        self._upstream = upstream
        self._quick = quick
        self._filters: tuple[_Filter, ...] = ()
        self._gate: Gate | None = None
        self._log: Log
        self._main = 0  # the thread of Envoy whose VM meets no traffic

    def __enter__(self) -> Self:
        """Build and start. Raises what `build` raises, BadInput for a port that is taken, Rejected
        for a filter that Envoy does not take.
        """
        try:
            self._start(self._read())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def serving(self) -> Serving:
        """Where it serves, and what."""
        gate = self._running()
        scheme = "http" if any(each.slot.layer == "http" for each in self._filters) else "tcp"
        return Serving(
            gate.process.binary.host,
            f"{scheme}://{_at(gate.address)}",
            f"http://{_at(gate.admin)}",
            self._upstream,
            tuple(_loaded(each) for each in self._filters),
        )

    def refresh(self) -> tuple[Loaded, ...]:
        """Build anew, and swap what has changed; only that is returned.

        What Envoy refuses is in `refused`: the filter before it goes on. Raises what `build`
        raises, and BadInput for a configuration that does not fit; all go on as they were then.
        """
        wanted = self._read()
        if [each.slot for each in wanted] != [each.slot for each in self._filters]:
            raise BadInput(
                "there are other filters than there were, or of another kind",
                advice="End this run and start it again.",
            )
        if not self.answers():
            self._end()
            self._start(wanted)
            return self.serving.filters
        told = []
        for now, before in zip(wanted, self._filters, strict=True):
            what = now.new(before)
            if what:
                told.append(self._swap(now, what))
        return tuple(told)

    def lines(self) -> list[LogLine]:
        """What the filters logged since it was last asked, and Envoy of one that broke."""
        records = self._log.take()
        self._main = self._main or next((record.thread for record in records), 0)
        return list(spoken(records, [each.plugin for each in self._filters], self._main))

    def traffic(self) -> Traffic:
        """Figures since Envoy started."""
        return self._running().traffic()

    def answers(self) -> bool:
        """Whether Envoy still answers: a callback that never returns holds its worker for ever.

        Raises Rejected when it has ended by itself.
        """
        return self._running().answers()

    # -- what it does

    def _running(self) -> Gate:
        assert self._gate, "it runs inside `with`"
        return self._gate

    def _start(self, filters: tuple[_Filter, ...]) -> None:
        gate = self._opens([each.slot for each in filters], *self._ports)
        self._gate = gate.__enter__()
        self._ports = gate.address[1], gate.admin[1]
        self._log = gate.follow()
        self._main = 0
        for each in filters:
            loaded = self._swap(each, (_MODULE,))
            if loaded.refused:
                raise Rejected(
                    f"Envoy does not take {loaded.name}: {loaded.refused}",
                    advice=f"tamis check {each.subject.text} says more.",
                )

    def _end(self) -> None:
        if self._gate:
            self._log.close()
            self._gate.close()
            self._gate = None

    def _swap(self, wanted: _Filter, what: tuple[str, ...]) -> Loaded:
        started = monotonic()
        refused = _hangs(wanted) or self._running().put(
            wanted.slot.name, wanted.subject.module, wanted.plugin, wanted.config
        )
        if not refused:
            others = tuple(each for each in self._filters if each.slot != wanted.slot)
            self._filters = tuple(sorted((*others, wanted), key=lambda each: each.slot.name))
        return _loaded(wanted, what, refused or "", monotonic() - started)

    def _read(self) -> tuple[_Filter, ...]:
        subjects = [each for text in self._arguments for each in subject(text, quick=self._quick)]
        names = [each.metadata.name for each in subjects]
        for name in self._configs:
            if name and name not in names:
                raise BadInput(
                    f"--config {name}=...: there is no such filter",
                    advice=f"Filters: {', '.join(names)}.",
                )
        if "" in self._configs and len(names) > 1:
            raise BadInput(
                "--config FILE: which of the filters is it for?",
                advice=f"Say --config {names[0]}=FILE.",
            )
        return tuple(self._filter(at, each) for at, each in enumerate(subjects))

    def _filter(self, at: int, one: Subject) -> _Filter:
        known = one.metadata
        config = known.config.encode()
        file = self._configs.get(known.name, self._configs.get(""))
        if file:
            config = _content(file)
            if known.config_schema:
                what = f"the configuration of {known.name}"
                text = config.decode("utf-8", "replace")
                project.validate(text, known.config_schema, what, at=Place(file))
        plugin = metadata.plugin(known)
        return _Filter(one, Slot(f"{at:03d}-{known.name}", known.layer), plugin, config)


def _loaded(
    one: _Filter, what: tuple[str, ...] = (), refused: str = "", seconds: float = 0.0
) -> Loaded:
    known = one.subject
    return Loaded(
        known.metadata.name,
        known.metadata.version,
        known.text,
        known.digest,
        len(known.module),
        what,
        refused,
        seconds,
    )


def _hangs(wanted: _Filter) -> str | None:
    """Why Envoy would never finish loading it: there a start has no deadline, and in the core it
    has. Whatever else the core thinks of it is not asked.
    """
    if elf.is_library(wanted.subject.module):
        return None
    fixture = Fixture("start", Path(), (), config=wanted.config, plugin=wanted.plugin)
    outcome = host.run(wanted.subject.module, fixture, fuel=False).outcome
    trap = outcome.trap if outcome else None
    if trap is None or trap.kind != "deadline":
        return None
    return f"{trap.callback.removeprefix('proxy_')} does not return"


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(
            f"cannot read the configuration {file}: {error.strerror}",
            advice="Name a file that exists: --config FILE.",
        ) from error


def _at(address: tuple[str, int]) -> str:
    name, port = address
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
