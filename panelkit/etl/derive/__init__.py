"""The socket of constructions: one file per derivation, and one line here for each."""

from panelkit.etl.derive import capital_stock as capital_stock
from panelkit.etl.derive import coagglomeration as coagglomeration
from panelkit.etl.derive import coupling as coupling
from panelkit.etl.derive import deflate as deflate
from panelkit.etl.derive import density as density
from panelkit.etl.derive import diversity as diversity
from panelkit.etl.derive import ellison_glaeser as ellison_glaeser
from panelkit.etl.derive import entropy_index as entropy_index
from panelkit.etl.derive import first_treated as first_treated
from panelkit.etl.derive import hhi as hhi
from panelkit.etl.derive import krugman_specialisation as krugman_specialisation
from panelkit.etl.derive import location_quotient as location_quotient
from panelkit.etl.derive import neighbour_mean as neighbour_mean
from panelkit.etl.derive import pre_mean as pre_mean
from panelkit.etl.derive import province_fact as province_fact
from panelkit.etl.derive import spatial_gini as spatial_gini
from panelkit.etl.derive import treated_after as treated_after
from panelkit.etl.derive import treated_neighbours as treated_neighbours
from panelkit.etl.derive import zone_exposure as zone_exposure
