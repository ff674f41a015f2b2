"""Whether it is a core module at all."""

from collections.abc import Iterator

from tamis.checks.subject import Subject, error
from tamis.model.finding import Finding

__all__ = ["rule"]


def rule(subject: Subject) -> Iterator[Finding]:
    """`load/component`. Istio's fetcher lets one pass: it looks at the first four bytes alone."""
    if subject.module.component:
        yield error(
            "load/component",
            "it is a WebAssembly component, not a core module: "
            "Missing or unknown Proxy-Wasm ABI version",
            "Compile for wasm32-wasip1 or wasm32-unknown-unknown, not for wasip2.",
        )
