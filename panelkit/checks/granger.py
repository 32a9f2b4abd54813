"""What the tests of Granger non-causality of a system say, each pair with every test that can be made. None is computed here."""

from __future__ import annotations

from typing import Any

from panelkit.checks._finding import finding, unfit
from panelkit.checks._words import f_is, measured, p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec


@spec
class Granger(CheckSpec):
    """`kind = "granger"`: lags of one variable move another beyond its own; it says and never fails.

    level : at or below it a direction is told as found.
    """

    kind: str = "granger"
    level: float = 0.05


NAMES = {
    "granger": ("Wald test of the system", "系统Wald检验"),
    "granger_jks": (
        "half-panel jackknife test (Juodis, Karavias, Sarafidis)",
        "半面板刀切检验(Juodis、Karavias、Sarafidis)",
    ),
    "granger_dh": ("Dumitrescu-Hurlin Z", "Dumitrescu-Hurlin Z"),
}


def check(declared: Granger, subject: Subject) -> Check:
    """A sentence for each direction; `value` is the smallest p of the system's own Wald tests.

    Source
    ------
    Granger (1969, doi:10.2307/1912791); see `numerics.panel_granger` for the panel tests.
    """
    tests = subject.estimate.tests
    pairs = [k.partition(": ")[2] for k in tests if k.startswith("granger: ")]
    if not pairs:
        raise unfit(subject, "granger", "needs a vector autoregression", "name it on a model of kind 'panel_var'")
    rows: list[dict[str, Any]] = []
    en, zh = [], []
    for pair in pairs:
        cause, _, effect = pair.partition(" -> ")
        said: list[tuple[str, str]] = []
        for kind, (name, chinese) in NAMES.items():
            test = tests.get(f"{kind}: {pair}")
            if test is None:
                continue
            rows.append({"pair": pair, "test": kind, **test})
            figures = _figures(kind, test)
            said.append((f"{name} {figures}", f"{chinese} {figures}"))
        own = float(tests[f"granger: {pair}"]["p"])
        found = own <= declared.level
        verb = "do" if found else "are not found to"
        en.append(f"Lags of {cause} {verb} move {effect}: {'; '.join(e for e, _ in said)}.")
        verb = "影响" if found else "未见影响"
        zh.append(f"{cause} 的滞后项{verb} {effect}:{';'.join(z for _, z in said)}。")
    size = measured(
        subject.estimate.sample.periods + 1,
        "with one lag the Wald test of a jackknifed system rejects a true null 5% of the time, the half-panel jackknife test,"
        " made for long panels, 14% (25% at T = 8; with two lags 36%)",
        "滞后一阶并用刀切法时,系统Wald检验以5%的概率拒绝正确的原假设;为长面板设计的半面板刀切检验为14%(T = 8 时25%;滞后两阶时36%)",
    )
    if any(r["test"] == "granger_jks" for r in rows):
        en.append(size.en.strip())
        zh.append(size.zh)
    en.append(
        "Precedence is not cause: what moves both in turn is not taken off, and a test that finds nothing shows no absence."
    )
    zh.append("时间先后不等于因果:先后影响二者的因素并未排除,检验未见影响也不证明没有影响。")
    return finding(
        declared,
        subject,
        Label(en=" ".join(filter(None, en)), zh="".join(zh)),
        value=min(float(tests[f"granger: {p}"]["p"]) for p in pairs),
        bound=declared.level,
        rows=rows,
    )


def _figures(kind: str, test: dict[str, float]) -> str:
    if kind == "granger":
        return f"{f_is(test['statistic'], test['df1'], test['df2'])}, {p_is(test['p'])}"
    name = f"chi2({test['df1']:g})" if kind == "granger_jks" else "z"
    return f"{name} = {test['statistic']:.3f}, {p_is(test['p'])}"


CHECKS.register(
    CheckKind(name="granger", spec=Granger, summary="Granger non-causality of each pair of a system", check=check)
)
