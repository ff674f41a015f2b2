"""`tamis record`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Address, Clusters, Config, Envoy, Out, Port
from tamis.errors import BadInput

if TYPE_CHECKING:
    from tamis.model.recorded import Recorded

__all__ = ["record"]

_Form = Literal["har", "tap", "curl", "jsonl"]
_Format = Literal["yaml", "jsonl"]


def record(
    filter: Annotated[
        str | None, typer.Argument(metavar="FILTER", help="Requests pass this filter, if named.")
    ] = None,
    upstream: Annotated[
        str | None,
        typer.Option(
            "--upstream",
            metavar="URL",
            help="Whose traffic is recorded: http://HOST:PORT, https://HOST, h2c://HOST:PORT.",
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Instead: a HAR, a tap's JSON, commands of curl, JSON lines; - is standard input.",
        ),
    ] = None,
    form: Annotated[
        _Form | None,
        typer.Option("--as", metavar="NAME", help="What FILE is, if its content does not tell."),
    ] = None,
    out: Out = None,
    format: Annotated[
        _Format | None,
        typer.Option(
            "--format", metavar="NAME", help="yaml, or jsonl (-o FILE.jsonl, FILE.jsonl.zst)."
        ),
    ] = None,
    address: Address = "127.0.0.1",
    port: Port = 0,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="End after N fixtures.")
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--duration", metavar="TIME", help="End after 30s, 5m, ...")
    ] = None,
    match: Annotated[
        list[str] | None,
        typer.Option(
            "--match",
            metavar="KEY=PATTERN",
            help="path=/api/*, method=POST, host=, status=5*, header:NAME=; repeatable.",
        ),
    ] = None,
    sample: Annotated[
        float, typer.Option("--sample", metavar="SHARE", help="0.1 keeps a tenth.")
    ] = 1.0,
    max_body: Annotated[
        str, typer.Option("--max-body", metavar="SIZE", help="Longer bodies are cut.")
    ] = "64KiB",
    redact: Annotated[
        list[str] | None,
        typer.Option(
            "--redact",
            metavar="NAME",
            help="A header, parameter or key whose value is secret, too; repeatable.",
        ),
    ] = None,
    keep_secrets: Annotated[
        bool,
        typer.Option("--keep-secrets", help="Write tokens, cookies and passwords as they are."),
    ] = False,
    config: Config = None,
    clusters: Clusters = None,
    envoy: Envoy = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Turn traffic into fixtures: live, through a real Envoy, or from what others wrote down.

    Each exchange becomes a YAML file in the folder -o. Secrets are replaced by marks, the same one
    for the same secret. With a FILTER, fixtures expect what it was seen to do.
    """
    with Frame("record", json=json, quiet=quiet, verbose=verbose) as frame:
        from json import dumps

        from tamis.cli.arguments import content, key_values, one_subject, size
        from tamis.cli.arguments import duration as seconds
        from tamis.report import record as report

        if (upstream is None) == (source is None):
            raise BadInput(
                "tamis record needs --upstream URL, or --from FILE; one of the two",
                advice="For example: tamis record --upstream http://localhost:8080 -o fixtures",
            )
        if out is None:
            raise BadInput("tamis record needs -o DIR", advice="Say where: -o fixtures")
        if source is not None and (port or duration or envoy):
            raise BadInput(
                "--port, --duration and --envoy are for live traffic", advice="Leave them out."
            )
        if form is not None and source is None:
            raise BadInput("--as says what --from FILE is", advice="Leave it out.")
        subject = one_subject(filter) if filter is not None else None
        wanted = {
            "subject": subject,
            "config": content(config) if config else None,
            "format": format,
            "match": tuple(match or ()),
            "sample": sample,
            "limit": limit,
            "max_body": size("--max-body", max_body),
            "redact": tuple(redact or ()),
            "keep_secrets": keep_secrets,
            "say": frame.progress,
        }

        def started(url: str, reachable: bool) -> None:
            assert upstream
            frame.show(report.serving(url, upstream, reachable=reachable))
            if json:
                frame.write(dumps(report.serving_object(url, upstream, reachable=reachable)) + "\n")

        recorded: Recorded
        if source is not None:
            file = None if source == "-" else Path(source)
            recorded = tamis.convert(file, out, form=form, **wanted)  # type: ignore[arg-type]
        else:
            from tamis.verbs.envoys import envoy_of

            assert upstream
            recorded = tamis.record(
                upstream,
                out,
                address=(address, port),
                duration=seconds("--duration", duration) if duration else None,
                clusters=key_values("--cluster", clusters or (), example="authz=http://HOST:PORT"),
                binary=envoy_of(envoy or "", frame.progress),
                started=started,
                **wanted,  # type: ignore[arg-type]
            )
        frame.show(report.recorded(recorded, every=verbose > 0))
        frame.data(**report.recorded_object(recorded))
        if not recorded.fixtures and source is not None:
            raise BadInput(
                f"nothing in {source} can be a fixture",
                advice=recorded.skipped[0].what
                if recorded.skipped
                else "Look at what was asked for.",
            )
