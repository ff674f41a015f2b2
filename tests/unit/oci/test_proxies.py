"""Which proxy stands before a registry."""

import pytest

from tamis.errors import BadInput
from tamis.oci.registry.proxies import Proxy, proxy_for

HTTPS = {"HTTPS_PROXY": "http://proxy.corp:3128"}


@pytest.mark.parametrize(
    ("scheme", "host", "environment", "expected"),
    [
        ("https", "ghcr.io", {}, None),
        ("https", "ghcr.io", HTTPS, Proxy("proxy.corp", 3128)),
        ("http", "ghcr.io", HTTPS, None),
        ("https", "ghcr.io", {"ALL_PROXY": "proxy"}, Proxy("proxy", 80)),
        ("https", "ghcr.io", {**HTTPS, "https_proxy": "http://mine:1"}, Proxy("mine", 1)),
        ("https", "ghcr.io", {"HTTPS_PROXY": "http://a:b%40@p:1"}, Proxy("p", 1, "Basic YTpiQA==")),
        ("https", "localhost:5000", HTTPS, None),
        ("https", "127.0.0.1:5000", HTTPS, None),
        ("https", "[::1]:5000", HTTPS, None),
    ],
)
def test_proxy(scheme: str, host: str, environment: dict[str, str], expected: Proxy | None) -> None:
    assert proxy_for(scheme, host, environment) == expected


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        ("*", "ghcr.io"),
        ("ghcr.io", "ghcr.io"),
        ("ghcr.io", "eu.ghcr.io"),
        (".corp", "registry.corp:5000"),
        ("*.corp", "registry.corp"),
        ("a, CORP ,b", "registry.corp"),
        ("registry.corp:5000", "registry.corp:5000"),
        ("10.0.0.0/8", "10.1.2.3:5000"),
        ("10.1.2.3", "10.1.2.3"),
        ("fd00::/8", "[fd00::1]:5000"),
    ],
)
def test_no_proxy(entry: str, host: str) -> None:
    assert proxy_for("https", host, {**HTTPS, "NO_PROXY": entry}) is None


@pytest.mark.parametrize(
    ("entry", "host"),
    [
        ("", "ghcr.io"),
        ("ghcr.io", "notghcr.io"),
        ("ghcr.io", "ghcr.io.evil"),
        ("registry.corp:5000", "registry.corp"),
        ("10.0.0.0/8", "11.0.0.1"),
        ("10.0.0.0/99", "10.0.0.1"),
        ("10.0.0.0/8", "ten.corp"),
    ],
)
def test_no_exception(entry: str, host: str) -> None:
    assert proxy_for("https", host, {**HTTPS, "NO_PROXY": entry}) == Proxy("proxy.corp", 3128)


@pytest.mark.parametrize("value", ["socks5://u:hunter2@p:1", "https://p", "http://", "http://p:x"])
def test_proxies_that_cannot_be_used(value: str) -> None:
    with pytest.raises(BadInput, match="cannot be used") as caught:
        proxy_for("https", "ghcr.io", {"HTTPS_PROXY": value})
    assert "hunter2" not in str(caught.value)


def test_the_password_does_not_show() -> None:
    assert "Basic" not in repr(proxy_for("https", "ghcr.io", {"HTTPS_PROXY": "http://a:b@p"}))
