"""A filter in a folder of its own, as a user would have it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tamis.model.filter import Filter

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
