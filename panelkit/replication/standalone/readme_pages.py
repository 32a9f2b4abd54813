"""README.pdf against README.md: every word and number of the one in the other, in order, and no number besides."""

from __future__ import annotations

import html
import re

from panelkit.replication.standalone.level import Level, names_below, read
from panelkit.replication.standalone.pdf import Pdf, text_of

AHEAD = 3000  # letters that a page's end may put between two words of one line: its number and the heading of a table
RULE_LINE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+$")
UNSEEN = "\u200b"  # where a long name may be broken


def readme_pages(folder: str, level: Level) -> None:
    """Each README that is there as PDF too."""
    for name in ("README.pdf", "README.zh.pdf"):
        if name not in names_below(folder, name):
            continue
        try:
            data = read(folder, name)
            pages = sum(re.search(rb"/Type\s*/Page\b", body) is not None for body in Pdf(data).objects.values())
            text = "".join("".join(run.replace(UNSEEN, "").split()) for run in text_of(data))
        except (ValueError, LookupError, ArithmeticError, RecursionError) as error:
            level.find("differs", f"{name} cannot be read back: {error}")
            continue
        words = words_of_readme(read(folder, f"{name[:-4]}.md").decode("utf-8"))
        said_in_order(words, (name, text, pages), level)


def words_of_readme(markdown: str) -> list[str]:
    """The words of a README of ours, without its marks."""
    found: list[str] = []
    for line in markdown.split("\n"):
        if RULE_LINE.match(line.strip()):
            continue
        if line.startswith("    "):
            found += line.split()
            continue
        bare = re.sub(r"^(?:#{1,4} |- )", "", line.strip())
        for part in re.split(r"(?<!\\)\||(`[^`]*`)", bare):
            if part is None:
                continue
            plain = part[1:-1] if part.startswith("`") and len(part) > 1 else html.unescape(unmarked(part))
            found += plain.split()
    return found


def unmarked(text: str) -> str:
    """Text without stress and addresses' brackets, escapes undone."""
    text = re.sub(r"<(https?://[^<>\s]+)>", r"\1", text)
    text = re.sub(r"(?<!\\)\*\*(.+?)(?<!\\)\*\*", r"\1", text)
    return re.sub(r"\\([`*\[\]|])", r"\1", text)


def found_at(text: str, word: str, place: int) -> list[tuple[int, int]]:
    """Where a word stands next, whole or broken where a page ends within a row of a table; nothing where it does not stand there."""
    for back in (
        0,
        AHEAD,
    ):  # what follows in one cell stands before what followed in the cell beside it on the page before
        begin = max(place - back, 0)
        start = text.find(word, begin, place + AHEAD + len(word))
        if start >= 0:
            return [(start, start + len(word))]
        spans, at = [], begin
        for part in re.findall(r"[^/_.-]*[/_.-]|[^/_.-]+$", word):
            start = text.find(part, at, at + AHEAD + len(part))
            if start < 0:
                break
            at = start + len(part)
            spans.append((start, at))
        else:
            return spans
    return []


def said_in_order(words: list[str], at: tuple[str, str, int], level: Level) -> None:
    """Each word behind the one before; what is left over holds no number but those of pages and of headings said again."""
    name, text, pages = at
    seen = bytearray(len(text))
    place = 0
    for i, word in enumerate(words):
        level.compared += 1
        spans = found_at(text, word, place)
        if not spans:
            before = " ".join(words[max(i - 4, 0) : i])
            level.find("differs", f"{name} does not say {word!r} after {before!r}, as {name[:-4]}.md does")
            return
        for start, end in spans:
            seen[start:end] = b"\1" * (end - start)
        place = spans[-1][1]
    left = "".join(c if not s else " " for c, s in zip(text, seen))  # noqa: B905
    known = {str(k) for k in range(1, pages + 1)} | {n for w in words for n in re.findall(r"\d+", w)}
    odd = [n for n in re.findall(r"\d+", left) if n not in known]
    level.hold(not odd, "differs", f"{name} has numbers that {name[:-4]}.md has not: {', '.join(odd[:5])}")
    level.hold(len("".join(left.split())) < max(40 * pages, 200), "differs", f"{name} says more than {name[:-4]}.md")
