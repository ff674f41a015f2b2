"""Properties that Envoy computes: whether a fixture's value is what it would find anyway."""

from collections.abc import Iterator

from tamis.envoy.judging.values import Unsayable
from tamis.model.exchange import Exchange, Fixture, PropertyPath, to_bytes
from tamis.profiles.wire import vm_id

__all__ = ["check"]


def check(how: str, rest: PropertyPath, value: bytes, fixture: Fixture) -> None:
    """Raises Unsayable unless `value` is what Envoy computes in every exchange of the fixture.

    `how`: the entry of properties.toml; `rest`: what its `*` stands for.
    """
    kind, _, what = how.partition(" ")
    if kind.startswith("plugin."):
        if value != to_bytes(_plugin(kind.partition(".")[2], fixture)):
            raise Unsayable("Envoy has it from the plugin: say it under `plugin`")
        return
    if kind == "protocol":
        if value != fixture.protocol.upper().encode():
            raise Unsayable("Envoy has it from the connection: say it as `protocol`")
        return
    name = rest[0].lower() if what == "*" else what or ":path"
    found = {_read(kind, name, exchange) for exchange in fixture.exchanges}
    if found - {value}:
        raise Unsayable(f"Envoy computes it from the request, whose {name} says another")


def _plugin(field: str, fixture: Fixture) -> str:
    own = getattr(fixture.plugin, field)
    return vm_id(fixture) if own is None else str(own)


def _read(kind: str, name: str, exchange: Exchange) -> bytes | None:
    values = list(_values(name, exchange))
    joined = ",".join(values)
    if not values:
        return None
    path, _, query = joined.partition("?")
    chosen = {"url_path": path, "query": query.partition("#")[0]}.get(kind, joined)
    return to_bytes(chosen)


def _values(name: str, exchange: Exchange) -> Iterator[str]:
    return (value for each, value in exchange.request.headers if each.lower() == name)
