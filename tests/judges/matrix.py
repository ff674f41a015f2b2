"""Which consumer takes which layout: each is asked, and docs/artifacts.md has what they say.

`python -m tests.judges.matrix` asks them and writes the table anew.
"""

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from docker.errors import APIError, DockerException
from tests.conftest import ROOT
from tests.docker_registry import serve, skopeo
from tests.engine import RunningEngine, running_engine
from tests.judging import cosign, istio_pull, oras

from tamis.checks import check_package
from tamis.model.artifact import Layout, Metadata
from tamis.model.reference import LayoutReference, RegistryReference
from tamis.profiles import resolve
from tamis.verbs.copy import copy
from tamis.verbs.packages import found
from tamis.verbs.push import push
from tamis.verbs.save import save

__all__ = ["PAGE", "ask", "table", "written"]

PAGE = ROOT / "docs" / "artifacts.md"
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
_BEGIN, _END = "<!-- matrix -->", "<!-- end of the matrix -->"
_MODULE = b"\0asm\1\0\0\0" + bytes(range(256)) * 400
_METADATA = Metadata("hello", "1.0.0", "says hello", "MIT", abi="0.2.1", config='{"a": 1}')
#: Whose code cannot be run here: the rules of tamis check, which are held to Istio's code, speak.
_BY_RULES = {
    "Envoy Gateway 1.9": "envoy-gateway@1.9",
    "Higress 2.2": "higress",
}


@dataclass(frozen=True)
class World:
    """What the consumers are asked with: a registry, a Docker engine, a folder for files."""

    host: str
    engine: RunningEngine
    folder: Path

    def name(self, layout: Layout) -> str:
        """The artifact's name in the registry."""
        return f"{self.host}/filters/hello:{layout}"


def _istio(world: World, layout: Layout) -> bool:
    (pulled,) = istio_pull(f"oci://{world.name(layout)}")
    return pulled.accepted and pulled.sha256 == hashlib.sha256(_MODULE).hexdigest()


def _docker_pull(world: World, layout: Layout) -> bool:
    try:
        world.engine.client.images.pull(world.name(layout))
        return _module_in(world.engine, world.name(layout))
    except (APIError, DockerException):
        return False


def _docker_load(world: World, layout: Layout) -> bool:
    file = world.folder / f"{layout}.tar"
    where = LayoutReference(world.folder / "loaded" / layout, "1.0.0")
    copy(_reference(world, layout), where)
    save([where], file)
    try:
        with file.open("rb") as content:
            loaded = world.engine.client.images.load(content)
        return bool(loaded) and _module_in(world.engine, f"{layout}:1.0.0")
    except (APIError, DockerException):
        return False


def _module_in(engine: RunningEngine, name: str) -> bool:
    container = engine.client.containers.create(name, command="none")
    try:
        stream, _ = container.get_archive("/plugin.wasm")
        with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as tar:
            file = tar.extractfile("plugin.wasm")
            return file is not None and file.read() == _MODULE
    finally:
        container.remove()


def _skopeo(world: World, layout: Layout) -> bool:
    place = world.folder / f"skopeo-{layout}"
    try:
        skopeo("copy", "--src-tls-verify=false", f"docker://{world.name(layout)}", f"dir:{place}")
    except AssertionError:
        return False
    return (place / "manifest.json").exists()


def _oras(world: World, layout: Layout) -> bool:
    place = world.folder / f"oras-{layout}"
    place.mkdir()
    oras("pull", "--plain-http", world.name(layout), "-o", str(place))
    return any(file.read_bytes() == _MODULE for file in place.rglob("*") if file.is_file())


def _cosign(world: World, layout: Layout) -> bool:
    """Signed and verified by both cosigns, by their own means."""
    key = world.folder / "cosign.key"
    if not key.exists():
        cosign(3, "generate-key-pair", home=world.folder)
    public = str(world.folder / "cosign.pub")
    offline = ["--tlog-upload=false", "--yes", "--allow-insecure-registry"]
    signed = cosign(2, "sign", "--key", str(key), *offline, world.name(layout))
    verifying = ["--key", public, "--insecure-ignore-tlog", "--allow-insecure-registry"]
    verified = [cosign(v, "verify", *verifying, world.name(layout)) for v in (2, 3)]
    return signed.code == 0 and all(each.code == 0 for each in verified)


def _by_rules(target: str) -> Callable[[World, Layout], bool]:
    def ask_rules(world: World, layout: Layout) -> bool:
        said = check_package(found(_reference(world, layout)), [resolve(target)])
        return not any(finding.severity == "error" for finding in said)

    return ask_rules


CONSUMERS: Mapping[str, Callable[[World, Layout], bool]] = {
    "Istio 1.31 (its own fetcher)": _istio,
    **{f"{name} (its rules)": _by_rules(target) for name, target in _BY_RULES.items()},
    "`docker pull`": _docker_pull,
    "`tamis save`, `docker load`": _docker_load,
    "`skopeo copy`": _skopeo,
    "`oras pull`, the module as a file": _oras,
    "`cosign sign`, `cosign verify`": _cosign,
}


def ask() -> dict[str, dict[Layout, bool]]:
    """Each consumer about each layout."""
    with _world() as world:
        for layout in LAYOUTS:
            push(_MODULE, _METADATA, _reference(world, layout), layout=layout)
        return {
            name: {layout: takes(world, layout) for layout in LAYOUTS}
            for name, takes in CONSUMERS.items()
        }


def table(said: Mapping[str, Mapping[Layout, bool]]) -> str:
    """The answers as Markdown."""
    rows = [["", *(f"`{layout}`" for layout in LAYOUTS)], ["---", *("---" for _ in LAYOUTS)]]
    rows += [[n, *("yes" if a[layout] else "no" for layout in LAYOUTS)] for n, a in said.items()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def written() -> str:
    """The table that the page has."""
    return PAGE.read_text().partition(_BEGIN + "\n")[2].partition(_END)[0]


def _reference(world: World, layout: Layout) -> RegistryReference:
    return RegistryReference(world.host, "filters/hello", layout)


@contextmanager
def _world() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as place, running_engine() as engine:
        folder = Path(place)
        served = serve(folder)
        try:
            yield World(next(served), engine, folder)
        finally:
            next(served, None)


if __name__ == "__main__":
    os.environ["DOCKER_CONFIG"] = tempfile.gettempdir()
    head, _, rest = PAGE.read_text().partition(_BEGIN + "\n")
    PAGE.write_text(f"{head}{_BEGIN}\n{table(ask())}{_END}{rest.partition(_END)[2]}")
