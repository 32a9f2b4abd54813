"""The verifier that needs nothing but Python: levels L0 and L1. Its modules import the standard library and one another alone.

A package carries them joined to one file, `verify.py` (see `panelkit.replication.joined`); panelkit itself runs the modules.
"""

from panelkit.replication.standalone.command import main, verify
from panelkit.replication.standalone.digests import BY_DIGEST
from panelkit.replication.standalone.distributions import tail
from panelkit.replication.standalone.dta import from_dta
from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.keys import value_of
from panelkit.replication.standalone.latex import from_tex
from panelkit.replication.standalone.level import Cannot, Level, read, stamps, unsafe, unzipped, walk, whole
from panelkit.replication.standalone.level_1 import attempt, reckoned, steps
from panelkit.replication.standalone.macros import from_numbers, named
from panelkit.replication.standalone.manifest import read_manifest
from panelkit.replication.standalone.numbers import number, rounds, same
from panelkit.replication.standalone.page import from_html
from panelkit.replication.standalone.pictures import pictured_as, pictures_on
from panelkit.replication.standalone.plain_tables import from_csv
from panelkit.replication.standalone.printed import against, foreknown
from panelkit.replication.standalone.telling import MEANS, advice, headline, where_it_differs
from panelkit.replication.standalone.typst import from_typ
from panelkit.replication.standalone.word import from_docx, word_part

__all__ = [
    "BY_DIGEST",
    "MEANS",
    "Cannot",
    "Frame",
    "Level",
    "advice",
    "against",
    "attempt",
    "foreknown",
    "from_csv",
    "from_docx",
    "from_dta",
    "from_html",
    "from_numbers",
    "from_tex",
    "from_typ",
    "headline",
    "main",
    "named",
    "number",
    "pictured_as",
    "pictures_on",
    "read",
    "read_manifest",
    "reckoned",
    "rounds",
    "same",
    "stamps",
    "steps",
    "tail",
    "unsafe",
    "unzipped",
    "value_of",
    "verify",
    "walk",
    "where_it_differs",
    "whole",
    "word_part",
]
