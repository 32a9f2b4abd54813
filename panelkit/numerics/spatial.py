"""Conley covariances from great-circle distances, no factor; cutting negative eigenvalues. Spatial models live elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, matrix, vector
from panelkit.numerics.serial import autocovariances, whole_times

EARTH_KM = 6371.01  # mean radius, as R conleyreg; fixest takes 6376
BLOCK_CELLS = 4_000_000  # distances held at a time
Kernel = Literal["uniform", "bartlett"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Where each row is: latitude (n,) in [-90, 90] and longitude (n,) in [-180, 360], in degrees."""

    latitude: FloatArray
    longitude: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far dependence goes.

    Attributes
    ----------
    cutoff_km : rows farther apart have weight zero.
    kernel : `uniform` (1 up to and at the cutoff) or `bartlett` (1 - d/cutoff).
    lags : periods of Bartlett serial correlation within a unit added to the spatial part; 0 for none.
    """

    cutoff_km: float
    kernel: Kernel = "uniform"
    lags: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Periods:
    """Unit codes (n,) 0..N-1 and whole-number times (n,) of the rows of a panel."""

    unit: IntArray
    time: IntArray


def distances(latitude: FloatArray, longitude: FloatArray, radius: float = EARTH_KM) -> FloatArray:
    """Give back the great-circle distances (n, n) in the unit of `radius` (kilometres).

    Parameters
    ----------
    latitude, longitude : (n,) degrees.
    radius : of the sphere.

    Raises
    ------
    ValueError
        If a latitude is outside [-90, 90] or a longitude outside [-180, 360] (the two are then often exchanged).

    Source
    ------
    The haversine formula (Sinnott 1984), exact on the sphere and stable for near points.

    Examples
    --------
    >>> float(distances([39.9, 31.2], [116.4, 121.5])[0, 1].round(1))
    1071.3
    """
    return _between(*_radians(Places(latitude=latitude, longitude=longitude)), slice(None), radius)


def conley(
    bread: FloatArray,
    X: FloatArray,
    u: FloatArray,
    places: Places,
    reach: Reach,
    panel: Periods | None = None,
) -> FloatArray:
    """Give back the Conley covariance (k, k), no factor.

    meat = sum over pairs i, j of K(d_ij / cutoff) s_i s_j', over all pairs of rows without `panel`, over the pairs of
    the same period with it; `reach.lags` adds s_it s_is' of one unit at time distances 1..L with Bartlett weights.

    Parameters
    ----------
    bread, X, u : as in `sandwich.hc0` (with weights pass w * u).
    places : coordinates of each row; a unit may move.
    reach : cutoff, kernel and lags.
    panel : unit and time of each row; needed for lags.

    Raises
    ------
    ValueError
        If the cutoff is not above zero, the kernel is unknown, lags are asked for without `panel`, or a coordinate is
        impossible.

    Notes
    -----
    Neither kernel in one distance guarantees a matrix without negative eigenvalues: see `cut_negative`. No factor, as
    R conleyreg and Hsiang's and `acreg`'s Stata code. fixest `conley(cutoff)`: uniform kernel, ALL pairs of rows
    whatever their periods (leave `panel` out), distance "spherical" with radius 6376 km and a first screen of 111 km to
    the degree, times (N-1)/(N-K) with every effect counted and no G/(G-1); its default distance "triangular" is flat.

    Source
    ------
    Conley (1999, doi:10.1016/S0304-4076(98)00084-0); panel form with serial part: Hsiang (2010,
    doi:10.1073/pnas.1009510107).
    """
    scores = matrix(X, "X") * vector(u, "the residuals", len(X))[:, None]
    n = scores.shape[0]
    _check(reach, panel)
    lat, lon = _radians(places, n)
    if panel is None:
        meat = _meat(scores, lat, lon, reach)
        return bread @ meat @ bread
    times = whole_times(panel.time, n)
    order = np.argsort(times, kind="stable")
    ends = np.flatnonzero(np.diff(times[order])) + 1
    meat = np.zeros((scores.shape[1], scores.shape[1]))
    for rows in np.split(order, ends):
        meat += _meat(scores[rows], lat[rows], lon[rows], reach)
    if reach.lags:
        unit, _ = group_codes(panel.unit, "the unit", n)
        meat += autocovariances(scores, unit, times, reach.lags)
    return bread @ meat @ bread


def cut_negative(V: FloatArray) -> tuple[FloatArray, bool]:
    """Give back V with negative eigenvalues set to zero, and whether there were any (say so where it is printed).

    Raises
    ------
    ValueError
        If V is not square.

    Source
    ------
    Cameron, Gelbach and Miller (2011, doi:10.1198/jbes.2010.07136), section 2.3; fixest `vcov_fix`.
    """
    square = matrix(V, "V")
    if square.shape[0] != square.shape[1]:
        raise ValueError(f"a covariance is square, not {square.shape}")
    values, vectors = np.linalg.eigh((square + square.T) / 2)
    if values.size == 0 or values[0] >= 0:
        return square, False
    return (vectors * np.maximum(values, 0.0)) @ vectors.T, True


def _meat(scores: FloatArray, lat: FloatArray, lon: FloatArray, reach: Reach) -> FloatArray:
    """Sum over pairs of K s_i s_j' in one cross-section; scores of one place are added up first."""
    spots, where = np.unique(np.column_stack([lat, lon]), axis=0, return_inverse=True)
    sums = np.zeros((len(spots), scores.shape[1]))
    np.add.at(sums, where.ravel(), scores)
    out = np.zeros((scores.shape[1], scores.shape[1]))
    step = max(1, BLOCK_CELLS // max(len(spots), 1))
    for start in range(0, len(spots), step):
        rows = slice(start, start + step)
        gap = _between(spots[:, 0], spots[:, 1], rows, EARTH_KM) / reach.cutoff_km
        weight = (gap <= 1).astype(np.float64) if reach.kernel == "uniform" else np.maximum(0.0, 1 - gap)
        out += sums[rows].T @ (weight @ sums)
    return out


def _between(lat: FloatArray, lon: FloatArray, rows: slice, radius: float) -> FloatArray:
    """Distances of the rows to every place, from radians."""
    half = np.sin((lat[rows, None] - lat) / 2) ** 2
    half = half + np.cos(lat[rows, None]) * np.cos(lat) * np.sin((lon[rows, None] - lon) / 2) ** 2
    out: FloatArray = 2 * radius * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return out


def _radians(places: Places, rows: int | None = None) -> tuple[FloatArray, FloatArray]:
    lat = vector(places.latitude, "latitude", rows)
    lon = vector(places.longitude, "longitude", len(lat))
    if (np.abs(lat) > 90).any():
        raise ValueError(
            f"latitude {float(lat[np.argmax(np.abs(lat))])} is outside [-90, 90]: are latitude and longitude exchanged?"
        )
    if (lon < -180).any() or (lon > 360).any():
        raise ValueError("a longitude is outside [-180, 360]")
    return np.radians(lat), np.radians(lon)


def _check(reach: Reach, panel: Periods | None) -> None:
    if not reach.cutoff_km > 0:
        raise ValueError(f"the cutoff must be above zero kilometres, not {reach.cutoff_km}")
    if reach.kernel not in ("uniform", "bartlett"):
        raise ValueError(f"the kernel is uniform or bartlett, not {reach.kernel!r}")
    if reach.lags < 0 or int(reach.lags) != reach.lags:
        raise ValueError(f"lags must be a whole number of zero or more, not {reach.lags}")
    if reach.lags and panel is None:
        raise ValueError("serial lags need the unit and time of each row")
