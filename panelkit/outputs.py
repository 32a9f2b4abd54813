"""The files of a run: what each holds, and read back; no number is made here."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panelkit.core import digest as digests
from panelkit.core.codec import from_json, to_json
from panelkit.core.errors import PackageError
from panelkit.core.label import Label
from panelkit.core.panel import Panel, Step
from panelkit.core.variable import Variable

if TYPE_CHECKING:
    import pandas as pd

    from panelkit.core.check import Check
    from panelkit.core.estimate import Estimate
    from panelkit.core.results import QualityReport


FILLED = "filled.csv"


def as_json(value: Any) -> bytes:
    """One JSON document, indented, UTF-8, ending in a newline."""
    return (json.dumps(to_json(value), ensure_ascii=False, indent=1) + "\n").encode()


def estimates_document(study_id: str, estimates: dict[str, Estimate]) -> dict[str, Any]:
    """`estimates.json`: every number of every estimate in full double precision."""
    return {"study": study_id, "estimates": [_estimate(e) for e in estimates.values()]}


def _estimate(estimate: Estimate) -> dict[str, Any]:
    document: dict[str, Any] = to_json(estimate)
    document["sample"].pop("positions")
    document.pop("influence")
    order = ("id", "kind", "outcome", "engine", "terms", "sample", "fit")
    return {k: document[k] for k in (*order, *(k for k in document if k not in order))}


def checks_document(study_id: str, checks: dict[str, tuple[Check, ...]], quality: tuple[Check, ...]) -> dict[str, Any]:
    """`checks.json`: findings about the panel first (of ""), then those about each model; draws are left to the figures' CSV."""
    found = [*quality, *(c for of in checks.values() for c in of)]
    return {"study": study_id, "checks": [{k: v for k, v in to_json(c).items() if k != "series"} for c in found]}


def quality_document(study_id: str, panel: Panel, quality: QualityReport) -> dict[str, Any]:
    """`quality.json`: the panel's size, every finding with its rows, and the tables and pictures as data, in English."""
    made = quality.exhibits["en"]
    return {
        "study": study_id,
        "panel": {
            "rows": panel.rows,
            "units": len(panel.units),
            "times": list(panel.times),
            "variables": [v.name for v in panel.variables],
            "digest": panel.digest,
            "history": panel.history,
        },
        "findings": [{k: v for k, v in to_json(c).items() if k != "series"} for c in quality.checks],
        "tables": {
            t.id: {
                "title": t.title,
                "columns": [t.stub, *(c.id for c in t.columns)],
                "rows": [[r.label, *(c.raw for c in r.cells)] for r in t.rows],
            }
            for t in made.tables
        },
        "pictures": {f.id: {"title": f.title, "notes": f.notes, "data": f.data} for f in made.figures},
    }


def panel_files(
    panel: Panel, observations: pd.DataFrame, described: list[dict[str, Any]], filled: pd.DataFrame | None = None
) -> dict[str, bytes]:
    """The panel as Parquet and CSV, its variables and history as JSON, the codebook, every raw cell it was made of, every filled one."""
    frame = panel.frame
    return {
        "panel.parquet": _parquet(frame),
        "panel.csv": frame.to_csv(index=False, lineterminator="\n").encode(),
        "panel.json": as_json(
            {
                "unit": panel.unit,
                "time": panel.time,
                **({"parts": panel.parts} if panel.parts else {}),
                "digest": panel.digest,
                "variables": panel.variables,
                "history": panel.history,
                "unit_labels": panel.unit_labels,
            }
        ),
        "codebook.csv": codebook(described),
        "observations.parquet": _parquet(observations),
        FILLED: _filled(panel, filled),
    }


def _filled(panel: Panel, flags: pd.DataFrame | None) -> bytes:
    """One line per cell that is not as published: unit, time, variable, value."""
    import pandas as pd

    frame, parts = panel.frame, []
    for variable in panel.variables:
        if flags is not None and variable.name in flags:
            own = frame.loc[flags[variable.name].to_numpy(dtype=bool), [panel.unit, panel.time, variable.name]]
            parts.append(own.rename(columns={variable.name: "value"}).assign(variable=variable.name))
    columns = [panel.unit, panel.time, "variable", "value"]
    table = pd.concat(parts)[columns] if parts else pd.DataFrame(columns=columns)
    return table.to_csv(index=False, lineterminator="\n").encode()


def read_filled(folder: Path, panel: Panel) -> pd.DataFrame:
    """Which cells of the panel are not as published: bool, rows as the panel's, one column per variable that has any."""
    import pandas as pd

    path = folder / FILLED
    table = pd.read_csv(path, dtype={panel.unit: str}) if path.is_file() else pd.DataFrame()
    keys = pd.MultiIndex.from_frame(panel.frame[[panel.unit, panel.time]])
    own = table.groupby("variable", sort=False) if len(table) else []
    return pd.DataFrame(
        {n: keys.isin(pd.MultiIndex.from_frame(t[[panel.unit, panel.time]])) for n, t in own}, index=range(panel.rows)
    )


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def codebook(rows: list[dict[str, Any]]) -> bytes:
    """One line per variable, as CSV that a spreadsheet opens."""
    import pandas as pd

    return b"\xef\xbb\xbf" + pd.DataFrame(rows).to_csv(index=False, lineterminator="\n").encode()


def read_panel(folder: Path) -> Panel:
    """The panel that `panel_files` wrote into `folder`, from `panel.csv` and `panel.json`.

    Raises
    ------
    PackageError
        Where the two do not make the panel whose digest is on record.
    """
    import pandas as pd

    meta = json.loads((folder / "panel.json").read_text("utf-8"))
    variables = from_json(tuple[Variable, ...], meta["variables"])
    texts = {meta["unit"]: str, **{v.name: str for v in variables if v.kind == "category"}}
    frame = pd.read_csv(
        folder / "panel.csv", dtype=texts, float_precision="round_trip", keep_default_na=False, na_values=[""]
    )
    panel = Panel.of(
        frame,
        unit=meta["unit"],
        time=meta["time"],
        variables=variables,
        history=from_json(tuple[Step, ...], meta["history"]),
        unit_labels=from_json(dict[str, Label], meta["unit_labels"]),
        parts=meta.get("parts", ()),
    )
    if panel.digest != meta["digest"]:
        raise PackageError(
            "the panel is not the one on record", where="panel.csv", mend="take the panel as it was packed"
        )
    return panel


def samples(panel: Panel, used: Panel, estimates: dict[str, Estimate]) -> bytes:
    """`samples.csv`: for each row of the panel, which models used it; `used` is the panel that models were estimated on."""
    import pandas as pd

    keys = [panel.unit, panel.time]
    table = panel.frame[keys].copy()
    places = pd.MultiIndex.from_frame(table)
    for name, made in estimates.items():
        rows = used.take(made.sample.positions).frame[keys]
        table[name] = places.isin(pd.MultiIndex.from_frame(rows)).astype(int)
    return table.to_csv(index=False, lineterminator="\n").encode()


def intact(folder: Path, files: dict[str, str]) -> bool:
    """Whether `folder` holds every file of a manifest, unchanged."""
    return all((folder / n).is_file() and digests.of_bytes((folder / n).read_bytes()) == d for n, d in files.items())
