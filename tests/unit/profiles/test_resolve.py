"""Profiles: what each product accepts, by version."""

from pathlib import Path

import pytest

from tamis.abi import table
from tamis.errors import BadInput
from tamis.profiles import known, products, resolve


def test_istio_stands_on_the_envoy_it_carries() -> None:
    pairs = {name: resolve(name).envoy for name in known() if name.startswith("istio")}
    assert pairs == {
        "istio@1.28": "1.36",
        "istio@1.29": "1.37",
        "istio@1.30": "1.38",
        "istio@1.31": "1.39",
    }
    assert resolve("istio@1.30").wasi == resolve("envoy@1.38").wasi


def test_wasi_grows_with_the_version() -> None:
    old, new = resolve("envoy@1.38").wasi, resolve("envoy@1.39").wasi
    assert (len(old), len(new)) == (18, 45)
    assert "fd_pread" in new - old


@pytest.mark.parametrize("minor", [36, 37, 38, 39, 40])
def test_wasi_is_what_the_abi_table_says(minor: int) -> None:
    table_says = {
        name
        for name, entry in table.imports().items()
        if "env" not in entry.modules and entry.since <= minor
    }
    assert resolve(f"envoy@1.{minor}").wasi == table_says


def test_kinds_by_version_the_recommended_one_first() -> None:
    assert resolve("istio@1.29").kinds == ("WasmPlugin", "EnvoyFilter")
    assert resolve("istio@1.30").kinds == ("TrafficExtension", "WasmPlugin", "EnvoyFilter")
    assert resolve("envoy@1.40").kinds == ("Bootstrap",)


def test_limits_and_layouts() -> None:
    assert "module_size" not in resolve("istio@1.29").limits
    assert resolve("istio@1.30").limits["module_size"] == 256 * 1024 * 1024
    assert resolve("istio@1.30").layouts == ("image", "istio", "docker", "higress")
    assert resolve("envoy@1.40").layouts == ()


def test_without_a_version_the_newest_is_meant() -> None:
    assert resolve("envoy").version == "1.40"
    assert resolve("istio").version == "1.31"
    assert resolve("istio").warnings == ()


def test_a_patch_release_is_judged_as_its_minor_one() -> None:
    assert resolve("istio@1.30.3").envoy == "1.38"
    assert resolve("envoy@v1.38.2").version == "1.38"


def test_a_newer_version_is_judged_as_the_newest_with_a_warning() -> None:
    profile = resolve("istio@1.47")
    assert profile.version == "1.31"
    assert profile.warnings == ("Istio 1.47 is newer than tamis knows: judged as 1.31",)


@pytest.mark.parametrize(
    ("target", "what", "advice"),
    [
        ("istoi@1.30", "'istoi' is not a target tamis knows", "Did you mean istio?"),
        (
            "nginx",
            "'nginx' is not a target tamis knows",
            "It knows envoy, envoy-gateway, higress, istio.",
        ),
        ("", "'' is not a target tamis knows", "It knows envoy, envoy-gateway, higress, istio."),
        ("istio@1.12", "tamis knows nothing of Istio 1.12", "It knows 1.28, 1.29, 1.30, 1.31."),
        ("istio@new", "'new' is not a version", "such as istio@1.31."),
        ("istio@", "'' is not a version", "such as istio@1.31."),
        ("wire", "'wire' is not a target", "It knows envoy, envoy-gateway, higress, istio."),
    ],
)
def test_targets_that_do_not_exist(target: str, what: str, advice: str) -> None:
    with pytest.raises(BadInput) as caught:
        resolve(target)
    assert what in caught.value.what
    assert advice in caught.value.advice()


OWN = """
product = "mesh"
title = "Mesh"
versions = ["2.1", "2.2"]
[extends]
"2.1" = "istio@1.28"
"2.2" = "envoy@1.37"
[[imports]]
since = "2.2"
functions = ["proxy_redis_call"]
[[limits]]
until = "2.1"
manifest_size = 5
"""


def test_a_users_own_product(tmp_path: Path) -> None:
    (tmp_path / "mesh.toml").write_text(OWN)
    assert products(tmp_path) == ("envoy", "envoy-gateway", "higress", "istio", "mesh")
    old, new = resolve("mesh@2.1", tmp_path), resolve("mesh@2.2", tmp_path)
    assert (old.envoy, new.envoy) == ("1.36", "1.37")
    assert (old.imports, new.imports) == (frozenset(), {"proxy_redis_call"})
    assert (old.limits, new.limits) == ({"manifest_size": 5}, {})


@pytest.mark.parametrize(
    ("text", "what"),
    [("product = ", "it is not TOML"), ('product = "x"\ntitle = "X"\n', "it has no 'versions'")],
)
def test_a_users_damaged_profile(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(BadInput, match=what) as caught:
        resolve("mine", tmp_path)
    assert caught.value.at is not None
    assert caught.value.at.file == tmp_path / "mine.toml"


@pytest.mark.parametrize(
    ("target", "envoy", "layout"),
    [
        ("istio@1.30", "1.38", "image"),
        ("envoy-gateway@1.9", "1.39", "image"),
        ("higress@2.2", "1.36", "higress"),
    ],
)
def test_products_that_pull(target: str, envoy: str, layout: str) -> None:
    profile = resolve(target)
    assert profile.envoy == envoy
    assert profile.puller == profile.product
    assert profile.layouts[0] == layout


def test_higress_has_functions_of_its_own() -> None:
    assert "proxy_redis_call" in resolve("higress").imports
    assert resolve("envoy-gateway").imports == frozenset()
    assert resolve("envoy").puller == ""
