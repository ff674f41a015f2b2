"""What is inside a module: a CycloneDX document of its packages, from the module or its sources."""

from tamis.trust.sbom.document import given, sbom

__all__ = ["given", "sbom"]
