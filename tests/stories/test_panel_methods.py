"""A study with every panel regression kind: written as a user writes it, run, and confirmed by a second engine."""

from __future__ import annotations

import json
from pathlib import Path

MODELS = {
    "between": ("between", "y ~ x + z", ""),
    "differences": ("first_difference", "y ~ x + z", ""),
    "random": ("random_effects", "y ~ x + z + i(year)", ""),
    "mundlak": ("correlated_random_effects", "y ~ x + z", ""),
    "trends": ("fixed_effects", "y ~ x | province + year + province[year]", ""),
    "mg": ("mean_group", "y ~ x", ""),
    "cce": ("common_correlated_effects", "y ~ x", ""),
    "ccep": ("common_correlated_effects", "y ~ x", 'slopes = "pooled"'),
    "ppml": ("poisson", "level ~ x + z | province + year", ""),
    "liml": ("instrumental", "y ~ 1 | province + year | x ~ z + w", 'estimator = "liml"'),
}


def test_every_kind_runs_and_is_confirmed(small: Path, cli) -> None:
    study = (small / "study.toml").read_text("utf-8")
    head, _, _ = study.partition("[[models]]")
    head += '[variables.level]\nexpression = "exp(y)"\n[variables.w]\nexpression = "x ^ 3 + y ^ 2"\n'
    for name, (kind, formula, further) in MODELS.items():
        head += f'[[models]]\nid = "{name}"\nkind = "{kind}"\nformula = "{formula}"\n{further}\n'
    head += f'[[tables]]\nid = "all"\ntitle = "All"\ncolumns = {json.dumps(list(MODELS))}\nsamples = "told"\n'
    (small / "study.toml").write_text(head, "utf-8")
    out = small / "out"
    ran = cli("run", small / "study.toml", "--output", out, "--json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (checks,) = out.rglob("checks.json")
    found = json.loads(checks.read_text("utf-8"))
    entries = found["checks"] if isinstance(found, dict) else found
    second = {c["of"]: c for c in entries if c["name"] == "second_engine"}
    assert set(second) == set(MODELS)
    assert {name: c["verdict"] for name, c in second.items()} == dict.fromkeys(MODELS, "holds")
    for name in ("ccep", "ppml"):
        told = cli("explain", small / "study.toml", name)
        assert told.returncode == 0, told.stdout + told.stderr
