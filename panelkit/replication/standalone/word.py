"""Cells, row labels, headings and notes of a table read back from our Word files; entities, bombs and hidden text are refused."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile

from panelkit.replication.standalone.plain_tables import headed, panelled, titled


def word_part(data: bytes, name: str = "word/document.xml") -> bytes:
    """The XML of a part of a Word file; document types, entities and bombs are refused."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        members = opened.infolist()
        part = opened.getinfo(name)
        if (
            len(members) > 2000
            or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others unpack without a bound
            or part.file_size > 64 * 1024 * 1024
            or part.file_size > 400 * max(part.compress_size, 1)
        ):
            raise ValueError("it unpacks to far too much")
        with opened.open(part) as packed:  # in pieces: a part that lies about its size is cut off, not unpacked
            xml = b"".join(iter(lambda: packed.read(1 << 20), b""))
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml or xml[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in xml:
        raise ValueError("it declares a document type or entities")
    return xml


W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# what our own documents are made of; anything else (a picture, an equation, a field, a change) could print or hide a number
TAGS = {
    "b", "body", "bottom", "cantSplit", "cols", "docGrid", "document", "fldSimple", "gridCol", "gridSpan", "jc", "keepNext",
    "p", "pPr", "pgMar", "pgSz", "r", "rFonts", "rPr", "sectPr", "spacing", "sz", "t", "tab", "tabs", "tbl", "tblGrid",
    "tblHeader", "tblLayout", "tblLook", "tblPr", "tblStyle", "tblW", "tc", "tcBorders", "tcPr", "tcW", "top", "tr", "trPr",
    "vAlign", "vertAlign",
}  # fmt: skip
COUNTER = re.compile(r" SEQ (?:Table|表) \\\* ARABIC \\r (\d+) $")
PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|customXml/(?:_rels/)?item(?:Props)?1\.xml(?:\.rels)?|docProps/(?:app|core)\.xml|"
    r"docProps/thumbnail\.jpeg|word/_rels/document\.xml\.rels|word/theme/theme1\.xml|"
    r"word/(?:document|fontTable|numbering|settings|styles|stylesWithEffects|webSettings)\.xml"
)
SMALLEST = 12  # half points


def from_docx(data: bytes) -> dict[str, str]:
    """Title, headings, cells, row labels and notes of a Word table of ours; parts and elements that are not ours are refused."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        names = set(opened.namelist())
    odd = sorted(n for n in names if not PARTS.fullmatch(n))
    if odd:
        raise ValueError(f"it has a part that is not ours: {odd[0]!r}")
    tree = ElementTree.fromstring(word_part(data))  # noqa: S314
    if lacks := {"word/styles.xml", "word/settings.xml", "word/_rels/document.xml.rels"} - names:
        raise ValueError(f"it lacks a part: {min(lacks)!r}")
    for part in ("word/styles.xml", "word/settings.xml"):
        if re.search(rb"<w:(vanish|specVanish|webHidden|attachedTemplate|mailMerge)\b", word_part(data, part)):
            raise ValueError(f"{part} hides text or takes in other files")
    if b'TargetMode="External"' in word_part(data, "word/_rels/document.xml.rels"):
        raise ValueError("it takes in other files")
    for element in tree.iter():
        ours(element)
    found: dict[str, str] = {}
    notes, after = 0, False
    body = tree.find(W + "body")
    for element in body if body is not None else ():
        if element.tag == W + "p" and after:
            found[f"note{notes}"] = told_in(element)
            notes += 1
        elif element.tag == W + "p" and "heading.title" not in found:
            found.update(titled(told_in(element)))
        elif element.tag == W + "tbl" and not after:
            after = True
            found.update(grid(element))
        elif element.tag != W + "sectPr":
            raise ValueError("it holds more than a caption, a table and its notes")
    return found


def ours(element: ElementTree.Element) -> None:
    """Refuse an element that our documents have not, or that is set so as not to be seen."""
    name = element.tag[len(W) :] if element.tag.startswith(W) else ""
    if name not in TAGS:
        raise ValueError(f"it holds an element that is not ours: {element.tag!r}")
    if name == "sz" and int(element.get(W + "val", "0")) < SMALLEST:
        raise ValueError("it holds type too small to be read")
    if name == "fldSimple":
        counts = COUNTER.match(element.get(W + "instr", ""))
        if counts is None or told_in(element) != counts.group(1):
            raise ValueError(f"it holds a field that is not ours: {element.get(W + 'instr', '')!r}")


def told_in(element: ElementTree.Element) -> str:
    """The text of a paragraph or cell."""
    return "".join(t.text or "" for t in element.iter(W + "t"))


def grid(table: ElementTree.Element) -> dict[str, str]:
    """Headings, cells and row labels of the one table of a document."""
    found: dict[str, str] = {}
    row, level, panels = -1, 0, 0
    if len(list(table.iter(W + "tbl"))) > 1:
        raise ValueError("it holds a table within a table")
    for line in table.findall(W + "tr"):
        cells = line.findall(W + "tc")
        texts = [told_in(cell) for cell in cells]
        if line.find(f"{W}trPr/{W}tblHeader") is not None:
            wide = [cell.find(f"{W}tcPr/{W}gridSpan") for cell in cells]
            counts = [1 if span is None else int(span.get(W + "val", "1")) for span in wide]
            found.update(headed(level, list(zip(counts, texts))[1:]))  # noqa: B905
            found.update({"heading.stub": texts[0]} if level == 0 else {})
            if level and texts[0]:
                raise ValueError("a heading is not ours")
            level += 1
            continue
        row += 1
        if len(texts) > 1:
            found[f"r{row}.label"] = texts[0]
            found.update({f"r{row}.c{j}": text for j, text in enumerate(texts[1:])})
        else:
            found.update(panelled(panels, texts[0], found))
            panels += 1
    return found
