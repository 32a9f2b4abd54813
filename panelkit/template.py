"""`panelkit new`: a study that runs at once on simulated data, to be edited; the simulation itself lives in its own room."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

from panelkit.core.errors import StudyError

SEED = 20231213


def make_study(folder: Path, *, simulated: bool) -> tuple[Path, ...]:
    """Make `folder` with a study file, its JSON schema for editors, and simulated data with their truth; gives the files made.

    Parameters
    ----------
    folder : Path
        It must not exist, or be empty.
    simulated : bool
        The whole flagship design with its true coefficients declared as checks; else a short study to start from.

    Raises
    ------
    StudyError
        Where the folder holds something already.
    """
    import json

    from panelkit import pipeline
    from panelkit.simulation import write_simulated
    from panelkit.study import json_schema

    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise StudyError("there is something that is no folder", where=folder.as_posix(), mend="name a new folder")
    if folder.exists() and any(folder.iterdir()):
        raise StudyError("the folder is not empty", where=folder.as_posix(), mend="name a new folder")
    if not folder.absolute().name or folder.name == "..":
        raise StudyError("this is no name of a folder", where=str(folder), mend="name a new folder")
    there = folder.absolute()
    beside = there.with_name(f".{there.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir(parents=True)
        name = "known_truth.toml" if simulated else "short.toml"
        (beside / "study.toml").write_bytes(files("panelkit.simulation").joinpath(name).read_bytes())
        pipeline.load_kinds()
        schema = json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"
        (beside / "study.schema.json").write_text(schema, "utf-8")
        made = [beside / "study.toml", beside / "study.schema.json", *write_simulated(beside, SEED)]
        if there.exists():  # it may be the folder that one stands in, which must not be put away
            for part in sorted(beside.iterdir()):
                part.rename(there / part.name)
            beside.rmdir()
        else:
            beside.rename(there)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return tuple(folder / p.relative_to(beside) for p in made)
