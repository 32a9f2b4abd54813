"""Estimators: one file per method, its specification and its estimation together; each registers itself on import."""

from panelkit.estimators import between as between
from panelkit.estimators import callaway_santanna as callaway_santanna
from panelkit.estimators import common_correlated_effects as common_correlated_effects
from panelkit.estimators import correlated_random_effects as correlated_random_effects
from panelkit.estimators import dose_did as dose_did
from panelkit.estimators import event_study as event_study
from panelkit.estimators import extended_two_way as extended_two_way
from panelkit.estimators import first_difference as first_difference
from panelkit.estimators import fixed_effects as fixed_effects
from panelkit.estimators import gardner as gardner
from panelkit.estimators import heterogeneity as heterogeneity
from panelkit.estimators import imputation as imputation
from panelkit.estimators import instrumental as instrumental
from panelkit.estimators import matching_did as matching_did
from panelkit.estimators import mean_group as mean_group
from panelkit.estimators import mediation as mediation
from panelkit.estimators import panel_var as panel_var
from panelkit.estimators import poisson as poisson
from panelkit.estimators import random_effects as random_effects
from panelkit.estimators import staggered_did as staggered_did
from panelkit.estimators import staggered_triple_difference as staggered_triple_difference
from panelkit.estimators import sun_abraham as sun_abraham
from panelkit.estimators import synthetic_did as synthetic_did
from panelkit.estimators import threshold as threshold
from panelkit.estimators import triple_difference as triple_difference

# Not a kind: p values of several models looked at together
from panelkit.estimators._families import adjusted as adjusted
from panelkit.estimators._families import faults_of as faults_of
