"""An Envoy that serves people: clients of theirs before it, an upstream of theirs behind it."""
