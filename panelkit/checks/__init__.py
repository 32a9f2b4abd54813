"""Checks: one file per diagnostic of an estimate; each registers itself on import."""

from panelkit.checks import anticipation as anticipation
from panelkit.checks import bacon as bacon
from panelkit.checks import breusch_pagan as breusch_pagan
from panelkit.checks import collinearity as collinearity
from panelkit.checks import concurrent_policies as concurrent_policies
from panelkit.checks import cross_section_dependence as cross_section_dependence
from panelkit.checks import dropped_neighbours as dropped_neighbours
from panelkit.checks import endogeneity as endogeneity
from panelkit.checks import expected as expected
from panelkit.checks import few_clusters as few_clusters
from panelkit.checks import granger as granger
from panelkit.checks import hausman as hausman
from panelkit.checks import heteroskedasticity as heteroskedasticity
from panelkit.checks import honest_did as honest_did
from panelkit.checks import influence as influence
from panelkit.checks import leave_one_cohort_out as leave_one_cohort_out
from panelkit.checks import leave_one_unit_out as leave_one_unit_out
from panelkit.checks import matching_balance as matching_balance
from panelkit.checks import moment_conditions as moment_conditions
from panelkit.checks import mundlak as mundlak
from panelkit.checks import negative_weights as negative_weights
from panelkit.checks import overidentification as overidentification
from panelkit.checks import parallel_trends as parallel_trends
from panelkit.checks import placebo as placebo
from panelkit.checks import placebo_cohorts as placebo_cohorts
from panelkit.checks import placebo_outcomes as placebo_outcomes
from panelkit.checks import placebo_sample as placebo_sample
from panelkit.checks import placebo_time as placebo_time
from panelkit.checks import plausibly_exogenous as plausibly_exogenous
from panelkit.checks import poolability as poolability
from panelkit.checks import pretrend_power as pretrend_power
from panelkit.checks import reset as reset
from panelkit.checks import second_engine as second_engine
from panelkit.checks import serial_correlation as serial_correlation
from panelkit.checks import slope_homogeneity as slope_homogeneity
from panelkit.checks import stability as stability
from panelkit.checks import support as support
from panelkit.checks import threshold_effect as threshold_effect
from panelkit.checks import timing_rules as timing_rules
from panelkit.checks import treatment_ends as treatment_ends
from panelkit.checks import unit_roots as unit_roots
from panelkit.checks import weak_instruments as weak_instruments

# Not a kind: the design of a model before it is estimated
from panelkit.checks._design import DesignFacts as DesignFacts
from panelkit.checks._design import design_of as design_of
from panelkit.checks._design import is_two_way_did as is_two_way_did
from panelkit.checks._design_words import page as design_page  # noqa: F401

# Not a kind: the verdict on a battery of several models
from panelkit.checks._robustness import Battery as Battery
from panelkit.checks._robustness import verdict as verdict
