"""What Go and TinyGo share: the module around a filter, what else it reads, and its SDK."""

import re
from collections.abc import Iterator
from pathlib import Path

from tamis.errors import BadInput, Place
from tamis.model.filter import Filter
from tamis.toolchains.job import Job
from tamis.toolchains.workshop import Workshop

__all__ = ["ERROR", "environment", "fetch", "inputs", "root", "sdk"]

#: `./main.go:12:3: undefined: x`.
ERROR = re.compile(
    r"^(?:vet: )?(?P<file>[^\s:]+\.go):(?P<line>\d+):(?P<column>\d+): ", re.MULTILINE
)
_SDK = re.compile(r"\b(proxy-wasm-go-sdk) (v\S+)|/(proxy-wasm-go-sdk|wasm-go)\S* (v\S+)")
#: `replace example.com/x => ../x`, alone or in a block.
_LOCAL = re.compile(r"=>\s*(\.{1,2}/\S*|/\S+|\.{1,2})\s*$", re.MULTILINE)
_USED = re.compile(r"^\s*(?:use\s+)?(\.{1,2}(?:/\S*)?)\s*$", re.MULTILINE)


def root(filter_: Filter) -> Path:
    """The folder of the module's go.mod, at the filter or above it. Raises BadInput."""
    for folder in (filter_.folder, *filter_.folder.parents):
        if (folder / "go.mod").is_file():
            return folder
    raise BadInput(
        f"{filter_.name}: there is no go.mod in {filter_.folder} or above it",
        advice="Make one: go mod init NAME, then go mod tidy.",
        at=Place(filter_.manifest),
    )


def inputs(filter_: Filter) -> tuple[Path, ...]:
    """The filter's folder, its module, and the folders that replace packages of it."""
    module = root(filter_)
    found = [filter_.folder, module]
    found += _named(module, module / "go.mod", _LOCAL)
    for folder in (module, *module.parents):
        if (folder / "go.work").is_file():
            found += _named(folder, folder / "go.work", _USED)
            found.append(folder / "go.work")
            break
    return tuple(dict.fromkeys(found))


def environment(filter_: Filter) -> dict[str, str]:
    """What a user's environment, newer toolchains and the network must not decide."""
    mode = "vendor" if _vendored(filter_) else "readonly"
    return {
        "GOTOOLCHAIN": "local",
        "GOFLAGS": f"-mod={mode}",
        "GOPROXY": "off",
        "CGO_ENABLED": "0",
    }


def sdk(filter_: Filter) -> str:
    """`proxy-wasm-go-sdk v0.0.0-...`, or "" for one that nobody knows."""
    found = _SDK.search((root(filter_) / "go.mod").read_text("utf-8", errors="replace"))
    if found is None:
        return ""
    name, version = (found[1], found[2]) if found[1] else (found[3], found[4])
    return f"{name} {version}"


def fetch(filter_: Filter, go: Path, shop: Workshop) -> None:
    """Get the packages of go.sum, unless they lie in vendor/. Raises Unreachable."""
    if _vendored(filter_):
        return
    module = root(filter_)
    command = (str(go), "mod", "download")
    shop.run(
        Job("fetch Go packages", command, cwd=module, env={"GOTOOLCHAIN": "local"}, network=True)
    )


def _vendored(filter_: Filter) -> bool:
    return (root(filter_) / "vendor" / "modules.txt").is_file()


def _named(folder: Path, file: Path, names: re.Pattern[str]) -> Iterator[Path]:
    text = re.sub(r"//.*", "", file.read_text("utf-8", errors="replace"))
    for name in names.findall(text):
        place = (folder / name).resolve()
        if place.is_dir():
            yield place
