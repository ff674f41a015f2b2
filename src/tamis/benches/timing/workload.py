"""Which exchanges of the fixtures an Envoy is measured with, and what the filter meets of them.

All of one configuration (the filter's own, else the most frequent), over HTTP/1.1 connections that
stay open. What cannot travel so is left out, and why is told.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tamis.envoy.measuring.lanes import SELECTOR
from tamis.errors import BadInput
from tamis.model.exchange import Answer, CalloutRule, Exchange, Fixture, Headers, Request, to_bytes
from tamis.model.measured import LeftOut
from tamis.model.plugin import Plugin

__all__ = ["Workload", "choose"]

#: Bytes of headers, and of a body, well within Envoy's own limits.
_HEAD, _BODY = 48 << 10, 512 << 10
#: As many different exchanges are sent at most: each has a route, and routes are tried in order.
_MOST = 64
_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te", "expect"}
)
_FRAMING = "transfer-encoding"
#: What no line of HTTP/1.1 holds.
_BREAKS = frozenset("\r\n\0")


@dataclass(frozen=True, slots=True)
class Workload:
    """What is sent, round robin: `exchanges` as the filter meets them, of a plugin that is `plugin`
    with `config`. `services` answers callouts, by the name of their cluster.
    """

    plugin: Plugin
    config: bytes
    exchanges: tuple[Exchange, ...]
    left_out: tuple[LeftOut, ...] = ()
    services: Mapping[str, tuple[CalloutRule, ...]] = field(default_factory=dict)

    @property
    def bodies(self) -> bool:
        """Whether any request has one."""
        return any(each.request.body for each in self.exchanges)

    @property
    def requests(self) -> tuple[bytes, ...]:
        """As HTTP/1.1; each names its answer by its number."""
        return tuple(_rendered(each.request) for each in self.exchanges)

    @property
    def fixture(self) -> Fixture:
        """The same for the host core, where it is counted."""
        return Fixture(
            name="what is sent",
            path=Path("what-is-sent.yaml"),
            steps=tuple(map(_counted, self.exchanges)),
            config=self.config,
            callouts=tuple(rule for rules in self.services.values() for rule in rules),
            plugin=self.plugin,
        )

    def without(self, why: Mapping[int, str]) -> "Workload":
        """Less those, by their number, for that reason. Raises BadInput where none is left."""
        kept = [each for at, each in enumerate(self.exchanges) if at not in why]
        left_out = _told([*why.values()], self.left_out)
        if not kept:
            raise BadInput(
                f"none of the fixtures can be sent to Envoy: {_listed(left_out)}",
                advice="Add a fixture with a plain exchange: a request, an answer, no fault.",
            )
        numbered = tuple(_numbered(at, each) for at, each in enumerate(kept))
        return replace(self, exchanges=numbered, left_out=left_out)


def choose(fixtures: Sequence[Fixture], config: bytes) -> Workload:
    """Those that can be sent; of those with `config`, if there are any.

    Raises BadInput where there is none.
    """
    reasons: list[str] = []
    fine: list[tuple[Fixture, Exchange]] = []
    for fixture in fixtures:
        for at, step in enumerate(fixture.steps):
            if not isinstance(step, Exchange):
                continue
            why = _unfit(fixture) or _unsendable(step, fixture.steps[at + 1 :])
            if why:
                reasons.append(why)
            else:
                fine.append((fixture, step))
    settings = Counter((fixture.config, _key(fixture.plugin)) for fixture, _ in fine)
    own = [key for key in settings if key[0] == config]
    wanted = max(own or settings, key=settings.__getitem__, default=(config, ""))
    services: dict[str, tuple[CalloutRule, ...]] = {}
    plugin = Plugin()
    kept: list[Exchange] = []
    for fixture, exchange in fine:
        if (fixture.config, _key(fixture.plugin)) != wanted:
            reasons.append("its fixture has another configuration")
        elif not _joined(services, fixture):
            reasons.append("another fixture answers its callouts otherwise")
        elif len(kept) == _MOST:
            reasons.append(f"{_MOST} are enough")
        else:
            plugin = fixture.plugin
            kept.append(exchange)
    met = tuple(map(_met, kept))
    chosen = Workload(replace(plugin, vm_id="tamis"), wanted[0], met, services=services)
    return replace(chosen, left_out=_told(reasons)).without({})


def _key(plugin: Plugin) -> str:
    return repr(plugin)


def _unfit(fixture: Fixture) -> str:
    """Why nothing of a fixture is sent, or ""."""
    if fixture.beside or fixture.shared_data:
        return "its fixture has plugins beside it, or data that others left"
    if fixture.default_limits:
        return "it is about Envoy's own limits"
    if any(rule.times for rule in fixture.callouts):
        return "its callouts are answered by turns"
    for rule in fixture.callouts:
        reply = rule.reply
        if reply.timeout or reply.reset or reply.no_cluster:
            return "its callouts fail"
        if reply.messages or reply.grpc_status is not None or rule.match.body:
            return "its callouts are gRPC, or told apart by their body"
    return ""


def _unsendable(exchange: Exchange, behind: Sequence[object]) -> str:
    """Why an exchange cannot travel, or ""; `behind`: the steps below it."""
    request, answer = exchange.request, exchange.answer
    if exchange.abort or answer.reset:
        return "one side breaks it off"
    if exchange.overlap or (behind and getattr(behind[0], "overlap", False)):
        return "it overlaps with others"
    if answer.trailers:
        return "its answer has trailers, which Envoy's own have not"
    head = dict(request.headers)
    if head.get(":method", "GET") == "CONNECT" or not head.get(":path", "/").startswith("/"):
        return "HTTP/1.1 has another form for it"
    if not all(map(_plain, (request.headers, request.trailers, answer.headers))):
        return "HTTP/1.1 cannot carry its headers"
    status = dict(answer.headers).get(":status", "200")
    if not status.isdecimal() or not 200 <= int(status) < 600:
        return "Envoy does not answer so by itself"
    length = sum(map(len, request.body))
    if head.get("content-length", str(length)) != str(length):
        return "its content-length is wrong"
    size = sum(len(name) + len(value) for name, value in (*request.headers, *answer.headers))
    if size > _HEAD or max(length, sum(map(len, answer.body))) > _BODY:
        return "it is larger than what Envoy takes unless told otherwise"
    return ""


def _plain(headers: Headers) -> bool:
    names = [name for name, _ in headers]
    pseudo = [name for name in names if name.startswith(":")]
    return (
        len(set(pseudo)) == len(pseudo)
        and _HOP.isdisjoint(names)
        and all(name and name == name.strip() and value == value.strip() for name, value in headers)
        and all(_BREAKS.isdisjoint(name + value) for name, value in headers)
        and all(" " not in value for name, value in headers if name.startswith(":"))
        and all(" " not in name and ":" not in name[1:] for name in names)
    )


def _joined(services: dict[str, tuple[CalloutRule, ...]], fixture: Fixture) -> bool:
    """Whether the fixture's callouts can be answered beside those of others."""
    own: dict[str, tuple[CalloutRule, ...]] = {}
    for rule in fixture.callouts:
        own[rule.match.cluster] = (*own.get(rule.match.cluster, ()), rule)
    if any(services.get(name, rules) != rules for name, rules in own.items()):
        return False
    services.update(own)
    return True


