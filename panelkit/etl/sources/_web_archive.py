"""Web archives (.mht, .mhtml, or saved under the name of a workbook) as their pages; tables of a page are read in _markup."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import Message

from panelkit.core.errors import SourceError
from panelkit.etl.sources._markup import LooseSheet, sheets_of_markup
from panelkit.etl.sources._text import decode

MOST_PAGES = 500
MOST_PARTS, MOST_HEADS = 10_000, 100_000
_HEAD = re.compile(rb"^[!-9;-~]{1,200}:", re.MULTILINE)
_PART = re.compile(rb"^--[^>\s]", re.MULTILINE)
_SHEET = re.compile(
    r"<x:Name>(?P<name>[^<]{1,100})</x:Name>(?:(?!</x:ExcelWorksheet>).){0,400}?HRef=\"(?P<file>[^\"]{1,300})\"",
    re.DOTALL | re.IGNORECASE,
)


def is_web_archive(data: bytes) -> bool:
    """Whether bytes begin as a message of several parts with a web page among them."""
    head = data[:4000].decode("latin-1").lstrip("\ufeff\xef\xbb\xbf \r\n").casefold()
    begins = head.startswith(("mime-version:", "from:", "content-type:", "x-", "subject:", "date:"))
    return begins and ("multipart/related" in head or "content-type: text/html" in head)


def sheets_of_archive(data: bytes, where: str, largest: int) -> tuple[LooseSheet, ...]:
    """The pages of an archive that have a table, each as a sheet under its name in the workbook, else that of its file.

    Raises
    ------
    SourceError
        A broken archive, or one without a table.
    """
    _refuse_headers(data, where)
    try:
        pages = [part for part in message_from_bytes(data).walk() if part.get_content_type() == "text/html"]
        bodies = [(_file(part), _bytes(part)) for part in pages[:MOST_PAGES]]
    except (RecursionError, ValueError, LookupError):
        raise SourceError("the web archive is damaged", where=where, mend="save the workbook as .xlsx") from None
    named: dict[str, str] = {}
    found: list[LooseSheet] = []
    for file, body in bodies:
        if not body.strip():
            continue
        named |= {m["file"].rsplit("/", 1)[-1].casefold(): m["name"] for m in _SHEET.finditer(decode(body, where).text)}
        try:
            made = sheets_of_markup(body, where, largest)
        except SourceError as fault:
            if "no table" not in str(fault):
                raise
            continue  # the page of frames and that of tabs have none
        said = made[0].note.replace("a web page saved under the name of a workbook, no Excel file", "a web archive")
        found.append(LooseSheet(name=file, rows=made[0].rows, merged=made[0].merged, note=said))
    if not found:
        raise SourceError(
            "this is a web archive, and no table with cells is in it",
            where=where,
            mend="open it in a spreadsheet program and save it as .xlsx",
        )
    if len(found) == 1:
        return (LooseSheet(name="page", rows=found[0].rows, merged=found[0].merged, note=found[0].note),)
    return tuple(
        LooseSheet(name=named.get(s.name.casefold(), s.name), rows=s.rows, merged=s.merged, note=s.note) for s in found
    )


def _refuse_headers(data: bytes, where: str) -> None:
    """An archive of so many lines that read as heads of its parts that their objects would fill the memory is not opened."""
    if any(sum(1 for _ in marks.finditer(data)) > most for marks, most in ((_HEAD, MOST_HEADS), (_PART, MOST_PARTS))):
        raise SourceError(
            "the web archive has more parts or heads of parts than a saved workbook has",
            where=where,
            mend="open it in a spreadsheet program and save it as .xlsx",
        )


def _file(part: Message) -> str:
    return str(part.get("Content-Location", "")).replace("\\", "/").rsplit("/", 1)[-1].strip() or "page"


def _bytes(part: Message) -> bytes:
    """The body of a part without its transfer encoding; in UTF-8 where its head names an encoding that fits."""
    payload = part.get_payload(decode=True)
    body = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset() or ""
    usual = "gb18030" if charset in ("gb2312", "gbk", "x-gbk") else charset
    try:
        return body.decode(usual).encode("utf-8") if usual else body
    except (UnicodeDecodeError, LookupError):
        return body
