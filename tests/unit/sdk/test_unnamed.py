"""A filter in an unnamed namespace exports what it would export in a named one."""

from dataclasses import replace
from pathlib import Path

import pytest

from tamis.model.build import BuildSettings
from tamis.model.filter import Filter
from tamis.toolchains import Here, toolchain_for
from tamis.wasm import read

SOURCE = """\
#include <tamis/http.h>
namespace {
class Settings : public tamis::Plugin, public tamis::OnTick, public tamis::OnQueue {
 public:
  bool configure(tamis::StringView text) override { return !text.empty(); }
  void on_tick() override { tamis::log(tamis::Level::Info, "tick"); }
  void on_queue(tamis::Queue queue) override { queue.pop(); }
};
class Filter : public tamis::HttpFilter, public tamis::OnCallout {
 public:
  tamis::FilterStatus on_request_headers(tamis::Headers& headers, bool) override {
    return headers.has("x-a") ? tamis::FilterStatus::Continue : tamis::FilterStatus::Pause;
  }
  tamis::BodyStatus on_response_body(tamis::Body& body, bool) override {
    return body.size() == 0 ? tamis::BodyStatus::Continue : tamis::BodyStatus::Buffer;
  }
  tamis::FilterStatus on_response_trailers(tamis::Headers& trailers) override {
    trailers.add("x-b", "1");
    return tamis::FilterStatus::Continue;
  }
  void on_callout(tamis::CalloutReply& reply) override { reply.headers.get("x-c"); }
  void on_log() override { tamis::log(tamis::Level::Info, "log"); }
  void on_done() override { tamis::log(tamis::Level::Info, "done"); }
};
}  // namespace
TAMIS_HTTP_FILTER(Filter, Settings)
"""
CALLBACKS = (
    "configure", "context_create", "delete", "done", "http_call_response", "log", "queue_ready",
    "request_headers", "response_body", "response_trailers", "tick",
)  # fmt: skip


@pytest.mark.parametrize("strip", [True, False])
@pytest.mark.parametrize("optimize", ["size", "speed", "none"])
def test_callbacks_are_exported(optimize: str, strip: bool, tmp_path: Path):
    source = tmp_path / "filter.cc"
    source.write_text(SOURCE)
    filter_ = Filter(tmp_path, "unnamed", "1.0.0", "cpp", (source,))
    filter_ = replace(filter_, settings={"optimize": optimize}, build=BuildSettings(strip=strip))
    with Here() as shop:
        module = read(toolchain_for("cpp").build(filter_, shop).wasm)
    exported = {each.name.removeprefix("proxy_on_") for each in module.exports}
    assert exported == {*CALLBACKS, "memory", "malloc", "_initialize", "proxy_abi_version_0_2_1"}
