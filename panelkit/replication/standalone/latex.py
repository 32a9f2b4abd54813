"""Cells, row labels, headings and notes of a table read back from our LaTeX; a definition that is not ours is refused."""

from __future__ import annotations

import re

from panelkit.replication.standalone.numbers import MINUS
from panelkit.replication.standalone.plain_tables import headed

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
DEFINES = re.compile(
    r"\\(?:[egx]?def|let|input|include|(?:re)?newcommand|renewcommand|catcode|csname|ifx?|write|llap|rlap|phantom)\b"
)
OURS = re.compile(r"\\def\\pk(?:stars#1\{\$\^\{#1\}\$\}|mark#1\{\\textsuperscript\{#1\}\})$")
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


def from_tex(data: bytes) -> dict[str, str]:
    """Cells, row labels and notes of a LaTeX table of ours; a definition that is not ours could print anything and is refused."""
    found: dict[str, str] = {}
    notes, body, level, panels = 0, False, -1, 0
    for line in data.decode("utf-8").split("\n"):
        if DEFINES.search(line) and not OURS.match(line):
            raise ValueError(f"it holds a definition that is not ours: {line!r}")
        if ("\\sisetup" in line or "\\num" in line) and line != SETUP:
            raise ValueError(f"it holds settings of numbers that are not ours: {line!r}")
        if re.match(r"\\begin\{(tabular|longtable)\}", line) and not COLUMNS.match(line):
            raise ValueError(f"it holds columns that are not ours: {line!r}")
        body = (body or line == "\\midrule") and line != "\\bottomrule" and not line.startswith("\\end{")
        row = re.match(r"(.*) \\\\ % pk (r\d+)$", line)
        panel = re.match(r"\\multicolumn\{\d+\}\{l\}\{(.*)\} \\\\ % pk panel$", line)
        parted = "&" in re.sub(r"\\.", "", line)
        level = 0 if line == "\\toprule" else level
        if level >= 0 and not body and line.endswith(" \\\\"):
            parts = [re.match(r"\\multicolumn\{(\d+)\}\{[lc]\}\{(.*)\}$", c) for c in line[:-3].split(" & ")[1:]]
            if None in parts:
                raise ValueError(f"a heading is not ours: {line!r}")
            spans = [
                (int(m.group(1)), FOLDED.sub(lambda f: f.group(1).replace(" \\\\ ", " "), m.group(2)))
                for m in parts
                if m
            ]
            found.update(headed(level, [(n, untex(text)) for n, text in spans]))
            level += 1
        if row:
            label, *cells = row.group(1).split(" & ")
            found[f"{row.group(2)}.label"] = untex(label)
            found.update({f"{row.group(2)}.c{j}": tex_cell(cell) for j, cell in enumerate(cells)})
        elif line.startswith("\\item "):
            found[f"note{notes}"] = untex(line[6:])
            notes += 1
        elif body and panel and not parted:
            found[f"panel{panels}.label"] = untex(panel.group(1))
            panels += 1
        elif body and parted:
            found[f"unmarked line {line!r}"] = "1"
    return found


FOLDED = re.compile(r"\\begin\{tabular\}\[b\]\{@\{\}c@\{\}\}(.*)\\end\{tabular\}")
