"""The panel as a Stata file, with the marker of each model's rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from panelkit.replication.stata.names import sample_name, stata_names


def dta(panel: bytes, about: Mapping[str, Any], samples: bytes | None) -> bytes:
    """The panel as a Stata file (format 118, Stata 14 and newer) with variable labels and the sample marker of each model.

    Parameters
    ----------
    panel, about : `panel.csv` and the content of `panel.json`. samples : `samples.csv` where there is one.
    """
    import datetime

    import pandas as pd

    texts = {about["unit"], *(v["name"] for v in about["variables"] if v["kind"] == "category")}
    frame = pd.read_csv(io.BytesIO(panel), dtype=str, keep_default_na=False)
    for name in frame.columns:
        values = frame[name].tolist()
        if name in texts:
            frame[name] = pd.Series(values, dtype=object)
        elif name == about["time"]:
            frame[name] = pd.Series([int(v) for v in values], dtype="int64")
        else:
            frame[name] = pd.Series([float(v or "nan") for v in values], dtype="float64")
    labels = {v["name"]: v["label"]["zh"] or v["label"]["en"] for v in about["variables"]}
    for model, inside in marks(samples).items():
        frame[sample_name(model)] = pd.Series(inside, dtype="int8")
        labels[sample_name(model)] = f"row of the sample of {model}"
    named = stata_names(list(frame.columns))
    store = io.BytesIO()
    frame.rename(columns=named).to_stata(
        store,
        write_index=False,
        version=118,
        time_stamp=datetime.datetime(1980, 1, 1),
        variable_labels={named[n]: labels.get(n, "")[:80] for n in frame.columns},
        byteorder="little",
    )
    return store.getvalue()


def marks(samples: bytes | None) -> dict[str, list[int]]:
    """Model -> 1 for each row of the panel in its sample, else 0."""
    if samples is None:
        return {}
    header, *lines = csv.reader(io.StringIO(samples.decode("utf-8")))
    return {name: [int(line[j]) for line in lines] for j, name in enumerate(header) if j > 1}
