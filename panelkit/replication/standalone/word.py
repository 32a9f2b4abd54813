"""Cells, row labels, headings and notes of a table read back from our Word files; entities, bombs and hidden text are refused."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile

from panelkit.replication.standalone.plain_tables import headed


def word_part(data: bytes, name: str = "word/document.xml") -> bytes:
    """The XML of a part of a Word file; document types, entities and bombs are refused."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        members = opened.infolist()
        part = opened.getinfo(name)
        if (
            len(members) > 2000
            or part.file_size > 64 * 1024 * 1024
            or part.file_size > 400 * max(part.compress_size, 1)
        ):
            raise ValueError("it unpacks to far too much")
        xml = opened.read(part)
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml or xml[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in xml:
        raise ValueError("it declares a document type or entities")
    return xml


def from_docx(data: bytes) -> dict[str, str]:
    """Cells, row labels and notes of a Word table of ours."""
    xml = word_part(data)
    if re.search(rb"<w:(vanish|specVanish|webHidden|del|ins|moveFrom|moveTo|altChunk|txbxContent)\b", xml):
        raise ValueError("it hides text or keeps track of changes")
    w = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    body = ElementTree.fromstring(xml).find(w + "body")  # noqa: S314
    found: dict[str, str] = {}
    notes, row, level, after = 0, -1, 0, False
    for element in body if body is not None else ():
        if element.tag == w + "p" and after:
            found[f"note{notes}"] = "".join(t.text or "" for t in element.iter(w + "t"))
            notes += 1
        after = after or element.tag == w + "tbl"
        for line in element.findall(w + "tr"):
            texts = ["".join(t.text or "" for t in cell.iter(w + "t")) for cell in line.findall(w + "tc")]
            if line.find(f"{w}trPr/{w}tblHeader") is not None:
                wide = [cell.find(f"{w}tcPr/{w}gridSpan") for cell in line.findall(w + "tc")]
                counts = [1 if span is None else int(span.get(w + "val", "1")) for span in wide]
                found.update(headed(level, list(zip(counts, texts))[1:]))  # noqa: B905
                level += 1
                continue
            row += 1
            if len(texts) > 1:
                found[f"r{row}.label"] = texts[0]
                found.update({f"r{row}.c{j}": text for j, text in enumerate(texts[1:])})
    return found
