"""The Stata side of a package: the panel as a .dta file and a do-file twin of every model; nothing of it is run or computed here."""

from panelkit.replication.stata.data import dta
from panelkit.replication.stata.names import stata_names
from panelkit.replication.stata.twin import do_files, without_twin

__all__ = ["do_files", "dta", "stata_names", "without_twin"]
