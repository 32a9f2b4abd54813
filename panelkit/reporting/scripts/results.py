"""Which package a fitted result is of, and results that hold several opened; each is read in its own file, no table is made here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from panelkit.core.counted import counted
from panelkit.core.errors import Fault, ReportError
from panelkit.core.estimate import Estimate
from panelkit.reporting.maketables import Adapted
from panelkit.reporting.scripts.of_linearmodels import linearmodels
from panelkit.reporting.scripts.of_others import estimate, speaks
from panelkit.reporting.scripts.of_pyfixest import local_projections, pyfixest
from panelkit.reporting.scripts.of_statsmodels import margins, several, statsmodels
from panelkit.reporting.scripts.read import Read

_SYSTEMS = {"SUR": "SUR", "IV3SLS": "3SLS", "IVSystemGMM": "GMM"}


def opened(models: Any, faults: list[Fault] | None = None) -> Iterator[tuple[str, Read]]:
    """Results one by one, each with the name it was given ("" for none).

    Lists in lists, mappings, pyfixest's results of several formulas, systems of equations, vector autoregressions and multinomial
    logits are opened.

    faults : those of results that cannot be read are added to it, in place of the first being raised.

    Raises
    ------
    ReportError
        A result that cannot be read, where there is no list for its faults.
    """
    if isinstance(models, Mapping):
        for name, model in models.items():
            yield from ((str(name), read) for _, read in opened([model], faults))
        return
    for place, model in enumerate(models if isinstance(models, list | tuple) or _plain(models) else [models]):
        try:
            yield from _one(model, faults)
        except ReportError as error:
            if faults is None:
                raise
            faults += [replace(f, where=f"models[{place}]") for f in error.faults]


def _one(model: Any, faults: list[Fault] | None) -> Iterator[tuple[str, Read]]:
    """The columns that one element of a list is."""
    inner = getattr(model, "all_fitted_models", None)
    if isinstance(inner, Mapping):
        yield from opened(list(inner.values()), faults)
    elif isinstance(model, list | tuple | Mapping):
        yield from opened(model, faults)
    elif isinstance(getattr(model, "_results", None), Mapping) and getattr(model, "params", None) is not None:
        yield from opened(model._results, faults)  # a comparison of linearmodels, by its own names
    elif hasattr(model, "equation_labels") and isinstance(getattr(model, "equations", None), Mapping):
        yield from (("", _equation(model, e)) for e in model.equations.values())
    elif _several(model):
        yield from (("", read) for read in several(model))
    else:
        yield "", imported(model)


def _plain(models: Any) -> bool:
    """Whether it is a container of results that is no result itself: a generator, the values of a dict."""
    single = any(hasattr(models, name) for name in ("params", "columns", "tidy"))
    return hasattr(models, "__iter__") and not single and not isinstance(models, str | bytes)


def _equation(system: Any, equation: Any) -> Read:
    read = replace(imported(equation), estimator=_SYSTEMS.get(type(system.model).__name__, type(system.model).__name__))
    count = sum(1 for _ in system.equations)
    return replace(read, remarks=(*read.remarks, ("of_system", (("count", str(count)),))))


def _several(model: Any) -> bool:
    return hasattr(model, "neqs") or (
        type(getattr(model, "model", None)).__name__ == "MNLogit" and hasattr(model, "pvalues")
    )


def imported(model: Any) -> Read:
    """A result of one equation as read by its attributes.

    Raises
    ------
    ReportError
        Where it is no result that can be read, or holds several equations.
    """
    if isinstance(model, Read):
        return model
    if isinstance(model, Estimate):
        return estimate(model)
    if isinstance(model, Adapted):
        return estimate(model.estimate, model.__maketables_var_labels__)
    if hasattr(model, "equation_labels"):
        what = f"a {type(model).__name__} holds several equations ({', '.join(map(str, model.equation_labels))})"
        raise ReportError(what, mend="give them one by one: result.equations['...']")
    if _several(model):
        what = f"a {type(model).__name__} holds several equations"
        raise ReportError(what, mend="give it to table, which opens it")
    if hasattr(model, "_coeftable") and hasattr(model, "_pre_window"):
        return local_projections(model)
    if hasattr(model, "_coefnames") and hasattr(model, "tidy"):
        return pyfixest(model)
    if hasattr(model, "std_errors") and hasattr(model, "tstats"):
        return linearmodels(model)
    if hasattr(model, "margeff") and hasattr(model, "margeff_se"):
        return margins(model)
    if hasattr(model, "params") and hasattr(model, "bse") and not getattr(model.params, "ndim", 1) > 1:
        return statsmodels(model)
    if hasattr(model, "__maketables_coef_table__"):
        return speaks(model)
    raise _refused(model)


def _refused(model: Any) -> ReportError:
    """Why it is no result, and what to give instead."""
    name = f"{'an' if type(model).__name__[:1] in 'AEIO' else 'a'} {type(model).__name__}"
    frame = "its numbers: panelkit.reporting.given(frame, outcome='...')"
    if hasattr(model, "columns") and hasattr(model, "iloc"):
        return ReportError(f"{name} is no fitted result", mend=f"give {frame}")
    if getattr(getattr(model, "params", None), "ndim", 1) > 1:
        what = f"{name} holds a fit for each of {counted(len(model.params), 'rows')}"
        return ReportError(what, mend=f"give one of them, or {frame}")
    if hasattr(model, "params"):
        return ReportError(f"{name} has no standard errors", mend=f"fit it without a penalty, or give {frame}")
    if hasattr(model, "fit"):
        return ReportError(f"{name} is a model that is not fitted", mend="give what its fit() returns")
    what = f"{name} is no result of pyfixest, linearmodels or statsmodels"
    return ReportError(what, mend=f"give fitted results, or {frame}")
