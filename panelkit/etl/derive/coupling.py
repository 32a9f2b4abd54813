"""Coupling and coordination of two or more systems; the systems' levels are variables, usually entropy indices."""

from __future__ import annotations

from typing import Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import inside, on_grid_of, refuse_where, wide
from panelkit.numerics.composite import rank_correlation
from panelkit.numerics.coupling import coordination, coupling_degree, development, modified_coupling_degree


@spec
class CouplingSpec(DerivationSpec):
    """Which systems, and what of them.

    Parameters
    ----------
    systems : tuple of str
        Variables with levels in [0, 1].
    give : 'C' | 'T' | 'D'
        Coupling, development (weighted mean) or coordination sqrt(C T).
    form : 'standard' | 'modified'
        C = n (prod U)^(1/n) / sum U, or the modified C of Wang et al. (2021), which spreads out.
    weights : tuple of float
        Of T, summing to 1; equal unless given.
    """

    systems: tuple[str, ...]
    give: Literal["C", "T", "D"] = "D"
    form: Literal["standard", "modified"] = "standard"
    weights: tuple[float, ...] = ()


def derive(options: CouplingSpec, columns: Columns) -> Derived:
    """C, T or D of the systems' levels.

    Raises
    ------
    StudyError
        One system, or weights that do not sum to 1.
    PanelError
        A level outside [0, 1].

    Source
    ------
    Wang Shujia et al. (2021), J. Nat. Resour. 36(3), 793-810; Liu Chunlin (2017): about half of 379 papers compute C wrongly. Common
    errors avoided: the factor n left out (C capped at 1/n), products of pairs in the divisor (above 1 from four systems on).
    """
    n = len(options.systems)
    if n < 2:
        raise StudyError("coupling needs two systems or more", mend='write systems = ["u1", "u2"]')
    shares = np.array(options.weights) if options.weights else np.full(n, 1 / n)
    if len(shares) != n or abs(shares.sum() - 1) > 1e-9 or (shares < 0).any():
        raise StudyError(
            "the weights of T do not sum to 1 over the systems", mend="give one for each, such as [0.5, 0.5]"
        )
    levels = np.stack([wide(columns, name) for name in options.systems], axis=-1)
    for name, level in zip(options.systems, np.moveaxis(levels, -1, 0), strict=True):
        bad = (level < 0) | (level > 1)
        refuse_where(
            bad,
            f"the level of {name} is outside [0, 1]",
            "coupling needs normalised levels: see entropy_index",
            columns,
        )
    levels = np.where(((levels < 0) | (levels > 1)).any(axis=-1, keepdims=True), np.nan, levels)
    degree = coupling_degree(levels) if options.form == "standard" else modified_coupling_degree(levels)
    developed = development(levels, shares)
    values = {"C": degree, "T": developed, "D": coordination(degree, developed)}[options.give]
    words = {
        "C": f"{options.form} coupling degree C",
        "T": "development T",
        "D": f"coordination D = sqrt(C T), {options.form} C",
    }[options.give]
    by = ", ".join(f"{name} {w:g}" for name, w in zip(options.systems, shares, strict=True))
    return Derived(
        values=on_grid_of(columns, values),
        measure="",
        how=f"{words} of {', '.join(options.systems)}" + (f" (weights of T: {by})" if options.give != "C" else ""),
        notes=_notes(options, columns, degree, developed),
    )


def _notes(options: CouplingSpec, columns: Columns, degree: np.ndarray, developed: np.ndarray) -> tuple[str, ...]:
    seen = inside(columns) & ~np.isnan(degree) & ~np.isnan(developed)
    if not seen.any() or options.give == "T":
        return ()
    notes = [
        f"C ({options.form}) lies between {degree[seen].min():.3f} and {degree[seen].max():.3f}, median {np.median(degree[seen]):.3f}"
    ]
    if options.give == "D":
        together = rank_correlation(coordination(degree, developed)[seen], developed[seen])
        notes.append(f"rank correlation of D with T: {together:.3f}; print T beside D")
    zero = int((degree[seen] == 0).sum())
    if zero:
        notes.append(
            f"C is 0 in {counted(zero, 'cells')}, where one system is at its minimum: that is the scale, not the economy"
        )
    return tuple(notes)


_DEVELOPMENT = r"T_{it} = \sum_k a_k U_{k,it}"


def formula(options: CouplingSpec) -> str:
    """C, T or D in the form at hand, with n put in."""
    if options.give == "T":
        return _DEVELOPMENT
    degree = _degree(options.form, len(options.systems))
    if options.give == "C":
        return degree
    return rf"D_{{it}} = \sqrt{{C_{{it}} T_{{it}}}}, \quad {degree}, \quad {_DEVELOPMENT}"


def _degree(form: str, n: int) -> str:
    if form == "standard":
        return rf"C_{{it}} = \frac{{{n} \left(\prod_k U_{{k,it}}\right)^{{1/{n}}}}}{{\sum_k U_{{k,it}}}}"
    if n == 2:
        apart = r"\left[1 - |U_{1,it} - U_{2,it}|\right]"
        return rf"C_{{it}} = \sqrt{{{apart} \frac{{\min(U_{{1,it}}, U_{{2,it}})}}{{\max(U_{{1,it}}, U_{{2,it}})}}}}"
    apart = rf"\left[1 - \frac{{\sum_{{k>l}} |U_{{k,it}} - U_{{l,it}}|}}{{{n * (n - 1) // 2}}}\right]"
    return rf"C_{{it}} = \sqrt{{{apart} \left(\prod_k \frac{{U_{{k,it}}}}{{\max_l U_{{l,it}}}}\right)^{{1/{n - 1}}}}}"


def symbols(options: CouplingSpec) -> dict[str, str | Label]:
    """The systems and their weights."""
    found: dict[str, str | Label] = {f"U_{k}": name for k, name in enumerate(options.systems, start=1)}
    if options.give != "C":
        shares = options.weights or tuple(1 / len(options.systems) for _ in options.systems)
        text = ", ".join(f"{w:.4g}" for w in shares)
        found["a"] = Label(en=f"weights {text}", zh=f"权重{text}")
    return found


DERIVATIONS.register(
    DerivationKind(
        name="coupling",
        spec=CouplingSpec,
        summary="coupling degree C, development T or coordination D of several systems",
        summary_zh="耦合度C、综合发展指数T或耦合协调度D",
        formula=formula,
        inputs=lambda options: tuple(options.systems),
        symbols=symbols,
        is_index=True,
        derive=derive,
    )
)
