"""The headers themselves: each compiles alone, without a warning, under the SDK's license."""

import pytest

from tamis.model.filter import Filter
from tamis.toolchains import Cpp, Here, cpp_module, sdk_folder

HEADERS = sorted(path.relative_to(sdk_folder()).as_posix() for path in sdk_folder().rglob("*.h"))


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_compiles_alone(header, tmp_path):
    source = tmp_path / "alone.cc"
    source.write_text(f"#include <{header}>\n#include <{header}>\n")
    # The back end for Envoy is native code.
    maker = cpp_module if header.startswith("tamis/backend/envoy") else Cpp()
    with Here() as shop:
        maker.build(Filter(tmp_path, "alone", "1.0.0", "cpp", (source,)), shop)
    assert [step.output for step in shop.steps] == ["", ""]


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_is_small_and_says_its_license_and_purpose(header):
    lines = (sdk_folder() / header).read_text().splitlines()
    assert lines[0] == "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
    assert lines[2].startswith("// ")
    assert len(lines) <= 300
