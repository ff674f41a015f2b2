"""`tamis render`."""

from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Config, Insecure, Layout, Out, Targets

__all__ = ["render"]


def render(
    argument: Annotated[
        str, typer.Argument(metavar="FILTER", help="A reference, a folder or a .wasm.")
    ] = ".",
    targets: Targets = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND", help="WasmPlugin, TrafficExtension, EnvoyFilter."),
    ] = None,
    config: Config = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", metavar="NAME", help="Of the manifest.")
    ] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="KEY=VALUE", help="Workloads it is for; repeatable."),
    ] = None,
    repository: Annotated[
        str | None,
        typer.Option("--repository", metavar="HOST/REPO", help="Instead of tamis.toml's."),
    ] = None,
    layout: Layout = None,
    out: Out = None,
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Write the manifests that deploy an artifact, pinned to its digest.

    Without --target: those of tamis.toml. Without --kind: the target's usual one. Without -o they
    are printed; with -o DIR each goes to a file of its own.
    """
    with Frame("render", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.cli.arguments import key_values, one_subject, text
        from tamis.model.reference import is_reference
        from tamis.report import render as report
        from tamis.report import terminal
        from tamis.verbs.render import place_reference, place_subject, save

        if is_reference(argument):
            placed = place_reference(argument, repository=repository, insecure=insecure)
        else:
            subject = one_subject(argument)
            placed = place_subject(subject, repository=repository, layout=layout)
        rendered = tamis.render(
            placed,
            targets=targets or (),
            kinds=kinds or (),
            config=text(config) if config else None,
            namespace=namespace,
            labels=key_values("--label", labels or ()),
        )
        paths = save(rendered, out) if out else [None] * len(rendered)
        if not json and not out:
            frame.write("---\n".join(one.text for one in rendered))
        for path in filter(None, paths):
            frame.show(terminal.line(f"wrote {path}"))
        pairs = zip(rendered, paths, strict=True)
        frame.data(manifests=[report.manifest_object(one, path) for one, path in pairs])
