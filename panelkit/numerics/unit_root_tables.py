"""Published moments and critical values of panel unit-root tests, as printed, and their look-up. No test is computed here."""

from __future__ import annotations

from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray

Deterministic = Literal["none", "intercept", "trend"]


def _table(text: str, shape: tuple[int, ...]) -> FloatArray:
    return np.array([float(x) for x in text.split()]).reshape(shape)


# Im, Pesaran and Shin (2003, doi:10.1016/S0304-4076(03)00092-7), table 3: rows lags 0-8, columns T; nan where not printed.
IPS_T = np.array([10, 15, 20, 25, 30, 40, 50, 60, 70, 100])
_IPS_MEAN_C = """
-1.504 -1.514 -1.522 -1.520 -1.526 -1.523 -1.527 -1.519 -1.524 -1.532
-1.488 -1.503 -1.516 -1.514 -1.519 -1.520 -1.524 -1.519 -1.522 -1.530
-1.319 -1.387 -1.428 -1.443 -1.460 -1.476 -1.493 -1.490 -1.498 -1.514
-1.306 -1.366 -1.413 -1.433 -1.453 -1.471 -1.489 -1.486 -1.495 -1.512
-1.171 -1.260 -1.329 -1.363 -1.394 -1.428 -1.454 -1.458 -1.470 -1.495
nan nan -1.313 -1.351 -1.384 -1.421 -1.451 -1.454 -1.467 -1.494
nan nan nan -1.289 -1.331 -1.380 -1.418 -1.427 -1.444 -1.476
nan nan nan -1.273 -1.319 -1.371 -1.411 -1.423 -1.441 -1.474
nan nan nan -1.212 -1.266 -1.329 -1.377 -1.393 -1.415 -1.456"""
_IPS_VAR_C = """
1.069 0.923 0.851 0.809 0.789 0.770 0.760 0.749 0.736 0.735
1.255 1.011 0.915 0.861 0.831 0.803 0.781 0.770 0.753 0.745
1.421 1.078 0.969 0.905 0.865 0.830 0.798 0.789 0.766 0.754
1.759 1.181 1.037 0.952 0.907 0.858 0.819 0.802 0.782 0.761
2.080 1.279 1.097 1.005 0.946 0.886 0.842 0.819 0.801 0.771
nan nan 1.171 1.055 0.980 0.912 0.863 0.839 0.814 0.781
nan nan nan 1.114 1.023 0.942 0.886 0.858 0.834 0.795
nan nan nan 1.164 1.062 0.968 0.910 0.875 0.851 0.806
nan nan nan 1.217 1.105 0.996 0.929 0.896 0.871 0.818"""
_IPS_MEAN_CT = """
-2.166 -2.167 -2.168 -2.167 -2.172 -2.173 -2.176 -2.174 -2.174 -2.177
-2.173 -2.169 -2.172 -2.172 -2.173 -2.177 -2.180 -2.178 -2.176 -2.179
-1.914 -1.999 -2.047 -2.074 -2.095 -2.120 -2.137 -2.143 -2.146 -2.158
-1.922 -1.977 -2.032 -2.065 -2.091 -2.117 -2.137 -2.142 -2.146 -2.158
-1.750 -1.823 -1.911 -1.968 -2.009 -2.057 -2.091 -2.103 -2.114 -2.135
nan nan -1.888 -1.955 -1.998 -2.051 -2.087 -2.101 -2.111 -2.135
nan nan nan -1.868 -1.923 -1.995 -2.042 -2.065 -2.081 -2.113
nan nan nan -1.851 -1.912 -1.986 -2.036 -2.063 -2.079 -2.112
nan nan nan -1.761 -1.835 -1.925 -1.987 -2.024 -2.046 -2.088"""
_IPS_VAR_CT = """
1.132 0.869 0.763 0.713 0.690 0.655 0.633 0.621 0.610 0.597
1.453 0.975 0.845 0.769 0.734 0.687 0.654 0.641 0.627 0.605
1.627 1.036 0.882 0.796 0.756 0.702 0.661 0.653 0.634 0.613
2.482 1.214 0.983 0.861 0.808 0.735 0.688 0.674 0.650 0.625
3.947 1.332 1.052 0.913 0.845 0.759 0.705 0.685 0.662 0.629
nan nan 1.165 0.991 0.899 0.792 0.730 0.705 0.673 0.638
nan nan nan 1.055 0.945 0.828 0.753 0.725 0.689 0.650
nan nan nan 1.145 1.009 0.872 0.786 0.747 0.713 0.661
nan nan nan 1.208 1.063 0.902 0.808 0.766 0.728 0.670"""
IPS_MOMENTS = {
    "intercept": (_table(_IPS_MEAN_C, (9, 10)), _table(_IPS_VAR_C, (9, 10))),
    "trend": (_table(_IPS_MEAN_CT, (9, 10)), _table(_IPS_VAR_CT, (9, 10))),
}

