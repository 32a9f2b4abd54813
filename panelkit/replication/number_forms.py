"""What a number of a text is by the words and signs right beside it, where it can be no estimate; a manuscript's parts are elsewhere."""

from __future__ import annotations

import re

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|"
    r"dec(?:ember)?)\.?"
)
# stretches of text: every number in one is of the kind named
STRETCHES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(form, re.IGNORECASE))
    for kind, form in (
        ("address", r"(?:https?://|doi:|doi\.org/)\S+|10\.\d{4,}/\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]+"),
        ("address", r"(?<!\d)\d{4}-\d{4}-\d{4}-\d{3}[\dX](?!\d)"),  # ORCID
        ("address", r"\+\d{1,3}(?:[ -]\d{2,4}){2,5}(?!\d)"),  # a telephone
        ("address", r"(?:邮编|邮政编码|电话|手机|传真|tel\.?|phone|fax)[\s:：]*[\d()（） -]{5,20}"),
        ("level", r"每[^\d，。；]{0,16}?(?:提高|增加|上升|增长|变动)\s*(?:1|10)\s*(?:%|个)"),
        ("level", r"\ba\s+1[ -]?(?:%|per\s?cent)\s+(?:rise|increase|change)"),
        ("year", r"(?<!\d)(?:19|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?!\d)"),
        ("year", rf"(?<![\d.])(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?\s+{_MONTH},?\s+(?:19|20)\d\d(?!\d)"),
        ("year", rf"\b{_MONTH}\s+(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?,?\s+(?:19|20)\d\d(?!\d)"),
        ("year", r"(?:19|20)\d\d\s*年\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*日)?"),
        ("year", r"(?:19|20)\d\d\s*年第?[一二三四1-4]季度"),
        ("reference", r"(?:grant|award|project)s?(?:\s+(?:no\.?|number))?[\s:#]*[A-Z]*\d{5,}"),
        ("reference", r"(?:项目(?:编号|号)?|批准号|课题(?:编号)?|基金)[\s:：（(]*[A-Z0-9&]*\d{5,}"),
        ("reference", r"ISSN:?\s*\d{4}-\d{3}[\dX]|ISBN:?\s*[\d-]{10,17}|\bJEL[^\n]{0,40}"),
        ("name", r"\b(?:python|stata|R|numpy|pandas|pyfixest|linearmodels|statsmodels|panelkit|tex live|ubuntu|windows|macos|typst)"
                 r"\s+(?:version\s+)?v?\d+(?:\.\d+)*\+?"),
        ("computing", r"(?<![\d.,])\d+(?:\.\d+)?\s?(?:[KMGT]B|GHz|cores?|minutes?|min\b|seconds?|s(?=[ .,;)]|$)|hours?|分钟|秒|小时)"),
        ("layout", r"\b[a-z](?:_\w+)?\s*=\s*\d+\s*,\s*(?:\\[lc]?dots|…|\.\.\.)\s*,?\s*(?:\d+|[A-Z])?"),  # t = 1, ..., T
    )
)  # fmt: skip
_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")
_EVENT = re.compile(
    r"(?:\bevent[- ](?:times?|periods?|years?)|\brelative (?:times?|periods?|years?)|事件时间|相对时间|处理(?:前|后)第?)\s*"
    r"(?:[=:\u4e3a是]|of|from)?\s*(?:[-\u2212]?\d{1,2}\s*(?:to|and|,|至|、|和)\s*)*[-\u2212]?$",
    re.IGNORECASE,
)
_HEAD = re.compile(r"(?:^|\|)\s*[(（]$"), re.compile(r"[)）]\s*(?:$|\|)")  # around the number of a column
_LISTED = re.compile(
    r"^\s*(?:\[\d{1,3}\]|\(?\d{1,3}[.)、]|[A-Z][\w'’-]+,\s+[A-Z]|[\u4e00-\u9fff]{2,4}[,，、]).*(?:19|20)\d\d"
    r"|\[[JMDCRNZ](?:/OL)?\]|\bJournal\b|\bReview\b|\bVol\.|\bpp\.|出版社|工作论文|Working Paper"
)
_REFERENCES = re.compile(
    r"\s*(?:#+\s*)?(?:\d+\.?\s*)?(?:references|bibliography|works cited|参考文献)\s*[:：]?\s*$", re.IGNORECASE
)
_EXPONENT = re.compile(r"[A-Za-z)]\s?\^\s?\{?$")


def stretches(text: str) -> list[tuple[int, int, str]]:
    """(start, end, kind) of every stretch whose numbers are no estimates.

    >>> [(text, kind) for text, kind in (("of 12 March 2026", "year"), ("2 GB", "computing"))
    ...  if kind in {k for _, _, k in stretches(text)}]
    [('of 12 March 2026', 'year'), ('2 GB', 'computing')]
    """
    return [(*m.span(), kind) for kind, form in STRETCHES for m in form.finditer(text)]


def listed(text: str, listing: bool) -> tuple[bool, bool]:
    """Whether a list of references has begun with or before a line, and whether the line is an entry of it.

    >>> listed("References", False), listed("Zhang, X., 2023, Journal of X, 12(3), 45-67.", True), listed("The effect is 0.3.", True)
    ((True, False), (True, True), (True, False))
    """
    begun = listing or _REFERENCES.match(text) is not None
    return begun, listing and _LISTED.search(text) is not None


def form_of(body: str, before: str, after: str, *, signed: bool) -> str:
    """The kind of a number by what stands right beside it: '' where that says nothing.

    >>> form_of("1", "at the ", "st and 99th percentiles", signed=False), form_of("4", "Event time ", " is", signed=True)
    ('level', 'reference')
    >>> form_of(".2", "Appendix A", "", signed=False), form_of("2", "within R^", " = 0.1", signed=False)
    ('reference', 'name')
    """
    whole = body.isdigit()
    if whole and len(body) <= 2 and not signed and _HEAD[0].search(before) and _HEAD[1].match(after):
        return "reference"
    if whole and _ORDINAL.match(after):
        return "level" if "percentile" in after[:40].lower() else "reference"
    if whole and len(body) <= 2 and _EVENT.search(before):
        return "reference"
    if whole and len(body) == 1 and not signed and _EXPONENT.search(before):
        return "name"
    if re.fullmatch(r"\.\d{1,2}", body) and re.search(r"(?<![A-Za-z])[A-Z]$", before):
        return "reference"
    if whole and re.match(r"[A-Z]{2,}\d", after):
        return "reference"  # 20BJL001
    return ""
