"""Times in a real Envoy: contenders side by side, in slices of load, with bounds."""
