"""The SDK's headers are found where they are."""

import shutil

import pytest

from tamis.errors import Fault
from tamis.toolchains import sdk, sdk_digest, sdk_folder


def test_a_checkout_is_found():
    assert (sdk_folder() / "tamis" / "http.h").is_file()
    assert len(sdk_digest()) == 64


def test_an_installed_package_is_found_first(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "tamis"
    (package / "toolchains").mkdir(parents=True)
    monkeypatch.setattr(sdk, "__file__", str(package / "toolchains" / "sdk.py"))
    with pytest.raises(Fault, match="neither in"):
        sdk_folder()
    before = sdk_folder.__globals__["Path"](__file__).parents[3] / "sdk" / "cpp"
    shutil.copytree(before, package / "sdk" / "cpp")
    assert sdk_folder() == package / "sdk" / "cpp"


def test_the_digest_follows_the_headers(tmp_path, monkeypatch):
    package = tmp_path / "tamis"
    (package / "toolchains").mkdir(parents=True)
    shutil.copytree(sdk_folder(), package / "sdk" / "cpp")
    same = sdk_digest()
    monkeypatch.setattr(sdk, "__file__", str(package / "toolchains" / "sdk.py"))
    assert sdk_digest() == same
    header = package / "sdk" / "cpp" / "tamis" / "log.h"
    header.write_text(header.read_text() + "\n")
    assert sdk_digest() != same
