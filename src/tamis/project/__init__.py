"""A filter's folder: `tamis.toml` to `model.Filter`."""

from tamis.project.configuration import parse, validate
from tamis.project.find import find
from tamis.project.read import read

__all__ = ["find", "parse", "read", "validate"]
