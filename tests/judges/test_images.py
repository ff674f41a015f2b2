"""An Envoy in an image that skopeo pushed, in docker-registry: taken out by our own client."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docker_registry import serve, skopeo
from tests.images import ELF, file, folder, image, layer, to_folder

from tamis import envoy

pytestmark = pytest.mark.judge


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from serve(tmp_path_factory.mktemp("registry"))


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As Istio's proxy: the Envoy in the middle, its layers plain."""
    binary = envoy.find().path.read_bytes()
    middle = layer(file("usr/local/bin/envoy", binary), pack="plain")
    base = layer(folder("usr"), file("bin/sh", ELF), pack="plain")
    above = layer(file("usr/local/bin/pilot-agent", ELF), pack="plain")
    place = tmp_path_factory.mktemp("image")
    to_folder(image(base, middle, above, Entrypoint=["/usr/local/bin/pilot-agent"]), place, "1")
    return place


@pytest.mark.parametrize(
    "form",
    [
        ("--format=v2s2",),
        ("--format=oci", "--dest-compress-format=zstd", "--dest-compress-level=1"),
        ("--format=oci", "--dest-decompress"),
    ],
    ids=lambda form: form[-1],
)
def test_fixtures_run_in_the_envoy_of_an_image(
    host: str,
    layout: Path,
    form: tuple[str, ...],
    header_policy: Path,
    tmp_path: Path,
    tamis_cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    name = f"{host}/istio/proxyv2:{form[-1].strip('-').replace('=', '-')}"
    skopeo("copy", "--dest-tls-verify=false", *form, f"oci:{layout}:1", f"docker://{name}")
    digest = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{name}"))["Digest"]
    near = name.replace("127.0.0.1", "localhost")
    only = ("--only", "recorded-*", "--json")
    ended = tamis_cli("test", header_policy, "--host", f"envoy@{near}", *only)
    assert ended.code == 0, ended.out + ended.err
    tested = json.loads(ended.out)
    assert list(tested["images"].values()) == [f"oci://{near}@{digest}"]
    assert {run["host"] for run in tested["runs"]} == {envoy.find().host}
