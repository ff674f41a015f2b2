"""The ways there are to do a filter's work, to be measured beside its module in one Envoy."""

from pathlib import Path

from tamis import elf, envoy, toolchains
from tamis.benches.timing.contenders import Contender
from tamis.envoy import native
from tamis.envoy.measuring.lanes import lua
from tamis.errors import BadInput, Missing, Place, Rejected
from tamis.fixtures import nodes, yaml
from tamis.model.filter import Filter
from tamis.verbs.subject import Subject
from tamis.verbs.twins import make_envoy_module, make_twin

__all__ = ["BUILT_IN", "LUA", "contenders_of"]

#: Files beside tamis.toml that do the same work otherwise.
LUA, BUILT_IN = "compare.lua", "compare.envoy.yaml"
_ADVICE = 'Write one filter\'s typed configuration, with its "@type", or a list of them.'

#: A way, or why there is none.
_Found = Contender | str


def contenders_of(
    subject: Subject, binary: envoy.Binary
) -> tuple[tuple[Contender, ...], tuple[str, ...]]:
    """The subject itself first; and notes about what is not there.

    Raises BadInput for a file to compare with that cannot be read.
    """
    if elf.is_library(subject.module):
        return (Contender("module", subject.module, "module"),), ()
    every: list[_Found] = [Contender("wasm", subject.module)]
    every += _native(subject.filter, binary)
    folder = subject.filter.folder if subject.filter else None
    if folder and (folder / LUA).exists():
        every.append(Contender("lua", typed=(lua(_text(folder / LUA)),)))
    if folder and (folder / BUILT_IN).exists():
        every.append(Contender("built-in", typed=_typed(folder / BUILT_IN)))
    found = tuple(each for each in every if isinstance(each, Contender))
    return found, tuple(each for each in every if isinstance(each, str))


def _native(filter: Filter | None, binary: envoy.Binary) -> list[_Found]:
    why = toolchains.no_twin(filter.language if filter else "prebuilt")
    if why or filter is None:
        return [f"no native twin: {why}"]
    if not binary.version.startswith(f"{native.ENVOY}."):
        why = f"tamis makes it for Envoy {native.ENVOY}, not for {binary.version}"
        return [f"no native code: {why}"]
    return [_twin(filter), _module(filter)]


def _twin(filter: Filter) -> _Found:
    try:
        twin = make_twin(filter)
    except (BadInput, Missing, Rejected) as error:
        return f"no native twin: {_line(error.what)}"
    if twin.unsupported:
        first = twin.unsupported[0]
        return f"no native twin: it has {first.name}, and {first.reason}"
    return Contender("native", twin.path.read_bytes(), "twin")


def _module(filter: Filter) -> _Found:
    try:
        module = make_envoy_module(filter)
    except (BadInput, Missing, Rejected) as error:
        return f"no native module: {_line(error.what)}"
    return Contender("module", module.path.read_bytes(), "module")


def _line(text: str) -> str:
    return text.partition("\n")[0]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        why = error.strerror or "it cannot be opened"
    except UnicodeDecodeError:
        why = "it is not UTF-8"
    raise BadInput(f"cannot read it: {why}", advice="Mend or remove it.", at=Place(path))


def _typed(path: Path) -> tuple[dict[str, object], ...]:
    """The configurations of filters that Envoy has itself. Raises BadInput with their place."""
    text = _text(path)
    if not text.strip():
        raise BadInput("the file is empty", advice=_ADVICE, at=Place(path))
    try:
        read = yaml.parse(text, path)
    except BadInput as error:
        raise BadInput(error.what, advice=_ADVICE, at=error.at) from error
    every = read.items if isinstance(read, nodes.Sequence) else (read,)
    if not every:
        raise nodes.bad(read, "", "the list is empty", _ADVICE)
    return tuple(map(_one, every))


def _one(node: nodes.Node) -> dict[str, object]:
    if not isinstance(node, nodes.Mapping):
        raise nodes.bad(node, "", f"{nodes.kind(node)} is no filter's configuration", _ADVICE)
    kind = node.get("@type")
    if not isinstance(kind, nodes.Scalar) or not isinstance(kind.value, str):
        raise nodes.bad(kind or node, "", 'a filter\'s configuration names its "@type"', _ADVICE)
    return {key: nodes.plain(value) for key, value in node}
