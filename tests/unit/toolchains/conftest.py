"""A filter in a folder of its own, as a user would have it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tamis.model.build import Step
from tamis.model.filter import Filter
from tamis.toolchains import Here, toolchain_for

SOURCE = """\
#include <tamis/http.h>

class Hello : public tamis::HttpFilter {
 public:
  tamis::FilterStatus on_response_headers(tamis::Headers& headers, bool) override {
    headers.set("x-hello", GREETING);
    return tamis::FilterStatus::Continue;
  }
};

TAMIS_HTTP_FILTER(Hello)
"""


@pytest.fixture
def make_filter(tmp_path: Path) -> Callable[..., Filter]:
    def make(
        source: str = SOURCE,
        *,
        folder: str = "hello",
        language: str = "cpp",
        file: str = "filter.cc",
        settings: Mapping[str, object] | None = None,
    ) -> Filter:
        place = tmp_path / folder
        place.mkdir(parents=True)
        (place / file).write_text(source)
        return Filter(
            folder=place,
            name="hello",
            version="1.0.0",
            language=language,
            sources=(place / file,),
            settings={"defines": {"GREETING": '"world"'}} if settings is None else settings,
        )

    return make


@dataclass(frozen=True)
class Built:
    """What a toolchain made in a workshop of its own."""

    wasm: bytes
    outside: tuple[Path, ...]
    steps: tuple[Step, ...]

    @property
    def commands(self) -> list[tuple[str, ...]]:
        return [step.command for step in self.steps]

    @property
    def output(self) -> str:
        return "\n".join(step.output for step in self.steps)


@pytest.fixture
def compiled() -> Callable[..., Built]:
    """Compile a filter by its toolchain alone: nothing is finished, cached or written."""

    def compile_(filter_: Filter, cache: Path | None = None) -> Built:
        with Here(cache) as shop:
            made = toolchain_for(filter_.language).build(filter_, shop)
            return Built(made.wasm, made.outside, tuple(shop.steps))

    return compile_
