"""Plain text to LaTeX and back, one token for one character, for pdfLaTeX and XeLaTeX alike; knows nothing of tables."""

from __future__ import annotations

import re

from panelkit.reporting.printed import plain

_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "τ": "tau", "υ": "upsilon", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta",
    "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_MATH = {
    "−": "-", "×": r"\times", "÷": r"\div", "±": r"\pm", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx",
    "∞": r"\infty", "·": r"\cdot", "→": r"\rightarrow", "↔": r"\leftrightarrow", "∈": r"\in", "∑": r"\sum",
    "†": r"\dagger", "‡": r"\ddagger", "°": r"^{\circ}",
    **{letter: rf"\{name}" for letter, name in _GREEK.items()},
}  # fmt: skip
TOKENS: dict[str, str] = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"{\char36}", "#": r"\#", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"{\char34}", "[": "{[}", "]": "{]}", "\u00a0": r"\nobreakspace{}", "–": r"\textendash{}",
    "—": r"\textemdash{}", "…": r"\ldots{}", "‘": r"\textquoteleft{}", "’": r"\textquoteright{}",
    "“": r"\textquotedblleft{}", "”": r"\textquotedblright{}",
    **{c: rf"\textsuperscript{{{d}}}" for c, d in _SUPERSCRIPTS.items()},
    **{c: rf"\textsubscript{{{d}}}" for c, d in _SUBSCRIPTS.items()},
    **{c: f"${m}$" for c, m in _MATH.items()},
}  # fmt: skip
# pairs of characters that TeX would join to another sign
_LIGATURES = re.compile(r"--|''|``|,,|!`|\?`")
_TOKEN = re.compile(
    "|".join(re.escape(t) for t in sorted(TOKENS.values(), key=len, reverse=True))
    + r"|\\pk(?:stars|mark|[A-Z]+)\b|\{\*\}|\{|\}|.",
    re.DOTALL,
)
_BACK = {t: c for c, t in TOKENS.items()} | {"{*}": "*", "{": "", "}": ""}


def escape(text: str, *, chinese_quotes: bool = False) -> str:
    """`text` (one line) so that LaTeX prints just that.

    A leading '*' is braced, since it would be read as an option of the line end before it. chinese_quotes : leave “ ” ‘ ’ — … as
    they are, for ctex to set full width.

    >>> escape("R² & 100%"), unescape(escape("a_{b}~\\\\"))
    ('R\\\\textsuperscript{2} \\\\& 100\\\\%', 'a_{b}~\\\\')
    """
    found: list[str] = []
    bare = plain(text)
    for i, char in enumerate(bare):
        if i and _LIGATURES.match(bare, i - 1):
            found.append("{}")
        if chinese_quotes and char in "“”‘’—…·":
            found.append(char)
        else:
            found.append("{*}" if char == "*" and i == 0 else TOKENS.get(char, char))
    return "".join(found)


def unescape(tex: str) -> str:
    """What `escape` was given; grouping braces and our own macros for numbers and marks are passed over."""
    return "".join("" if token.startswith("\\pk") else _BACK.get(token, token) for token in _TOKEN.findall(tex))
