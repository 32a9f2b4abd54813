"""Benchmarks: ratios printed in one run, never timed tests. Run `python -m bench.resampling` from the repository."""
