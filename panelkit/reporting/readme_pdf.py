"""A README of a package as PDF by Typst: the Markdown that panelkit writes itself (headings, lists, tables, programs), no more."""

from __future__ import annotations

import html
import json
import re

from panelkit.core.label import Language
from panelkit.reporting.printed import plain
from panelkit.reporting.render import typst

_HEAD = """#set document(title: {title}, date: none)
#set page(paper: "a4", margin: (x: 2.2cm, top: 2.1cm, bottom: 2.2cm), numbering: "1", number-align: center)
#set text(font: ({fonts}), size: 9.5pt, lang: "{language}", fallback: true)
#set par(leading: 0.58em, spacing: 0.8em)
#set list(indent: 0.4em, spacing: 0.55em)
#set table(stroke: none, inset: (x: 3.5pt, y: 2.6pt), align: left)
#show table.cell: set text(size: 7.8pt)
#show raw.where(block: true): set block(fill: rgb("#f3f4f6"), inset: 6pt, radius: 2pt, width: 100%)
#show raw: set text(size: 0.92em)
#show link: set text(fill: rgb("#1d4f80"))
#let cut(name) = raw(name.replace(regex("([/_.-])"), m => m.captures.at(0) + "\\u{{200b}}"))
"""
_SHORT = 22  # characters of a column of a table that is as wide as its words
_INLINE = re.compile(r"`([^`]+)`|\\\*\\\*|\*\*(.+?)\*\*|<(https?://[^<>\s]+)>")


def readme_pdf(text: str, language: Language = "en") -> bytes:
    """The PDF of a README's Markdown; the same bytes every time on a machine with the same fonts.

    Raises
    ------
    ReportError
        Where the typst package is not installed, or the text has Chinese words and no font here has them.
    """
    made = source(text, language)
    return typst.compiled(made, chinese=bool(typst.CHINESE.search(made)))


def source(text: str, language: Language = "en") -> str:
    """The Typst source."""
    title = next((line[2:] for line in text.split("\n") if line.startswith("# ")), "README")
    head = _HEAD.format(title=_string(title), fonts=", ".join(f'"{f}"' for f in typst.FONTS), language=language)
    parts = [_block(block) for block in re.split(r"\n{2,}", text.strip("\n"))]
    return head + "\n".join(parts) + "\n"


def _string(text: str) -> str:
    bare = html.unescape(re.sub(r"\\([`*\[\]|])", r"\1", text))
    return json.dumps(plain(bare), ensure_ascii=False)


def _inline(text: str) -> str:
    """Text with its programs, stress and addresses, as Typst markup."""
    made, at = [], 0
    for found in _INLINE.finditer(text):
        made.append(f"#{_string(text[at : found.start()])}")
        code, strong, address = found.groups()
        if code is not None:
            made.append(f"#cut({json.dumps(plain(code), ensure_ascii=False)})")
        elif strong is not None:
            made.append(f"#strong({_string(strong)})")
        elif address is not None:
            made.append(f"#link({json.dumps(plain(address))})")
        at = found.end()
    return "".join([*made, f"#{_string(text[at:])}"])


def _block(block: str) -> str:
    lines = block.split("\n")
    if all(line.startswith("    ") for line in lines):
        return f"#raw(block: true, {json.dumps(chr(10).join(line[4:] for line in lines), ensure_ascii=False)})"
    if lines[0].startswith("|"):
        return _table(lines)
    found = re.match(r"(#{1,4}) (.*)", lines[0])
    if found and len(lines) == 1:
        return f"#heading(level: {len(found[1])})[{_inline(found[2])}]"
    if lines[0].startswith("- "):
        items: list[str] = []
        for line in lines:
            if line.startswith("- ") or not items:
                items.append(line.removeprefix("- "))
            else:
                items[-1] += f" {line.strip()}"
        return "#list(" + ", ".join(f"[{_inline(i)}]" for i in items) + ")"
    return f"#par[{_inline(' '.join(line.strip() for line in lines))}]"


def _table(lines: list[str]) -> str:
    rows = [[c.strip() for c in re.split(r"(?<!\\)\|", line.strip())[1:-1]] for line in lines]
    head, body = rows[0], rows[2:]
    longest = [max(min(len(r[j]), 60) if j < len(r) else 0 for r in (head, *body)) for j in range(len(head))]
    widths = ", ".join("auto" if n <= _SHORT else f"{n}fr" for n in longest)
    cells = ["  table.hline(stroke: 0.8pt), table.header(" + ", ".join(f"[#strong[{_inline(c)}]]" for c in head) + "),",
             "  table.hline(stroke: 0.5pt),"]  # fmt: skip
    cells += ["  " + ", ".join(f"[{_inline(c)}]" for c in row) + "," for row in body]
    return "\n".join([f"#table(columns: ({widths},),", *cells, "  table.hline(stroke: 0.8pt),", ")"])
