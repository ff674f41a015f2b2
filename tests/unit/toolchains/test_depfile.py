"""Makefile rules as compilers write them."""

from pathlib import Path

from tamis.toolchains.depfile import outside, read_files

CLANG = """\
/tmp/0.o: filter.cc /sdk/tamis/http.h \\
  with\\ space.h /sdk/tamis/http.h \\
  c:weird.h
"""
RUSTC = "/t/f.wasm: src/lib.rs src/data.bin\n\nsrc/lib.rs:\n"


def test_prerequisites_in_order_each_once():
    assert read_files(CLANG) == ["filter.cc", "/sdk/tamis/http.h", "with space.h", "c:weird.h"]
    assert read_files(RUSTC) == ["src/lib.rs", "src/data.bin"]
    assert read_files("") == []


def test_what_lies_elsewhere_is_told(tmp_path):
    inside, other = tmp_path / "filter", tmp_path / "other"
    (tmp_path / "0.d").write_text(f"0.o: a.h ../other/b.h {inside}/c.h {other}/d.h /usr/e.h\n")
    found = outside([tmp_path / "0.d"], inside, (inside, Path("/usr")))
    assert found == (other / "b.h", other / "d.h")


def test_a_link_lies_where_it_leads(tmp_path):
    inside = tmp_path / "filter"
    inside.mkdir()
    (tmp_path / "real.h").touch()
    (inside / "link.h").symlink_to(tmp_path / "real.h")
    (tmp_path / "0.d").write_text("0.o: link.h\n")
    assert outside([tmp_path / "0.d"], inside, (inside,)) == (tmp_path / "real.h",)


def test_without_a_depfile_nobody_knows(tmp_path):
    assert outside([tmp_path / "none.d"], tmp_path, (tmp_path,)) == (tmp_path / "none.d",)
