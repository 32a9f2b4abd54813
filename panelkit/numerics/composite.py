"""Weights of composite indices: normalised components, and entropy, equal, CRITIC and principal-component weights; no coupling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WEIGHTINGS = ("entropy", "equal", "critic", "pca")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Smallest and largest value of each component, (components,)."""

    low: np.ndarray
    high: np.ndarray


def scale_of(values: np.ndarray) -> Scale:
    """The range of each column of (rows, components)."""
    return Scale(low=values.min(axis=0), high=values.max(axis=0))


def normalised(values: np.ndarray, rises: np.ndarray, scale: Scale) -> np.ndarray:
    """(x - min) / (max - min), or (max - x) / (max - min) where more is worse.

    Parameters
    ----------
    values : (rows, components); rises : (components,) bool; scale : of the rows that the index is fitted on, so other rows may
        leave [0, 1].

    >>> normalised(np.array([[1.0, 1.0], [3.0, 5.0]]), np.array([True, False]), scale_of(np.array([[1.0, 1.0], [3.0, 5.0]]))).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    spread = scale.high - scale.low
    return np.asarray(np.where(rises, values - scale.low, scale.high - values) / spread)


def entropies(z: np.ndarray, shift: float = 0.0) -> np.ndarray:
    """e_j = -(1 / ln R) sum_r p_rj ln p_rj over all R rows (units x years together), 0 ln 0 = 0; in [0, 1].

    shift : a constant added to z before shares are taken; it changes the weights, so 0 unless a paper is to be met.
    """
    moved = z + shift
    share = moved / moved.sum(axis=0)
    return np.asarray(-(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=0) / np.log(z.shape[0]))


def entropy_weights(z: np.ndarray, shift: float = 0.0) -> np.ndarray:
    """w_j = (1 - e_j) / sum (1 - e_j).

    Source
    ------
    Shannon (1948); for panels pooled as in Yang and Sun (2015), J. Quant. Tech. Econ.: ln(N T), not ln N.
    """
    spare = np.maximum(1.0 - entropies(z, shift), 0.0)
    return np.asarray(spare / spare.sum())


def equal_weights(z: np.ndarray) -> np.ndarray:
    """1 / components."""
    return np.full(z.shape[1], 1.0 / z.shape[1])


def critic_weights(z: np.ndarray) -> np.ndarray:
    """w_j proportional to sd_j sum_k (1 - r_jk): contrast times conflict.

    Source
    ------
    Diakoulaki, Mavrotas and Papayannakis (1995), Computers & Operations Research 22(7), 763-770.
    """
    if z.shape[1] == 1:
        return np.ones(1)
    conflict = (1.0 - np.corrcoef(z, rowvar=False)).sum(axis=0)
    content = np.std(z, axis=0, ddof=1) * conflict
    return np.asarray(content / content.sum()) if content.sum() > 1e-12 else equal_weights(z)


def component_weights(z: np.ndarray) -> tuple[np.ndarray, float, bool]:
    """Squared loadings of the first principal component of the correlations, its share of variance, whether all loadings agree in sign.

    Squared loadings of a unit vector sum to 1; loadings of both signs mean that the components do not measure one thing.
    """
    if z.shape[1] == 1:
        return np.ones(1), 1.0, True
    roots, vectors = np.linalg.eigh(np.corrcoef(z, rowvar=False))
    first = vectors[:, -1] * np.sign(vectors[:, -1].sum() or 1.0)
    return np.asarray(first**2), float(roots[-1] / roots.sum()), bool((first > -1e-9).all())


def weights(z: np.ndarray, by: str, shift: float = 0.0) -> np.ndarray:
    """(components,) weights that sum to 1, by one of `WEIGHTINGS`."""
    match by:
        case "entropy":
            return entropy_weights(z, shift)
        case "critic":
            return critic_weights(z)
        case "pca":
            return component_weights(z)[0]
    return equal_weights(z)


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation, ties at their mean rank; NaN where one does not vary.

    >>> rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 8.0, 9.0]))
    1.0
    """
    from scipy.stats import rankdata

    ranks = [rankdata(v) - (v.size + 1) / 2 for v in (a, b)]
    size = float(np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    return round(float((ranks[0] * ranks[1]).sum()) / size, 12) if size else float("nan")
