"""C++ filters of our SDK as dynamic modules of Envoy, without proxy-wasm between: what native code
costs that is written for Envoy.
"""

from tamis.errors import BadInput, Place
from tamis.model.build import Fingerprint
from tamis.model.filter import Filter
from tamis.toolchains import cpp_sdk, cpp_twin
from tamis.toolchains.toolchain import Compiled
from tamis.toolchains.workshop import Workshop

__all__ = ["build", "fingerprint"]

#: Each worker has memory of its own, found by its thread.
_FLAGS = ("-DTAMIS_ENVOY", "-ftls-model=initial-exec")


def fingerprint(filter_: Filter, shop: Workshop) -> Fingerprint:
    """As of its twin, and of what makes it another. Raises BadInput for other SDKs."""
    if filter_.language != "cpp" or cpp_sdk.wanted(filter_):
        raise BadInput(
            f"{filter_.name} cannot become a dynamic module of Envoy: it is not of the C++ SDK of "
            "tamis",
            advice="A native twin (tamis build --native) runs behind a shim instead.",
            at=Place(filter_.manifest),
        )
    twin = cpp_twin.fingerprint(filter_, shop)
    return Fingerprint(twin.toolchain, twin.sdk, f"{twin.detail} {' '.join(_FLAGS)}")


def build(filter_: Filter, shop: Workshop) -> Compiled:
    """Compile each source, and link. Raises what `Toolchain.build` does: Rejected, too, when the
    filter calls what modules have no means for, by name.
    """
    return cpp_twin.build(filter_, shop, _FLAGS)
