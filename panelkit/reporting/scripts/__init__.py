"""Tables of a user's own script: results of other packages read, their rows, notes and options; no study, ledger or page is here.

`panelkit.reporting.table` and `given` are the door; importing this folder loads no package that it reads.
"""
