"""What each product accepts, by version, as data: one TOML file a product.

`resolve("istio@1.30") -> Profile`. A user's own files (same form) can replace or add products.
"""

from tamis.profiles.profile import Profile
from tamis.profiles.resolve import known, products, resolve
from tamis.profiles.wheels import without_wasm

__all__ = ["Profile", "known", "products", "resolve", "without_wasm"]
