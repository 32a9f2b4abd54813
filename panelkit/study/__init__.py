"""From a study file to a Study: reading, typing and cross-checking, every fault at once; nothing is computed or evaluated."""

from panelkit.study.known import Known
from panelkit.study.read import read_study
from panelkit.study.schema import json_schema

__all__ = ["Known", "json_schema", "read_study"]
