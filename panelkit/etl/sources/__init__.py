"""The socket of raw layouts: one file per layout, and one line here for each."""

from panelkit.etl.sources import nbs_csv as nbs_csv
from panelkit.etl.sources import nbs_excel as nbs_excel
from panelkit.etl.sources import tidy as tidy
