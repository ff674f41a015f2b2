"""What a fixture's properties ask of a judging Envoy, and which of them nobody can tell it.

The table is properties.toml; here are the means that it names.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from tamis.envoy.judging import addresses, computed, tls, values
from tamis.envoy.judging.addresses import Address
from tamis.envoy.judging.tls import Tls
from tamis.envoy.judging.values import Unsayable
from tamis.model.choices import Layer
from tamis.model.exchange import Fixture, PropertyPath, to_bytes

__all__ = ["Field", "Told", "Untold", "tell"]

#: Objects of the configuration that have metadata, by namespaces.
_OBJECTS = ("listener", "cluster", "endpoint", "locality", "route", "host")
_ROUTELESS = "the connections of a network filter have no route"
#: How long the places are of what is a map, by object.
_MAPS = {"node": 2, "dynamic": 2, **dict.fromkeys(_OBJECTS, 4)}
#: What a peer's certificate has, and a fixture cannot say.
_OF_PEER = ("sha256_peer_certificate_digest", "peer_certificate")
_NEW = "the certificate is made anew for each run"
#: The ends of the client's connection.
_ENDS = ("source", "destination")
_DIRECTIONS = {0: "UNSPECIFIED", 1: "INBOUND", 2: "OUTBOUND"}
#: More endpoints of a cluster than anybody needs, and Envoy would still start with in time.
_ENDPOINTS = 1000


#: What a client says of itself, for an Envoy that must be told something.
_SOME = Address("127.0.0.1", 1)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of Envoy's configuration: where it is, and a property's value as a guest reads it."""

    place: tuple[str, ...]
    value: bytes
    form: str = "text"

    def json(self) -> object:
        """As the configuration says it. Raises Unsayable."""
        if self.form == "struct":
            return self._struct()
        if self.form == "direction":
            number = values.number(self.value)
            if number not in _DIRECTIONS:
                raise Unsayable("a direction is 0, 1 or 2")
            return _DIRECTIONS[number]
        return values.text(self.value)

    def _struct(self) -> object:
        found = values.structure(self.value)
        # A namespace is a map; so is what holds all of them, and a node's metadata.
        if len(self.place) <= _MAPS[self.place[0]] and not isinstance(found, dict):
            raise Unsayable("Envoy has a map there")
        return found


@dataclass(frozen=True, slots=True)
class Told:
    """What distinguishes an Envoy by what it was told.

    `cluster` is where requests go; it has `endpoints`, of which one is ours. `source`,
    `destination`: of the client's connection; `upstream`: of our endpoint. `tls`, `upstream_tls`:
    None: there is none. `state`: filter state, by name.
    """

    fields: tuple[Field, ...] = ()
    cluster: str = "upstream"
    endpoints: int = 1
    source: Address = Address()
    destination: Address = Address()
    upstream: Address = Address()
    tls: Tls | None = None
    upstream_tls: Tls | None = None
    state: tuple[tuple[str, str], ...] = ()

    def configured(self) -> "Told":
        """As far as an Envoy's configuration goes: a client brings its addresses with it."""
        proxied = self.source or self.destination
        return replace(self, source=_SOME if proxied else Address(), destination=Address())

    def objects(self) -> Mapping[str, dict[str, object]]:
        """The fields of each object of the configuration, by the object's name."""
        tree: dict[str, Any] = {}
        for each in self.fields:
            branch: object = each.json()
            for name in reversed(each.place):
                branch = {name: branch}
            tree = values.merge(tree, branch)  # type: ignore[arg-type]
        return tree


@dataclass(frozen=True, slots=True)
class Untold:
    """A property of the fixture that this Envoy does not have, or has another value of, and why."""

    path: PropertyPath
    why: str

    @property
    def name(self) -> str:
        """As fixtures write it."""
        return ".".join(self.path)

    @property
    def size(self) -> int:
        """Bytes of the path as guests write it."""
        return len(to_bytes(" ".join(self.path)))


def tell(fixture: Fixture, layer: Layer, minor: int) -> tuple[Told, tuple[Untold, ...]]:
    """What Envoy 1.`minor` is told of the fixture's properties, and what not.

    Raises Missing when it takes certificates and the extra that makes them is not there.
    """
    telling = _Telling(fixture, layer, minor)
    untold = []
    for path, value in sorted(fixture.properties.items()):
        try:
            telling.take(path, value)
        except Unsayable as error:
            untold.append(Untold(path, str(error)))
    told, more = telling.end()
    return told, (*untold, *more)


