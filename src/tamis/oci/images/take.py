"""A program out of a container image, without any container engine.

Layers are fetched from the top, as many as it takes: the topmost that has the program has the one
that would run. What an image holds at a path is what its layers show together: whiteouts and
opaque folders hide what is below, links lead elsewhere in the image.
"""

import json
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tamis.errors import BadInput
from tamis.model.artifact import Descriptor
from tamis.oci.images import layers
from tamis.oci.images.layers import Entry, Layer
from tamis.oci.manifests import MAX_MANIFEST, Index, Manifest, Stored, parse
from tamis.oci.store import Store

__all__ = ["HERE", "for_platform", "take"]

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
#: This machine, as images name it: `linux/amd64`.
HERE = f"{sys.platform}/{_MACHINES.get(platform.machine(), platform.machine())}"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: Links upon links, as Linux has it.
_LINKS = 40
#: As Docker has it.
_LAYERS = 127
#: What all layers' names may take, in bytes; a distribution's take 2 MiB.
_NAMES = 48 << 20
#: Bytes of a layer as it travels, and of a program.
_LARGEST_LAYER, _LARGEST = 4 << 30, 2 << 30
_ADVICE = "Name an image that holds Envoy, such as istio/proxyv2:TAG or envoyproxy/envoy:TAG."


def for_platform(top: Stored, shown: str, wanted: str = HERE) -> tuple[str, str]:
    """(digest, media type) of the image manifest for that platform: of an index its child's.

    Raises BadInput, which names the platforms there are.
    """
    document = parse(top)
    if isinstance(document, Manifest):
        return top.digest, top.media_type
    for name, child in document.manifests:
        if name == wanted:
            return child.digest, child.media_type
    # Builders keep notes there, as a platform that nobody has.
    names = {name for name, _ in document.manifests if name and not name.startswith("unknown/")}
    raise _elsewhere(shown, ", ".join(sorted(names)) or "nothing that names its platform", wanted)


def take(
    store: Store,
    found: Stored,
    names: Sequence[str],
    scratch: Path,
    *,
    shown: str,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Path, str]:
    """A file below `scratch` with the program, and its path in the image.

    It is the first of `names` in the topmost layer that has one of them, else what the image
    starts. `shown`: what errors call the image. Raises BadInput where it has none, is for another
    platform or damaged, what the store raises, and OSError.
    """
    manifest = parse(found)
    if isinstance(manifest, Index):
        raise BadInput(f"{shown} is an index of indexes", advice="Name a manifest by its digest.")
    config = _config(store, manifest, shown)
    system, machine = config.get("os"), config.get("architecture")
    if system and machine and f"{system}/{machine}" != HERE:
        raise _elsewhere(shown, f"{system}/{machine}", HERE)
    image = _Image(store, manifest.layers, scratch, shown, say)
    started = _started(config)
    usual = next(image.find([name.strip("/") for name in names]), None)
    path = scratch / "program"
    for hit in [usual] if usual else image.find(started):
        if hit.is_program:
            layers.copy(hit.layer, hit.name, path, shown)
            # A script of theirs would run what is here, not what is there.
            if _is_elf(path):
                return path, f"/{hit.name}"
    if usual:
        raise BadInput(f"{shown}: its /{usual.name} is no program", advice=_ADVICE)
    every = ", ".join((*names, *(f"/{name}" for name in started)))
    raise BadInput(f"{shown} has no Envoy: no program at {every}", advice=_ADVICE)


@dataclass(frozen=True, slots=True)
class _Hit:
    """Where an entry is: `depth` counts layers from the top."""

    depth: int
    layer: Layer
    name: str

    @property
    def entry(self) -> Entry:
        return self.layer.entries[self.name]

    @property
    def is_program(self) -> bool:
        """Whether it may be one: a plain file that is executable."""
        entry = self.entry
        return entry.kind == "file" and entry.executable and 0 < entry.size <= _LARGEST


