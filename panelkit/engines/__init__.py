"""Engines: each answers a regression request raw, or says in words why not; one file per engine, registered on import."""

from panelkit.engines import dense as dense
from panelkit.engines import linearmodels_ as linearmodels_
from panelkit.engines import pyfixest_ as pyfixest_
from panelkit.engines import statsmodels_ as statsmodels_
from panelkit.engines import unitwise as unitwise
