"""How small a module can be, and that it is found out once."""

import wasmtime

from tamis.oci.packing import gzip
from tamis.verbs.sizes import sizes

MODULE = bytes(wasmtime.wat2wasm("(module)"))


def test_the_gzipped_size_is_our_own_encoder_s(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    first = sizes(MODULE)
    assert (first.raw, first.gzipped) == (len(MODULE), len(b"".join(gzip.compressed([MODULE]))))
    assert (first.optimised, first.optimizer) == (None, "")
    assert first.why.startswith("wasm-opt is not installed")
    monkeypatch.setattr(gzip, "compressed", None)
    assert sizes(MODULE) == first


def test_an_optimiser_that_refuses_the_module_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    program = tmp_path / "wasm-opt"
    program.write_text('#!/bin/sh\n[ "$1" = --version ] && echo version 99 && exit 0\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = sizes(MODULE)
    assert (found.optimised, found.optimizer) == (None, "")
    assert "wasm-opt 99" in found.why