# Levin, Lin and Chu (2002, doi:10.1016/S0304-4076(01)00098-7), table 2: mean and standard deviation adjustments by T.
LLC_T = np.array([25, 30, 35, 40, 45, 50, 60, 70, 80, 90, 100, 250, 500])
LLC_MOMENTS = {
    "none": _table(
        "0.004 0.003 0.002 0.002 0.001 0.001 0.001 0.000 0.000 0.000 0.000 0.000 0.000"
        " 1.049 1.035 1.027 1.021 1.017 1.014 1.011 1.008 1.007 1.006 1.005 1.001 1.000",
        (2, 13),
    ),
    "intercept": _table(
        "-0.554 -0.546 -0.541 -0.537 -0.533 -0.531 -0.527 -0.524 -0.521 -0.520 -0.518 -0.509 -0.500"
        " 0.919 0.889 0.867 0.850 0.837 0.826 0.810 0.798 0.789 0.782 0.776 0.742 0.707",
        (2, 13),
    ),
    "trend": _table(
        "-0.703 -0.674 -0.653 -0.637 -0.624 -0.614 -0.598 -0.587 -0.578 -0.571 -0.566 -0.533 -0.500"
        " 1.003 0.949 0.906 0.871 0.842 0.818 0.780 0.751 0.728 0.710 0.695 0.603 0.500",
        (2, 13),
    ),
}

