"""gRPC over HTTP/2: messages in their frames, and what a server answers."""

import struct

from tamis.envoy.wire.service import Arrival, Service
from tamis.model.exchange import CalloutReply, Headers

__all__ = ["close", "messages", "speak"]

_PREFIX = struct.Struct(">BI")
_CONTENT_TYPE = (("content-type", "application/grpc"),)
_OK = ((":status", "200"),)


def messages(body: bytes) -> tuple[bytes, ...]:
    """The messages of which all bytes are there."""
    found = []
    at = 0
    while len(body) - at >= _PREFIX.size:
        _, size = _PREFIX.unpack_from(body, at)
        at += _PREFIX.size
        if len(body) - at < size:
            break
        found.append(body[at : at + size])
        at += size
    return tuple(found)


def speak(service: Service, arrival: Arrival, reply: CalloutReply) -> None:
    """Initial metadata and all messages."""
    metadata = tuple(pair for pair in reply.headers if not pair[0].startswith(":"))
    frames = tuple(_PREFIX.pack(0, len(each)) + each for each in reply.messages)
    service.answer(arrival, (*_OK, *_CONTENT_TYPE, *metadata), frames, whole=False)


def close(service: Service, arrival: Arrival, reply: CalloutReply) -> None:
    """Trailing metadata with the status of the call."""
    status: Headers = (("grpc-status", str(reply.grpc_status or 0)),)
    message = (("grpc-message", reply.grpc_message),) if reply.grpc_message else ()
    service.end(arrival, (*status, *message, *reply.trailers))
