"""The numbers saved beside figures, kind by kind, against estimates and checks; those made of the panel are in figures_of_panel."""

from __future__ import annotations

import bisect
import csv
import io
import math
from collections.abc import Callable
from typing import Any

from panelkit.replication.standalone.batteries import specifications
from panelkit.replication.standalone.distributions import tail
from panelkit.replication.standalone.figures_of_panel import OF_PANEL, Shown
from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.level import Level, names_below, read
from panelkit.replication.standalone.numbers import near, number, same


def pictured(folder: str, book: dict[str, Any], known: tuple[Any, Any, Frame], level: Level) -> None:
    """The numbers of every figure against what they are made of."""
    specs = book.get("figures", {})
    kinds = {**OF_RESULTS, **OF_PANEL}
    for name in names_below(folder, "figures/"):
        if not name.endswith(".csv"):
            continue
        spec = specs.get(name[len("figures/") : -len(".csv")])
        if spec is None:
            level.find("unbound", f"{name} is of no figure that the ledger knows")
            continue
        rows = list(csv.DictReader(io.StringIO(read(folder, name).decode("utf-8-sig"), newline="")))
        shown = Shown(name, spec, rows, known, level)
        level.hold(len(rows) > 0, "differs", f"{name} has no rows")
        if spec["kind"] not in kinds:
            level.notes.append(f"{name}: figures of kind {spec['kind']} are held against the ledger's digest alone")
        elif rows:
            kinds[spec["kind"]](shown)


def event_study(shown: Shown) -> None:
    """Effects, rows and bands against the curve of the model; a reference is zero."""
    estimate = shown.estimate(shown.spec["model"])
    curve = {number(e["at"]): e for e in estimate["curves"][shown.spec["curve"]]}
    drawn = {r["term"]: r for r in estimate.get("resampled", ())}
    for i, row in enumerate(shown.rows):
        at = float(row["at"])
        if row["reference"] in ("1", "True"):
            zero = all(float(row[f] or 0) == 0 for f in ("estimate", "se", "low", "high"))
            shown.hold(
                (zero and at not in curve) or same(curve.get(at, {}).get("estimate"), 0.0),
                i,
                "the reference is not zero",
            )
            continue
        effect = curve.get(at, {})
        for field in ("estimate", "se", "low", "high", "p", "rows"):
            shown.same(i, field, effect.get(field, "absent"))
        shown.hold(row["label"] == str(effect.get("label")), i, "its label is another")
        band = drawn.get(f"{shown.spec['curve']} at {at:g}")
        for side in ("low", "high") if "band_low" in row and band else ():
            shown.same(i, f"band_{side}", band[side])  # type: ignore[index]
    there = {float(r["at"]) for r in shown.rows}
    shown.hold(set(curve) <= there, -1, "an effect of the curve is left out")


def of_models(shown: Shown) -> None:
    """Coefficients and intervals of several models, and what each specification of a battery chose."""
    battery = shown.spec.get("battery") or ""
    base = f"{battery}__base" if battery else shown.spec.get("base")
    for i, row in enumerate(shown.rows):
        estimate = shown.estimate(row["model"])
        terms = [t for t in estimate["terms"] if row.get("term", t["name"]) == t["name"]]
        fields = [f for f in ("estimate", "low", "high", "p") if f in row]
        fits = [t for t in terms if all(same(shown.value(i, f), number(t[f])) for f in fields)]
        shown.hold(bool(fits), i, f"{row['model']} has no such coefficient")
        if row.get("low_resampled"):
            drawn = [r for r in estimate.get("resampled", ()) if r["term"] == row["term"]]
            held = any(
                all(same(shown.value(i, f"{s}_resampled"), number(r[s])) for s in ("low", "high")) for r in drawn
            )
            shown.hold(held, i, "its resampled interval is another")
        if "base" in row:
            shown.hold(row["base"] == str(int(row["model"] == base)), i, "the base is another")
    values = [shown.value(i, "estimate") for i in range(len(shown.rows))]
    if shown.spec["kind"] == "spec_curve":
        shown.hold(values == sorted(values), -1, "its specifications are not sorted")
    study = shown.study().get("robustness", {}) if battery else {}
    if battery in study and study[battery].get("combine", "one_at_a_time") == "one_at_a_time":
        wanted = specifications(battery, study[battery])
        for i, row in enumerate(shown.rows):
            chosen = [row.get(f"choice{k}") for k in range(len(wanted))]
            shown.hold(
                chosen == [str(int(w == row["model"])) for w in wanted], i, f"{row['model']} did not choose this"
            )