# Pesaran (2007, doi:10.1002/jae.951), tables II(a)-(c), average CADF: each line one T (10 ... 200), columns N; minus signs left out.
CIPS_GRID = np.array([10, 15, 20, 30, 50, 70, 100, 200])
_CIPS = {
    ("none", 1): """2.16 2.02 1.93 1.85 1.78 1.74 1.71 1.70  2.03 1.91 1.84 1.77 1.71 1.68 1.66 1.63
        2.00 1.89 1.83 1.76 1.70 1.67 1.65 1.62  1.98 1.87 1.80 1.74 1.69 1.67 1.64 1.61
        1.97 1.86 1.80 1.74 1.69 1.66 1.63 1.61  1.95 1.86 1.80 1.74 1.68 1.66 1.63 1.61
        1.94 1.85 1.79 1.74 1.68 1.65 1.63 1.61  1.95 1.85 1.79 1.73 1.68 1.65 1.63 1.61""",
    ("none", 5): """1.80 1.71 1.67 1.61 1.58 1.56 1.54 1.53  1.74 1.67 1.63 1.58 1.55 1.53 1.52 1.51
        1.72 1.65 1.62 1.58 1.54 1.53 1.52 1.50  1.72 1.65 1.61 1.57 1.55 1.54 1.52 1.50
        1.72 1.64 1.61 1.57 1.54 1.53 1.52 1.51  1.71 1.65 1.61 1.57 1.54 1.53 1.52 1.51
        1.71 1.64 1.61 1.57 1.54 1.53 1.52 1.51  1.71 1.65 1.61 1.57 1.54 1.53 1.52 1.51""",
    ("none", 10): """1.61 1.56 1.52 1.49 1.46 1.45 1.44 1.43  1.58 1.53 1.50 1.48 1.45 1.44 1.44 1.43
        1.58 1.52 1.50 1.47 1.45 1.45 1.44 1.43  1.57 1.53 1.50 1.47 1.46 1.45 1.44 1.43
        1.58 1.52 1.50 1.47 1.45 1.45 1.44 1.43  1.57 1.52 1.50 1.47 1.46 1.45 1.44 1.43
        1.56 1.52 1.50 1.48 1.46 1.45 1.44 1.43  1.57 1.53 1.50 1.47 1.45 1.45 1.44 1.43""",
    ("intercept", 1): """2.97 2.76 2.64 2.51 2.41 2.37 2.33 2.28  2.66 2.52 2.45 2.34 2.26 2.23 2.19 2.16
        2.60 2.47 2.40 2.32 2.25 2.20 2.18 2.14  2.57 2.45 2.38 2.30 2.23 2.19 2.17 2.14
        2.55 2.44 2.36 2.30 2.23 2.20 2.17 2.14  2.54 2.43 2.36 2.30 2.23 2.20 2.17 2.14
        2.53 2.42 2.36 2.30 2.23 2.20 2.18 2.15  2.53 2.43 2.36 2.30 2.23 2.21 2.18 2.15""",
    ("intercept", 5): """2.52 2.40 2.33 2.25 2.19 2.16 2.14 2.10  2.37 2.28 2.22 2.17 2.11 2.09 2.07 2.04
        2.34 2.26 2.21 2.15 2.11 2.08 2.07 2.04  2.33 2.25 2.20 2.15 2.11 2.08 2.07 2.05
        2.33 2.25 2.20 2.16 2.11 2.10 2.08 2.06  2.33 2.25 2.20 2.15 2.12 2.10 2.08 2.06
        2.32 2.25 2.20 2.16 2.12 2.10 2.08 2.07  2.32 2.25 2.20 2.16 2.12 2.10 2.08 2.07""",
    ("intercept", 10): """2.31 2.22 2.18 2.12 2.07 2.05 2.03 2.01  2.22 2.16 2.11 2.07 2.03 2.01 2.00 1.98
        2.21 2.14 2.10 2.07 2.03 2.01 2.00 1.99  2.21 2.14 2.11 2.07 2.04 2.02 2.01 2.00
        2.21 2.14 2.11 2.08 2.05 2.03 2.02 2.01  2.21 2.15 2.11 2.08 2.05 2.03 2.02 2.01
        2.21 2.15 2.11 2.08 2.05 2.03 2.03 2.02  2.21 2.15 2.11 2.08 2.05 2.04 2.03 2.02""",
    ("trend", 1): """3.88 3.61 3.46 3.30 3.15 3.10 3.05 2.98  3.24 3.09 3.00 2.89 2.81 2.77 2.74 2.71
        3.15 3.01 2.92 2.83 2.76 2.72 2.70 2.65  3.10 2.96 2.88 2.81 2.73 2.69 2.66 2.63
        3.06 2.93 2.85 2.78 2.72 2.68 2.65 2.62  3.04 2.93 2.85 2.78 2.71 2.68 2.65 2.62
        3.03 2.92 2.85 2.77 2.71 2.68 2.65 2.62  3.03 2.91 2.85 2.77 2.71 2.67 2.65 2.62""",
    ("trend", 5): """3.27 3.11 3.02 2.94 2.86 2.82 2.79 2.75  2.93 2.83 2.77 2.70 2.64 2.62 2.60 2.57
        2.88 2.78 2.73 2.67 2.62 2.59 2.57 2.55  2.86 2.76 2.72 2.66 2.61 2.58 2.56 2.54
        2.84 2.76 2.71 2.65 2.60 2.58 2.56 2.54  2.83 2.76 2.70 2.65 2.61 2.58 2.57 2.54
        2.83 2.75 2.70 2.65 2.61 2.59 2.56 2.55  2.83 2.75 2.70 2.65 2.61 2.59 2.57 2.55""",
    ("trend", 10): """2.98 2.89 2.82 2.76 2.71 2.68 2.66 2.63  2.76 2.69 2.65 2.60 2.56 2.54 2.52 2.50
        2.74 2.67 2.63 2.58 2.54 2.53 2.51 2.49  2.73 2.66 2.63 2.58 2.54 2.52 2.51 2.49
        2.73 2.66 2.63 2.58 2.55 2.53 2.51 2.50  2.72 2.66 2.62 2.58 2.55 2.53 2.52 2.50
        2.72 2.66 2.63 2.59 2.55 2.53 2.52 2.50  2.73 2.66 2.63 2.59 2.55 2.54 2.52 2.51""",
}
# The lines that the truncated statistic changes: (deterministic, level) -> {line of T: values by N}.
_TRUNCATED = {
    ("none", 1): {0: "2.14 2.00 1.91 1.84 1.77 1.73 1.71 1.69"},
    ("none", 5): {0: "1.79 1.71 1.66 1.61 1.57 1.55 1.53 1.52"},
    ("none", 10): {0: "1.61 1.55 1.52 1.48 1.46 1.45 1.43 1.43"},
    ("intercept", 1): {0: "2.85 2.66 2.56 2.44 2.36 2.32 2.29 2.25"},
    ("intercept", 5): {0: "2.47 2.35 2.29 2.22 2.16 2.13 2.11 2.08"},
    ("intercept", 10): {0: "2.28 2.20 2.15 2.10 2.05 2.03 2.01 1.99"},
    ("trend", 1): {0: "3.51 3.31 3.20 3.10 3.00 2.96 2.93 2.88", 1: "3.21 3.07 2.98 2.88 2.80 2.76 2.74 2.70"},
    ("trend", 5): {0: "3.10 2.97 2.89 2.82 2.75 2.73 2.70 2.67", 1: "2.92 2.82 2.76 2.69 2.64 2.62 2.59 2.57"},
    ("trend", 10): {0: "2.87 2.78 2.73 2.67 2.63 2.60 2.58 2.56", 1: "2.76 2.68 2.64 2.59 2.55 2.53 2.51 2.50"},
}
TRUNCATION = {"none": (-6.12, 4.16), "intercept": (-6.19, 2.61), "trend": (-6.42, 1.70)}

