"""Arguments and options that several verbs share, so that each means one thing everywhere."""

from pathlib import Path
from typing import Annotated

import typer

from tamis.model import artifact

__all__ = [
    "Config",
    "Filters",
    "Fixtures",
    "Hosts",
    "Insecure",
    "Layout",
    "Out",
    "Reports",
    "Targets",
]

Filters = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILTER", help="Folders, .wasm files or references (default: .)."),
]
Targets = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="NAME@VERSION", help="istio@1.30, envoy@1.40; repeatable."),
]
Hosts = Annotated[
    list[str] | None,
    typer.Option("--host", metavar="HOST", help="wasmtime, envoy or envoy@PATH; repeatable."),
]
Fixtures = Annotated[
    Path | None, typer.Option("--fixtures", metavar="DIR", help="Fixtures instead of the filter's.")
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Plugin configuration instead of the default."),
]
Reports = Annotated[
    list[str] | None,
    typer.Option("--report", metavar="KIND=FILE", help="junit=FILE, markdown=FILE or github."),
]
Layout = Annotated[
    artifact.Layout,
    typer.Option("--layout", metavar="NAME", help="image (all consumers) or istio."),
]
Insecure = Annotated[
    bool, typer.Option("--insecure", help="Allow plain HTTP to a registry that is not loopback.")
]
Out = Annotated[Path | None, typer.Option("-o", "--out", metavar="PATH", help="Where to write.")]
