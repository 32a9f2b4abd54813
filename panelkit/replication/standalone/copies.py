"""Files that repeat results or panel (models, second engine, samples, codebook), each against its original."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import struct
from typing import Any

from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.keys import scale_of
from panelkit.replication.standalone.level import Level, load, names_below, of_battery, read
from panelkit.replication.standalone.numbers import equal, near, number, parted, same


def modelled(folder: str, book: dict[str, Any], estimates: dict[str, Any], level: Level) -> None:
    """results/models: one file for each estimate, the same estimate, and the seed that follows from the study's."""
    there = {name[len("results/models/") : -len(".json")] for name in names_below(folder, "results/models/")}
    level.hold(there == set(estimates), "differs", "results/models has not one file for each estimate")
    for name in sorted(there & set(estimates)):
        model, where = load(folder, f"results/models/{name}.json"), f"results/models/{name}.json"
        level.hold(model["id"] == name, "differs", f"{where} is of another model")
        level.hold(
            equal(model["estimate"], estimates[name]),
            "differs",
            f"{where} is not the estimate in results/estimates.json",
        )
        level.hold(
            model["sample_digest"] == estimates[name]["sample"]["keys_digest"], "differs", f"{where} has another sample"
        )
        seed = int(hashlib.sha256(f"{book['seed']}/{name}".encode()).hexdigest()[:15], 16)
        level.hold(
            model["seed"] == seed, "differs", f"{where}: the seed is {model['seed']}, by the study's it is {seed}"
        )
        asked = model["specification"]
        level.hold(
            asked["id"] == name and asked["kind"] == estimates[name]["kind"],
            "differs",
            f"{where}: the specification is of another model",
        )
        study = read(folder, "study.toml").decode("utf-8")
        quoted = (json.dumps(asked["formula"], ensure_ascii=False), f"'{asked['formula']}'")
        told = any(q in study for q in quoted) or (of_battery(folder, name) and of_names(asked["formula"], study))
        level.hold(told, "differs", f"{where}: the formula is not in study.toml")


def of_names(formula: str, study: str) -> bool:
    """Whether a formula is made of names that the study has, as that of a battery's specification is, with a constant where it has one."""
    bare = r"~\s*0\s*\+"
    if re.search(bare, formula) and not re.search(bare, study):
        return False
    words = {re.sub(r"_w\d{3}$", "", w) for w in re.findall(r"[^\W\d]\w*", formula)}  # _w010: winsorised at 1 %
    return all(re.search(rf"(?<!\w){re.escape(w)}(?!\w)", study) for w in words)


def crosschecked(folder: str, estimates: dict[str, Any], checks: dict[Any, Any], level: Level) -> None:
    """results/crosscheck.json against checks and estimates, and its differences and verdicts against its own values."""
    models = load(folder, "results/crosscheck.json")["models"]
    level.hold(
        [m["id"] for m in models] == list(estimates),
        "differs",
        "results/crosscheck.json has not one entry for each model",
    )
    for model in models:
        where = f"results/crosscheck.json, {model['id']}"
        check, estimate = checks.get((model["id"], "second_engine")), estimates.get(model["id"], {"terms": ()})
        if check is None:
            level.hold(model["verdict"] == "none", "differs", f"{where}: there is no such check")
            continue
        for field in ("verdict", "value", "bound", "text"):
            level.hold(equal(model[field], check[field]), "differs", f"{where}: the {field} is not that of the check")
        rows = [{k: r[k] for k in v} for r, v in zip(check.get("rows") or (), model["values"])]  # noqa: B905
        level.hold(equal(rows, model["values"]), "differs", f"{where}: the values are not those of the check")
        terms = {t["name"]: t for t in estimate["terms"]}
        for row in model["values"]:
            told = number(row["coefficient_difference"])
            if row["term"] in terms:
                b, other = number(terms[row["term"]]["estimate"]), number(row["other_coefficient"])
                level.hold(
                    same(row["coefficient"], b),
                    "differs",
                    f"{where}: {row['term']} is {row['coefficient']!r}, not {b!r}",
                )
                floor = 1e-3 * (number(row["se"]) or 0.0)
                gap = parted(b, other, floor if floor == floor and floor > 0 else 0.0)
                level.hold(near(gap, told, 1e-6), "differs", f"{where}: {row['term']} parts by {gap!r}, not {told!r}")
            ours, theirs, apart = (number(row[k]) for k in ("se", "other_se", "se_difference"))
            if row["se"] is None and theirs is not None:
                level.find("differs", f"{where}: {row['term']} has the error of one engine alone")
            # an engine may be asked for the coefficient alone, as where errors are jackknifed or of a product of two equations
            errors = None if ours is None or theirs is None else parted(ours, theirs)
            holds = errors is apart if errors is None or apart is None else near(errors, apart, 1e-6)
            level.hold(holds, "differs", f"{where}: the standard errors of {row['term']} part by {errors!r}")
        if model["verdict"] in ("holds", "fails") and model["value"] is not None:
            over = number(model["value"]) > number(model["bound"])
            level.hold(
                over == (model["verdict"] == "fails"), "differs", f"{where}: the verdict is not that of value and bound"
            )