# MacKinnon (1994, doi:10.1080/07350015.1994.10510005), tables 3-4: p = Phi(polynomial), one polynomial below the limit, one above.
# The first pair is where the polynomials turn: beyond it p keeps the value there.
_MACKINNON = {
    "none": ((-19.04, np.inf), -1.04, (0.6344, 1.2378, 0.032496), (0.4797, 0.93557, -0.06999, 0.033066)),
    "intercept": ((-18.83, 2.74), -1.61, (2.1659, 1.4412, 0.038269), (1.7339, 0.93202, -0.12745, -0.010368)),
    "trend": ((-16.18, 0.70), -2.89, (3.2512, 1.6047, 0.049588), (2.5261, 0.61654, -0.37956, -0.060285)),
}


def adf_p(t: FloatArray | float, deterministic: Deterministic) -> FloatArray:
    """Give back the asymptotic p-values (n,) of Dickey-Fuller t statistics.

    Source
    ------
    MacKinnon (1994); R plm `purtest(p.approx = "MacKinnon1994")` and statsmodels `mackinnonp`. plm's default where urca
    is installed is MacKinnon (1996), whose files may not be built into another program; on Grunfeld the two differ by at
    most 0.004.
    """
    from scipy import special

    turns, limit, below, above = _MACKINNON[deterministic]
    values = np.clip(np.atleast_1d(np.asarray(t, dtype=np.float64)), *turns)
    small = np.polynomial.polynomial.polyval(values, below)
    large = np.polynomial.polynomial.polyval(values, above)
    return np.asarray(special.ndtr(np.where(values <= limit, small, large)))


def ips_moments(T: int, lags: int, deterministic: Deterministic) -> tuple[float, float]:
    """Give back the mean and variance of one unit's t statistic, T its number of usable rows, linear in T.

    Raises
    ------
    ValueError
        If T is below 10, more than 8 lags are asked for, or the paper prints no value (5 lags or more at T below 20).
    """
    if deterministic == "none" or deterministic not in IPS_MOMENTS:
        raise ValueError("the Im-Pesaran-Shin test has an intercept or a trend")
    if T < 10 or not 0 <= lags <= 8:
        raise ValueError(f"the moments of Im, Pesaran and Shin start at T = 10 and end at 8 lags; here {T} and {lags}")
    mean, variance = (float(np.interp(T, IPS_T, table[lags])) for table in IPS_MOMENTS[deterministic])
    if not np.isfinite(mean):
        raise ValueError(f"Im, Pesaran and Shin print no moments for {lags} lags at T = {T}")
    return mean, variance


def llc_moments(T: int, deterministic: Deterministic) -> tuple[float, float]:
    """Give back the mean and standard deviation adjustments, linear in T; below T = 25 those of 25 (as plm does)."""
    mean, deviation = LLC_MOMENTS[deterministic]
    return float(np.interp(T, LLC_T, mean)), float(np.interp(T, LLC_T, deviation))


def cips_critical(
    units: int, periods: int, deterministic: Deterministic, form: Literal["plain", "truncated"]
) -> tuple[float, float, float]:
    """Give back the 1, 5 and 10 % critical values of CIPS, linear in N and T; outside 10-200 those of the edge."""
    out = []
    for level in (1, 5, 10):
        table = _table(_CIPS[deterministic, level], (8, 8)).copy()
        if form == "truncated":
            for line, values in _TRUNCATED[deterministic, level].items():
                table[line] = [float(x) for x in values.split()]
        by_t = [float(np.interp(units, CIPS_GRID, row)) for row in table]
        out.append(-float(np.interp(periods, CIPS_GRID, by_t)))
    return out[0], out[1], out[2]
