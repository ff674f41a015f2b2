"""`tamis check`: would every host that this module is meant for pull it, load it, and keep it."""

from collections.abc import Sequence

from tamis import checks, envoy, host, oci, profiles
from tamis.checks import Loads
from tamis.errors import BadInput, Missing, Rejected
from tamis.model.checked import Checked
from tamis.model.finding import Finding
from tamis.model.packaged import Packaged
from tamis.model.reference import is_reference, parse
from tamis.profiles import Profile
from tamis.verbs.envoys import envoy_of
from tamis.verbs.layouts import layout_for
from tamis.verbs.packages import found, made
from tamis.verbs.subject import Subject
from tamis.verbs.subject import subject as subjects
from tamis.wasm import read

__all__ = ["check", "check_argument"]


def check_argument(argument: str, *, targets: Sequence[str] = ()) -> tuple[Checked, ...]:
    """Judge all that one argument names: folders, a `.wasm`, an artifact where it lies.

    An artifact whose module cannot be had is judged by its packaging alone, for `targets`, else for
    all that pull artifacts. Raises what `subject` raises, but for that.
    """
    if not is_reference(argument):
        return tuple(check(each, targets=targets) for each in subjects(argument))
    packaged = found(parse(argument))
    try:
        (subject,) = subjects(argument)
    except (BadInput, Rejected) as error:
        pulling = (name for name in profiles.products() if profiles.resolve(name).puller)
        names = tuple(dict.fromkeys(targets)) or tuple(pulling)
        known = tuple(profiles.resolve(name) for name in names)
        findings = checks.check_package(packaged, known)
        told = any(finding.severity == "error" for finding in findings)
        unread = Finding("packaging/unread", "error", error.what, error.advice())
        return (Checked(argument, "", names, findings if told else (unread, *findings)),)
    return (check(subject, targets=targets, packaged=packaged),)


def check(
    subject: Subject, *, targets: Sequence[str] = (), packaged: Packaged | None = None
) -> Checked:
    """Judge a module by every rule, for each of `targets`.

    None given: the targets the filter names, else the newest Envoy. Where the Envoy of a target is
    installed, it is asked to load the module. `packaged`: the artifact it was found in; of a
    filter, what `push` would make of it is judged. Raises BadInput for an unknown target.
    """
    names = tuple(dict.fromkeys(targets)) or subject.metadata.targets or ("envoy",)
    known = tuple(profiles.resolve(name) for name in names)
    unpackable: tuple[Finding, ...] = ()
    if packaged is None and subject.filter and any(each.puller for each in known):
        try:
            packaged = _to_be(subject, names)
        except BadInput as error:
            unpackable = (Finding("packaging/layout", "error", error.what, error.advice()),)
    findings = checks.check(
        read(subject.module),
        subject.metadata,
        known,
        filter=subject.filter,
        loads=_hosts(subject.module, subject.metadata.root_id),
        packaged=packaged,
    )
    return Checked(subject.metadata.name, subject.digest, names, (*unpackable, *findings))


def _to_be(subject: Subject, targets: Sequence[str]) -> Packaged:
    """What push would make of a filter. Raises BadInput where it would make nothing."""
    assert subject.filter
    filter = subject.filter
    packed = oci.pack(subject.module, subject.metadata, layout_for(targets, filter.layout))
    url = f"oci://{filter.repository}:{filter.version}" if filter.repository else subject.text
    return made(packed, oci.InMemory(subject.module), url)


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
