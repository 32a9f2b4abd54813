"""The kinds of tables, one file each; importing this folder registers them."""

from panelkit.reporting.tables import comparison as comparison
from panelkit.reporting.tables import descriptive as descriptive
from panelkit.reporting.tables import regression as regression
