"""The proxy-wasm ABI as Envoy implements it: one table (abi.json) and what reads it."""
