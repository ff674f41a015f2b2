"""Conformance rules: what a module must be for its targets to load it, and what it should be.

`check(module, metadata, targets) -> findings`, worst first. One file a family of rules.
"""

from tamis.checks.check import check, check_package
from tamis.checks.packaging import packaging
from tamis.checks.subject import Loads

__all__ = ["Loads", "check", "check_package", "packaging"]
