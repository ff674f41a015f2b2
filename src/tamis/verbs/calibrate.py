"""`tamis bench --calibrate`: a price table of an Envoy on this machine."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tamis.benches import prices
from tamis.benches.calibration.calibrated import ENVOYS, ROUNDS, calibrated
from tamis.errors import BadInput
from tamis.files import write_whole
from tamis.model.prices import Prices
from tamis.verbs.hosts import Real, need_proc, wanted

__all__ = ["calibrate"]


def calibrate(
    path: Path,
    *,
    host: str = "envoy",
    envoys: int = ENVOYS,
    rounds: int = ROUNDS,
    say: Callable[[str], None] = lambda _: None,
) -> Prices:
    """Measure what crossings cost in `host` ("envoy", "envoy@1.40", ...), and write it to `path`:
    predictions take it by `prices_file`. It takes some minutes; fewer `envoys` of each kind, or
    `rounds` in each, give wider ranges.

    Raises BadInput where it cannot be measured or written, Missing without that Envoy, Fault where
    it breaks.
    """
    need_proc("--calibrate", "Calibrate in a container or a VM.")
    chosen = wanted([host], say)[0]
    if not isinstance(chosen, Real) or chosen.native:
        raise BadInput(
            f"--calibrate: '{host}' is no Envoy", advice="Say --host envoy, or envoy@1.40."
        )
    _writable(path)
    table = replace(calibrated(chosen.binary, say, envoys=envoys, rounds=rounds), name=path.stem)
    try:
        write_whole(path, prices.text_of(table).encode())
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error
    return table


def _writable(path: Path) -> None:
    """Asked before: minutes are not to be lost to a folder that is not there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error
    if path.is_dir():
        raise _unwritable(path, "it is a folder")
    if not os.access(path.parent, os.W_OK):
        raise _unwritable(path, "its folder is not yours")


def _unwritable(path: Path, why: str) -> BadInput:
    return BadInput(f"cannot write {path}: {why}", advice="Name a file in a folder of yours.")
