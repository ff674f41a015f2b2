"""LZ77: what in the data was there before, found greedily over hash chains of four bytes.

Part of the pinned encoder (see `encoder`): every choice here shows in digests.
"""

__all__ = ["LITERALS", "MAX_MATCH", "WINDOW", "Token", "parts", "tokenize"]

#: How far back a match may lie, and how long it may be; bytes (RFC 1951).
WINDOW = 32768
MAX_MATCH = 258
#: A token below this is a literal byte; else a match, which `parts` takes apart.
LITERALS = 256
Token = int

_MIN_MATCH = 4
#: Every so many bytes, what has left the window is forgotten; bounds memory, changes no byte.
_FORGET = 1 << 18


def parts(token: Token) -> tuple[int, int]:
    """(distance, length) of a match."""
    return divmod(token - LITERALS, 512)


def tokenize(data: bytes) -> list[Token]:
    """`data` as literals and matches: at each position the longest of the candidates tried."""
    effort = _effort(len(data))
    tokens: list[Token] = []
    append = tokens.append
    last: dict[bytes, int] = {}
    earlier: dict[int, int] = {}
    size = len(data)
    at = 0
    forget = _FORGET
    while at < size:
        if at > forget:
            last = {key: where for key, where in last.items() if at - where <= WINDOW}
            earlier = {where: older for where, older in earlier.items() if at - where <= WINDOW}
            forget = at + _FORGET
        key = data[at : at + _MIN_MATCH]
        candidate = last.get(key, -1)
        last[key] = at
        if candidate < 0 or at - candidate > WINDOW or len(key) < _MIN_MATCH:
            append(data[at])
            at += 1
            continue
        earlier[at] = candidate
        length, source = _longest(data, at, candidate, earlier, effort)
        append(LITERALS + (at - source) * 512 + length)
        # Positions inside a match are entered sparsely: all of them would double the time.
        step = 1 if effort > 4 else 4
        for inside in range(at + 1, min(at + length, size - _MIN_MATCH), step):
            key = data[inside : inside + _MIN_MATCH]
            if (previous := last.get(key)) is not None:
                earlier[inside] = previous
            last[key] = inside
        at += length
    return tokens


def _longest(
    data: bytes, at: int, candidate: int, earlier: dict[int, int], effort: int
) -> tuple[int, int]:
    """(length, where) of the longest match at `at`; the nearest one wins a tie."""
    best, source = 0, candidate
    limit = min(MAX_MATCH, len(data) - at)
    for _ in range(effort):
        if not best or data[candidate : candidate + best + 1] == data[at : at + best + 1]:
            length = _common(data, candidate, at, max(best, _MIN_MATCH), limit)
            if length > best:
                best, source = length, candidate
                if best == limit:
                    break
        candidate = earlier.get(candidate, -1)
        if candidate < 0 or at - candidate > WINDOW:
            break
    return best, source


def _common(data: bytes, left: int, right: int, known: int, limit: int) -> int:
    """How many bytes agree from `left` and `right` on; `known` of them already do."""
    length = known
    step = 16
    while length + step <= limit and (
        data[left + length : left + length + step] == data[right + length : right + length + step]
    ):
        length += step
    while length < limit and data[left + length] == data[right + length]:
        length += 1
    return length


def _effort(size: int) -> int:
    """How many earlier places are tried per position: what a pure Python encoder can afford."""
    if size <= 1 << 18:
        return 32
    return 4 if size <= 1 << 22 else 1
