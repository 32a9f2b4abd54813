"""Is this machine fit for panelkit: Python, engines and their known faults, LaTeX, fonts; it mends nothing."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any


def examine() -> list[dict[str, Any]]:
    """Findings `{what, ok, needed, text}`; `needed` ones must be ok for panelkit to work."""
    findings = [_finding("Python", sys.version_info >= (3, 11), f"{sys.version_info.major}.{sys.version_info.minor}")]
    for name in (
        "pandas",
        "numpy",
        "scipy",
        "pyfixest",
        "linearmodels",
        "statsmodels",
        "matplotlib",
        "python-docx",
        "python-calamine",
    ):
        findings.append(_package(name))
    findings.append(_tried("engines agree", _engines_agree))
    findings.append(_tried("engines miss exact collinearity, panelkit does not", _collinearity))
    for program, what in (("xelatex", "compile tables, Chinese too"), ("pdflatex", "compile tables in English")):
        found = shutil.which(program) is not None
        findings.append(
            _finding(program, found, "found" if found else f"not found: needed only to {what}", needed=False)
        )
    findings.append(_tried("report.pdf", _typst, needed=False))
    findings.append(_tried("a Chinese font for figures", _chinese_font, needed=False))
    return findings


def _finding(what: str, ok: bool, text: str, *, needed: bool = True) -> dict[str, Any]:
    return {"what": what, "ok": ok, "needed": needed, "text": text}


def _package(name: str) -> dict[str, Any]:
    try:
        return _finding(name, True, version(name))
    except PackageNotFoundError:
        return _finding(name, False, "not installed: pip install --require-hashes -r requirements.lock")


def _tried(what: str, trial: Callable[[], str], *, needed: bool = True) -> dict[str, Any]:
    from panelkit.core.errors import PanelkitError

    try:
        return _finding(what, True, trial(), needed=needed)
    except PanelkitError as error:
        return _finding(what, False, str(error).replace("\n", " "), needed=needed)


def _small_panel() -> Any:
    import numpy as np
    import pandas as pd

    from panelkit.core.label import Label
    from panelkit.core.panel import Panel
    from panelkit.core.variable import Origin, Variable

    draws = np.random.default_rng(11)
    frame = pd.DataFrame(
        {"unit": np.repeat([f"u{i:02d}" for i in range(12)], 6), "time": np.tile(range(2000, 2006), 12)}
    )
    frame["x"], frame["z"] = draws.normal(size=(2, 72))
    frame["v"] = frame["x"] + 2 * frame["z"]
    frame["y"] = frame["x"] + draws.normal(size=72)
    made = [
        Variable(name=n, measure="", label=Label(en=n), origin=Origin(how="simulated")) for n in ("x", "z", "v", "y")
    ]
    return Panel.of(frame, unit="unit", time="time", variables=made)


def _engines_agree() -> str:
    from panelkit import pipeline
    from panelkit.core.errors import EstimationError
    from panelkit.core.registry import ENGINES
    from panelkit.core.request import Clustered, Regression

    pipeline.load_kinds()
    request = Regression(
        outcome="y", slopes=("x", "z"), absorb=("unit", "time"), covariance=Clustered(by=("unit",), variant="cr0")
    )
    panel = _small_panel()
    fits = {e.name: e.fit(request, panel) for e in ENGINES if e.refuses(request) is None}
    first = next(iter(fits.values()))
    apart = max(
        max(abs(f.coefficients / first.coefficients - 1).max(), abs(f.raw[0] / first.raw[0] - 1).max())
        for f in fits.values()
    )
    if apart > 1e-8:
        raise EstimationError(
            f"{', '.join(fits)} differ by {apart:.1e}", mend="install the versions of requirements.lock"
        )
    return f"{', '.join(fits)}: coefficients and clustered errors within {apart:.0e}"


def _collinearity() -> str:
    from panelkit import pipeline
    from panelkit.core.errors import EstimationError
    from panelkit.core.estimation import Defaults
    from panelkit.core.label import Label
    from panelkit.core.registry import ESTIMATORS
    from panelkit.core.study import Head, PanelSpec, Study

    pipeline.load_kinds()
    model = ESTIMATORS["fixed_effects"].spec(id="trial", kind="fixed_effects", formula="y ~ x + z + v | unit + time")
    study = Study(
        head=Head(id="doctor", title=Label(en="doctor"), seed=1),
        panel=PanelSpec(unit="unit", time="time", years=(2000, 2005)),
        sources={},
        variables={},
        defaults=Defaults(),
        models=(model,),
        checks={},
        tables=(),
        figures=(),
        digest="",
        document={},
    )
    try:
        pipeline.estimate(study, _small_panel())
    except EstimationError:
        return "v = x + 2 z is refused"
    raise EstimationError("v = x + 2 z was not noticed", mend="install the versions of requirements.lock")


def _typst() -> str:
    """Whether a report can be printed."""
    from panelkit.reporting.render.typst import needed

    needed("study.report")
    return "typst is installed"


def _chinese_font() -> str:
    from panelkit.reporting.figures._fonts import chinese_font

    return chinese_font()
