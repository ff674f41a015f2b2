"""Measure every language's `headers` scaffold and write the table of docs/languages.md.

    python scripts/measure_languages.py            # all languages whose toolchain is here
    python scripts/measure_languages.py go rust    # these anew; the other rows stay

Times are of the machine it runs on, minima of a few runs where that is cheap; sizes are exact.
"""

import argparse
import gzip
import tempfile
import time
from pathlib import Path

import wasmtime

import tamis
from tamis import envoy, fixtures, project
from tamis.errors import Missing
from tamis.scaffold import offered
from tamis.toolchains import Here, toolchain_for
from tamis.verbs.making import make

__all__ = ["rows"]

PAGE = Path(__file__).parent.parent / "docs" / "languages.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
HEAD = (
    "| Language | Made by | Module | gzip | Build, cold | warm | First request | Reproducible |\n"
    "|---|---|---|---|---|---|---|---|\n"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("language", nargs="*")
    wanted = parser.parse_args().language
    page = PAGE.read_text("utf-8")
    known = rows(page)
    for language in next(kind.languages for kind in offered() if kind.kind == "headers"):
        if wanted and language not in wanted:
            continue
        try:
            known[language] = measure(language)
            print(known[language])
        except Missing as error:
            print(f"{language}: {error.what}")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    table = HEAD + "".join(f"{row}\n" for row in known.values())
    PAGE.write_text(before + BEGIN + table + END + after, "utf-8")


def rows(page: str) -> dict[str, str]:
    """The table's rows by language."""
    table = page.partition(BEGIN)[2].partition(END)[0]
    found = [line for line in table.splitlines()[2:] if line.startswith("| ")]
    return {line.split("|")[1].strip(): line for line in found}


def measure(language: str) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve() / "measured"
        tamis.new(folder, language=language)
        (filter_,) = project.find(folder)
        with Here() as shop:  # packages are fetched, compilers are in the system's memory
            first = make(filter_, shop, known=False)
        with Here(fresh=True) as shop:
            started = time.monotonic()
            toolchain_for(filter_.language).build(filter_, shop)
            cold = time.monotonic() - started
        warm = min(_warm(folder, filter_, turn) for turn in range(3))
        proof = tamis.reproduce(filter_)
        request = min(_first_request(filter_, first.module) for _ in range(3))
    size = f"{len(first.module):,}"
    packed = f"{len(gzip.compress(first.module, 9)):,}"
    by = " ".join(filter(None, (first.metadata.toolchain, first.metadata.sdk)))
    return (
        f"| {language} | {by} | {size} | {packed} | {cold:.1f} s | {warm:.1f} s "
        f"| {request * 1000:,.0f} ms | {'yes' if proof.ok else 'NO'} |"
    )


def _warm(folder: Path, filter_, turn: int) -> float:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Seconds the compiler takes for a changed source."""
    (source,) = [
        path
        for path in folder.rglob("*")
        if path.suffix in (".cc", ".c", ".zig", ".rs", ".go", ".ts")
        and path.stem in ("filter", "lib", "main", "index")
    ]
    source.write_text(source.read_text() + f"// turn {turn}\n")
    with Here() as shop:
        started = time.monotonic()
        toolchain_for(filter_.language).build(filter_, shop)
        return time.monotonic() - started


def _first_request(filter_, module: bytes) -> float:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Seconds from handing the module to a running Envoy until its first exchange is over."""
    default = filter_.config.encode()
    (fixture, *_) = fixtures.find(
        filter_.fixtures, default_config=default, default_plugin=filter_.plugin
    )
    with envoy.Judge(envoy.find()) as judge:
        judge.run(fixture, _EMPTY)
        started = time.monotonic()
        judge.run(fixture, module)
        return time.monotonic() - started


#: The smallest module: it starts the Envoy, and V8 in it.
_EMPTY = bytes(
    wasmtime.wat2wasm(
        '(module (memory (export "memory") 1) (func (export "proxy_abi_version_0_2_1"))'
        ' (func (export "malloc") (param i32) (result i32) i32.const 0))'
    )
)


if __name__ == "__main__":
    main()
