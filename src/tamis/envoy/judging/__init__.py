"""Fixtures through a real Envoy: one outcome each, and what could not be compared."""
