"""Tables, numbers in the text and quotations, read back from our HTML; what may hide a printed number is refused."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from panelkit.replication.standalone.plain_tables import headed, panelled, titled

COUNTED = re.compile(r"(?<![\w.])[-\u2212+]?\d[\d,]*(?:\.\d+)?(?:e[-\u2212+]?\d+)?(?![\w])", re.ASCII)
WIDTH = re.compile(r"(min-width:[\d.]+ch)?$")
HIDES = re.compile(
    rb"(content|display\s*:\s*none|visibility|font-size\s*:\s*0[^.]|opacity|text-indent|clip|position|transform|filter|"
    rb"(?<![-\w])color\s*:|background|direction|order\s*:|float|url\()",
    re.IGNORECASE,
)
# the elements and attributes of a table of ours; another could show or speak a number besides
INSIDE = {
    "table": {"class", "id"}, "caption": set(), "thead": set(), "tbody": set(), "tr": {"class"}, "sup": set(),
    "th": {"scope", "class", "rowspan", "colspan", "aria-label"}, "td": {"data-cell", "id", "data-key", "data-raw", "class"},
    "span": {"class", "style"}, "a": {"class", "tabindex", "href"},
}  # fmt: skip
SPOKEN = ("alt", "aria-label", "title", "aria-description", "summary", "placeholder")


class Page(HTMLParser):
    """Every table of ours on a page, by its id: cells, row labels and notes, and the keys and full values beside the cells."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: dict[str, dict[str, str]] = {}
        self.facts: dict[str, dict[str, dict[str, str]]] = {}
        self.table = self.open = self.label = self.above = ""
        self.notes, self.inside = -1, False
        self.heads: list[tuple[int, str]] = []
        self.level = 0
        self.loose: list[list[str]] = []  # key and text of numbers bound outside of tables
        self.quotes: list[tuple[str, str]] = []  # what a text quotes, and the text
        self.quoting: list[list[Any]] = []  # quotations that are open: source, tag, tags of that name within, text
        self.title, self.outside, self.panels = (
            "",
            "",
            0,
        )  # of the whole page, text outside of its tables, groups of rows so far
        self.quiet = self.unbound = 0  # depth of what is no text; numbers in the text with neither key nor source

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        """Open a table, cell, row label or note."""
        given = {k: v or "" for k, v in attrs}
        self.quiet += tag in ("script", "style", "svg", "template", "title")
        if "data-from" in given and not self.inside:
            self.quoting.append([given["data-from"], tag, 0, ""])
        elif self.quoting and tag == self.quoting[-1][1]:
            self.quoting[-1][2] += 1
        self.speak(given)
        if tag == "table" and given.get("id", "").startswith("table-") and not self.inside:
            self.table, self.inside, self.level, self.panels = given["id"][6:], True, 0, 0
            if self.table in self.tables:
                raise ValueError(f"the table {self.table} stands there twice")
            self.tables[self.table], self.facts[self.table] = {}, {}
        elif (
            self.inside
            and tag == "td"
            and given == {"class": "left stub", "rowspan": given.get("rowspan")}
            and self.corner()
        ):
            self.tables[self.table]["heading.stub"] = ""  # no heading; a text in it is refused
        elif self.inside and (not set(given) <= INSIDE.get(tag, set()) or tag not in INSIDE):
            raise ValueError(f"a table holds a <{tag}> or an attribute of it that is not ours")
        elif self.inside and not WIDTH.match(given.get("style", "")):
            raise ValueError(f"a table holds a <{tag}> that may hide what is printed")
        elif tag == "title" and not self.inside and not self.title:
            self.open = "title"
        elif self.inside and tag == "caption":
            self.open, self.label = "caption", ""
        elif (
            self.inside
            and tag == "td"
            and (given.get("data-cell", "") in self.tables[self.table] or "data-cell" not in given)
        ):
            raise ValueError("a table holds a cell without a name of its own")
        elif self.inside and tag == "th" and given.get("scope") in ("col", "colgroup") and "rowspan" not in given:
            self.open = "head"
            self.heads.append((int(given.get("colspan") or 1), ""))
        elif self.inside and tag == "th" and "rowspan" in given:
            self.open, self.label = "stub", ""
        elif self.inside and tag == "th" and given.get("scope") == "rowgroup":
            self.open, self.label = "panel", ""
        elif tag == "th" and given.get("scope") == "row":
            told = given.get("aria-label")
            if told is not None and self.inside:
                self.headed(told)
            self.open, self.label, self.above = "label", "", self.label or self.above
        elif tag == "td" and "data-cell" in given and self.table:
            self.open = given["data-cell"]
            self.tables[self.table][self.open] = ""
            self.tables[self.table][self.open.split(".")[0] + ".label"] = self.label
            self.facts[self.table][self.open] = given
        elif "data-key" in given and not self.inside:
            self.open = "loose"
            self.loose.append([given["data-key"], "", tag])
        elif tag == "div" and given.get("class") == "pk-notes":
            self.notes = 0
        elif tag == "p" and self.notes >= 0 and self.table:
            self.open = f"note{self.notes}"
            self.tables[self.table][self.open] = ""

    def corner(self) -> bool:
        """Whether nothing of the table stands before, but for its title."""
        return self.level == 0 and not self.heads and "heading.stub" not in self.tables[self.table]

    def speak(self, given: dict[str, str]) -> None:
        """Take what an attribute says (a text for those who cannot see) for a part of the text around it, or for what it names."""
        said = " ".join(given[name] for name in SPOKEN if name in given)
        if said and not self.inside and "data-said" in given:
            self.quotes.append((given["data-said"], said))
        elif said and not self.inside and self.quoting:
            self.quoting[-1][3] += f" {said} "
        elif said and not self.inside:
            self.unbound += len(COUNTED.findall(said))

    def headed(self, told: str) -> None:
        """Refuse what is read aloud before a row without a label, where it is not the label above and what its brackets hold."""
        above = self.label or self.above
        if not told.startswith(above) or COUNTED.search(told[len(above) :]):
            raise ValueError(f"a row is read aloud as {told[:60]!r}, the label above it is {above[:60]!r}")

    def handle_endtag(self, tag: str) -> None:
        """Close what is open."""
        self.quiet -= tag in ("script", "style", "svg", "template", "title")
        if (self.open, tag) in (("caption", "caption"), ("stub", "th"), ("panel", "th")) and self.inside:
            own = self.tables[self.table]
            if self.open == "panel":
                own.update(panelled(self.panels, self.label, own))
                self.panels += 1
            else:
                own.update(titled(self.label) if self.open == "caption" else {"heading.stub": self.label})
        if tag == "p" and self.open.startswith("note"):
            self.notes += 1
        if tag in ("td", "th", "p", "caption", "title") or (self.open == "loose" and self.loose[-1][2] == tag):
            self.open = ""
        if tag == "tr" and self.heads:
            self.tables[self.table].update(headed(self.level, self.heads))
            self.level, self.heads = self.level + 1, []
        if tag == "div":
            self.notes = -1
        if tag == "table":
            self.inside = False
        if self.quoting and tag == self.quoting[-1][1]:
            self.quoting[-1][2] -= 1
            if self.quoting[-1][2] < 0:
                where, _, _, text = self.quoting.pop()
                self.quotes.append((where, text))

    def handle_data(self, data: str) -> None:
        """Text of what is open."""
        if not self.open and not self.quiet and not self.inside:
            if self.quoting:
                self.quoting[-1][3] += data
            else:
                self.unbound += len(COUNTED.findall(data))
        if not self.open and data.strip():
            if self.inside:
                raise ValueError(f"a table holds a text outside of its cells: {data.strip()[:40]!r}")
            self.outside += "" if self.quiet else data
        if self.open in ("label", "caption", "stub", "panel"):
            self.label += data
        elif self.open == "title":
            self.title += data
        elif self.open == "head":
            self.heads[-1] = (self.heads[-1][0], self.heads[-1][1] + data)
        elif self.open == "loose":
            self.loose[-1][1] += data
        elif self.open and self.table:
            self.tables[self.table][self.open] += data


def from_html(data: bytes) -> Page:
    """The tables of a page."""
    if b"<" in data.rpartition(b">")[2]:
        raise ValueError("it ends within a tag")  # of which the reader would seek the end again and again
    page = Page()
    page.feed(data.decode("utf-8"))
    page.close()
    return page