def placebo(shown: Shown) -> None:
    """The estimate, and its p as the draws give it."""
    check = shown.check(shown.spec["model"], shown.spec["check"])
    terms = [number(t["estimate"]) for t in shown.estimate(shown.spec["model"])["terms"]]
    rows = {r.get("statistic"): r for r in check.get("rows") or ()}
    told = rows.get("coefficient", {})
    value, p = shown.value(0, "estimate"), shown.value(0, "p")
    observed = [number(told["observed"])] if "observed" in told else terms
    shown.hold(any(same(value, v) for v in observed), 0, "the estimate is another")
    shown.same(0, "p", told.get("p", check.get("value")))
    draws = sorted(abs(shown.value(i, "draw")) for i in range(len(shown.rows)))
    if told.get("draws") == len(draws):
        beyond = [len(draws) - bisect.bisect_left(draws, abs(value) * (1 + s * 1e-9)) for s in (-1, 1)]
        shares = [((n + 1) / (len(draws) + 1), n / len(draws)) for n in beyond]
        shown.hold(
            any(abs(p - s) < 1e-9 for both in shares for s in both), 0, f"of its draws {beyond[0]} are beyond, p is {p}"
        )


def leave_one_out(shown: Shown) -> None:
    """Coefficients without each cluster, and the whole one."""
    check = {str(r["cluster"]): r for r in shown.check(shown.spec["model"], shown.spec["check"])["rows"]}
    terms = {t["name"]: t for t in shown.estimate(shown.spec["model"])["terms"]}
    term = terms[shown.spec.get("term") or next(iter(terms))]
    for field in ("estimate", "low", "high"):
        shown.same(0, field, term[field])
    for i, row in enumerate(shown.rows):
        found = check.get(row["cluster"], {})
        for field in ("coefficient_without", "share"):
            shown.same(i, field, found.get(field, math.nan if field == "share" else "absent"))
    count = sum(
        number(r["coefficient_without"]) not in (None,) and math.isfinite(number(r["coefficient_without"]))
        for r in check.values()
    )
    first = shown.spec.get("first")
    shown.hold(len(shown.rows) == min(count, first or count), -1, f"it has {len(shown.rows)} clusters of {count}")


def rows_of_check(*fields: str) -> Callable[[Shown], None]:
    """A reader of figures whose rows are those of a check."""

    def held(shown: Shown) -> None:
        check = shown.check(shown.spec["model"], shown.spec["check"])
        known = [[r.get(f) for f in fields] for r in check["rows"]]
        for i, row in enumerate(shown.rows):
            fits = [k for k in known if all(is_same(row[f], v) for f, v in zip(fields, k))]  # noqa: B905
            shown.hold(bool(fits), i, f"there is no such row in the check {check['name']}")
            if fits:
                known.remove(fits[0])
            if "bound" in row:
                shown.same(i, "bound", check["bound"])
        if "overall" in shown.rows[0]:
            pairs = [(shown.value(i, "weight"), shown.value(i, "estimate")) for i in range(len(shown.rows))]
            total = math.fsum(w for w, _ in pairs)
            mean = math.fsum(w * b for w, b in pairs) / total if total else math.nan
            shown.hold(
                near(mean, shown.value(0, "overall"), max(abs(b) for _, b in pairs)),
                0,
                "the whole is not that of its parts",
            )

    return held


def is_same(text: str, value: Any) -> bool:
    """Whether a cell of a CSV is a JSON value."""
    known = number(value)
    return text == str(value) if known is None else same(float(text or "nan"), known)


def marginal_effects(shown: Shown) -> None:
    """Effect, error and interval along the moderator by coefficients and covariance, and how often its values occur."""
    spec, estimate = shown.spec, shown.estimate(shown.spec["model"])
    names = [t["name"] for t in estimate["terms"]]
    product = next(
        n for n in (f"{spec['term']}:{spec['moderator']}", f"{spec['moderator']}:{spec['term']}") if n in names
    )
    i, j = names.index(spec["term"]), names.index(product)
    b, V = [number(estimate["terms"][k]["estimate"]) for k in (i, j)], estimate["covariance_matrix"]
    df = number(estimate["terms"][j]["df"])
    for k in range(len(shown.rows)):
        m, effect, se = (shown.value(k, f) for f in ("moderator", "effect", "se"))
        size = max(abs(b[0]), abs(b[1] * m))
        shown.hold(near(effect, b[0] + b[1] * m, size), k, "the effect is not that of the coefficients")
        parts = [number(V[i][i]), 2 * m * number(V[i][j]), m * m * number(V[j][j])]
        shown.hold(
            abs(se * se - max(sum(parts), 0.0)) <= 1e-9 * max(map(abs, parts)),
            k,
            "its error is not that of the covariance",
        )
        low, high = shown.value(k, "low"), shown.value(k, "high")
        shown.hold(near((low + high) / 2, effect, abs(high - low) + size), k, "its interval is not about it")
        shown.hold(
            se == 0 or abs(tail((high - low) / 2 / se, df) - 0.05) < 1e-6, k, "its interval covers another share"
        )
    shown.histogram(spec["moderator"], spec["model"])


