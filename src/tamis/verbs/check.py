"""`tamis check`: would every host that this module is meant for load it, and keep it."""

from collections.abc import Sequence

from tamis import checks, envoy, host, profiles
from tamis.checks import Loads
from tamis.errors import Missing
from tamis.model.checked import Checked
from tamis.profiles import Profile
from tamis.verbs.envoys import envoy_of
from tamis.verbs.subject import Subject
from tamis.wasm import read

__all__ = ["check"]


def check(subject: Subject, *, targets: Sequence[str] = ()) -> Checked:
    """Judge a module by every rule, for each of `targets`.

    None given: the targets the filter names, else the newest Envoy. Where the Envoy of a target is
    installed, it is asked to load the module. Raises BadInput for an unknown target.
    """
    names = tuple(dict.fromkeys(targets)) or subject.metadata.targets or ("envoy",)
    findings = checks.check(
        read(subject.module),
        subject.metadata,
        tuple(profiles.resolve(name) for name in names),
        filter=subject.filter,
        loads=_hosts(subject.module, subject.metadata.root_id),
    )
    return Checked(subject.metadata.name, subject.digest, names, findings)


def _hosts(module: bytes, root_id: str) -> dict[str, Loads]:
    """The hosts of this machine that can be asked, by label."""

    def core(profile: Profile) -> str | None:
        refusal = host.load(module, envoy=profile.envoy)
        return refusal.reason if refusal and not refusal.feature else None

    try:
        binary = envoy_of()
    except Missing:
        return {"The host core": core}
    told: list[str | None] = []

    def real(profile: Profile) -> str | None:
        if not binary.version.startswith(f"{profile.envoy}."):
            return None
        if not told:  # Envoy is started once, whatever the number of targets
            told.append(envoy.loads(binary, module, root_id))
        return told[0]

    return {"The host core": core, f"Envoy {binary.version}": real}
