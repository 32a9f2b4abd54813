"""Three packages to test on: the flagship, the simulated study of known truth, and a small one in Chinese; made once for all workers."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from made import finished

import panelkit
from panelkit.replication.package import make_package, write_package

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("flagship", "known_truth", "chinese")


def package_of(name: str, shared: Path) -> Path:
    """The package folder of that name below `shared`, made by whichever worker comes first."""
    place, lock = shared / f"package-{name}", shared / f"lock-{name}"
    try:
        lock.mkdir()
    except FileExistsError:
        for _ in range(1200):
            if place.is_dir():
                return place
            if (lock / "failed").exists():
                break
            time.sleep(0.2)
        raise RuntimeError(f"{name} was not made") from None
    try:
        made = shared / f"making-{name}"
        if name == "chinese":
            write_package(make_package(finished(made / "run", "zh")), made / "package")
        else:
            study = {"flagship": "cbec_clusters", "known_truth": "known_truth"}[name]
            panelkit.package(ROOT / "analyses" / study / "study.toml", output=made / "out", to=made / "package")
        os.replace(made / "package", place)
        shutil.rmtree(made)
    except BaseException:
        (lock / "failed").touch()
        raise
    return place
