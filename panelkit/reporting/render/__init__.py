"""The output formats of tables, one file each; importing this folder registers them."""

from panelkit.reporting.render import csv as csv
from panelkit.reporting.render import docx as docx
from panelkit.reporting.render import html as html
from panelkit.reporting.render import latex as latex
from panelkit.reporting.render import typst as typst
