"""The socket of raw layouts: one file per layout, and one line here for each."""

from panelkit.etl.sources import nbs_csv as nbs_csv
from panelkit.etl.sources import nbs_excel as nbs_excel
from panelkit.etl.sources import records as records
from panelkit.etl.sources import series_columns as series_columns
from panelkit.etl.sources import sql as sql
from panelkit.etl.sources import stacked_blocks as stacked_blocks
from panelkit.etl.sources import tidy as tidy
from panelkit.etl.sources import wide as wide
from panelkit.etl.sources import yearbook_page as yearbook_page
