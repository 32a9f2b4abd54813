"""Ratios measured in one run. Every side gets one thread of linear algebra, unless the environment says otherwise."""

import os

for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before numpy is imported: two threads on a shared machine wait for one another
