"""Checks: one file per diagnostic of an estimate; each registers itself on import."""

from panelkit.checks import expected as expected
from panelkit.checks import few_clusters as few_clusters
from panelkit.checks import parallel_trends as parallel_trends
from panelkit.checks import placebo as placebo
from panelkit.checks import second_engine as second_engine
from panelkit.checks import support as support
