"""`tamis record --from`: what others wrote down becomes fixtures."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tamis.fixtures.importing import NOWHERE, Form, captures
from tamis.fixtures.keeper import Keeper
from tamis.fixtures.matching import choice
from tamis.fixtures.redaction import Redactor
from tamis.fixtures.sinks import Format, sink
from tamis.model.plugin import Plugin, plugin_of
from tamis.model.recorded import Capture, Recorded
from tamis.verbs.subject import Subject

__all__ = ["MAX_BODY", "convert"]

#: Bytes of a body that a fixture has, unless more are asked for.
MAX_BODY = 64 * 1024


def convert(
    source: Path | None,
    out: Path,
    *,
    form: Form | None = None,
    subject: Subject | None = None,
    config: bytes | None = None,
    format: Format | None = None,
    match: Sequence[str] = (),
    sample: float = 1.0,
    limit: int | None = None,
    max_body: int = MAX_BODY,
    redact: Sequence[str] = (),
    keep_secrets: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Recorded:
    """Fixtures of all exchanges in the file `source` (None: standard input), written to `out`.

    `form`: "har", "tap", "curl" or "jsonl", if its content does not tell. `subject`: the filter
    they are for; `config` is its plugin configuration instead of the default. `redact`: names of
    headers and parameters whose values are secrets, beside those that are known. The others as
    `record` has them. What no fixture can be made of is in the result. Raises BadInput for a file
    that cannot be read at all, Missing when there is no room.
    """
    default = subject.metadata.config.encode() if subject else b""
    plugin = plugin_of(subject.metadata) if subject else Plugin()
    chosen = choice(match, sample)
    found = [
        each
        for each in captures(source, form, default_config=default, default_plugin=plugin)
        if not isinstance(each, Capture) or chosen(each.fixture)
    ]
    redactor = None if keep_secrets else Redactor(redact)
    name = source.name if source else "standard input"
    with sink(out, format, default_config=default, default_plugin=plugin) as into:
        keeper = Keeper(into, redactor, max_body=max_body, origin=f"{name} by tamis record")
        keeper.learn(each for each in found if isinstance(each, Capture))
        for each in found:
            if limit is not None and keeper.kept >= limit:
                break
            if isinstance(each, Capture):
                keeper.keep(_for(each, default if config is None else config, plugin))
                say(f"{keeper.kept} of {len(found)}")
            else:
                keeper.skip(each.what, each.advice, each.at)
        keeper.flush()
    return keeper.recorded()


def _for(capture: Capture, config: bytes, plugin: Plugin) -> Capture:
    """For that plugin, unless it was a fixture before."""
    if capture.fixture.path != NOWHERE:
        return capture
    return replace(capture, fixture=replace(capture.fixture, config=config, plugin=plugin))
