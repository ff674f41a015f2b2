"""`tamis push`."""

from pathlib import Path
from typing import Annotated, Any, cast

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Insecure, Layouts, Targets
from tamis.errors import BadInput
from tamis.model.choices import LAYOUTS, Layout

__all__ = ["push"]


def push(
    arguments: Annotated[
        list[str],
        typer.Argument(metavar="[FILTER] DEST", help="DEST: host/repo:tag, oci-layout://."),
    ],
    layouts: Layouts = None,
    index: Annotated[
        bool, typer.Option("--index", help="An index of all --layout given, not one of them.")
    ] = False,
    targets: Targets = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent; send nothing.")
    ] = False,
    insecure: Insecure = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Publish a module as an OCI artifact; the same module gives the same digest.

    FILTER (default: .) is a folder, which is built first, or a .wasm, which travels unchanged. What
    a target (of tamis.toml, or --target) would refuse is refused first, in the target's words.
    """
    with Frame("push", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.model.reference import parse, tagged
        from tamis.report import artifact as report
        from tamis.verbs.embedded import embedded
        from tamis.verbs.push import plan

        source, text = ([".", *arguments])[-2:]
        if len(arguments) > 2:
            raise BadInput(
                f"push takes at most a FILTER and a DEST, not {len(arguments)} arguments",
                advice="Push each filter by itself.",
            )
        named = parse(text)  # before the filter is built for nothing
        chosen, several = _chosen(layouts or [], index=index)
        if source.endswith(".wasm"):
            module: Path | bytes = Path(source)
            metadata = embedded(Path(source))
        else:
            from tamis.cli.arguments import one_subject  # compilers, which a module needs none of

            subject = one_subject(source)
            module, metadata = subject.module, subject.metadata
            chosen = chosen or (subject.filter.layout if subject.filter else None)
        where = tagged(named, metadata.version)
        how: dict[str, Any] = {
            "layout": chosen,
            "index": several,
            "targets": tuple(targets) if targets else None,
            "insecure": insecure,
        }
        if dry_run:
            planned = plan(module, metadata, where, **how)
            frame.show(report.planned(planned, where))
            frame.data(**report.plan_object(planned, where))
            return
        frame.progress(f"pushing {metadata.name} to {text}")
        with frame.transfer() as told:
            artifact = tamis.push(module, metadata, where, **how, told=told)
        frame.show(report.artifact(artifact, where))
        frame.data(**report.artifact_object(artifact, where))


def _chosen(texts: list[str], *, index: bool) -> tuple[Layout | None, tuple[Layout, ...]]:
    """(the layout, None: what the targets accept; those of an index). Raises BadInput."""
    for text in texts:
        if text not in LAYOUTS:
            raise BadInput(f"'{text}' is no layout", advice=f"There are {', '.join(LAYOUTS)}.")
    layouts = cast("tuple[Layout, ...]", tuple(dict.fromkeys(texts)))
    if not index and len(layouts) > 1:
        raise BadInput(
            f"there are {len(layouts)} layouts and one artifact",
            advice="Say --index to push them together, or name one --layout.",
        )
    if index and not layouts:
        raise BadInput(
            "--index without --layout", advice="Name what goes in: --layout image --layout cncf."
        )
    return (None, layouts) if index else (next(iter(layouts), None), ())
