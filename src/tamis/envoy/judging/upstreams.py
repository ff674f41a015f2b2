"""The cluster that requests go to, as the fixture's properties describe it."""

from tamis.envoy.judging.addresses import Address
from tamis.envoy.judging.told import Told
from tamis.envoy.judging.values import merge
from tamis.envoy.plugins import TYPE, Json
from tamis.envoy.wiring import tcp

__all__ = ["upstream"]

_PROXIED = TYPE + "envoy.extensions.transport_sockets.http_11_proxy.v3.Http11ProxyUpstreamTransport"
_RAW = TYPE + "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"
_PROXY_ADDRESS = "envoy.http11_proxy_transport_socket.proxy_address"


def upstream(told: Told, cluster: Json, address: Json, behind: Json | None) -> Json:
    """`cluster`, whose endpoint is at `address`, with all that was told; `behind`: its TLS."""
    fields = told.objects()
    endpoint: Json = {"endpoint": {"address": address}}
    transport = behind
    if told.upstream:
        # Envoy takes the endpoint to be there, and asks a proxy for it: us.
        endpoint["endpoint"] = {"address": _address(told.upstream)}
        typed = {"@type": TYPE + "envoy.config.core.v3.Address", **address}
        endpoint["metadata"] = {"typed_filter_metadata": {_PROXY_ADDRESS: typed}}
        transport = _proxied(transport)
    if transport:
        cluster = {**cluster, "transport_socket": transport}
    locality: Json = {"lb_endpoints": [merge(endpoint, fields.get("endpoint", {}))]}
    localities = [merge(locality, fields.get("locality", {}))]
    if told.endpoints > 1:
        # Of a lower priority, so that nobody is ever sent there.
        more = [{"endpoint": {"address": address}} for _ in range(told.endpoints - 1)]
        localities.append({"priority": 1, "lb_endpoints": more})
    assignment = {"cluster_name": told.cluster, "endpoints": localities}
    return merge({**cluster, "load_assignment": assignment}, fields.get("cluster", {}))


def _address(address: Address) -> Json:
    whole = address.whole()
    return tcp(whole.port, whole.ip)


def _proxied(inner: Json | None) -> Json:
    raw: Json = {"name": "envoy.transport_sockets.raw_buffer", "typed_config": {"@type": _RAW}}
    typed = {"@type": _PROXIED, "transport_socket": inner or raw}
    return {"name": "envoy.transport_sockets.http_11_proxy", "typed_config": typed}
