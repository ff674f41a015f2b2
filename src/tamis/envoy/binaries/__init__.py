"""Where a real Envoy comes from when none is installed: versions, wheels."""
