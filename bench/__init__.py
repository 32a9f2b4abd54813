"""Benchmarks: ratios printed in one run, never timed tests. Run `python -m bench.resampling` from the repository.

Every side gets one thread unless the environment says otherwise: threads on a shared machine wait for one another.
"""

import os

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS", "NUMBA_NUM_THREADS")
for _name in THREADS:  # before numpy is imported
    os.environ.setdefault(_name, "1")
