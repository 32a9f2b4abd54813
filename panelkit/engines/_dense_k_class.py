"""Limited-information maximum likelihood for the dense engine: the smallest root of two cross-products, written out. No effects here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class KClass:
    """kappa, coefficients (k,), the inverse of X'(I - kappa M_Z)X (k, k), and the regressors projected on Z (n, k)."""

    kappa: float
    coefficients: np.ndarray
    bread: np.ndarray
    projected: np.ndarray


def limited_information(X: np.ndarray, y: np.ndarray, Z: np.ndarray, w: np.ndarray, inner: list[int]) -> KClass:
    """LIML of y on X with all instruments Z (the exogenous regressors among them); columns `inner` of X are endogenous.

    kappa is the smallest root of det(Y'M_1 Y - kappa Y'M_Z Y), Y the outcome and the endogenous regressors, M_1 off the
    exogenous regressors and M_Z off all instruments.

    Source
    ------
    Anderson and Rubin (1949); Davidson and MacKinnon (2004, section 12.5).
    """
    from scipy import linalg

    root = np.sqrt(w)[:, None]
    size = np.linalg.norm(X * root, axis=0)
    WX, Wy, WZ = X * root / size, y[:, None] * root, Z * root
    outer = [j for j in range(X.shape[1]) if j not in inner]
    Y = np.column_stack([Wy / np.linalg.norm(Wy), WX[:, inner]])
    off_exogenous, off_all = _off(WX[:, outer], Y), _off(WZ, Y)
    kappa = float(linalg.eigh(off_exogenous.T @ off_exogenous, off_all.T @ off_all, eigvals_only=True)[0])
    rest = _off(WZ, WX)
    information = WX.T @ WX - kappa * rest.T @ rest
    moment = WX.T @ Wy - kappa * rest.T @ _off(WZ, Wy)
    b = np.linalg.solve(information, moment)[:, 0] / size
    bread = np.linalg.inv(information) / np.outer(size, size)
    return KClass(kappa=kappa, coefficients=b, bread=bread, projected=(WX - rest) * size / root)


def _off(basis: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The residuals of columns off a basis (any rank), by singular values, twice."""
    length = np.linalg.norm(basis, axis=0)
    basis = basis[:, length > 0] / length[length > 0]
    if basis.shape[1] == 0:
        return columns
    left, singular, _ = np.linalg.svd(basis, full_matrices=False)
    Q = left[:, singular > 1e-10 * singular[0]]
    for _ in range(2):
        columns = columns - Q @ (Q.T @ columns)
    return columns
