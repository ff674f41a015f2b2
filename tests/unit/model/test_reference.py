"""References: one grammar for every verb."""

from pathlib import Path

import pytest

from tamis.errors import BadInput
from tamis.model.reference import (
    LayoutReference,
    RegistryReference,
    image,
    is_image,
    is_reference,
    parse,
)

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("ghcr.io/acme/x:1.0", RegistryReference("ghcr.io", "acme/x", "1.0")),
        ("oci://ghcr.io/acme/x", RegistryReference("ghcr.io", "acme/x")),
        ("localhost:5000/x", RegistryReference("localhost:5000", "x")),
        ("[::1]:5000/a/b:v", RegistryReference("[::1]:5000", "a/b", "v")),
        (f"oci://r.io/x:1@{DIGEST}", RegistryReference("r.io", "x", "1", DIGEST)),
        (f"r.io/x@{DIGEST}", RegistryReference("r.io", "x", None, DIGEST)),
        ("oci-layout://build/oci:1.0", LayoutReference(Path("build/oci"), "1.0")),
        ("oci-layout:///abs/oci", LayoutReference(Path("/abs/oci"))),
        ("oci:build/oci:v1", LayoutReference(Path("build/oci"), "v1")),
        (f"oci-layout://d@{DIGEST}", LayoutReference(Path("d"), None, DIGEST)),
    ],
)
def test_reads(text: str, reference: object):
    assert parse(text) == reference
    assert parse(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http://x/y", "scheme 'http' is not one tamis knows"),
        ("just-a-name", "names no registry host and repository"),
        ("localhost:99999/x", "there is no port 99999"),
        ("[::1]:0/x", "there is no port 0"),
        ("acme/hello:1", "'acme' is not a registry's host"),
        ("ghcr.io/Acme/x", "'Acme/x' is not a repository name"),
        ("ghcr.io/a/x:b@d", "'d' is not a digest"),
        ("ghcr.io/a/x:..", "'..' is not a tag"),
        ("ghcr.io/a/x@sha256:12", "'sha256:12' is not a digest"),
        ("ghcr.io/a/x@md5:12", "'md5:12' is not a digest"),
        ("oci-layout://:tag", "names no folder"),
        ("a b/c", "names no registry host and repository"),
    ],
)
def test_refuses(text: str, says: str):
    with pytest.raises(BadInput) as caught:
        parse(text)
    assert says in str(caught.value)
    assert caught.value.advice()


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("oci://a.io/b", True),
        ("oci-layout://x", True),
        ("oci:x:1", True),
        ("./x", False),
        ("x", False),
    ],
)
def test_a_scheme_makes_a_reference(text: str, verdict: bool):
    assert is_reference(text) is verdict


def test_pinning_keeps_the_tag():
    assert str(parse("r.io/x:1").with_digest(DIGEST)) == f"oci://r.io/x:1@{DIGEST}"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("istio/proxyv2:1.30.0", RegistryReference("docker.io", "istio/proxyv2", "1.30.0")),
        ("envoy:v1.40", RegistryReference("docker.io", "envoy", "v1.40")),
        (f"a/b@{DIGEST}", RegistryReference("docker.io", "a/b", None, DIGEST)),
        ("docker.io/a/b:1", RegistryReference("docker.io", "a/b", "1")),
        (
            "gcr.io/istio-release/proxyv2:1",
            RegistryReference("gcr.io", "istio-release/proxyv2", "1"),
        ),
        ("localhost:5000/a", RegistryReference("localhost:5000", "a")),
        ("localhost/a:1", RegistryReference("localhost", "a", "1")),
        ("oci://r.io/x:1", RegistryReference("r.io", "x", "1")),
        ("oci-layout://d:1", LayoutReference(Path("d"), "1")),
        ("oci:d:1", LayoutReference(Path("d"), "1")),
    ],
)
def test_images(text: str, reference: object):
    assert is_image(text)
    assert image(text) == reference


@pytest.mark.parametrize("text", ["", "bin/envoy", "a.b/envoy", "/a:b", "./a:b", "../a:b", "~/a:b"])
def test_what_is_a_path_to_a_file(text: str):
    assert not is_image(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("docker://a/b:1", "scheme 'docker' is not one tamis knows"),
        ("Istio/proxyv2:1", "'Istio/proxyv2' is not a repository name"),
        ("istio/proxyv2:", "'' is not a tag"),
        ("istio/proxyv2@sha256:12", "'sha256:12' is not a digest"),
    ],
)
def test_what_is_no_image(text: str, says: str):
    with pytest.raises(BadInput, match=says):
        image(text)
