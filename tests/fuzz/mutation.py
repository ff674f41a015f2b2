"""Deterministic damage: a round depends on the seed and its number, which a failure prints.

TAMIS_FUZZ_SEED, TAMIS_FUZZ_ROUNDS and TAMIS_FUZZ_ROUND (that one alone) steer a run by hand.
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence

from tamis.errors import TamisError

_SECONDS = 8

#: Bytes that break readers: ends of number ranges, lengths, separators, half characters.
BYTES = (
    b"\0", b"\1", b"\x7f", b"\x80", b"\xff", b"\xff\xff\xff\xff\x0f", b"\xff\xff\xff\x7f",
    b"\x80\x80\x80\x80\x80\1", b"\r\n", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf",
)  # fmt: skip


class Rounds:
    """Sources of chance, one a round; `told` is how to repeat the last."""

    def __init__(self) -> None:
        self.seed = int(os.environ.get("TAMIS_FUZZ_SEED", "1"))
        self.told = ""

    def __call__(self, name: str, count: int) -> Iterator[random.Random]:
        """At most `count` rounds, and at most some seconds of them."""
        count = int(os.environ.get("TAMIS_FUZZ_ROUNDS", str(count)))
        only = os.environ.get("TAMIS_FUZZ_ROUND")
        end = time.monotonic() + _SECONDS
        for number in [int(only)] if only else range(count):
            if not only and time.monotonic() > end:
                return
            self.told = f"{name}: TAMIS_FUZZ_SEED={self.seed} TAMIS_FUZZ_ROUND={number}"
            yield random.Random(f"{name}/{self.seed}/{number}")


def told(error: TamisError, *, place: bool = False) -> None:
    """Holds what every error promises: what is wrong, what to do, perhaps where; printable."""
    assert error.what
    assert error.advice()
    assert error.at or not place
    str(error).encode("utf-8", "backslashreplace")


def damage(data: bytes, chance: random.Random, pieces: Sequence[bytes] = BYTES) -> bytes:
    """One to four small damages."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.choice((0, 1, 1, 2, 8, 40)))
        piece = chance.choice(pieces)
        match chance.randrange(5):
            case 0:
                piece = bytes([chance.randrange(256)])
            case 1:
                other = chance.randrange(len(data) + 1)
                piece = data[other : other + chance.randrange(60)]
            case 2:
                piece = b""
        data = data[:at] + piece + data[end:]
        if chance.randrange(12) == 0:
            data = data[: chance.randrange(len(data) + 1)]
    return data


#: JSON values that a reader does not expect; some nest deeper than Python's stack.
STRANGE: tuple[Callable[[], object], ...] = (
    lambda: None, lambda: True, lambda: 0, lambda: -1, lambda: 2**63, lambda: 2**31, lambda: 10**40,
    lambda: 1.5, lambda: float("inf"), lambda: "", lambda: "\ud800", lambda: "\0",
    lambda: "x" * 300,
    lambda: "9" * 5000, list, dict, lambda: [[]], lambda: {"": None}, lambda: "\u2003",
    lambda: "\U00010400" * 64, lambda: "../../etc/passwd", lambda: "²", lambda: [None] * 3,
)  # fmt: skip


def spoil(value: object, chance: random.Random) -> object:
    """A copy of a JSON value with one to three places replaced, removed, doubled or renamed."""
    for _ in range(chance.randint(1, 3)):
        value = _spoil(value, chance)
    return value


def _spoil(value: object, chance: random.Random) -> object:
    if isinstance(value, dict) and value and chance.randrange(8):
        copy, key = dict(value), chance.choice(list(value))
        match chance.randrange(8):
            case 0:
                del copy[key]
            case 1:
                copy[chance.choice(("", "x", key.upper(), f"{key}\ud800"))] = copy.pop(key)
            case _:
                copy[key] = _spoil(copy[key], chance)
        return copy
    if isinstance(value, list) and value and chance.randrange(8):
        items, at = list(value), chance.randrange(len(value))
        match chance.randrange(6):
            case 0:
                del items[at]
            case 1:
                items.insert(at, items[at])
            case _:
                items[at] = _spoil(items[at], chance)
        return items
    return chance.choice(STRANGE)()
