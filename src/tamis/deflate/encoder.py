"""A DEFLATE encoder (RFC 1951) of our own, so that digests are the same on every machine.

zlib, zlib-ng and their versions compress the same input to different bytes, and Python links
whichever it finds. This one is plain Python on integers and slices: greedy LZ77 (see `lz77`), then
one dynamic Huffman block per 64 Ki tokens. Changing anything here changes digests that users have
pinned; a golden digest in the tests holds it.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import count

from tamis.deflate.lz77 import LITERALS, MAX_MATCH, WINDOW, Token, parts, tokenize

__all__ = ["STORED_BEYOND", "Encoder", "deflate"]

#: Inputs larger than this (bytes) travel uncompressed: compressing them here would take minutes.
STORED_BEYOND = 16 << 20

_BLOCK = 1 << 16
_STORED_BLOCK = 65535
_END = 256
#: Order in which the lengths of the code length code are written (RFC 1951, 3.2.7).
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)


def deflate(data: bytes) -> bytes:
    """`data` as one DEFLATE stream: the same bytes in, the same bytes out, everywhere."""
    if len(data) > STORED_BEYOND:
        return _stored(data)
    tokens = tokenize(data)
    whole: list[bytes] = []
    rest = ""
    for start in range(0, max(len(tokens), 1), _BLOCK):
        bits = [rest, "1" if start + _BLOCK >= len(tokens) else "0"]
        _block(tokens[start : start + _BLOCK], bits)
        stream = "".join(bits)
        full = len(stream) & ~7
        whole.append(_packed(stream[:full]))
        rest = stream[full:]
    return b"".join([*whole, _packed(rest)])


def _bins(base: int, groups: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """(first value, extra bits) of each symbol, for (symbols, extra bits) groups."""
    bins = []
    for symbols, extra in groups:
        for _ in range(symbols):
            bins.append((base, extra))
            base += 1 << extra
    return bins


#: RFC 1951, 3.2.5; length 258 has a symbol of its own, without extra bits.
_LENGTHS = (*_bins(3, [(8, 0), (4, 1), (4, 2), (4, 3), (4, 4), (4, 5)])[:28], (258, 0))
_DISTANCES = tuple(_bins(1, [(4, 0), *((2, extra) for extra in range(1, 14))]))


@cache
def _symbols(bins: tuple[tuple[int, int], ...], top: int) -> list[tuple[int, str]]:
    """For each value up to `top`: its symbol's index, and its extra bits in stream order."""
    table: list[tuple[int, str]] = [(0, "")] * (top + 1)
    for index, (first, extra) in enumerate(bins):
        for value in range(first, min(first + (1 << extra), top + 1)):
            table[value] = (index, _number(value - first, extra))
    return table


def _number(value: int, bits: int) -> str:
    """A plain number in stream order: least significant bit first."""
    return format(value, f"0{bits}b")[::-1] if bits else ""


def _length_of(length: int) -> tuple[int, str]:
    return _symbols(_LENGTHS, MAX_MATCH)[length]


def _distance_of(distance: int) -> tuple[int, str]:
    return _symbols(_DISTANCES, WINDOW)[distance]


def _block(tokens: Sequence[Token], bits: list[str]) -> None:
    """One dynamic Huffman block: its code lengths, its tokens, its end."""
    seen = Counter(tokens)
    literals: Counter[int] = Counter({_END: 1})
    distances: Counter[int] = Counter()
    for token, times in seen.items():
        if token < LITERALS:
            literals[token] += times
            continue
        distance, length = parts(token)
        literals[257 + _length_of(length)[0]] += times
        distances[_distance_of(distance)[0]] += times
    literal_lengths = _code_lengths(literals, 286, 15)
    distance_lengths = _code_lengths(distances, 30, 15)
    bits.append("01")  # dynamic: the number 2, least significant bit first
    _write_lengths(literal_lengths, distance_lengths, bits)
    literal_codes = _codes(literal_lengths)
    distance_codes = _codes(distance_lengths)
    written = {
        token: literal_codes[token]
        if token < LITERALS
        else _match(token, literal_codes, distance_codes)
        for token in seen
    }
    bits.extend(map(written.__getitem__, tokens))
    bits.append(literal_codes[_END])


def _match(token: Token, literal_codes: Sequence[str], distance_codes: Sequence[str]) -> str:
    distance, length = parts(token)
    symbol, extra = _length_of(length)
    far, far_extra = _distance_of(distance)
    return literal_codes[257 + symbol] + extra + distance_codes[far] + far_extra


