"""How many clusters the data are worth: effective number, leverage by cluster. Degrees of freedom of t are in cr2."""

from __future__ import annotations

import numpy as np

from panelkit.numerics.arrays import FloatArray, group_sums, matrix
from panelkit.numerics.cluster_design import ClusterDesign

NO_VARIATION = 1e-20  # share of the variance below which clusters' sums are zero by construction


def effective_clusters(design: ClusterDesign, rho: float = 0.0, contrast: FloatArray | None = None) -> FloatArray:
    """Give back the effective number of clusters G* for each coefficient (k,), or each row of `contrast` (m,).

    G* = G / (1 + Gamma), Gamma the squared coefficient of variation over clusters of
    gamma_g = c'(X'WX)^-1 X_g'W_g S_g W_g X_g (X'WX)^-1 c with S_g = (1 - rho) I + rho 11'.

    Parameters
    ----------
    design : from `cluster_design.cluster_design`.
    rho : correlation of errors within a cluster, 0 to 1. Carter, Schnepel and Steigerwald take 1, the most cautious;
        with effects that are nested in the clusters the sums within each cluster are zero and only rho < 1 is defined
        (summclust prints G*(0) then); the value is close to G*(0) for any such rho.
    contrast : (m, k) or (k,), or None for each coefficient.

    Raises
    ------
    ValueError
        If rho is outside [0, 1], shapes differ, or rho is 1 and every cluster sum is zero.

    Source
    ------
    Carter, Schnepel and Steigerwald (2017, doi:10.1162/REST_a_00639), equation for G*A; MacKinnon, Nielsen and Webb (2023,
    doi:10.1016/j.jeconom.2022.04.001); R summclust, Stata clusteff.
    """
    if not 0 <= rho <= 1:
        raise ValueError(f"rho is a correlation between 0 and 1, not {rho}")
    forms = _forms(design)
    if contrast is not None:
        C = matrix(np.atleast_2d(contrast), "the contrast")
        if C.shape[1] != forms.shape[1]:
            raise ValueError(f"a contrast has {C.shape[1]} columns, the model has {forms.shape[1]} coefficients")
        forms = forms @ C.T
    squares = group_sums(forms**2, design.codes, design.groups)
    sums = group_sums(forms, design.codes, design.groups) ** 2
    gamma = (1 - rho) * squares + rho * sums
    mean = gamma.mean(axis=0)
    if (mean <= NO_VARIATION * squares.mean(axis=0)).any():
        raise ValueError(
            "with rho = 1 every cluster contributes nothing, since effects nested in the clusters are absorbed: take"
            " rho below 1"
        )
    spread = ((gamma - mean) ** 2).mean(axis=0) / mean**2
    return design.groups / (1 + spread)


def partial_leverage(design: ClusterDesign) -> FloatArray:
    """Give back (G, k) the share of each cluster in the variation of each regressor off all else; columns sum to 1.

    Source
    ------
    MacKinnon, Nielsen and Webb (2023, doi:10.1016/j.jeconom.2022.04.001), section 7; R summclust `partial_leverage`.
    """
    forms = _forms(design)
    w = np.ones(len(design.codes)) if design.weights is None else design.weights
    squares = group_sums(forms**2 / w[:, None], design.codes, design.groups)
    return squares / squares.sum(axis=0)


def cluster_leverage(design: ClusterDesign) -> FloatArray:
    """Give back (G,) the trace of H_gg of each cluster, every absorbed dummy counted; it sums to all parameters.

    Source
    ------
    MacKinnon, Nielsen and Webb (2023, doi:10.1016/j.jeconom.2022.04.001), section 7; R summclust `leverage`.
    """
    w = np.ones(len(design.codes)) if design.weights is None else design.weights
    out = np.bincount(
        design.codes, weights=w * np.einsum("ij,ij->i", design.basis, design.basis), minlength=design.groups
    )
    if design.nested:
        out = out + [design.nested_basis(rows).shape[1] for rows in design.clusters()]
    return np.asarray(out, dtype=np.float64)


def _forms(design: ClusterDesign) -> FloatArray:
    """W X (X'WX)^-1 (n, k)."""
    k = design.slopes.shape[1]
    w = np.ones(len(design.codes)) if design.weights is None else design.weights
    return w[:, None] * (design.basis[:, :k] @ np.linalg.inv(design.triangle).T)
