"""What an argument names: a folder, a .wasm, a dynamic module of Envoy or a reference, made into a
module in hand.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tamis import elf, project
from tamis.errors import BadInput, TamisError
from tamis.model.artifact import Metadata
from tamis.model.filter import Filter
from tamis.model.reference import Reference, is_reference, parse
from tamis.toolchains import toolchain_for
from tamis.verbs.build import build
from tamis.verbs.embedded import named, unreadable

__all__ = [
    "Subject",
    "filters",
    "from_filter",
    "inputs",
    "one_filter",
    "source_of",
    "subject",
]


@dataclass(frozen=True, slots=True)
class Subject:
    """A module and what is known of it. `filter`: its source; `reference`: where it was fetched.

    `path` is where the module lies on disk, if it does.
    """

    text: str
    module: bytes
    metadata: Metadata
    path: Path | None = None
    filter: Filter | None = None
    reference: Reference | None = None

    @property
    def digest(self) -> str:
        """Of the module, `sha256:...`."""
        return f"sha256:{hashlib.sha256(self.module).hexdigest()}"


def filters(arguments: tuple[str, ...]) -> tuple[Filter, ...]:
    """The filters that folder arguments name; none given: this folder. Raises BadInput."""
    found: list[Filter] = []
    for argument in arguments or (".",):
        if is_reference(argument) or not argument:
            raise BadInput(
                f"'{argument}' is not a filter's folder",
                advice="Name the folder that holds tamis.toml.",
            )
        path = Path(argument)
        if path.is_file() and path.name != "tamis.toml":
            raise BadInput(
                f"{argument} is a file, not a filter's folder",
                advice="Name the folder that holds tamis.toml.",
            )
        found += project.find(path.parent if path.name == "tamis.toml" else path)
    return tuple(found)


def inputs(arguments: tuple[str, ...]) -> tuple[Path, ...]:
    """The folders and files on which a verdict about these arguments depends.

    What cannot be read now is its own folder: mending it changes something there.
    """
    found: dict[Path, None] = {}
    for argument in arguments or (".",):
        if is_reference(argument):
            continue
        path = Path(argument)
        found[path if path.exists() else Path()] = None
        with suppress(TamisError):
            for filter in filters((argument,)):
                found |= dict.fromkeys(toolchain_for(filter.language).inputs(filter))
    return tuple(found) or (Path(),)


def one_filter(argument: str = ".") -> Filter:
    """The one filter that a folder argument names. Raises BadInput when it holds several."""
    found = filters((argument,))
    if len(found) != 1:
        names = ", ".join(filter.name for filter in found)
        raise BadInput(
            f"{argument} holds {len(found)} filters: {names}", advice="Name one of their folders."
        )
    return found[0]


def subject(argument: str = ".", *, quick: bool = False) -> tuple[Subject, ...]:
    """The modules that one argument names: a folder is built, a reference is fetched.

    `quick` as `build` has it. Raises BadInput for what is neither, and whatever building or
    fetching raises.
    """
    if is_reference(argument):
        return (_fetched(argument),)
    if argument.endswith(".wasm"):
        return (_file(Path(argument)),)
    if argument.endswith(".so"):
        return (_library(Path(argument)),)
    if argument and not Path(argument).exists():
        raise BadInput(
            f"there is no folder {argument}",
            advice="Name a folder that holds a tamis.toml, or an artifact: oci://HOST/REPO:TAG.",
        )
    return tuple(from_filter(filter, quick=quick) for filter in filters((argument,)))


def source_of(subject: Subject, where: str) -> Filter:
    """What to compile natively, for the host `where`. Raises BadInput for a module alone."""
    if subject.filter is None:
        raise BadInput(
            f"{where}: {subject.text} has no source to compile natively",
            advice="Name the filter's folder.",
        )
    return subject.filter


def from_filter(filter: Filter, *, quick: bool = False) -> Subject:
    """The module of a filter, built now. Raises what `build` raises."""
    built = build(filter, quick=quick)
    return Subject(_shown(filter.folder), built.module, built.metadata, built.path, filter)


def _shown(folder: Path) -> str:
    """As a user here would type it: relative where it is below this folder."""
    here = Path.cwd()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)


def _file(path: Path) -> Subject:
    module = _content(path, "a .wasm file")
    return Subject(str(path), module, _embedded(module, path), path)


def _content(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, what, error) from error


def _library(path: Path) -> Subject:
    """A dynamic module of the user's, for the Envoy it was built for."""
    module = _content(path, "a dynamic module")
    if not elf.is_library(module):
        raise BadInput(f"{path} is no shared library", advice="Name a dynamic module of Envoy.")
    from tamis.envoy import kind_of  # a folder needs none of it

    if kind_of(module, str(path)) != "module":
        raise BadInput(
            f"{path} is a native twin, not a dynamic module of Envoy",
            advice="Name its filter's folder, and --host envoy-native.",
        )
    name = path.stem.removeprefix("lib").replace("_", "-")
    metadata = Metadata(name=name, version="0.0.0", abi="", root_id=path.stem)
    return Subject(str(path), module, metadata, path)


def _embedded(module: bytes, path: Path) -> Metadata:
    from tamis.wasm import read  # a folder's module needs no reader

    info = read(module)
    return named(path, info.metadata, info.abi)


def _fetched(text: str) -> Subject:
    reference = parse(text)
    from tamis.verbs.pull import fetch  # a registry's client: slow to load, often not needed

    artifact, module = fetch(reference)
    return Subject(text, module, artifact.metadata, reference=reference)
