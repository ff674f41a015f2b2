"""What one end of the wire received of one stream."""

from dataclasses import dataclass, field

from tamis.envoy.wire.events import Data, Head, Reset
from tamis.model.exchange import Headers
from tamis.model.outcome import Message

__all__ = ["Seen"]


@dataclass(slots=True)
class Seen:
    """What one end received of one stream so far."""

    headers: Headers | None = None
    body: bytearray = field(default_factory=bytearray)
    trailers: Headers = ()
    end: bool = False
    reset: int | None = None
    #: The other side wants no more of the stream, whether or not it had ended its own message.
    cut: bool = False
    #: HEADERS blocks of informational responses (1xx), which are not the response.
    informational: list[Headers] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Nothing more can arrive."""
        return self.end or self.reset is not None

    def message(self) -> Message | None:
        """As the outcome shows it; None if no headers arrived."""
        if self.headers is None:
            return None
        return Message(self.headers, bytes(self.body), self.trailers, self.end)

    def take(self, event: Head | Data | Reset) -> None:
        """Add what arrived."""
        match event:
            case Head() if self.headers is None and _informational(event.headers):
                self.informational.append(event.headers)
                return
            case Head() if self.headers is None:
                self.headers = event.headers
            case Head():
                self.trailers = event.headers
            case Data():
                self.body += event.data
            case Reset():
                self.cut = True
                self.reset = self.reset if self.end else event.code
                return
        self.end = self.end or event.end


def _informational(headers: Headers) -> bool:
    return any(
        name == ":status" and len(value) == 3 and value.startswith("1") for name, value in headers
    )
