"""HTTP/2 frames under our control: what a fixture says is what goes out, odd or not.

Built on `hyperframe` and `hpack` rather than on h2's connection:
h2 keeps its own account of content-length and of states, and a guest under test breaks those.
Nothing outgoing is validated, normalized (names in lower case apart) or merged. One `Peer` is one
connection, either side.
"""

import socket

from hpack import Decoder, Encoder
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tamis.envoy.wire.connection import Connection
from tamis.envoy.wire.events import Closed, Data, Event, Head, Reset
from tamis.model.exchange import Headers, to_bytes, to_text

__all__ = ["CANCEL", "INTERNAL_ERROR", "Peer"]

INTERNAL_ERROR = 0x2
CANCEL = 0x8
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_WINDOW = 2**31 - 1
_DEFAULT_WINDOW = 65_535
_HEADER_LIST = 64 * 1024 * 1024
_FRAME_HEAD = 9


class Peer(Connection):
    """One HTTP/2 connection over a connected, non-blocking socket."""

    def __init__(self, sock: socket.socket, *, client: bool) -> None:
        super().__init__(sock)
        self._out += _PREFACE if client else b""
        self._in = bytearray()
        self._expect_preface = not client
        self._encoder = Encoder()
        self._encoder.huffman_coder = _Huffman()
        self._decoder = Decoder(max_header_list_size=_HEADER_LIST)
        self._block: tuple[int, bool, bytearray] | None = None
        self._pings = 0
        self._acked = 0
        self._window = _DEFAULT_WINDOW
        self._initial = _DEFAULT_WINDOW
        self._windows: dict[int, int] = {}
        self.ready = False  # the other side's settings have arrived
        self.max_frame = 16_384
        settings = {
            SettingsFrame.INITIAL_WINDOW_SIZE: _WINDOW,
            SettingsFrame.MAX_CONCURRENT_STREAMS: 1000,
            SettingsFrame.MAX_HEADER_LIST_SIZE: _HEADER_LIST,
        }
        if client:
            settings[SettingsFrame.ENABLE_PUSH] = 0
        self._send(SettingsFrame(settings=settings))
        self._send(WindowUpdateFrame(0, window_increment=_WINDOW - _DEFAULT_WINDOW))

    # -- sending

    def send_headers(self, stream: int, headers: Headers, *, end: bool) -> None:
        """One header block, in as many frames as its size needs."""
        # HTTP/2 knows lower-case names alone; every client library sees to that.
        pairs = [(to_bytes(name.lower()), to_bytes(value)) for name, value in headers]
        block = self._encoder.encode(pairs)
        pieces = [block[i : i + self.max_frame] for i in range(0, len(block), self.max_frame)] or [
            b""
        ]
        first = HeadersFrame(stream, pieces[0])
        if end:
            first.flags.add("END_STREAM")
        frames: list[HeadersFrame | ContinuationFrame] = [first]
        frames += [ContinuationFrame(stream, piece) for piece in pieces[1:]]
        frames[-1].flags.add("END_HEADERS")
        for frame in frames:
            self._send(frame)

    def can_send(self, stream: int, size: int) -> bool:
        """Whether flow control lets `size` bytes out now."""
        return size <= min(self._window, self._windows.get(stream, self._initial))

    def send_data(self, stream: int, data: bytes, *, end: bool) -> None:
        """One DATA frame; `data` is at most `max_frame` bytes and within the window."""
        assert len(data) <= self.max_frame
        self._window -= len(data)
        self._windows[stream] = self._windows.get(stream, self._initial) - len(data)
        frame = DataFrame(stream, data)
        if end:
            frame.flags.add("END_STREAM")
        self._send(frame)

    def push(self) -> None:
        """Every frame leaves at once: nothing is held back."""

    def reset(self, stream: int, code: int) -> None:
        """Cut a stream."""
        self._send(RstStreamFrame(stream, error_code=code))

    def forget(self, stream: int) -> None:
        """A stream is over: nothing of it is remembered."""
        self._windows.pop(stream, None)

    def ping(self) -> int:
        """Send a ping; its number. Once `acked` it, Envoy has handled every frame before it."""
        self._pings += 1
        self._send(PingFrame(opaque_data=self._pings.to_bytes(8, "big")))
        return self._pings

    def acked(self, ping: int) -> bool:
        """Whether that ping (hence all before it) came back."""
        return self._acked >= ping

    def _send(self, frame: Frame) -> None:
        self._out += frame.serialize()

    # -- receiving

    def _parse(self, data: bytes) -> list[Event]:
        self._in += data
        if self._expect_preface:
            if len(self._in) < len(_PREFACE):
                return []
            del self._in[: len(_PREFACE)]
            self._expect_preface = False
        events: list[Event] = []
        while len(self._in) >= _FRAME_HEAD:
            frame, length = Frame.parse_frame_header(memoryview(bytes(self._in[:_FRAME_HEAD])))
            if len(self._in) < _FRAME_HEAD + length:
                break
            frame.parse_body(memoryview(bytes(self._in[_FRAME_HEAD : _FRAME_HEAD + length])))
            del self._in[: _FRAME_HEAD + length]
            event = self._handle(frame)
            if event:
                events.append(event)
        return events

    def _handle(self, frame: Frame) -> Event | None:
        match frame:
            case HeadersFrame() | ContinuationFrame():
                return self._on_headers(frame)
            case DataFrame():
                self._give_back(frame)
                return Data(frame.stream_id, bytes(frame.data), "END_STREAM" in frame.flags)
            case RstStreamFrame():
                return Reset(frame.stream_id, frame.error_code)
            case GoAwayFrame() if frame.error_code:
                return Closed(frame.error_code)
            case _:
                self._housekeeping(frame)
                return None

    def _on_headers(self, frame: HeadersFrame | ContinuationFrame) -> Event | None:
        if isinstance(frame, HeadersFrame):
            self._block = (frame.stream_id, "END_STREAM" in frame.flags, bytearray())
        assert self._block
        stream, end, block = self._block
        block += frame.data
        if "END_HEADERS" not in frame.flags:
            return None
        self._block = None
        pairs = self._decoder.decode(bytes(block), raw=True)
        return Head(stream, tuple((_str(name), _str(value)) for name, value in pairs), end)

    def _give_back(self, frame: DataFrame) -> None:
        size = frame.flow_controlled_length
        if size:
            self._send(WindowUpdateFrame(0, window_increment=size))
            if "END_STREAM" not in frame.flags:
                self._send(WindowUpdateFrame(frame.stream_id, window_increment=size))

    def _housekeeping(self, frame: Frame) -> None:
        match frame:
            case SettingsFrame() if "ACK" not in frame.flags:
                self._on_settings(frame)
            case PingFrame() if "ACK" in frame.flags:
                self._acked = max(self._acked, int.from_bytes(frame.opaque_data, "big"))
            case PingFrame():
                ack = PingFrame(opaque_data=frame.opaque_data)
                ack.flags.add("ACK")
                self._send(ack)
            case WindowUpdateFrame():
                self._on_window(frame.stream_id, frame.window_increment)

    def _on_window(self, stream: int, increment: int) -> None:
        if stream:
            self._windows[stream] = self._windows.get(stream, self._initial) + increment
        else:
            self._window += increment

    def _on_settings(self, frame: SettingsFrame) -> None:
        initial = frame.settings.get(SettingsFrame.INITIAL_WINDOW_SIZE, self._initial)
        for stream in self._windows:
            self._windows[stream] += initial - self._initial
        self._initial = initial
        table = frame.settings.get(SettingsFrame.HEADER_TABLE_SIZE)
        if table is not None:
            self._encoder.header_table_size = min(table, 4096)
        self._send(SettingsFrame(flags=["ACK"]))
        self.ready = True


class _Huffman(HuffmanEncoder):
    """hpack's coder shifts one ever longer integer, which a value of 64 KiB makes slow."""

    def __init__(self) -> None:
        super().__init__(REQUEST_CODES, REQUEST_CODES_LENGTH)
        pairs = zip(REQUEST_CODES, REQUEST_CODES_LENGTH, strict=True)
        self._bits = [f"{code:0{length}b}" for code, length in pairs]

    def encode(self, bytes_to_encode: bytes | None) -> bytes:
        """Huffman code (RFC 7541, 5.2), padded with ones."""
        bits = "".join([self._bits[byte] for byte in bytes_to_encode or b""])
        bits += "1" * (-len(bits) % 8)
        return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""


def _str(raw: bytes | str) -> str:
    return to_text(raw) if isinstance(raw, bytes) else raw
