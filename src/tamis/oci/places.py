"""From a reference to the store that it is in; who we are there."""

from tamis.model.reference import LayoutReference, Reference
from tamis.oci.store import Store

__all__ = ["login", "logout", "name_in", "open_store"]


def open_store(reference: Reference, *, insecure: bool = False) -> Store:
    """The store that `reference` is in. Nothing is contacted or created before it is used.

    `insecure`: plain HTTP where there is no (trusted) TLS; else only loopback is spoken to so.
    """
    if isinstance(reference, LayoutReference):
        from tamis.oci.folder.layout_folder import LayoutFolder

        return LayoutFolder(reference.folder)
    # A client of HTTP takes its time to import: only who talks to a registry pays.
    from tamis.oci.registry.repository import RegistryStore

    return RegistryStore(reference.host, reference.repository, insecure=insecure)


def login(host: str, username: str, password: str, *, insecure: bool = False) -> str:
    """Keep credentials for registry `host` once it took them; returns where they are kept.

    Raises Unreachable when it does not, BadInput, Missing.
    """
    from tamis.oci.registry.credentials import Credentials
    from tamis.oci.registry.logins import keep, try_out

    known = Credentials(username, password)
    try_out(host, known, insecure=insecure)
    return keep(host, known)


def logout(host: str) -> tuple[str, ...]:
    """Forget the credentials for registry `host`; returns where they were. Raises BadInput,
    Missing.
    """
    from tamis.oci.registry.logins import forget

    return forget(host)


def name_in(reference: Reference) -> str:
    """What to ask its store for: the digest if there is one, else the tag, else "" or "latest".

    A layout folder may be named without a tag when it holds one artifact only.
    """
    if reference.digest or reference.tag:
        return reference.digest or reference.tag or ""
    return "" if isinstance(reference, LayoutReference) else "latest"
