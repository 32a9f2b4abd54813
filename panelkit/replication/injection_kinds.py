"""Kinds of errors told by patterns: in which files, at which places, what is changed there; they are put in by injections."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

Change = Callable[[str, random.Random], str]
PRINTED = r"[−-]?\d[\d,]*(?:\.\d+)?|[−-]?\.\d+"
DOUBLE = r"-?\d+\.\d+(?:e-?\d+)?"
FIRST = 4  # significant digits among which one is changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Errors by pattern: in files whose path matches `files`, group 1 of `pattern` is changed."""

    kind: str
    files: str
    pattern: str
    change: Change


def digit(text: str, draw: random.Random) -> str:
    """One of the first significant digits is another one."""
    places = [i for i, c in enumerate(text) if c.isdigit()]
    mantissa = [i for i in places if "e" not in text[:i]]
    first = next((n for n, i in enumerate(mantissa) if text[i] != "0"), 0)
    at = draw.choice(mantissa[first : first + FIRST])
    return f"{text[:at]}{(int(text[at]) + draw.randint(1, 9)) % 10}{text[at + 1 :]}"


def sign(text: str, draw: random.Random) -> str:
    """The other sign."""
    return text[1:] if text[0] in "-−" else f"−{text}"


def stars(text: str, draw: random.Random) -> str:
    """Another number of stars."""
    return "*" * draw.choice([n for n in range(1, 4) if n != len(text)])


def other(text: str, draw: random.Random) -> str:
    """The opposite word."""
    return {"Yes": "No", "No": "Yes", "是": "否", "否": "是"}[text]


def words(text: str, draw: random.Random) -> str:
    """Other words of the same kind."""
    return f"{text} after trimming"


def words_before(text: str, draw: random.Random) -> str:
    """Other words of the same kind, at the beginning."""
    return f"Trimmed {text}"


def none(text: str, draw: random.Random) -> str:
    """Nothing."""
    return ""


def parted(text: str, draw: random.Random) -> str:
    """A digit changed and set in a run of its own."""
    return f"{text[:2]}</w:t></w:r><w:r><w:t>{(int(text[2]) + draw.randint(1, 9)) % 10}</w:t></w:r><w:r><w:t>{text[3:]}"


def redrawn(text: str, draw: random.Random) -> str:
    """A coordinate changed in a picture that the page holds as base64."""
    picture = base64.b64decode(text).decode("utf-8")
    start, end = draw.choice([m.span(1) for m in re.finditer(r"(?:d=\"M |L )(\d+\.\d+)", picture)] or [(0, 0)])
    drawn = picture[:start] + (digit(picture[start:end], draw) if end else " ") + picture[end:]
    return base64.b64encode(drawn.encode()).decode("ascii")


def put(new: str) -> Change:
    """Something fixed."""
    return lambda text, draw: new if text != new else f"{new}x"


