"""What arrives on a connection, whichever HTTP it speaks."""

from dataclasses import dataclass

from tamis.model.exchange import Headers

__all__ = ["Closed", "Data", "Event", "Head", "Reset"]


@dataclass(frozen=True, slots=True)
class Head:
    """A block of headers (or trailers) arrived."""

    stream: int
    headers: Headers
    end: bool


@dataclass(frozen=True, slots=True)
class Data:
    """A DATA frame arrived."""

    stream: int
    data: bytes
    end: bool


@dataclass(frozen=True, slots=True)
class Reset:
    """The other side cut the stream."""

    stream: int
    code: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is over; `code` of GOAWAY, 0 without one."""

    code: int = 0


Event = Head | Data | Reset | Closed
