"""The manifests that deploy an artifact: one file a target, each pinned to the digest.

`render(metadata, reference, target=..., kind=...) -> Manifest`.
"""

from tamis.manifests.manifest import Manifest
from tamis.manifests.render import render, usual_kind
from tamis.manifests.validate import problems

__all__ = ["Manifest", "problems", "render", "usual_kind"]
