"""The filters that one Envoy runs behind each other: read from what arguments name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tamis import project
from tamis.envoy.live.bootstrap import Slot
from tamis.envoy.live.gate import Filling
from tamis.errors import BadInput, Place, Rejected
from tamis.model.plugin import Plugin, plugin_of
from tamis.model.running import Loaded
from tamis.verbs.contents import content
from tamis.verbs.starting import not_taken
from tamis.verbs.subject import Subject, subject

__all__ = ["Link", "chain"]


@dataclass(frozen=True, slots=True)
class Link:
    """What a slot holds, or is to hold."""

    subject: Subject
    slot: Slot
    plugin: Plugin
    config: bytes

    def new(self, before: "Link") -> tuple[str, ...]:
        """What is not as it was."""
        same = {
            "module": self.subject.module == before.subject.module,
            "configuration": (self.plugin, self.config) == (before.plugin, before.config),
        }
        return tuple(what for what, alike in same.items() if not alike)

    @property
    def filling(self) -> Filling:
        """What goes into the slot."""
        return self.subject.module, self.plugin, self.config

    def not_taken(self, why: str) -> Rejected:
        """The error for one that has none before it to go on."""
        return not_taken(self.subject.metadata.name, self.subject.text, why)

    def loaded(self, what: tuple[str, ...] = (), refused: str = "", seconds: float = 0.0) -> Loaded:
        """What is told of it."""
        known = self.subject
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


def chain(
    arguments: Sequence[str], configs: Mapping[str, Path], *, quick: bool
) -> tuple[Link, ...]:
    """The filters in their order, built now. `configs`: name ("": the only one) -> file.

    Raises what `build` raises, and BadInput for a configuration that does not fit.
    """
    subjects = [each for text in arguments for each in subject(text, quick=quick)]
    names = [each.metadata.name for each in subjects]
    for name in configs:
        if name and name not in names:
            raise BadInput(
                f"--config {name}=...: there is no such filter",
                advice=f"Filters: {', '.join(names)}.",
            )
    if "" in configs and len(names) > 1:
        raise BadInput(
            "--config FILE: which of the filters is it for?",
            advice=f"Say --config {names[0]}=FILE.",
        )
    return tuple(_link(at, each, configs) for at, each in enumerate(subjects))


def _link(at: int, one: Subject, configs: Mapping[str, Path]) -> Link:
    known = one.metadata
    config = known.config.encode()
    file = configs.get(known.name, configs.get(""))
    if file:
        config = content(file)
        if known.config_schema:
            what = f"the configuration of {known.name}"
            text = config.decode("utf-8", "replace")
            project.validate(text, known.config_schema, what, at=Place(file))
    slot = Slot(f"{at:03d}-{known.name}", known.layer)
    return Link(one, slot, plugin_of(known), config)