TEXTS = (
    Text(kind="a digit in LaTeX", files=r"tables/\w+\.tex", pattern=r"(?m)(?<=\d)(\.\d+)(?=[ {][^%\n]*% pk r\d+$)", change=digit),
    Text(kind="a count in LaTeX", files=r"tables/\w+\.tex", pattern=r"& \{?(\d+)(?=\}? (?:&|\\\\))", change=digit),
    Text(kind="stars in LaTeX", files=r"tables/\w+\.tex", pattern=r"(?m)\\pkstars\{(\*+)\}(?=.*% pk r\d+$)", change=stars),
    Text(kind="an effect row in LaTeX", files=r"tables/\w+\.tex", pattern=r"& \{?(Yes|No|是|否)(?=\}? (?:&|\\\\))", change=other),
    Text(kind="a label in LaTeX", files=r"tables/\w+\.tex", pattern=r"(?m)^(\w[^&%\\{}]+) & .* % pk r\d+$", change=words),
    Text(kind="a note in LaTeX", files=r"tables/\w+\.tex", pattern=r"(?m)^\\item (.{12,})$", change=words),
    Text(kind="a digit in HTML", files=r"tables/\w+\.html", pattern=rf">[(\[]?({PRINTED})(?=[<)\]])", change=digit),
    Text(kind="stars in HTML", files=r"tables/\w+\.html", pattern=r"<sup>(\*+)</sup>", change=stars),
    Text(kind="an effect row in HTML", files=r"tables/\w+\.html", pattern=r">(Yes|No|是|否)<", change=other),
    Text(kind="a value beside a cell in HTML", files=r"tables/\w+\.html", pattern=rf'data-raw="({DOUBLE})"', change=digit),
    Text(kind="a cell hidden in HTML", files=r"tables/\w+\.html", pattern=r"<td()(?= data-cell)", change=put(" hidden")),
    Text(kind="a digit in Word", files=r"tables/\w+\.docx", pattern=rf"<w:t(?: [^>]*)?>[(\[]?({PRINTED})[)\]]?</w:t>", change=digit),
    Text(kind="stars in Word", files=r"tables/\w+\.docx", pattern=r">(\*+)<", change=stars),
    Text(kind="an effect row in Word", files=r"tables/\w+\.docx", pattern=r">(Yes|No|是|否)<", change=other),
    Text(kind="hidden text in Word", files=r"tables/\w+\.docx", pattern=r"<w:rPr>()", change=put("<w:vanish/>")),
    Text(kind="a digit in CSV", files=r"tables/\w+\.csv", pattern=rf'[,"][\'\u00a0]?[(\[]?({PRINTED})(?=[)\]*"])', change=digit),
    Text(kind="a sign in CSV", files=r"tables/\w+\.csv", pattern=r'"(−?\d*\.\d+)(?=\**")', change=sign),
    Text(kind="stars in CSV", files=r"tables/\w+\.csv", pattern=r'\d(\*+)"', change=stars),
    Text(kind="a digit in Typst", files=r"tables/\w+\.typ", pattern=rf'"[(\[]?({PRINTED})[)\]]?"(?=.*// pk r)', change=digit),
    Text(kind="a digit of a table on the page", files=r"report\.html",
          pattern=rf"<td data-cell=[^>]*>(?:<[^>]*>)*[(\[]?({PRINTED})(?=[<)\]])",
          change=digit),
    Text(kind="a number of a check on the page", files=r"report\.html",
          pattern=r'<td(?: class="n")? data-from="checks(?:\|[^|"]+){3,}"[^>]*>(?:<a [^>]*>)?(?:\u2212|&lt;)?(\d[\d,]*(?:\.\d+)?)<',
          change=digit),
    Text(kind="a digit in the text of the page", files=r"report\.html",
          pattern=rf"data-key=\"[^\"]*\"(?![^>]*data-cell)[^>]*>(?:<a [^>]*>)?({PRINTED})<",
          change=digit),
    Text(kind="the interval in the results", files=r"results/estimates\.json",
          pattern=rf'"p": {DOUBLE},\s*"low": ({DOUBLE}),\s*"high": {DOUBLE}\s*\}}',
          change=digit),
    Text(kind="a value in the ledger", files=r"ledger\.json", pattern=rf'"raw": ({DOUBLE})', change=digit),
    Text(kind="a text in the ledger", files=r"ledger\.json", pattern=rf'"shown": "[(\[]?({PRINTED})[)\]]?"', change=digit),
    Text(kind="stars in the ledger", files=r"ledger\.json", pattern=r'"mark": "(\*+)"', change=stars),
    Text(kind="a key in the ledger", files=r"ledger\.json", pattern=r'"key": \[\s*"\w+",\s*"\w+",\s*"(estimate)"', change=put("se")),
    Text(kind="a cell of the panel", files=r"data/processed/panel\.csv", pattern=rf",({DOUBLE})", change=digit),
    Text(kind="a row of the panel gone", files=r"data/processed/panel\.csv", pattern=r"(?m)^([^,\n]+,\d+,.*\n)", change=none),
    Text(kind="a cell of a raw file", files=r"data/(?!processed/).*\.csv", pattern=r"(?<=[,\n])(\d+\.\d+|\d{1,3})(?=[,\r\n])",
          change=digit),
    Text(kind="the seed of the study", files=r"study\.toml", pattern=r"seed = (\d+)", change=digit),
    Text(kind="a formula of the study", files=r"study\.toml", pattern=r'formula = "\w+ ~ ()', change=put("0 + ")),
    Text(kind="the run time in a README", files=r"README(?:\.zh)?\.md", pattern=r"(<10 minutes)", change=put("<1 minute")),
    Text(kind="the seed in a README", files=r"README\.md", pattern=r"one seed, (\d+)", change=digit),
    Text(kind="a version in a README", files=r"README(?:\.zh)?\.md", pattern=r"numpy (\d+\.\d+)", change=digit),
    Text(kind="a digest in a README", files=r"README(?:\.zh)?\.md", pattern=r"`([0-9a-f]{64})`", change=lambda t, d: t[::-1]),
    Text(kind="an exhibit in the README", files=r"README\.md", pattern=r"`(tables/\w+)\.\w+`", change=words),
    Text(kind="a line of the map gone", files=r"map\.csv", pattern=r"(?m)^((?!exhibit,|report,).*\n)", change=none),
    Text(kind="a value of the second engine", files=r"results/crosscheck\.json",
          pattern=rf'"other_(?:coefficient|se)": ({DOUBLE})',
          change=digit),
    Text(kind="the verdict of the second engine", files=r"results/crosscheck\.json", pattern=r'"verdict": "(holds)"', change=put("fails")),
    Text(kind="a verdict in the checks", files=r"results/checks\.json",
          pattern=r'"name": "second_engine",\s*"of": "\w+",\s*"verdict": "(holds)"',
          change=put("fails")),
    Text(kind="a number in a model's file", files=r"results/models/\w+\.json",
          pattern=rf'"(?:estimate|se|p|rss)": ({DOUBLE})',
          change=digit),
    Text(kind="the seed in a model's file", files=r"results/models/\w+\.json", pattern=r'"seed": (\d+)', change=digit),
    Text(kind="the formula in a model's file", files=r"results/models/\w+\.json", pattern=r'"formula": "\w+ ~ ()', change=put("0 + ")),
    Text(kind="a number in a do-file", files=r"stata/\w+\.do", pattern=rf"\], ({DOUBLE})\)", change=digit),
    Text(kind="the rows in a do-file", files=r"stata/\w+\.do", pattern=r"e\(N\) == (\d+)", change=digit),
    Text(kind="a variable in a do-file", files=r"stata/\w+\.do", pattern=r"(?m)^(?:iv)?reghdfe (\w+) ", change=put("another")),
    Text(kind="the effects in a do-file", files=r"stata/\w+\.do", pattern=r"(?m)^(?:iv)?reghdfe .*absorb\([^ )]+( [^)]+)\)", change=none),
    Text(kind="the clusters in a do-file", files=r"stata/\w+\.do", pattern=r"(?m)^[a-z]+hdfe .*cluster[( ](\w+)\)", change=put("year")),
    Text(kind="a number told in a do-file", files=r"stata/\w+\.do", pattern=rf"(?m)^\* panelkit: .* = ({DOUBLE})", change=digit),
    Text(kind="a figure in the codebook", files=r"data/processed/codebook\.csv", pattern=rf",({DOUBLE})(?=[,\n])", change=digit),
    Text(kind="a place of a raw cell", files=r"provenance/panel_cells\.csv\.gz", pattern=r",(data/)", change=put("old/")),
    Text(kind="a cell of the panel without its place", files=r"provenance/panel_cells\.csv\.gz",
          pattern=r"(?m)^([^,\n]+,\d+,\w+,,,,,,.*\n)",
          change=none),
    Text(kind="a version in the environment", files=r"env/environment\.json", pattern=r'"numpy": "(\d+\.\d+)', change=digit),
    Text(kind="a row of a sample", files=r"data/processed/samples\.csv", pattern=r",([01])(?=[,\n])", change=lambda t, d: str(1 - int(t))),
    Text(kind="an effect in a figure's numbers", files=r"figures/event_study\.csv", pattern=rf"(?<=[,\n])({DOUBLE})(?=,)", change=digit),
    Text(kind="a macro of the text", files=r"(?:tables/)?numbers\.tex", pattern=r"endcsname\{\D*(\d[\d.]*)", change=digit),
    Text(kind="the title of the deposit", files=r"datacite\.json", pattern=r'"title": "(Data and Code for)', change=words),
    Text(kind="the caption in LaTeX", files=r"tables/\w+\.tex", pattern=r"\\caption(?:\[\])?\{([^{}]+)", change=words),
    Text(kind="a line more in LaTeX", files=r"tables/\w+\.tex", pattern=r"(?m)^\\midrule\n()", change=put("Weighted & 0.99 \\\\\n")),
    Text(kind="a text between the lines in LaTeX", files=r"tables/\w+\.tex",
          pattern=r"(?m)^\\centering\n()", change=put("Robust at 1 per cent.\n")),
    Text(kind="the caption in another format", files=r"tables/\w+\.(?:csv|html|typ|docx)",
          pattern=r"(?:<caption>|top, text\(\"|^\ufeff\"|<w:keepNext/>.*?<w:t(?: [^>]*)?>)([^<\"]{4,})", change=words),
    Text(kind="the clusters in a note", files=r"tables/\w+\.(?:tex|csv|html|typ|docx)|report\.html",
          pattern=r"(?:clustered by |聚类到)(\w+?)(?=[^\w]|的)", change=put("year")),
    Text(kind="a minus dropped", files=r"tables/\w+\.(?:csv|html|typ|docx)", pattern=r"[>\"(\[](−)(?=\d*\.?\d)", change=none),
    Text(kind="a minus dropped in LaTeX", files=r"tables/\w+\.tex", pattern=r"(?<=& )(-)(?=\d.*% pk r)", change=none),
    Text(kind="a comma of thousands", files=r"tables/\w+\.(?:csv|html|typ|docx)",
          pattern=r"[>\"(\[\u2212]\d{1,3}(,)(?=\d{3}[<\".,)])", change=put(".")),
    Text(kind="a digit in a run of its own in Word", files=r"tables/\w+\.docx", pattern=r"<w:t(?: [^>]*)?>[(\[]?(\d\.\d\d)", change=parted),
    Text(kind="a picture of a number in Word", files=r"tables/\w+\.docx",
          pattern=r"</w:tbl>()", change=put("<w:p><w:r><w:drawing/></w:r></w:p>")),
    Text(kind="a field in Word", files=r"tables/\w+\.docx", pattern=r"</w:tbl>()",
          change=put('<w:p><w:fldSimple w:instr=" DDEAUTO c calc "><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>')),
    Text(kind="a number in an attribute in HTML", files=r"tables/\w+\.html", pattern=r"<td()(?= data-cell)", change=put(' title="0.999"')),
    Text(kind="a text beside a table in HTML", files=r"tables/\w+\.html", pattern=r"</table>()", change=put("<p>N = 999</p>")),
    Text(kind="a rule of style in HTML", files=r"tables/\w+\.html", pattern=r"<style>()", change=put(".num{opacity:0}")),
    Text(kind="a heading read aloud in HTML", files=r"tables/\w+\.html", pattern=r"<th scope=\"row\" aria-label=\"([^\"]{3,})\"",
          change=words_before),
    Text(kind="a text read aloud on the page", files=r"report\.html", pattern=r"(?:alt|aria-label)=\"[^\"\d]*(\d+)", change=digit),
    Text(kind="a picture on the page", files=r"report\.html", pattern=r"<(?:circle|line|path)[^>]* (?:cx|x1|d)=\"(?:M )?(\d+\.\d+)",
          change=digit),
    Text(kind="a figure within the page", files=r"report\.html", pattern=r"src=\"data:image/svg\+xml;base64,([\w+/=]+)\"", change=redrawn),
    Text(kind="a picture of a figure", files=r"figures/\w+\.svg", pattern=r"<path d=\"M (\d+\.\d+)", change=digit),
    Text(kind="a number of a figure", files=r"figures/\w+\.csv", pattern=rf"(?<=[,\n])({DOUBLE})(?=[,\n])", change=digit),
    Text(kind="a column made otherwise in a do-file", files=r"stata/\w+\.do",
          pattern=r"(?m)^(?:gen|egen) .*?(?:group\(|mean\(|= \(?)(\w+)", change=put("another")),
    Text(kind="an event time in a do-file", files=r"stata/\w+\.do",
          pattern=r"(?m)^gen double pk_event_time_.*== (-?\d)\)", change=put("5")),
    Text(kind="a threshold in a do-file", files=r"stata/\w+\.do", pattern=rf"(?m)^gen double pk_.*(?:<=|>) ({DOUBLE})\)", change=digit),
    Text(kind="the command of thresholds in a do-file", files=r"stata/\w+\.do", pattern=r"(?m)^xthreg .* qx\((\w+)\)", change=put("other")),
    Text(kind="the clusters told in a do-file", files=r"stata/\w+\.do",
          pattern=r"(?m)^\* Standard errors.*clustered by (\w+)", change=put("year")),
    Text(kind="a p told in a do-file", files=r"stata/\w+\.do", pattern=r"(?m)^\* .* draws, p = (\d\.\d+)", change=digit),
    Text(kind="a formula told in a do-file", files=r"stata/\w+\.do", pattern=r"(?m)^\* Formula: \w+ ~ ()", change=put("0 + ")),
    Text(kind="a command more in a do-file", files=r"stata/\w+\.do", pattern=r"(?m)^keep if .*\n()", change=put("drop if year == 2015\n")),
    Text(kind="a shell in a do-file", files=r"stata/\w+\.do", pattern=r"(?m)^clear all\n()", change=put("!touch ran\n")),
    Text(kind="other rows in a do-file", files=r"stata/\w+\.do", pattern=r"(?m)^keep if in_(\w+) ==", change=put("other")),
    Text(kind="a number in a README", files=r"README(?:\.zh)?\.md", pattern=r"(?<![\w.`/\-])(\d{2,})(?![\w.`/%\-])", change=digit),
    Text(kind="a label in the codebook", files=r"data/processed/codebook\.csv", pattern=r"(?m)^\w+,([^,\"]{4,}),", change=words),
    Text(kind="a comment in the study", files=r"study\.toml", pattern=r"()\Z", change=put("# seed = 8\n")),
    Text(kind="a licence", files=r"LICENSE\.txt", pattern=r"(?i)(licen[cs]e)", change=words),
)  # fmt: skip
RESULTS: tuple[tuple[str, str], ...] = (
    ("a coefficient in the results", r"estimates/\d+/terms/\d+/estimate"),
    ("a standard error in the results", r"estimates/\d+/terms/\d+/se"),
    ("a p in the results", r"estimates/\d+/terms/\d+/p"),
    ("a statistic in the results", r"estimates/\d+/terms/\d+/statistic"),
    ("a variance in the results", r"estimates/\d+/covariance_matrix/(\d+)/\1"),
    ("the rows in the results", r"estimates/\d+/sample/rows"),
    ("the clusters in the results", r"estimates/\d+/sample/clusters/\w+"),
    ("an absorbed effect in the results", r"estimates/\d+/absorb/\d+"),
    ("a threshold in the results", r"estimates/\d+/records/thresholds/\d+/(?:estimate|low|high|p|bound|statistic)"),
    ("a confidence set in the results", r"estimates/\d+/records/threshold_sets/\d+/(?:low|high)"),
    ("the rows of a regime in the results", r"estimates/\d+/records/regimes/\d+/rows"),
    ("an impulse response in the results", r"estimates/\d+/curves/irf [^/]*/\d+/estimate"),
    ("a share of forecast variance in the results", r"estimates/\d+/curves/fevd [^/]*/\d+/estimate"),
    ("a test of non-causality in the results", r"estimates/\d+/tests/granger: [^/]*/(?:statistic|p)"),
    ("a covariance of errors in the results", r"estimates/\d+/records/error_covariance/\d+/covariance"),
    ("a modulus in the results", r"estimates/\d+/records/stability/\d+/modulus"),
    ("a digest of a sample", r"estimates/\d+/sample/keys_digest"),
)
