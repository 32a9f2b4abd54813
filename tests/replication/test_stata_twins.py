"""Every do-file read by a small reader of Stata that shares nothing with panelkit: each number that it asserts comes out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from stata_run import Stata

import panelkit
from panelkit.core.estimation import ModelSpec
from panelkit.replication import standalone
from panelkit.replication.injections import injections
from panelkit.replication.self_test import read_files, tried
from panelkit.replication.stata.columns import Columns
from panelkit.replication.stata.regressions import command_of

CODES = (
    "110000",
    "120000",
    "130000",
    "140000",
    "150000",
    "210000",
    "220000",
    "230000",
    "310000",
    "320000",
    "330000",
    "340000",
)
MODELS = {
    "ols": ("fixed_effects", "y ~ x + w", ""),
    "within": (
        "fixed_effects",
        "y ~ x | province",
        'covariance = { kind = "clustered", by = ["province"], variant = "cr1" }',
    ),
    "xtreg": (
        "fixed_effects",
        "y ~ x | province + year",
        'covariance = { kind = "clustered", by = ["province"], variant = "cr1", small_sample = "xtreg" }',
    ),
    "twfe": ("fixed_effects", "y ~ x + x:w | province + year", ""),
    "hc3": ("fixed_effects", "y ~ x | province + year", 'covariance = { kind = "robust", variant = "hc3" }'),
    "classical": ("fixed_effects", "y ~ x | province", 'covariance = { kind = "classical" }'),
    "weighted": ("fixed_effects", "y ~ x | province + year", 'weights = "wt"\ncovariance = { kind = "robust" }'),
    "kraay": ("fixed_effects", "y ~ x | province", 'covariance = { kind = "driscoll_kraay", lags = 2 }'),
    "newey": ("fixed_effects", "y ~ x | province", 'covariance = { kind = "newey_west", lags = 2 }'),
    "trends": ("fixed_effects", "y ~ x | province[year] + year", ""),
    "dummies": ("fixed_effects", "y ~ x + i(year) | province", ""),
    "iv": ("instrumental", "y ~ w | province + year | x ~ z", ""),
    "liml": ("instrumental", "y ~ w | 0 | x ~ z", 'estimator = "liml"'),
    "ppml": ("poisson", "n ~ x | province + year", ""),
    "means": ("between", "y ~ x + w", ""),
    "steps": ("first_difference", "y ~ x", "step = 2"),
    "random": ("random_effects", "y ~ x + w", ""),
    "mundlak": ("correlated_random_effects", "y ~ x", ""),
    "mg": ("mean_group", "y ~ x", 'trend = "unit"'),
    "dmg": ("mean_group", "y ~ x", 'averages = "subtracted"'),
    "cce": ("common_correlated_effects", "y ~ x", ""),
    "ccep": ("common_correlated_effects", "y ~ x", 'slopes = "pooled"'),
    "groups": ("heterogeneity", "y ~ x + w | province + year", 'group = "coast"'),
    "channel": ("mediation", "y ~ x + w | province + year", 'mediator = "m"\ndraws = 99'),
    "switch": (
        "threshold",
        "y ~ x + w | province + year",
        'threshold = "z"\nswitching = ["x"]\nthresholds = 2\nsignificance = 1.0\ndraws = 99',
    ),
    "system": ("panel_var", "y ~ x | province + year", "draws = 99"),
    "levels": (
        "panel_var",
        "y ~ x + w | province",
        'estimator = "lsdv"\nlags = 2\nbands = "none"\nyears = [2008, 2018]',
    ),
    "dynamic": ("panel_var", "y ~ x | province", 'estimator = "gmm"\ninstruments = [1, 3]\nbands = "none"'),
    "event": ("event_study", "y ~ 1 | province + year", 'cohort = "g"\nwindow = [-3, 3]'),
    "cs": (
        "callaway_santanna",
        "y ~ w | province + year",
        'cohort = "g"\ncontrol = "notyet"\nadjustment = "reg"\ndraws = 0',
    ),
    "sa": ("sun_abraham", "y ~ 1 | province + year", 'cohort = "g"\ndraws = 0'),
    "bjs": ("imputation", "y ~ 1 | province + year", 'cohort = "g"\ndraws = 0'),
    "g2s": ("gardner", "y ~ w | province + year", 'cohort = "g"\ndraws = 0'),
    "etwfe": ("extended_two_way", "y ~ 1 | province + year", 'cohort = "g"\ndraws = 0'),
}
UNREAD = {
    "ccep": "xtdcce2",
    "cs": "csdid",
    "sa": "eventstudyinteract",
    "etwfe": "jwdid",
    "switch": "xthreg",
}  # what the reader does not know
COLUMNS = ("y", "x", "z", "w", "m", "n", "g", "coast", "wt")


def data() -> pd.DataFrame:
    draw, rows = np.random.default_rng(5), []
    common = draw.normal(size=12)
    for i, code in enumerate(CODES):
        a, load, first = draw.normal(), draw.normal(), 0 if i % 4 == 0 else 2011 + i % 4 * 2
        for t in range(2008, 2020):
            x = a + 0.5 * common[t - 2008] * load + draw.normal()
            z, w, m = 0.8 * x + draw.normal(), draw.normal(), 0.5 * x + draw.normal()
            y = 1 + 0.7 * x + 0.3 * m + a + 0.4 * (0 < first <= t) + 0.3 * load * common[t - 2008] + draw.normal() / 2
            n = draw.poisson(np.exp(0.3 * x + 0.2 * a + 1))
            rows.append((code, t, y, x, z, w, m, n, first, i % 2, draw.uniform(0.5, 2)))
    return pd.DataFrame(rows, columns=["province", "year", *COLUMNS]).round(6)


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("kinds")
    (home / "data" / "raw" / "made").mkdir(parents=True)
    data().to_csv(home / "data" / "raw" / "made" / "all.csv", index=False)
    series, measures = (dict.fromkeys(COLUMNS, one) for one in ("", "1"))
    text = (
        'schema = 1\n[study]\nid = "kinds"\ntitle = "Every kind"\nseed = 11\nsimulated = true\n[panel]\nyears = [2008, 2019]\n'
        '[sources.all]\nkind = "tidy"\npath = "data/raw/made/all.csv"\nvintage = 2020\npublisher = "nobody"\n'
        f"series = {{ {', '.join(f'{v} = {json.dumps(v)}' for v in series)} }}\n"
        f"measures = {{ {', '.join(f'{v} = {json.dumps(m)}' for v, m in measures.items())} }}\n"
    )
    text += "".join(f'[variables.{v}]\nseries = "all.{v}"\n' for v in COLUMNS)
    for name, (kind, formula, further) in MODELS.items():
        text += f'[[models]]\nid = "{name}"\nkind = "{kind}"\nformula = "{formula}"\n{further}\n'
    text += '[[tables]]\nid = "main"\ntitle = "Main"\ncolumns = ["ols", "twfe", "iv", "ppml", "random"]\n'
    (home / "study.toml").write_text(text, "utf-8")
    folder, _ = panelkit.package(home / "study.toml", output=home / "out", to=home / "package")
    return folder


def run(folder: Path, model: str) -> Stata:
    return Stata(folder).run((folder / "stata" / f"{model}.do").read_text("utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_what_a_twin_asserts_comes_out(every_kind: Path, model: str) -> None:
    made = run(every_kind, model)
    assert not made.failed, made.failed
    if model in UNREAD:
        assert made.unknown[0].startswith(UNREAD[model])
        assert made.held >= 6 or model != "switch"
        assert "* panelkit: " in (every_kind / "stata" / f"{model}.do").read_text("utf-8") or model == "ccep"
    else:
        assert not made.unknown
        assert made.held >= 1 or model == "dynamic"  # xtabond2 and pvar are run, and compared by eye


@pytest.mark.slow
def test_twins_of_every_kind_verify_and_spoilt_ones_do_not(every_kind: Path) -> None:
    found = standalone.verify(str(every_kind), ["L0", "L1"])
    assert [level["findings"] for level in found["levels"]] == [[], []]
    files = read_files(every_kind)
    errors = [e for e in injections(files, each=40, seed=2) if "do-file" in e.kind]
    assert len({e.kind for e in errors}) >= 6
    outcome = tried(files, errors[::3])
    assert not outcome.slipped, "\n".join(outcome.slipped)
    assert "no command for" not in files["README.md"].decode()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["flagship", "known_truth"])
def test_twins_of_the_studies_hold(packages: Callable[[str], Path], name: str) -> None:
    folder = packages(name)
    for file in sorted((folder / "stata").glob("*.do")):
        if file.stem == "run_all":
            continue
        made = run(folder, file.stem)
        assert not made.failed, (file.name, made.failed)
        assert all(re.match(r"csdid|eventstudyinteract|jwdid", made.unknown[0]) for _ in made.unknown[:1]), made.unknown


ABOUT = {
    "unit": "province",
    "time": "year",
    "variables": [{"name": n, "kind": "number"} for n in ("y", "x", "latitude", "longitude")],
}
REQUEST = {
    "family": "gaussian", "estimator": "least_squares", "outcome": "y", "slopes": ["x"], "absorb": ["province", "year"],
    "varying_slopes": [], "endogenous": [], "instruments": [], "constant": False, "weights": "", "weight_kind": "analytic",
    "step": 1, "trend": "none",
}  # fmt: skip


def test_conley_errors_have_a_command() -> None:
    covariance = {
        "kind": "conley",
        "cutoff_km": 800.0,
        "kernel": "bartlett",
        "latitude": "latitude",
        "longitude": "longitude",
    }
    model = ModelSpec(id="m", kind="fixed_effects", formula="y ~ x | province + year")
    made = command_of({**REQUEST, "covariance": covariance}, Columns(model, ABOUT, True), True)
    assert made.text.startswith(
        "acreg y x, id(pk_province) time(year) latitude(latitude) longitude(longitude) spatial dist(800)"
    )
    assert not made.errors


def test_an_unknown_method_says_that_there_is_no_twin(files: dict[str, bytes]) -> None:
    from panelkit.replication.stata import do_files, without_twin

    estimate = json.loads(files["results/estimates.json"])["estimates"][0]
    spec = ModelSpec(id="both", kind="spatial_lag", formula="y ~ x | province + year")
    about = json.loads(files["data/processed/panel.json"])
    strange = {**estimate, "kind": "spatial_lag", "requests": [{**estimate["requests"][0], "estimator": "spatial"}]}
    text = do_files([strange], {"both": spec}, about, True)["stata/both.do"].decode()
    assert without_twin([strange], {"both": spec}, about, True) == ("both",)
    assert "* Stata has no twin of this model: no command of Stata is known to be spatial." in text
    assert all(line.startswith("*") for line in text.splitlines())
    assert f"* panelkit: x = {estimate['terms'][0]['estimate']!r}" in text
    composed = {**estimate, "terms": [{**estimate["terms"][0], "name": "rho"}]}
    assert without_twin([composed], {"both": spec}, about, True) == ("both",)
