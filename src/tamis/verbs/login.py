"""`tamis login`: credentials for a registry, tried there first, then kept as docker does it."""

from tamis import oci
from tamis.errors import BadInput
from tamis.model.reference import RegistryReference, parse

__all__ = ["login", "registry_host"]


def login(host: str, username: str, password: str, *, insecure: bool = False) -> str:
    """Keep credentials that registry `host` takes; returns where: a file, or a helper's name.

    Raises BadInput for what cannot be a login, Unreachable when the registry refuses it (nothing is
    kept then), Missing when the credential helper does not work.
    """
    registry = registry_host(host)
    if not username or ":" in username:
        raise BadInput(f"'{username}' is not a user name of a registry", advice="Name one with -u.")
    if not password:
        raise BadInput("the password is empty", advice="Pipe it in with --password-stdin.")
    return oci.login(registry, username, password, insecure=insecure)


def registry_host(text: str) -> str:
    """A registry's `HOST[:PORT]`, from what people write. Raises BadInput."""
    bare = text.removeprefix("https://").removesuffix("/")
    try:
        found = parse(f"oci://{bare}/x")
    except BadInput as error:
        raise BadInput(
            f"'{text}' names no registry", advice="Write HOST or HOST:PORT, such as ghcr.io."
        ) from error
    assert isinstance(found, RegistryReference)
    if found.host != bare:
        raise BadInput(
            f"'{text}' is more than a registry's host",
            advice=f"A login is for the whole registry: {found.host}.",
        )
    return bare
