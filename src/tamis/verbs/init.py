"""`tamis init`: tamis.toml and a first fixture for a project that is there already."""

from pathlib import Path

from tamis.errors import BadInput
from tamis.model.scaffold import Adopted
from tamis.scaffold import add, adopted, deployed, recognise

__all__ = ["init"]


def init(
    folder: Path = Path(), *, language: str | None = None, manifest: Path | None = None
) -> Adopted:
    """Write `tamis.toml` and `fixtures/first.yaml` into `folder`; nothing else is touched.

    `language`: where the folder could be several things. `manifest`: the WasmPlugin or
    TrafficExtension that deploys the filter today; its configuration becomes the default one.
    Raises BadInput where there is a tamis.toml, or nothing that is known.
    """
    if not folder.is_dir():
        raise BadInput(f"there is no folder {folder}", advice="tamis new makes one.")
    if (folder / "tamis.toml").exists():
        raise BadInput(
            f"there is a {folder / 'tamis.toml'} already",
            advice="It is a filter: go on with tamis test.",
        )
    project = recognise(folder, language)
    files, notes = adopted(project, deployed(manifest) if manifest else None)
    add(folder, files)
    return Adopted(
        project.name, folder.absolute(), project.language, project.evidence, tuple(files), notes
    )
