"""Cells, row labels, headings and notes of a table read back from our LaTeX; a definition that is not ours is refused."""

from __future__ import annotations

import re

from panelkit.replication.standalone.numbers import MINUS
from panelkit.replication.standalone.plain_tables import headed, panelled, titled

SIGNS = dict(zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")), dict(zip("0123456789", "₀₁₂₃₄₅₆₇₈₉"))  # noqa: B905
WORDS = {
    "textbackslash": "\\", "textasciicircum": "^", "textasciitilde": "~", "textless": "<", "textgreater": ">", "textbar": "|",
    "nobreakspace": "\u00a0", "textendash": "–", "textemdash": "—", "ldots": "…", "textdegree": "°", "textquoteleft": "‘",
    "textquoteright": "’", "textquotedblleft": "“", "textquotedblright": "”", "circ": "°", "dagger": "†", "ddagger": "‡",
    "textdagger": "†", "textdaggerdbl": "‡",
    "-": MINUS, "times": "×", "div": "÷", "pm": "±", "leq": "≤", "geq": "≥", "neq": "≠", "approx": "≈",
    "infty": "∞", "cdot": "·", "rightarrow": "→", "leftrightarrow": "↔", "in": "∈", "sum": "∑", "alpha": "α", "beta": "β",
    "gamma": "γ", "delta": "δ", "varepsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ",
    "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ",
    "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
TEX = re.compile(
    r"\\text(super|sub)script\{(\d)\}|\$\^?\{?\\?([A-Za-z]+|-)\}?\$|\\pk(?:stars|mark)\b|\\([A-Za-z]+\d*)(?:\{\})?|\\([^A-Za-z])|[{}]"
)
# siunitx sets the numbers: its settings and the columns must be ours, since others could print another number
SETUP = (
    "\\sisetup{input-decimal-markers=.,input-ignore={,},group-digits=integer,group-minimum-digits=4,group-separator={,},"
    "retain-negative-zero=true,table-align-text-before=false,table-align-text-after=false}"
)
BRACED = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
COLUMNS = re.compile(
    r"\\begin\{(?:tabular|longtable)\}\{(?:l|>\{\\raggedright\\arraybackslash\}b\{0\.27\\linewidth\})(?:[lc]|"
    rf"S\[table-format=-?\d+\.\d+(?:,table-space-text-(?:pre|post)={BRACED})*\])*\}}$"
)
TEX_NUMBER = re.compile(rf"(?:{BRACED})?(-?)(\d[\d,]*(?:\.\d+)?)(?:{BRACED})?$", re.ASCII)
WHOLE = "\\multicolumn{1}{c}"  # before a text that is wider than the numbers of its column


def untex(text: str) -> str:
    """The characters that our own LaTeX prints."""

    def char(found: re.Match[str]) -> str:
        raised, digit, sign, word, escaped = found.groups()
        if digit:
            return SIGNS[raised == "sub"][digit]
        if word and re.match(r"char\d{1,6}$", word):
            return chr(int(word[4:]))
        if (sign or word) and (sign or word) not in WORDS:
            raise ValueError(f"it holds a command that is not ours: {found.group(0)}")
        return WORDS[sign or word] if sign or word else escaped or ""

    return TEX.sub(char, text)


def tex_cell(text: str) -> str:
    """What a cell prints: a bare number by siunitx, its hyphen as a minus sign; braces hold brackets, stars and words."""
    found = TEX_NUMBER.match(text)
    if not found:
        return untex(text[len(WHOLE) :] if text.startswith(WHOLE + "{") else text)
    before, sign, digits, after = found.groups("")
    return untex(before) + (MINUS if sign else "") + digits + untex(after)


FOLDED = re.compile(r"\\begin\{tabular\}\[b\]\{@\{\}[lc]@\{\}\}(.*)\\end\{tabular\}")
# every line that prints nothing of its own; what is neither one of these nor read below is refused
LINES = {
    "", "\\begin{landscape}", "\\end{landscape}", "\\begin{table}[htbp]", "\\end{table}", "\\centering", "\\begin{threeparttable}",
    "\\end{threeparttable}", "\\toprule", "\\midrule", "\\bottomrule", "\\end{tabular}", "\\end{longtable}", "\\footnotesize",
    "\\scriptsize", "\\begin{tablenotes}[flushleft]", "\\end{tablenotes}", "\\begingroup",
    "\\par\\endgroup", "\\endhead", "\\midrule\\endfoot", "\\bottomrule\\endlastfoot", "\\noalign{}\\endlastfoot",
    "\\pkrule", "\\pkbottom", "\\end{list}", "}}} \\\\",
    "\\begin{list}{}{\\leftmargin0pt \\itemsep0pt \\parsep0pt \\topsep0pt \\labelwidth0pt \\labelsep0pt}",
    "\\def\\pkstars#1{$^{#1}$}", "\\def\\pkmark#1{\\textsuperscript{#1}}", SETUP,
}  # fmt: skip
KNOWN = re.compile(
    r"% [\w.-]+: made by panelkit; every row ends in its ledger name\. Do not edit, run the study again\.$|"
    r"% Needs \\usepackage\{[a-z,]+\}; Chinese text: a ctex class and XeLaTeX\.$|"
    r"\\setlength\{\\tabcolsep\}\{\d(?:\.\d)?pt\}$|\\label\{tab:[\w.-]+\}$|\\noalign\{\\label\{tab:[\w.-]+\}\}$|"
    r"\\def\\pk(?:rule|bottom)\{\\noalign\{\\penalty10000\\vskip\\aboverulesep\}\\multispan\{\d+\}\\leaders\\hrule "
    r"height\\(?:light|heavy)rulewidth\\hfill\\cr\\noalign\{\\penalty10000\\vskip\\belowrulesep\}\}$|"
    r"\\multicolumn\{\d+\}\{@\{\}c@\{\}\}\{\\makebox\[0pt\]\{\\parbox\[t\]\{\\linewidth\}\{%$|(?:\\cmidrule\(lr\)\{\d+-\d+\})+$"
)
CAPTION = re.compile(r"\\caption(?:\{(.*)\}|\[\]\{(.*)\} \\\\)$")
ROW = re.compile(r"(.*) \\\\\*? % pk (r\d+)$")
PANEL = re.compile(r"\\multicolumn\{\d+\}\{l\}\{(.*)\} \\\\\*? % pk panel$")
HEADING = re.compile(r"\\multicolumn\{(\d+)\}\{[lc]\}\{(.*)\}$")


def from_tex(data: bytes) -> dict[str, str]:
    """Title, headings, cells, row labels and notes of a LaTeX table of ours; any line that is not ours could print and is refused."""
    found: dict[str, str] = {}
    notes = panels = 0
    level = -1  # of the headings; below 0 before and after them
    for line in data.decode("utf-8").split("\n"):
        row, panel, caption = ROW.match(line), PANEL.match(line), CAPTION.match(line)
        if row:
            label, *cells = row.group(1).split(" & ")
            if f"{row.group(2)}.label" in found:
                raise ValueError(f"the row {row.group(2)} stands there twice")
            found[f"{row.group(2)}.label"] = untex(label)
            found.update({f"{row.group(2)}.c{j}": tex_cell(cell) for j, cell in enumerate(cells)})
        elif panel:
            found.update(panelled(panels, untex(panel.group(1)), found))
            panels += 1
        elif caption and "heading.title" not in found:
            found.update(titled(untex(caption.group(1) or caption.group(2) or "")))
        elif line.startswith("\\item "):
            found[f"note{notes}"] = untex(line[6:])
            notes += 1
        elif level >= 0 and line.endswith(" \\\\"):
            found.update(heading(level, line))
            level += 1
        elif line not in LINES and not KNOWN.match(line) and not COLUMNS.match(line):
            raise ValueError(f"it holds a line that is not ours: {line!r}")
        level = {"\\toprule": 0, "\\midrule": -1}.get(line, level)
    return found


def heading(level: int, line: str) -> dict[str, str]:
    """One line of headings; the first has the heading of the row labels too."""
    stub, *rest = line[:-3].split(" & ")
    parts = [HEADING.match(cell) for cell in rest]
    if None in parts:
        raise ValueError(f"a heading is not ours: {line!r}")
    spans = [(int(m.group(1)), FOLDED.sub(lambda f: f.group(1).replace(" \\\\ ", " "), m.group(2))) for m in parts if m]
    made = headed(level, [(n, untex(text)) for n, text in spans])
    if level and stub:
        raise ValueError(f"a heading is not ours: {line!r}")
    return made if level else {"heading.stub": untex(stub), **made}
