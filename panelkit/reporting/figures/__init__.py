"""The kinds of figures, one file each; importing this folder registers them."""

from panelkit.reporting.figures import event_study as event_study
from panelkit.reporting.figures import placebo as placebo
