"""Names of registries and tags."""

import pytest

from tamis.oci.registry.names import api_host, api_repository, is_loopback, is_tag


def test_docker_hub() -> None:
    assert api_host("docker.io") == api_host("index.docker.io") == "registry-1.docker.io"
    assert api_repository("docker.io", "envoy") == "library/envoy"
    assert api_repository("docker.io", "acme/envoy") == "acme/envoy"
    assert (api_host("ghcr.io"), api_repository("ghcr.io", "envoy")) == ("ghcr.io", "envoy")


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:5000", "x.localhost", "127.0.0.1", "127.8.8.8:80", "[::1]:5000"],
)
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["localhost.evil.io", "127.0.0.1.evil.io", "ghcr.io", "10.0.0.1:5000", "[::2]", "1270.0.0.1"],
)
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_tags() -> None:
    assert is_tag("1.0.0-rc.1")
    assert not any(map(is_tag, ("", "1.0+build", "-x", "a" * 129, "a\n")))
