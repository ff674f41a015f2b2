"""An Envoy that is measured: lanes with filters in them, and what they take."""
