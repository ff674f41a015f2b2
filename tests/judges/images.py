"""Good and bad images of a Wasm filter, by name. Pure values: no Go, no registry.

verdicts.py has what Istio's agent says to each of them. Whoever judges images as Istio does is held
to the same.
"""

from tests.judges.cases.archives import ARCHIVES, MEMBERS
from tests.judges.cases.indexes import CHECKSUMS, INDEXES
from tests.judges.cases.manifests import DESCRIPTORS, LAYERS, LAYOUTS, MANIFESTS, MEDIA_TYPES
from tests.judges.cases.parts import Case

__all__ = ["CASES", "Case"]

#: By name.
CASES: dict[str, Case] = (
    LAYOUTS
    | LAYERS
    | MEDIA_TYPES
    | MANIFESTS
    | DESCRIPTORS
    | MEMBERS
    | ARCHIVES
    | INDEXES
    | CHECKSUMS
)
