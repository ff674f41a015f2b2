"""The value a profile is resolved to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Profile"]


@dataclass(frozen=True, slots=True)
class Profile:
    """What one version of a product accepts; everything inherited is filled in.

    `version` and `envoy` are minor releases ("1.30", "1.38"): the version whose rules are used.
    `layouts` are arrangements of an artifact it can pull, the best one first, empty when it pulls
    none; `puller` names the code by which it pulls ("": none); `limits` are bytes by name; `kinds`
    are the manifests it reads, the recommended one first; `warnings` say how sure the answer is.
    """

    name: str
    product: str
    title: str
    version: str
    envoy: str
    wasi: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    layouts: tuple[str, ...] = ()
    puller: str = ""
    limits: Mapping[str, int] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