def _met(exchange: Exchange) -> Exchange:
    """As the filter meets it: a body in one piece, and what HTTP/1.1 ends it with."""
    request, answer = exchange.request, exchange.answer
    head = {":method": "GET", ":path": "/", ":scheme": "http", ":authority": "tamis"}
    head |= {name: value for name, value in request.headers if name in head and value}
    head[":scheme"] = "http"
    fields = [
        (name, value)
        for name, value in request.headers
        if not name.startswith(":") and name not in (SELECTOR, "content-length")
    ]
    whole = b"".join(request.body)
    if request.trailers:
        fields.append((_FRAMING, "chunked"))
    elif whole:
        fields.append(("content-length", str(len(whole))))
    # Over HTTP/1.1 the end of a body is a call of its own, unless trailers tell of it.
    pieces = (whole,) if request.trailers else (whole, b"")
    body = b"".join(answer.body)
    return replace(
        exchange,
        request=Request(
            (*head.items(), *fields), pieces if whole or request.trailers else (), request.trailers
        ),
        answer=Answer(answer.headers, (body,) if body else ()),
    )


def _counted(exchange: Exchange) -> Exchange:
    """For the host core: as HTTP/1.1 it has no trailers, as HTTP/2 it refuses what frames them."""
    request = exchange.request
    fields = tuple(pair for pair in request.headers if pair[0] != _FRAMING)
    return replace(exchange, request=replace(request, headers=fields))


def _numbered(at: int, exchange: Exchange) -> Exchange:
    request = exchange.request
    fields = tuple(pair for pair in request.headers if pair[0] != SELECTOR)
    return replace(exchange, request=replace(request, headers=(*fields, (SELECTOR, str(at)))))


def _rendered(request: Request) -> bytes:
    head = dict(request.headers)
    lines = [f"{head[':method']} {head[':path']} HTTP/1.1", f"host: {head[':authority']}"]
    lines += [f"{name}: {value}" for name, value in request.headers if not name.startswith(":")]
    out = to_bytes("\r\n".join((*lines, "", "")))
    whole = b"".join(request.body)
    if not request.trailers:
        return out + whole
    ends = "".join(f"{name}: {value}\r\n" for name, value in request.trailers)
    chunk = b"%x\r\n%b\r\n" % (len(whole), whole) if whole else b""
    return out + chunk + b"0\r\n" + to_bytes(ends) + b"\r\n"


def _told(why: Iterable[str], before: Sequence[LeftOut] = ()) -> tuple[LeftOut, ...]:
    counts = Counter(why)
    for each in before:
        counts[each.why] += each.exchanges
    return tuple(LeftOut(*each) for each in counts.most_common())


def _listed(left_out: Sequence[LeftOut]) -> str:
    return "; ".join(f"{each.why} ({each.exchanges})" for each in left_out) or "there is none"