def _code_lengths(frequencies: Counter[int], alphabet: int, longest: int) -> list[int]:
    """Length-limited Huffman code lengths; halves the frequencies until the limit holds.

    Two symbols always get a code: an incomplete code is refused by some decoders.
    """
    weights = dict(frequencies)
    for spare in (0, 1):
        if len(weights) < 2:
            weights.setdefault(spare, 1)
    while True:
        lengths = _huffman(weights, alphabet)
        if max(lengths) <= longest:
            return lengths
        weights = {symbol: (weight + 1) // 2 for symbol, weight in weights.items()}


def _huffman(weights: dict[int, int], alphabet: int) -> list[int]:
    order = count()
    heap: list[tuple[int, int, tuple[int, ...]]] = [
        (weights[symbol], next(order), (symbol,)) for symbol in sorted(weights)
    ]
    heapq.heapify(heap)
    lengths = [0] * alphabet
    while len(heap) > 1:
        light, _, left = heapq.heappop(heap)
        heavy, _, right = heapq.heappop(heap)
        merged = left + right
        for symbol in merged:
            lengths[symbol] += 1
        heapq.heappush(heap, (light + heavy, next(order), merged))
    return lengths


def _codes(lengths: Sequence[int]) -> list[str]:
    """Canonical codes (RFC 1951, 3.2.2) in stream order: most significant bit first."""
    codes = [""] * len(lengths)
    code = 0
    for length in range(1, max(lengths) + 1):
        for symbol, own in enumerate(lengths):
            if own == length:
                codes[symbol] = format(code, f"0{length}b")
                code += 1
        code <<= 1
    return codes


def _write_lengths(literals: list[int], distances: list[int], bits: list[str]) -> None:
    """Both codes' lengths, run-length coded and themselves Huffman coded (RFC 1951, 3.2.7)."""
    literals = _trimmed(literals, 257)
    distances = _trimmed(distances, 1)
    runs = list(_runs([*literals, *distances]))
    lengths = _code_lengths(Counter(symbol for symbol, _ in runs), 19, 7)
    ordered = _trimmed([lengths[symbol] for symbol in _ORDER], 4)
    bits += (
        _number(len(literals) - 257, 5),
        _number(len(distances) - 1, 5),
        _number(len(ordered) - 4, 4),
        *(_number(length, 3) for length in ordered),
    )
    codes = _codes(lengths)
    bits.extend(codes[symbol] + extra for symbol, extra in runs)


def _trimmed(lengths: list[int], least: int) -> list[int]:
    end = len(lengths)
    while end > least and not lengths[end - 1]:
        end -= 1
    return lengths[:end]


def _runs(lengths: Sequence[int]) -> Iterable[tuple[int, str]]:
    """(symbol, extra bits): 0..15 a length, 16 repeats the last, 17 and 18 are runs of zeros."""
    at = 0
    while at < len(lengths):
        value = lengths[at]
        run = 1
        while at + run < len(lengths) and lengths[at + run] == value:
            run += 1
        at += run
        if value:
            yield value, ""
            run -= 1
        while run >= 3:
            now = min(run, 6 if value else 138)
            if value:
                yield 16, _number(now - 3, 2)
            elif now <= 10:
                yield 17, _number(now - 3, 3)
            else:
                yield 18, _number(now - 11, 7)
            run -= now
        for _ in range(run):
            yield value, ""


def _packed(stream: str) -> bytes:
    """A stream of "0" and "1" as bytes: the first bit is the lowest of the first byte."""
    return int(f"0{stream[::-1]}", 2).to_bytes((len(stream) + 7) // 8, "little")


def _stored(data: bytes) -> bytes:
    """Uncompressed blocks (RFC 1951, 3.2.4)."""
    parts = []
    for start in range(0, len(data), _STORED_BLOCK):
        chunk = data[start : start + _STORED_BLOCK]
        final = b"\1" if start + _STORED_BLOCK >= len(data) else b"\0"
        size = len(chunk)
        parts += [final, size.to_bytes(2, "little"), (size ^ 0xFFFF).to_bytes(2, "little"), chunk]
    return b"".join(parts)


class Encoder:
    """One stream, piece by piece; all of it is held until `finish`."""

    def __init__(self) -> None:
        self._data = bytearray()

    def update(self, data: bytes) -> bytes:
        """Add `data`; nothing is ready yet."""
        self._data += data
        return b""

    def finish(self) -> bytes:
        """The stream."""
        return deflate(bytes(self._data))
