"""Writing a simulated panel beside what is true of it, the same bytes for the same seed; reading it back is for a source."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import MappingProxyType

from panelkit.core.digest import of_bytes
from panelkit.simulation.panel import COLUMNS, Simulated, simulate
from panelkit.simulation.targets import targets
from panelkit.simulation.truth import Truth

FOLDER = Path("data") / "simulated"
_DECIMALS = "%.6f"
_MEANING = MappingProxyType(
    {
        "province": ("", "GB/T 2260 code", "省级行政区代码"),
        "year": ("", "Year", "年份"),
        "ln_lq": ("log", "Agglomeration (ln LQ), simulated", "产业集聚(区位熵对数,模拟)"),
        "ln_cbec": ("log", "Cross-border e-commerce, simulated", "跨境电商(对数,模拟)"),
        "ln_rd": ("log", "R&D, simulated", "研发(对数,模拟)"),
        "ln_labour": ("log", "Published labour with a break in 2013, simulated", "劳动力(2013年口径变动,模拟)"),
        "information": ("index", "Information infrastructure, simulated", "信息化水平(模拟)"),
        "ln_exports": ("log", "Exports, simulated", "出口(对数,模拟)"),
        "ln_imports": ("log", "Imports, simulated", "进口(对数,模拟)"),
        "ln_trademarks": ("log", "Trademarks, simulated", "商标(对数,模拟)"),
        "ln_destinations": ("log", "Export destinations, simulated", "出口目的地数(对数,模拟)"),
        "zone_years": ("zone-years", "Pilot-zone exposure, real timing", "综试区暴露(真实时点)"),
        "first_treated": ("year", "First pilot zone, year of the reply, real", "首个综试区批复年份(真实)"),
        "shift_ecommerce": ("index", "Exogenous shifter of e-commerce, simulated", "电商外生冲击(模拟)"),
        "shift_cluster": ("index", "Exogenous shifter of agglomeration, simulated", "集聚外生冲击(模拟)"),
    }
)


def write_simulated(
    folder: Path, seed: int, *, years: tuple[int, int] = (2010, 2022), effects: Truth | None = None
) -> tuple[Path, Path, Path]:
    """Write `data/simulated/panel.csv`, its sidecar and `truth.toml` below a study's folder.

    Parameters
    ----------
    folder : Path
        The study's folder; what is missing of it is made.
    seed, years, effects
        As in `simulate`.

    Returns
    -------
    tuple of Path
        The panel (tidy, UTF-8, six decimals), its `.source.toml`, and the coefficients and targets.
    """
    simulated = simulate(seed, years=years, effects=effects)
    data = simulated.frame.to_csv(index=False, float_format=_DECIMALS, lineterminator="\n").encode("utf-8")
    target = folder / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    return (
        _put(target / "panel.csv", data),
        _put(target / "panel.csv.source.toml", _sidecar(simulated, seed, of_bytes(data)).encode("utf-8")),
        _put(target / "truth.toml", _truth(simulated, seed).encode("utf-8")),
    )


def _put(path: Path, data: bytes) -> Path:
    """Written beside and moved into place, so that no half file is ever read."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_bytes(data)
    os.replace(beside, path)
    return path


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _sidecar(simulated: Simulated, seed: int, digest: str) -> str:
    lines = [
        "# Provenance of panel.csv: drawn by panelkit.simulation, not observed.",
        "",
        'publisher = "panelkit (simulated)"',
        'title = { en = "Simulated panel with known coefficients", zh = "已知系数的模拟面板" }',
        'url = ""',
        f'retrieved = "simulated with seed {seed}"',
        f"years = [{simulated.years[0]}, {simulated.years[1]}]",
        'licence = "MIT"',
        "redistribute = true",
        'confidence = "not a fact: only the timing of the pilot zones is real"',
        "notes = [",
        '  "Published labour breaks in 2013, unevenly across provinces.",',
        '  "Guangdong has the largest dose and the noisiest outcomes.",',
        '  "The coefficients and what each model aims at are in truth.toml.",',
        "]",
        f'sha256 = "{digest}"',
    ]
    for name in COLUMNS:
        unit, en, zh = _MEANING[name]
        lines += ["", f"[columns.{name}]", f"unit = {_text(unit)}"]
        lines += [f"label = {{ en = {_text(en)}, zh = {_text(zh)} }}"]
    return "\n".join(lines) + "\n"


def _truth(simulated: Simulated, seed: int) -> str:
    lines = ["# What panel.csv was made with, and what each model is centred on.", "", f"seed = {seed}"]
    lines += ["", "[coefficients]"]
    lines += [f"{name} = {value:.6f}" for name, value in simulated.truth.coefficients().items()]
    for name, target in targets(simulated.truth, simulated.years).items():
        lines += ["", f"[targets.{name}]", f"formula = {_text(target.formula)}", f"term = {_text(target.term)}"]
        lines += [f"value = {target.value:.6f}", f"holds = {_text(target.holds)}", f"why = {_text(target.why)}"]
    return "\n".join(lines) + "\n"
