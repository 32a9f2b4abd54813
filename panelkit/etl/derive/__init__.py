"""The socket of constructions: one file per derivation, and one line here for each."""

from panelkit.etl.derive import capital_stock as capital_stock
from panelkit.etl.derive import first_treated as first_treated
from panelkit.etl.derive import location_quotient as location_quotient
from panelkit.etl.derive import province_fact as province_fact
from panelkit.etl.derive import treated_after as treated_after
from panelkit.etl.derive import zone_exposure as zone_exposure
