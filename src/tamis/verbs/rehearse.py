"""`tamis rehearse`: a hot upgrade of a filter under load, and what became of the requests."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tamis.envoy import Binary
from tamis.envoy.live.upstream import Upstream
from tamis.envoy.measuring.arena import Origin
from tamis.errors import BadInput, Rejected
from tamis.fixtures.workload import Workload, choose
from tamis.model.exchange import Answer, Exchange, Request
from tamis.model.plugin import Plugin, plugin_of
from tamis.model.rehearsed import Rehearsed, Side, Version
from tamis.rehearsals.candidate import Candidate
from tamis.rehearsals.rehearse import Setting
from tamis.rehearsals.rehearse import rehearse as rehearsed
from tamis.verbs.envoys import envoy_of
from tamis.verbs.fixtures import fixtures_of
from tamis.verbs.hosts import need_proc
from tamis.verbs.starting import hangs
from tamis.verbs.subject import Subject

__all__ = ["rehearse"]

Say = Callable[[str], None]
_SETTING = Setting()


def rehearse(
    old: Subject,
    new: Subject | None = None,
    *,
    binary: Binary | None = None,
    config: bytes | None = None,
    new_config: bytes | None = None,
    folder: Path | None = None,
    only: Sequence[str] = (),
    path: str | None = None,
    setting: Setting = _SETTING,
    say: Say = lambda _: None,
) -> Rehearsed:
    """Swap `old` and `new` (default: the same with `new_config`) in a real Envoy, under load.

    What is sent: the fixtures in `folder` (default: those of `old`, else of `new`), or a GET of
    `path`. `config`, `new_config`: plugin configuration instead of each one's own; `config` alone
    is that of both. Raises BadInput for what cannot be rehearsed, Rejected where Envoy ends before
    the load begins, Missing for an Envoy that cannot be had, and what `subject` raises.
    """
    need_proc("rehearse", "Rehearse in a container or a VM.")
    binary = binary or envoy_of(say=say)
    new = new or old
    before = _candidate("old", old, config)
    after = _candidate("new", new, config if new_config is None else new_config)
    same = (before.module, before.config) == (after.module, after.config)
    if same and setting.way == "filter":
        raise BadInput(
            f"{old.text} and {new.text} are the same module with the same configuration",
            advice="Name another NEW, or its configuration: --new-config FILE.",
        )
    load = _sent(old, new, before.config, folder, only, path)
    with ExitStack() as opened:
        clusters: Mapping[str, Upstream] = {}
        if load.services:
            ports = opened.enter_context(Origin(binary, load.services)).ports
            clusters = {name: Upstream(port=port) for name, port in ports.items()}
        return rehearsed(
            binary,
            (before, after),
            load.requests,
            setting,
            clusters=clusters,
            left_out=load.left_out,
            say=say,
        )


def _candidate(side: Side, subject: Subject, config: bytes | None) -> Candidate:
    meta = subject.metadata
    if meta.layer == "network":
        raise BadInput(
            f"{subject.text} is a network filter, only HTTP filters are rehearsed",
            advice="Name an HTTP filter.",
        )
    own = meta.config.encode() if config is None else config
    plugin = plugin_of(meta)
    if why := hangs(subject.module, plugin, own):
        raise Rejected(
            f"{subject.text}: {why}, so Envoy would never finish loading it",
            advice="tamis test has deadlines: find out there why.",
        )
    digest = f"sha256:{hashlib.sha256(own).hexdigest()}"
    shown = Version(subject.text, meta.name, meta.version, subject.digest, digest)
    return Candidate(
        side, shown, subject.module, replace(plugin, vm_id=plugin.vm_id or "tamis"), own
    )


def _sent(
    old: Subject,
    new: Subject,
    config: bytes,
    folder: Path | None,
    only: Sequence[str],
    path: str | None,
) -> Workload:
    """Raises BadInput where nothing can be sent."""
    if path is not None:
        if folder or only:
            raise BadInput("--path, --fixtures, --only: two loads", advice="Say one of them.")
        if not path.startswith("/") or not path.isprintable() or " " in path:
            raise BadInput(f"--path '{path}': not a path", advice="Write it as /index.html.")
        return _plain(path)
    source = next((each for each in (old, new) if _has_fixtures(each)), None)
    if source is None and folder is None:
        if only:
            raise BadInput("--only: there are no fixtures", advice="Name them: --fixtures DIR.")
        return _plain("/")
    try:
        return choose(fixtures_of(source or old, folder, config=config, only=only), config)
    except BadInput as error:
        raise BadInput(
            error.what, advice=f"{error.advice()} Or send a plain request: --path /.", at=error.at
        ) from error


def _has_fixtures(subject: Subject) -> bool:
    return bool(subject.filter and subject.filter.fixtures.exists())


def _plain(path: str) -> Workload:
    head = ((":method", "GET"), (":path", path), (":scheme", "http"), (":authority", "tamis"))
    return Workload(Plugin(), b"", (Exchange(Request(head), Answer()),))
