"""From a fixture to what the core runs: messages as they reach the filter, and the world."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from tamis import _core
from tamis.abi import implied
from tamis.errors import BadInput
from tamis.host.faults import Fault
from tamis.host.foreign import FUNCTIONS
from tamis.model.exchange import (
    CalloutRule,
    Connection,
    Exchange,
    Fixture,
    Headers,
    Request,
    Step,
    Tick,
    to_bytes,
)
from tamis.model.expectation import BodyExpectation
from tamis.model.plugin import Limits, Plugin
from tamis.profiles import admission, wire

__all__ = ["build"]

_Pairs = list[tuple[bytes, bytes]]
_Plain = dict[str, object]


def build(
    fixture: Fixture, limits: Limits, *, envoy_minor: int, fault: Fault | None = None
) -> _core.Script:
    """What the core runs for `fixture`."""
    rules = wire.load(envoy_minor, secure=implied.secure(fixture.properties))
    script = _core.Script()
    script.limits = _limits(limits, rules.buffer if fixture.protocol == "http/1.1" else None)
    script.now, script.seed = fixture.now, fixture.seed % 2**64
    script.envoy_minor = envoy_minor
    script.protocol = fixture.protocol.upper()
    script.removal = True
    own = _named(fixture.plugin, wire.vm_id(fixture))
    script.set_plugin(_plugin(own, fixture.config))
    for each in fixture.beside:
        script.add_beside(_plugin(_named(each.plugin, own.vm_id), each.config))
    script.set_joined(
        *([to_bytes(n) for n in sorted(rules.joined[d])] for d in ("request", "response"))
    )
    if fault is not None:
        script.set_fault(fault)
    script.set_properties(
        [
            (b"\0".join(map(to_bytes, path)), value)
            for path, value in implied.complete(fixture.properties).items()
        ]
    )
    script.set_foreign(dict(FUNCTIONS))
    _check_shared_data(fixture, limits)
    script.set_shared_data([(to_bytes(key), value) for key, value in fixture.shared_data.items()])
    for rule in fixture.callouts:
        script.add_callout(_callout(rule))
    for step in fixture.steps:
        _add(script, fixture, step, rules)
    return script


def _check_shared_data(fixture: Fixture, limits: Limits) -> None:
    size = sum(len(to_bytes(key)) + len(value) for key, value in fixture.shared_data.items())
    if size > limits.log_bytes // 2:
        raise BadInput(
            f"{fixture.name}: {size} bytes of shared data are more than this run may hold",
            advice="Give it less, or raise the limit: --limit log=...",
            at=fixture.place,
        )


def _named(plugin: Plugin, vm_id: str | None) -> Plugin:
    return plugin if plugin.vm_id is not None else replace(plugin, vm_id=vm_id)


def _plugin(plugin: Plugin, config: bytes) -> _Plain:
    return {
        "name": to_bytes(plugin.name),
        "root_id": to_bytes(plugin.root_id),
        "vm_id": to_bytes(plugin.vm_id or ""),
        "config": config,
        "vm_config": plugin.vm_config,
        "environment": [(to_bytes(k), to_bytes(v)) for k, v in plugin.environment.items()],
        "capabilities": list(plugin.capabilities),
        "failure_policy": plugin.failure_policy,
        "allow_on_headers_stop_iteration": plugin.allow_on_headers_stop_iteration,
    }


def _callout(rule: CalloutRule) -> _Plain:
    reply = rule.reply
    return {
        "cluster": to_bytes(rule.match.cluster),
        "headers": _sorted_pairs(rule.match.headers),
        "body": None if rule.match.body is None else _matcher(rule.match.body),
        "times": rule.times,
        "reply": {
            "headers": _pairs(reply.headers),
            "chunks": list(reply.body),
            "trailers": _trailers(reply.trailers),
            "after": reply.after,
            "timeout": reply.timeout,
            "reset": reply.reset,
            "no_cluster": reply.no_cluster,
            "messages": list(reply.messages),
            "grpc_status": reply.grpc_status,
            "grpc_message": to_bytes(reply.grpc_message),
        },
    }


def _sorted_pairs(headers: Mapping[str, str]) -> _Pairs:
    return _pairs(tuple(sorted(headers.items())))


def _matcher(wanted: BodyExpectation) -> Callable[[bytes], bool]:
    if wanted.equals is not None:
        return wanted.equals.__eq__
    if wanted.contains is not None:
        part = wanted.contains
        return lambda body: part in body
    pattern = re.compile(to_bytes(wanted.matches or ""))
    return lambda body: pattern.search(body) is not None


def _add(script: _core.Script, fixture: Fixture, step: Step, rules: wire.Wire) -> None:
    match step:
        case Tick():
            script.add_tick(step.nanoseconds, step.overlap)
        case Connection():
            script.add_connection([(e.peer, e.what, e.data) for e in step.events])
        case Exchange():
            _add_exchange(script, fixture, step, rules)


def _add_exchange(script: _core.Script, fixture: Fixture, step: Exchange, rules: wire.Wire) -> None:
    request, answer = step.request, step.answer
    # The client's side alone; Envoy speaks HTTP/2 to the upstream all the same.
    old = fixture.protocol == "http/1.1"
    # The upstream's codec resets what is beyond its limits, before anybody has seen it.
    cut = fixture.default_limits and admission.oversized(answer.headers)
    replied = (answer.headers or not answer.reset) and not cut
    refused = admission.refusal(
        request.headers,
        fixture.protocol,
        minor=script.envoy_minor,
        rules=rules,
        default_limits=fixture.default_limits,
    )
    arriving = rules.arriving(
        request.headers, "request", http1=old, early=refused is not None and refused.early
    )
    script.add_exchange(
        {
            "request": {
                "headers": _pairs(arriving),
                "chunks": _merged(request, cut=step.abort == "request")
                if old
                else _frames(request.body, rules),
                "trailers": None if old else _trailers(request.trailers),
            },
            "answer": {
                "headers": _pairs(rules.arriving(answer.headers, "response")) if replied else [],
                "chunks": _frames(answer.body, rules),
                "trailers": _trailers(answer.trailers),
            },
            "after": answer.after,
            "reset": answer.reset or cut,
            "abort": step.abort,
            "overlap": step.overlap,
        }
    )
    if refused:
        script.refuse_last(refused.status, to_bytes(refused.details), to_bytes(refused.body))


def _limits(limits: Limits, buffer: int | None) -> _core.Limits:
    """`buffer`: what a paused stream may hold; over HTTP/2 that is its flow-control window, which
    the hosts keep open wide.
    """
    native = _core.Limits()
    native.memory, native.stack = limits.memory, limits.stack
    native.table_elements, native.deadline_ms = limits.table_elements, limits.deadline_ms
    native.log_bytes, native.body_bytes = limits.log_bytes, limits.body_bytes
    if limits.fuel is not None:
        native.fuel = limits.fuel
    native.buffer_bytes = limits.body_bytes if buffer is None else buffer
    return native


def _merged(request: Request, *, cut: bool) -> list[bytes]:
    """As an HTTP/1 codec gives chunks written together: one piece, then an empty end of stream.

    `cut`: there is no end. An empty message that was chunked still has that end; one of
    `content-length: 0` does not.
    """
    whole = b"".join(request.body)
    if cut:
        return [whole] if whole else []
    if whole:
        return [whole, b""]
    names = {name.lower() for name, _ in request.headers}
    chunked = request.body or request.trailers or "transfer-encoding" in names
    return [b""] if chunked and "content-length" not in names else []


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