class _Telling:
    """Properties one by one, then what several of them say together."""

    def __init__(self, fixture: Fixture, layer: Layer, minor: int) -> None:
        self._fixture, self._layer, self._minor = fixture, layer, minor
        self._told = Told()
        self._secured: dict[str, dict[str, bytes]] = {"tls": {}, "upstream_tls": {}}

    def take(self, path: PropertyPath, value: bytes) -> None:
        """One property. Raises Unsayable."""
        kind, how, rest = _entry(path)
        if kind == "untold":
            raise Unsayable(how)
        if _table()["since"].get(path, 0) > self._minor:
            raise Unsayable(f"Envoy 1.{self._minor} has no means for it")
        if kind == "computed":
            computed.check(how, rest, value, self._fixture)
        elif kind in self._secured:
            self._secured[kind][how] = value
        elif kind == "means":
            self._told = _MEANS[how](self._told, value, rest)
        else:
            self._add(kind, how, rest, value)

    def _add(self, kind: str, how: Mapping[str, str], rest: PropertyPath, value: bytes) -> None:
        if kind == "routes" and self._layer == "network":
            raise Unsayable(_ROUTELESS)
        found = Field((*how["at"].split("."), *rest), value, how.get("as", "text"))
        found.json()
        self._told = replace(self._told, fields=(*self._told.fields, found))

    def end(self) -> tuple[Told, list[Untold]]:
        """All that was told, and what contradicts itself."""
        told, untold = self._told, []
        try:
            told = replace(told, tls=tls.downstream(self._secured["tls"]))
        except Unsayable as error:
            untold += self._all("tls", str(error))
        try:
            told = replace(told, upstream_tls=tls.upstream(self._secured["upstream_tls"]))
        except Unsayable as error:
            untold += self._all("upstream_tls", str(error))
        for side, root in ((told.tls, "connection"), (told.upstream_tls, "upstream")):
            new = [(root, name) for name in _OF_PEER] if side and side.peer else []
            untold += [Untold(path, _NEW) for path in new if path not in self._fixture.properties]
        ends = told.source, told.destination
        if all(each.ip for each in ends) and ends[0].six != ends[1].six:
            why = "the ends of a connection are both of IPv4, or both of IPv6"
            untold += [Untold(path, why) for path in self._fixture.properties if path[0] in _ENDS]
            told = replace(told, source=Address(), destination=Address())
        return told, untold

    def _all(self, table: str, why: str) -> list[Untold]:
        return [Untold(path, why) for path in self._fixture.properties if path in _table()[table]]


@cache
def _table() -> Mapping[str, Mapping[PropertyPath, Any]]:
    text = files("tamis.envoy.judging").joinpath("properties.toml").read_text("utf-8")
    return {
        kind: {tuple(key.split(".")): how for key, how in entries.items()}
        for kind, entries in tomllib.loads(text).items()
    }


@cache
def _ways() -> Mapping[PropertyPath, tuple[str, Any]]:
    return {
        key: (kind, how)
        for kind, entries in _table().items()
        for key, how in entries.items()
        if kind != "since"
    }


def _entry(path: PropertyPath) -> tuple[str, Any, PropertyPath]:
    """(table, entry, what its `*` or `**` stands for) of the longest key that fits."""
    ways = _ways()
    if path in ways:
        return (*ways[path], ())
    if (*path[:-1], "*") in ways:
        return (*ways[*path[:-1], "*"], path[-1:])
    at = next(at for at in range(len(path), -1, -1) if (*path[:at], "**") in ways)
    return (*ways[*path[:at], "**"], path[at:])


def _cluster(told: Told, value: bytes, _: PropertyPath) -> Told:
    name = values.text(value)
    if not name:
        raise Unsayable("a cluster has a name")
    return replace(told, cluster=name)


def _endpoints(told: Told, value: bytes, _: PropertyPath) -> Told:
    count = values.number(value)
    if not 1 <= count <= _ENDPOINTS:
        raise Unsayable(f"the judged cluster has 1 to {_ENDPOINTS} endpoints")
    return replace(told, endpoints=count)


def _state(told: Told, value: bytes, rest: PropertyPath) -> Told:
    return replace(told, state=(*told.state, (rest[0], values.text(value))))


def _address(end: str) -> Callable[[Told, bytes, PropertyPath], Told]:
    return lambda told, value, _: _with_end(told, end, addresses.of(values.text(value)))


def _port(end: str) -> Callable[[Told, bytes, PropertyPath], Told]:
    def means(told: Told, value: bytes, _: PropertyPath) -> Told:
        known: Address = getattr(told, end)
        return _with_end(told, end, addresses.with_port(known, values.number(value)))

    return means


def _with_end(told: Told, end: str, address: Address) -> Told:
    if end == "source":
        return replace(told, source=address)
    if end == "destination":
        return replace(told, destination=address)
    return replace(told, upstream=address)


_MEANS: Mapping[str, Callable[[Told, bytes, PropertyPath], Told]] = {
    "cluster": _cluster,
    "endpoints": _endpoints,
    "state": _state,
    **{end: _address(end) for end in (*_ENDS, "upstream")},
    **{f"{end}_port": _port(end) for end in (*_ENDS, "upstream")},
}