def sampled(folder: str, estimates: dict[str, Any], frame: Frame, level: Level) -> None:
    """data/processed/samples.csv, where there is one: rows, units, periods, window and digest of each model's sample."""
    name = "data/processed/samples.csv"
    if not os.path.isfile(os.path.join(folder, *name.split("/"))):
        level.find("unbound", f"there is no list of the rows of each model's sample ({name}): they could be any")
        return
    header, *lines = csv.reader(io.StringIO(read(folder, name).decode("utf-8"), newline=""))
    unit, time = (frame.header.index(frame.about[k]) for k in ("unit", "time"))
    keys = [[line[unit], line[time]] for line in frame.lines]
    level.hold([line[:2] for line in lines] == keys, "differs", f"{name} has not the keys of the panel")
    level.hold(header[2:] == list(estimates), "differs", f"{name} has not one column for each model")
    for j, model in enumerate(header[2:], start=2):
        if model not in estimates:
            continue
        rows = [line for line in lines if line[j] == "1"]
        sample, where = estimates[model]["sample"], f"{name}, {model}"
        times = [int(float(row[1])) for row in rows]
        digest = hashlib.sha256(f"{frame.about['unit']}\0".encode() + "\0".join(r[0] for r in rows).encode() + b"\1")
        digest.update(f"{frame.about['time']}\0".encode() + b"".join(struct.pack("<d", t) for t in times) + b"\1")
        level.hold(
            digest.hexdigest() == sample["keys_digest"], "differs", f"{where}: these are not the rows of the sample"
        )
        for field, made in (
            ("rows", len(rows)),
            ("units", len({r[0] for r in rows})),
            ("periods", len(set(times))),
            ("first", min(times, default=0)),
            ("last", max(times, default=0)),
        ):
            level.hold(sample[field] == made, "differs", f"{where}: {field} is {sample[field]}, in the list {made}")
        places = [i for i, line in enumerate(lines) if line[j] == "1"]
        for cluster, count in sample["clusters"].items():
            if set(cluster.split("^")) <= set(frame.header):
                columns = [frame.header.index(part) for part in cluster.split("^")]
                made = len({tuple(frame.lines[i][c] for c in columns) for i in places})
                level.hold(count == made, "differs", f"{where}: {count} clusters by {cluster}, in the panel {made}")


def coded(folder: str, frame: Frame, level: Level) -> None:
    """data/processed/codebook.csv against panel.json and the panel."""
    name = "data/processed/codebook.csv"
    lines = list(csv.DictReader(io.StringIO(read(folder, name).decode("utf-8-sig"), newline="")))
    variables, all_times = frame.about["variables"], frame.column(frame.about["time"])
    level.hold(
        [i["variable"] for i in lines] == [v["name"] for v in variables], "differs", f"{name} has other variables"
    )
    for line, variable in zip(lines, variables):  # noqa: B905
        where = f"{name}, {variable['name']}"
        said = {
            "label_en": variable["label"]["en"],
            "label_zh": variable["label"]["zh"],
            "measure": variable["measure"],
            "kind": variable["kind"],
            "price": variable["price"],
            "base_year": str(variable["base_year"] or ""),
            "made": variable["origin"]["how"],
            "from": " ".join(variable["origin"]["inputs"]),
            "filled": str(variable["filled"]),
        }
        for field, text in said.items():
            level.hold(line[field] == text, "differs", f"{where}: {field} is not that of panel.json")
        column = [row[frame.header.index(variable["name"])] for row in frame.lines]
        level.hold(line["cells"] == str(sum(c != "" for c in column)), "differs", f"{where}: another count of cells")
        level.hold(line["missing"] == str(sum(c == "" for c in column)), "differs", f"{where}: another count of gaps")
        there = [i for i, c in enumerate(column) if c != ""]
        times = [all_times[i] for i in there] or [""]
        spans = (("units", len({frame.units[i] for i in there})), ("first", min(times)), ("last", max(times)))
        for field, made in spans:
            shown = line[field].partition(".0")[0]  # a column of whole numbers with a gap is written as doubles
            level.hold(shown == str(made), "differs", f"{where}: {field} is {line[field]}, by the panel {made}")
        if variable["kind"] == "number" and there:
            for field in ("mean", "sd", "min", "p25", "median", "p75", "max"):
                value, made = float(line[field] or "nan"), frame.described(variable["name"], field, range(frame.rows))
                level.hold(
                    near(value, made, scale_of(["panel", variable["name"], field], frame)),
                    "differs",
                    f"{where}: {field} is {line[field]}, by the panel {made!r}",
                )
