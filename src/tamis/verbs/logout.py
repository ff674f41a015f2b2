"""`tamis logout`: forget the credentials for a registry."""

from tamis import oci
from tamis.verbs.login import registry_host

__all__ = ["logout"]


def logout(host: str) -> tuple[str, ...]:
    """Erase what `login` or docker kept for registry `host`; returns from where, () if nothing was.

    Raises BadInput when they cannot be erased, or are kept elsewhere too, Missing when the
    credential helper does not work.
    """
    return oci.logout(registry_host(host))
