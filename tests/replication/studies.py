"""Packages to test on, each made once for all workers: the studies of `analyses`, and a small one in Chinese made by hand."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from made import finished

import panelkit
from panelkit.replication.package import make_package, write_package

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {
    "flagship": "cbec_clusters",
    "known_truth": "known_truth",
    "city_zones": "city_zones",
    "organ_donors": "organ_donors",
    "industry_zones": "industry_zones",  # cells of place and industry: several keys
}
NAMES = ("flagship", "known_truth", "chinese")
MORE = ("city_zones", "organ_donors", "industry_zones")
PATIENCE = 900.0  # seconds that a worker waits for what another one makes


def package_of(name: str, shared: Path) -> Path:
    """The package folder of that name below `shared`, made by whichever worker comes first."""

    def make(made: Path) -> None:
        if name == "chinese":
            write_package(make_package(finished(made.with_suffix(".run"), "zh")), made)
            shutil.rmtree(made.with_suffix(".run"))
        else:
            study = ROOT / "analyses" / FOLDERS[name] / "study.toml"
            panelkit.package(study, output=made.with_suffix(".out"), to=made)
            shutil.rmtree(made.with_suffix(".out"))

    return once(shared / f"package-{name}", make)


def once(place: Path, make: Callable[[Path], None]) -> Path:
    """`place`, a file or folder that `make` writes beside it, by whichever worker comes first; the others wait."""
    lock = place.with_name(f"lock-{place.name}")
    try:
        lock.mkdir()
    except FileExistsError:
        for _ in range(int(PATIENCE / 0.2)):
            if place.exists():
                return place
            if (lock / "failed").exists():
                break
            time.sleep(0.2)
        raise RuntimeError(f"{place.name} was not made") from None
    try:
        made = place.with_name(f"making-{place.name}")
        make(made)
        os.replace(made, place)
    except BaseException:
        (lock / "failed").touch()
        raise
    return place
