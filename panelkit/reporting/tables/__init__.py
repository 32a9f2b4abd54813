"""The kinds of tables, one file each; importing this folder registers them."""

from panelkit.reporting.tables import balance as balance
from panelkit.reporting.tables import comparison as comparison
from panelkit.reporting.tables import correlation as correlation
from panelkit.reporting.tables import decomposition as decomposition
from panelkit.reporting.tables import descriptive as descriptive
from panelkit.reporting.tables import first_stage as first_stage
from panelkit.reporting.tables import hypotheses as hypotheses
from panelkit.reporting.tables import regression as regression
from panelkit.reporting.tables import robustness as robustness
from panelkit.reporting.tables import transition as transition
