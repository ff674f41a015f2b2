"""Arguments and options that several verbs share, so that each means one thing everywhere."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tamis.model import choices

__all__ = [
    "Address",
    "Clusters",
    "Config",
    "Envoy",
    "Filters",
    "Fixtures",
    "Hosts",
    "Insecure",
    "Key",
    "Layout",
    "Layouts",
    "Limits",
    "Only",
    "Out",
    "Port",
    "Reference",
    "Referrers",
    "Reports",
    "Signer",
    "Targets",
]

Filters = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILTER...", help="Folders, .wasm files or references (default: .)."),
]
Targets = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="NAME@VERSION", help="istio@1.30, envoy@1.40; repeatable."),
]
Hosts = Annotated[
    list[str] | None,
    typer.Option(
        "--host",
        metavar="HOST[@VERSION]",
        help="wasmtime, envoy, either as of an Envoy version (@1.38), envoy@PATH or"
        " envoy@IMAGE; repeatable.",
    ),
]
Envoy = Annotated[
    str | None,
    typer.Option(
        "--envoy",
        metavar="ENVOY",
        help="A version (1.38), a binary or an image (istio/proxyv2:1.30.0); else TAMIS_ENVOY, or"
        " the installed one.",
    ),
]
Address = Annotated[str, typer.Option("--address", metavar="IP", help="The address to listen on.")]
Port = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="The port (default: any free one).")
]
Fixtures = Annotated[
    Path | None, typer.Option("--fixtures", metavar="DIR", help="Fixtures instead of the filter's.")
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="NAME", help="Fixtures or files so named (auth-*); repeatable."),
]
Clusters = Annotated[
    list[str] | None,
    typer.Option(
        "--cluster",
        metavar="NAME=URL",
        help="A server that filters call: authz=http://HOST:PORT (gRPC: h2c://); repeatable.",
    ),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Plugin configuration instead of the default."),
]
Limits = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="NAME=VALUE",
        help="memory=64MiB, stack, deadline=10s, fuel, log, body; repeatable.",
    ),
]
Reports = Annotated[
    list[str] | None,
    typer.Option("--report", metavar="KIND=FILE", help="junit=FILE, markdown=FILE or github."),
]
Layout = Annotated[
    choices.Layout | None,
    typer.Option(
        "--layout",
        metavar="NAME",
        help="image, istio, docker, higress or cncf (default: as all targets accept it).",
    ),
]
Layouts = Annotated[
    list[str] | None,
    typer.Option(
        "--layout",
        metavar="NAME",
        help="image, istio, docker, higress or cncf (default: as all targets accept it);"
        " repeatable with --index.",
    ),
]
Insecure = Annotated[
    bool, typer.Option("--insecure", help="Allow plain HTTP to a registry that is not loopback.")
]
Reference = Annotated[str, typer.Argument(metavar="REF", help="host/repo:tag, oci-layout://.")]
Referrers = Annotated[
    bool,
    typer.Option(
        "--referrers/--no-referrers", help="With what belongs to it: signatures, SBOM, reports."
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key", metavar="FILE", help="The private key; with --signer cosign any that it knows."
    ),
]
Signer = Annotated[
    Literal["tamis", "cosign"],
    typer.Option(
        "--signer", metavar="NAME", help="cosign: your own, for a KMS, or keyless without --key."
    ),
]
Out = Annotated[Path | None, typer.Option("-o", "--out", metavar="PATH", help="Where to write.")]