class _Image:
    """The layers from the top, each fetched when it is looked into."""

    def __init__(
        self,
        store: Store,
        descriptors: Sequence[Descriptor],
        scratch: Path,
        shown: str,
        say: Callable[[str], None],
    ) -> None:
        if len(descriptors) > _LAYERS:
            raise BadInput(f"{shown} has {len(descriptors)} layers", advice=_ADVICE)
        self._store = store
        self._wanted = tuple(reversed(descriptors))
        self._scratch = scratch
        self._shown = shown
        self._say = say
        self._layers: list[Layer] = []

    def find(self, names: Sequence[str]) -> Iterator[_Hit]:
        """What is at these paths, links followed: the topmost first, then in their order."""
        hit = self._topmost(names)
        first = [hit.name] if hit else []
        for name in (*first, *(name for name in names if name not in first)):
            if (found := self._resolve(name, _LINKS)) is not None:
                yield found

    def _topmost(self, names: Sequence[str], start: int = 0) -> _Hit | None:
        """The first entry of one of these names from layer `start` down that nothing hides."""
        left = list(names)
        for depth in range(start, len(self._wanted)):
            layer = self._layer(depth)
            for name in left:
                if name in layer.entries:
                    return _Hit(depth, layer, name)
            left = [name for name in left if not layer.hides(name)]
            if not left:
                return None
        return None

    def _resolve(self, name: str, links: int, start: int = 0) -> _Hit | None:
        """Follow `name` to what is no link. None: there is nothing, or links without end."""
        if not links:
            return None
        hit = self._topmost([name], start)
        if hit is None:
            return self._through_folders(name, links)
        entry = hit.entry
        if entry.kind == "symlink":
            return self._resolve(_joined(name.rpartition("/")[0], entry.target), links - 1)
        if entry.kind == "hardlink":
            # In the same layer, or in those below.
            return self._resolve(entry.target, links - 1, hit.depth)
        return hit

    def _through_folders(self, name: str, links: int) -> _Hit | None:
        """`name` where one of its folders is a link."""
        parts = name.split("/")
        for length in range(1, len(parts)):
            folder = "/".join(parts[:length])
            hit = self._topmost([folder])
            if hit and hit.entry.kind == "symlink":
                led = _joined("/".join(parts[: length - 1]), hit.entry.target)
                return self._resolve("/".join((led, *parts[length:])).lstrip("/"), links - 1)
        return None

    def _layer(self, depth: int) -> Layer:
        while len(self._layers) <= depth:
            number = len(self._layers)
            descriptor = self._wanted[number]
            shown = f"layer {len(self._wanted) - number} of {self._shown}"
            if descriptor.size > _LARGEST_LAYER:
                raise BadInput(f"{shown} has {descriptor.size >> 20} MiB", advice=_ADVICE)
            self._say(f"fetching {shown} ({descriptor.size / 1e6:.0f} MB)")
            path = self._scratch / f"layer-{number}"
            self._store.save_blob(descriptor, path)
            room = _NAMES - sum(layer.weight for layer in self._layers)
            self._layers.append(layers.read(path, shown, room))
        return self._layers[depth]


def _joined(folder: str, target: str) -> str:
    """Where a symbolic link in `folder` leads; the root has no parent."""
    parts = [] if target.startswith("/") else [part for part in folder.split("/") if part]
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _config(store: Store, manifest: Manifest, shown: str) -> Mapping[str, Any]:
    if manifest.config is None or manifest.config.size > MAX_MANIFEST:
        raise BadInput(f"{shown} has no configuration of an image", advice=_ADVICE)
    try:
        config = json.loads(store.read_blob(manifest.config))
    except (ValueError, RecursionError) as error:
        what = f"{shown} has no configuration of an image: {error}"
        raise BadInput(what, advice=_ADVICE) from error
    return config if isinstance(config, dict) else {}


def _started(config: Mapping[str, Any]) -> list[str]:
    """What Entrypoint and Cmd may mean by Envoy, likeliest first."""
    inner = config.get("config")
    settings = inner if isinstance(inner, dict) else {}
    # A command for a shell is one word to Docker.
    texts = (" ".join(_texts(settings.get(key))) for key in ("Entrypoint", "Cmd"))
    commands = [text.split() for text in texts]
    named = [word for words in commands for word in words if "envoy" in word.rpartition("/")[2]]
    firsts = [word for words in commands for word in words[:1]]
    environment = dict(text.partition("=")[::2] for text in _texts(settings.get("Env")))
    folders = (environment.get("PATH") or _PATH).split(":")
    found: dict[str, None] = {}
    for word in (*named, *firsts):
        if word.startswith("/"):
            found[_joined("", word)] = None
        elif word and "/" not in word and not word.startswith("-"):
            found |= dict.fromkeys(_joined(folder, word) for folder in folders)
    return list(found)


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _elsewhere(shown: str, there: str, wanted: str) -> BadInput:
    return BadInput(
        f"{shown} is not for {wanted}: there is {there}",
        advice="Name an image for this machine, or a version: envoy@1.38.",
    )
