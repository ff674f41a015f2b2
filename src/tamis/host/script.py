"""From a fixture to what the core runs: messages as they reach the filter, and the world."""

from tamis import _core
from tamis.errors import BadInput
from tamis.host.plugin import Fault, Limits, Plugin
from tamis.model.exchange import Exchange, Fixture, Headers, Request, to_bytes
from tamis.profiles import wire

__all__ = ["build"]

#: Envoy's own limits of a request's headers; beyond them HTTP/1 is answered 431, HTTP/2 reset.
_DEFAULT_HEADER_BYTES = 60 * 1024
_DEFAULT_HEADER_COUNT = 100

_Pairs = list[tuple[bytes, bytes]]


def build(
    fixture: Fixture, plugin: Plugin, limits: Limits, fault: Fault | None = None
) -> _core.Script:
    """Raises BadInput for a step the core cannot run yet."""
    rules = wire.load()
    script = _core.Script()
    script.limits = _limits(limits, rules.buffer if fixture.protocol == "http/1.1" else None)
    script.now, script.seed = fixture.now, fixture.seed % 2**64
    script.plugin_name, script.root_id = plugin.name, plugin.root_id
    script.vm_id = wire.vm_id(fixture) if plugin.vm_id is None else plugin.vm_id
    script.protocol = fixture.protocol.upper()
    script.allow_on_headers_stop_iteration = plugin.allow_on_headers_stop_iteration
    script.set_configuration(fixture.config)
    script.set_vm_configuration(plugin.vm_config)
    script.set_joined(
        *([to_bytes(n) for n in sorted(rules.joined[d])] for d in ("request", "response"))
    )
    if fault is not None:
        script.set_fault(fault)
    for path, value in fixture.properties.items():
        script.add_property(b"\0".join(map(to_bytes, path)), value)
    for key, setting in plugin.environment.items():
        script.add_environment(to_bytes(key), to_bytes(setting))
    for step in fixture.steps:
        _add(script, fixture, step, rules)
    return script


def _add(script: _core.Script, fixture: Fixture, step: object, rules: wire.Wire) -> None:
    if not isinstance(step, Exchange) or step.overlap or fixture.callouts:
        raise BadInput(
            f"{fixture.name}: this version of tamis runs HTTP exchanges in sequence only",
            advice="Remove ticks, connections, callouts and overlap from the fixture.",
            at=fixture.place,
        )
    request, answer = step.request, step.answer
    # The client's side alone; Envoy speaks HTTP/2 to the upstream all the same.
    old = fixture.protocol == "http/1.1"
    script.add_exchange(
        headers=_pairs(rules.arriving(request.headers, "request", http1=old)),
        chunks=_merged(request) if old else _frames(request.body, rules),
        trailers=None if old else _trailers(request.trailers),
        answer_headers=_pairs(rules.arriving(answer.headers, "response")),
        answer_chunks=_frames(answer.body, rules),
        answer_trailers=_trailers(answer.trailers),
        after=answer.after,
        reset=answer.reset,
    )
    if fixture.default_limits and _oversized(request.headers):
        script.refuse_last(
            431 if old else 0, b"http1.headers_too_large", b"Request Header Fields Too Large"
        )


def _oversized(headers: Headers) -> bool:
    size = sum(len(to_bytes(name)) + len(to_bytes(value)) for name, value in headers)
    return size > _DEFAULT_HEADER_BYTES or len(headers) > _DEFAULT_HEADER_COUNT


def _limits(limits: Limits, buffer: int | None) -> _core.Limits:
    """`buffer`: what a paused stream may hold; over HTTP/2 that is its flow-control window, which
    the hosts keep open wide.
    """
    native = _core.Limits()
    native.memory, native.stack = limits.memory, limits.stack
    native.table_elements, native.deadline_ms = limits.table_elements, limits.deadline_ms
    native.log_bytes, native.body_bytes = limits.log_bytes, limits.body_bytes
    native.buffer_bytes = limits.body_bytes if buffer is None else buffer
    return native


def _merged(request: Request) -> list[bytes]:
    """As an HTTP/1 codec gives chunks written together: one piece, then an empty end of stream.

    An empty message that was chunked still has that end; one of `content-length: 0` does not.
    """
    whole = b"".join(request.body)
    if whole:
        return [whole, b""]
    declared = any(name.lower() == "content-length" for name, _ in request.headers)
    return [b""] if (request.body or request.trailers) and not declared else []


def _frames(chunks: tuple[bytes, ...], rules: wire.Wire) -> list[bytes]:
    """DATA frames as they reach the filter, empty ones too."""
    return [
        chunk[at : at + rules.max_frame]
        for chunk in chunks
        for at in range(0, max(len(chunk), 1), rules.max_frame)
    ]


def _trailers(headers: Headers) -> _Pairs | None:
    return _pairs(headers) if headers else None


def _pairs(headers: Headers) -> _Pairs:
    return [(to_bytes(name.lower()), to_bytes(value)) for name, value in headers]