def threshold(shown: Shown) -> None:
    """The curve of a threshold point by point, in or out of the sets as its bounds say, and which point is the threshold."""
    records, number_ = shown.estimate(shown.spec["model"])["records"], shown.spec.get("number") or 1
    own = next(r for r in records["thresholds"] if r["threshold"] == number_)
    points = [r for r in records["threshold_ratios"] if r["threshold"] == number_]
    shown.hold(len(points) == len(shown.rows), -1, "it has not all points of the curve")
    for i, (row, point) in enumerate(zip(shown.rows, points)):  # noqa: B905
        value, ratio, bound, iid = (shown.value(i, f) for f in ("value", "ratio", "bound", "bound_iid"))
        held = same(point["value"], value) and same(point["ratio"], ratio)
        shown.hold(held, i, f"the ratio at {row['value']} is not in the results")
        shown.hold(same(own["bound"], bound) and same(own["bound_iid"], iid), i, "its bounds are not in the results")
        told = (row["in_set"], row["in_set_iid"], row["best"])
        within = tuple(str(int(b)) for b in (ratio <= bound, ratio <= iid, same(own["estimate"], value)))
        shown.hold(told == within, i, "its sets are not by its bounds, or its best is not the threshold")


def impulse_response(shown: Shown) -> None:
    """Every point of every response against the curve of the model that it is named for."""
    curves = shown.estimate(shown.spec["model"])["curves"]
    for i, row in enumerate(shown.rows):
        told = f"[{row['order']}] {row['impulse']} -> {row['response']}"
        shown.hold(row["curve"] in (f"irf {told}", f"fevd {told}"), i, "its curve is another")
        effect: dict[str, Any] = next(
            (e for e in curves.get(row["curve"], ()) if same(number(e["at"]), shown.value(i, "at"))), {}
        )
        for field in ("estimate", "se", "low", "high", "p"):
            shown.same(i, field, effect.get(field, "absent"))
    for name in {r["curve"] for r in shown.rows}:
        count = sum(r["curve"] == name for r in shown.rows)
        shown.hold(count == len(curves.get(name, ())), -1, f"{name} has not every horizon")
    heads = {r["curve"].partition(" ")[0] for r in shown.rows}
    shown.hold(heads == {"fevd" if shown.spec.get("show") == "shares" else "irf"}, -1, "it shows another kind of curve")


def synthetic_paths(shown: Shown) -> None:
    """Treated and synthetic path, and the weights of periods, against the records of the model."""
    records, time = shown.estimate(shown.spec["model"])["records"], shown.frame.about["time"]
    cohorts = sorted({int(number(r["cohort"])) for r in records["paths"]})
    chosen = cohorts[0] if shown.spec.get("cohort") is None else shown.spec["cohort"]
    paths = {number(r[time]): r for r in records["paths"] if int(number(r["cohort"])) == chosen}
    weights = {
        number(r[time]): r["weight"] for r in records.get("period_weights", ()) if int(number(r["cohort"])) == chosen
    }
    shown.hold(len(paths) == len(shown.rows), -1, "it has not every period")
    for i, row in enumerate(shown.rows):
        found = paths.get(float(row["time"]), {})
        shown.same(i, "treated", found.get("treated", "absent"))
        shown.same(i, "synthetic", found.get("shifted", "absent"))
        shown.same(i, "period_weight", weights.get(float(row["time"]), 0.0))


OF_RESULTS: dict[str, Callable[[Shown], None]] = {
    "event_study": event_study,
    "coefficients": of_models,
    "spec_curve": of_models,
    "placebo": placebo,
    "leave_one_out": leave_one_out,
    "bacon": rows_of_check("comparison", "weight", "estimate"),
    "balance": rows_of_check("variable", "difference", "matched_difference"),
    "support": rows_of_check("event_time", "treated_cells", "supported", "fewest_controls", "most_controls"),
    "marginal_effects": marginal_effects,
    "synthetic_paths": synthetic_paths,
    "threshold": threshold,
    "impulse_response": impulse_response,
}
