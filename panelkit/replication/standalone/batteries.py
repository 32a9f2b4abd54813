"""Robustness batteries: every specification that the study declares stands in results, verdict, ledger, page and curve."""

from __future__ import annotations

import csv
import io
import itertools
import re
from typing import Any

from panelkit.replication.standalone.level import Level, names_below, read
from panelkit.replication.standalone.numbers import near

AXES = (
    "estimators", "covariances", "samples", "outcomes", "controls", "policies", "windows", "winsor", "timings",
)  # fmt: skip


MOST = 500  # specifications of one battery


def in_full(
    folder: str, book: dict[str, Any], checks: dict[Any, dict[str, Any]], estimates: dict[str, Any], level: Level
) -> None:
    """Each battery of study.toml against everything that repeats it."""
    study = declared_in(folder, level)
    batteries = study.get("robustness") or {}
    page = read(folder, "report.html").decode("utf-8") if "report.html" in names_below(folder, "report") else None
    for name, battery in batteries.items():
        wanted = specifications(name, battery)
        if len(wanted) > MOST:
            level.find("differs", f"robustness.{name} declares more specifications than a battery may have")
            continue
        at = f"robustness.{name}"
        check = checks.get((battery.get("base"), f"robustness_{name}"))
        level.hold(check is not None, "differs", f"{at}: results/checks.json has no verdict on it")
        if check is None:
            continue
        rows = {row["specification"]: row for row in check["rows"]}
        level.hold(
            sorted(rows) == sorted(wanted) and len(check["rows"]) == len(wanted),
            "differs",
            f"{at}: the verdict is on {len(check['rows'])} specifications, the study declares {len(wanted)}"
            + (f"; left out: {', '.join(sorted(set(wanted) - set(rows)))}" if set(wanted) - set(rows) else ""),
        )
        share = sum(bool(row.get("agrees")) for row in check["rows"]) / max(len(check["rows"]), 1)
        level.hold(
            near(share, check["value"]),
            "differs",
            f"{at}: {share:g} of its rows agree, the verdict says {check['value']}",
        )
        made = [s for s in wanted if s in estimates]
        for one in wanted:
            failed = bool(rows.get(one, {}).get("failure"))
            level.hold(
                failed != (one in estimates), "differs", f"{at}: {one} is neither estimated nor told to have failed"
            )
        for table in shown_by(study, "tables", name) or [f"robustness_{name}"]:
            keyed = {e["key"][0] for e in book["numbers"].values() if e["exhibit"] == table}
            for one in made:
                level.hold(one in keyed, "differs", f"{at}: {one} is in no row of the table {table}")
        for one in made if page is not None else []:
            level.hold(f'data-key="{one}|' in str(page), "differs", f"{at}: report.html does not show {one}")
        for figure in shown_by(study, "figures", name) or [f"curve_{name}"]:
            drawn(folder, (name, figure), made, level)


def shown_by(study: dict[str, Any], kind: str, battery: str) -> list[str]:
    """The tables or figures that the study declares for a battery itself; panelkit adds one of its own where there is none."""
    return [str(e.get("id")) for e in study.get(kind) or [] if e.get("battery") == battery]


def declared_in(folder: str, level: Level) -> dict[str, Any]:
    """study.toml as a document, empty where this Python cannot read TOML."""
    try:
        import tomllib
    except ImportError:  # Python 3.10 and earlier
        level.notes.append(
            "batteries, families and settings of tables were not held against study.toml: this Python reads no TOML"
        )
        return {}
    return tomllib.loads(read(folder, "study.toml").decode("utf-8"))


def specifications(name: str, battery: dict[str, Any]) -> list[str]:
    """The ids of everything that a battery declares, its base first."""
    axes = [list(battery.get(axis) or {}) for axis in AXES]
    if battery.get("combine") == "product":
        every = itertools.product(*(["", *axis] for axis in axes if axis))
        chosen = [[c for c in row if c] for row in itertools.islice(every, MOST + 1)]
    else:
        chosen = [[], *([c] for axis in axes for c in axis)]
    return ["__".join((name, *(row or ["base"]))) for row in chosen]


def drawn(folder: str, of: tuple[str, str], made: list[str], level: Level) -> None:
    """The curve has a point for each specification that was estimated; of : battery and figure."""
    name, where = of[0], f"figures/{of[1]}.csv"
    if where not in names_below(folder, "figures/"):
        level.hold(len(made) < 2, "differs", f"robustness.{name}: there is no {where}")
        return
    text = read(folder, where).decode("utf-8-sig")
    points = [
        row["model"] for row in csv.DictReader(io.StringIO(text)) if re.match(rf"{re.escape(name)}__", row["model"])
    ]
    level.hold(sorted(points) == sorted(made), "differs", f"{where} has not one point for each specification")
