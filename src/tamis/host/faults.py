"""Deliberate mistakes of the host, for the negative control of the comparison between hosts."""

from typing import Literal, get_args

__all__ = ["FAULTS", "Fault"]

Fault = Literal[
    "drop-duplicate",
    "swap-headers",
    "lose-trailer",
    "wrong-end-of-stream",
    "lose-body-byte",
    "skip-response-headers-after-local-reply",
]
FAULTS: tuple[Fault, ...] = get_args(Fault)
