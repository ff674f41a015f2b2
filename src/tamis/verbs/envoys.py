"""Which Envoy a text names: a version, a binary, or a container image that holds one.

The same words everywhere: `--host envoy@X`, `--envoy X`, and the environment variable TAMIS_ENVOY.
"""

import os
from collections.abc import Callable
from pathlib import Path

from tamis import envoy
from tamis.model.reference import Reference, image, is_image

__all__ = ["envoy_of"]

#: Where images have it: Istio's and Envoy's own in the first.
_PLACES = ("/usr/local/bin/envoy", "/usr/bin/envoy")
#: What this process took: one run, one Envoy, even if a tag moves on meanwhile.
_taken: dict[Reference, envoy.Binary] = {}


def envoy_of(text: str = "", say: Callable[[str], None] = lambda _: None) -> envoy.Binary:
    """The Envoy that `text` names: "1.38" or "1.38.2", a path, or an image as `docker pull` or
    our own references have it. "": what TAMIS_ENVOY names in the same way, else the installed one.

    `say` is told of a download. Raises BadInput for what is no Envoy, Missing for one that is not
    there or cannot be had, Unreachable and Rejected as registries have it.
    """
    named = text or os.environ.get(envoy.VARIABLE, "")
    if envoy.is_version(named):
        return envoy.of_version(named, say)
    if is_image(named):
        reference = image(named)
        if reference not in _taken:
            _taken[reference] = _of_image(reference, say)
        return _taken[reference]
    return envoy.find(Path(named).expanduser() if named else None)


def _of_image(reference: Reference, say: Callable[[str], None]) -> envoy.Binary:
    """By digest from the cache without a request; a tag costs the one that resolves it."""
    if reference.digest and (known := envoy.from_image(reference)):
        return known
    from tamis import oci  # a registry's client: slow to load, often not needed
    from tamis.oci.images.take import for_platform, take

    shown = str(reference)
    with oci.open_store(reference) as store:
        top = store.read_manifest(oci.name_in(reference))
        digest, kind = for_platform(top, shown)
        if digest != top.digest:
            envoy.note_index(top.digest, digest)
        exact = reference.with_digest(digest)
        if found := envoy.from_image(exact):
            return found
        with envoy.fetching(say) as scratch:
            if found := envoy.from_image(exact):  # another process was here before
                return found
            manifest = top if digest == top.digest else store.read_manifest(digest, kind)
            path, place = take(store, manifest, _PLACES, scratch, shown=shown, say=say)
            return envoy.keep_image(exact, path, f"{place} of {shown}")
