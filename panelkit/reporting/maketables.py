"""Our estimates for maketables' tables: a thin adapter to its duck-typed protocol; maketables itself is not imported.

`ETable([adapt(estimate, panel)])` puts an estimate beside results of other packages. Effects, observations and clusters come from the
estimate's own specification. Paper tables of panelkit do not go this way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from panelkit.core.estimate import Estimate
from panelkit.core.label import Language
from panelkit.core.panel import Panel
from panelkit.core.request import Clustered
from panelkit.reporting.conventions import convention
from panelkit.reporting.labels import term_label

if TYPE_CHECKING:
    import pandas as pd

_STATISTICS = {"N": "rows", "r2": "r2", "r2_within": "r2_within", "adj_r2": "r2_adjusted"}

# steps of a mediation, lags of an autoregression, regimes of a threshold: a colon in them is no product
_NO_PRODUCT = re.compile(r"\w+: |(?:.+:)?(?:regime|step)::\d+$")


@dataclass(frozen=True)
class Adapted:
    """An estimate as maketables asks for it."""

    estimate: Estimate
    panel: Panel
    language: Language = "en"

    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        import pandas as pd

        terms = self.estimate.terms
        columns = {"b": "estimate", "se": "se", "t": "statistic", "p": "p", "ci95l": "low", "ci95u": "high"}
        data = {ours: [getattr(t, theirs) for t in terms] for ours, theirs in columns.items()}
        return pd.DataFrame(data, index=pd.Index([self._called(t.name) for t in terms], name="Coefficient"))

    def _called(self, name: str) -> str:
        """A term's name, by which its rows meet those of other packages; its label where maketables would take it for a product."""
        return term_label(name, self.panel, self.language) if _NO_PRODUCT.match(name) else name

    def __maketables_stat__(self, key: str) -> float | int | str | None:
        """A statistic by maketables' name, or by ours; None where there is none."""
        fit, sample = self.estimate.fit, self.estimate.sample
        name = _STATISTICS.get(key, key)
        if name in ("rows", "units", "periods"):
            return int(getattr(sample, name))
        if name == "clusters":
            return ", ".join(f"{k}: {n}" for k, n in sample.clusters.items()) or None
        if name == "se_type":
            return convention(self.estimate.covariance, self.panel, self.language)
        if name in ("r2", "r2_within", "r2_adjusted", "rss"):
            value: float | None = getattr(fit, name)
            return value
        return fit.extra.get(name)

    @property
    def __maketables_depvar__(self) -> str:
        return self.estimate.outcome

    @property
    def __maketables_fixef_string__(self) -> str | None:
        # without blanks: maketables compares the parts as they stand
        return "+".join(self.estimate.absorb) or None

    @property
    def __maketables_var_labels__(self) -> dict[str, str]:
        names = [self.estimate.outcome, *(t.name for t in self.estimate.terms), *self.estimate.absorb]
        return {n: term_label(n, self.panel, self.language) for n in names}

    @property
    def __maketables_vcov_info__(self) -> dict[str, Any]:
        covariance = self.estimate.covariance
        by = covariance.by if isinstance(covariance, Clustered) else ()
        kind = covariance.variant.upper() if isinstance(covariance, Clustered) else covariance.kind
        return {"vcov_type": kind, "clustervar": " + ".join(by) or None}

    @property
    def __maketables_stat_labels__(self) -> dict[str, str]:
        return {"r2_within": "R² (within)", "r2": "R² (overall)", "se_type": "SE"}

    @property
    def __maketables_default_stat_keys__(self) -> list[str]:
        return ["N", "r2_within" if self.estimate.absorb else "r2"]


def adapt(estimate: Estimate, panel: Panel, language: Language = "en") -> Adapted:
    """The estimate as maketables' `ETable` takes it, with labels from the panel."""
    return Adapted(estimate, panel, language)
