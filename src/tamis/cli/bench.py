"""`tamis bench`."""

from pathlib import Path
from typing import Annotated

import typer

import tamis
from tamis.cli.frame import Frame, Json, Quiet, Verbose
from tamis.cli.options import Config, Filters, Fixtures, Limits, Only
from tamis.errors import BadInput

__all__ = ["bench"]


def bench(
    filters: Filters = None,
    hosts: Annotated[
        list[str] | None,
        typer.Option(
            "--host",
            metavar="HOST",
            help="wasmtime; native: time the filter's native twin beside it; envoy, envoy@1.40,"
            " envoy@PATH, envoy@IMAGE: measure in a real Envoy; repeatable.",
        ),
    ] = None,
    fixtures: Fixtures = None,
    config: Config = None,
    only: Only = None,
    budgets: Annotated[
        list[str] | None,
        typer.Option(
            "--budget",
            metavar="NAME=VALUE",
            help="crossings=20, bytes, allocations, fuel (of any exchange), size, gzipped, memory.",
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against", metavar="FILE", help="An older --json, to compare with; repeatable."
        ),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            metavar="NUMBER",
            min=10,
            max=100_000,
            help="Requests a second at which Envoy's latency is measured (1000).",
        ),
    ] = None,
    prices: Annotated[
        Path | None, typer.Option("--prices", metavar="FILE", help="A price table instead of ours.")
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            "--calibrate",
            metavar="FILE",
            help="Measure the prices of this machine's Envoy (some minutes) into FILE.",
        ),
    ] = None,
    limits: Limits = None,
    reports: Annotated[
        list[str] | None,
        typer.Option(
            "--report", metavar="KIND=FILE", help="html=FILE, markdown=FILE, junit=FILE or github."
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Count what a filter costs: crossings, bytes, allocations, fuel, memory, by callback.

    Counts are the same on any machine and under any load. What they would cost in Envoy is
    predicted as a range, and measured by --host envoy, beside native code and other ways to do the
    same. A budget of tamis.toml or --budget that is broken fails.
    """
    with Frame("bench", json=json, quiet=quiet, verbose=verbose) as frame:
        from tamis.benches.timing.timed import Setting
        from tamis.cli.arguments import content, key_values
        from tamis.report import bench as report
        from tamis.report import benches
        from tamis.report.card import card_lines

        bounds = key_values("--limit", limits or (), example="memory=64MiB")
        wanted = key_values("--budget", budgets or (), example="crossings=20")
        chosen = tuple(dict.fromkeys(hosts or ["wasmtime"]))
        if rate and not any(host.startswith("envoy") for host in chosen):
            raise BadInput("--rate: without --host envoy no request is sent", advice="Say it, too.")
        setting = Setting(rate=rate) if rate else Setting()
        if calibrate:
            if prices:
                raise BadInput("--prices, --calibrate: two tables", advice="Say one of them.")
            real = next((host for host in chosen if host.startswith("envoy")), "envoy")
            table = tamis.calibrate(calibrate, host=real, say=frame.progress)
            frame.show(report.calibrated_lines(calibrate, table))
            frame.data(prices={"file": str(calibrate), "envoy": table.envoy, "made": table.made})
            if not filters:
                return
        sinks = [benches.parse(text) for text in reports or ()]
        cards = [
            tamis.bench(
                subject,
                hosts=chosen,
                folder=fixtures,
                config=content(config) if config else None,
                only=only or (),
                limits=bounds,
                budgets=wanted,
                against=against or (),
                prices_file=prices or calibrate,
                setting=setting,
                say=frame.progress,
            )
            for argument in dict.fromkeys(filters or ["."])
            for subject in tamis.subject(argument)
        ]
        for card in cards:
            frame.show(card_lines(card, every=verbose > 0), always=not card.ok)
        for sink in sinks:
            benches.write(sink, cards)
        frame.data(cards=[report.card_object(card) for card in cards])
        if not all(card.ok for card in cards):
            frame.reject(report.bench_problems(cards))
