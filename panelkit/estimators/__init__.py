"""Estimators: one file per method, its specification and its estimation together; each registers itself on import."""

from panelkit.estimators import dose_did as dose_did
from panelkit.estimators import event_study as event_study
from panelkit.estimators import fixed_effects as fixed_effects
from panelkit.estimators import instrumental as instrumental
from panelkit.estimators import mediation as mediation
