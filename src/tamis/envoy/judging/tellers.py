"""Filters of Envoy's own in front of the judged one: a stream gets from them what was told."""

from tamis.envoy.judging.setup import Setup
from tamis.envoy.judging.told import Told
from tamis.envoy.plugins import TYPE, Json

__all__ = ["openers", "tellers"]

_LISTENER = TYPE + "envoy.extensions.filters.listener."
_HTTP = TYPE + "envoy.extensions.filters.http."
_NETWORK = TYPE + "envoy.extensions.filters.network."


def openers(told: Told) -> list[Json]:
    """Listener filters: they read what comes before the first byte of a connection."""
    found: list[Json] = []
    if told.source or told.destination:
        kind = f"{_LISTENER}proxy_protocol.v3.ProxyProtocol"
        found.append(_filter("listener.proxy_protocol", kind))
    if told.tls and told.tls.server_name:
        kind = f"{_LISTENER}tls_inspector.v3.TlsInspector"
        found.append(_filter("listener.tls_inspector", kind))
    return found


def tellers(setup: Setup) -> list[Json]:
    """HTTP or network filters: they set dynamic metadata and filter state."""
    told = setup.told
    found: list[Json] = []
    metadata = told.objects().get("dynamic", {})
    if metadata:
        values = [{"metadata_namespace": name, "value": each} for name, each in metadata.items()]
        kind = f"{_HTTP}set_metadata.v3.Config"
        found.append(_filter("http.set_metadata", kind, metadata=values))
    if told.state:
        rules = [_rule(*each) for each in told.state]
        if setup.network:
            kind = f"{_NETWORK}set_filter_state.v3.Config"
            found.append(_filter("network.set_filter_state", kind, on_new_connection=rules))
        else:
            kind = f"{_HTTP}set_filter_state.v3.Config"
            found.append(_filter("http.set_filter_state", kind, on_request_headers=rules))
    return found


def _rule(name: str, value: str) -> Json:
    text = {"inline_string": value.replace("%", "%%")}
    return {
        "object_key": name,
        "factory_key": "envoy.string",
        "format_string": {"text_format_source": text},
    }


def _filter(name: str, kind: str, **config: object) -> Json:
    return {"name": f"envoy.filters.{name}", "typed_config": {"@type": kind, **config}}
