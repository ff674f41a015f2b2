"""Where a registry may send us for a token, and what is told to whom."""

from types import SimpleNamespace
from typing import Any

import pytest

from tamis.errors import Unreachable
from tamis.oci.registry.connections import Connections
from tamis.oci.registry.credentials import Credentials
from tamis.oci.registry.patience import Patience
from tamis.oci.registry.tokens import Tokens
from tamis.oci.registry.wire import Wire


class Heard(Wire):
    """Nobody is spoken to: who would have been, is noted."""

    def send(self, method: str, url: str, **_: Any) -> Any:
        raise ConnectionAbortedError(f"{method} {url}")


def challenged(realm: str, registry: str = "ghcr.io", *, plain: bool = False) -> str:
    """The request that this realm leads to."""
    wire = Heard(Connections(Patience()), registry, Patience(), plain)
    tokens = Tokens(wire, "acme/one", registry, Credentials("alice", "secret"))
    answer: Any = SimpleNamespace(every=lambda _: f'Bearer realm="{realm}",service="s"')
    with pytest.raises(ConnectionAbortedError) as caught:
        tokens.renewed(answer, "", "pull")
    return str(caught.value)


def test_a_realm_elsewhere_by_tls() -> None:
    asked = challenged("https://auth.example/token?a=b")
    scope = "scope=repository%3Aacme%2Fone%3Apull"
    assert asked == f"GET https://auth.example/token?a=b&{scope}&service=s"


@pytest.mark.parametrize(
    ("realm", "why"),
    [
        ("https://10.0.0.1/token", "inside our own network"),
        ("https://169.254.169.254/latest", "inside our own network"),
        ("https://localhost/token", "inside our own network"),
        ("https://[::1]/token", "inside our own network"),
        ("http://auth.example/token", "not https"),
        ("http://ghcr.io/token", "not https"),
        ("file:///etc/passwd", "not https"),
        ("//auth.example", "not https"),
        ("https://", "not https"),
        ("https://x:0/", "not https"),
        ("https://a b/", "not https"),
    ],
)
def test_hostile_realms(realm: str, why: str) -> None:
    wire = Heard(Connections(Patience()), "ghcr.io", Patience())
    tokens = Tokens(wire, "acme/one", "ghcr.io", Credentials("alice", "secret"))
    answer: Any = SimpleNamespace(every=lambda _: f'Bearer realm="{realm}"')
    with pytest.raises(Unreachable, match=why):
        tokens.renewed(answer, "", "pull")


def test_a_registry_inside_may_name_one_inside() -> None:
    assert "https://10.0.0.2/" in challenged("https://10.0.0.2/token", "10.0.0.1:5000")


def test_plain_only_to_the_same_host_or_to_this_machine() -> None:
    assert "http://r.corp/" in challenged("http://r.corp/token", "r.corp", plain=True)
    assert "http://127.0.0.1:1/" in challenged("http://127.0.0.1:1/token", "r.corp", plain=True)
    with pytest.raises(Unreachable, match="not https"):
        challenged("http://other.corp/token", "r.corp", plain=True)
