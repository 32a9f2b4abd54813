"""Three manuscripts as they are written, an English paper, a Chinese one in Word and a README: right numbers bound, wrong ones named."""

from __future__ import annotations

from pathlib import Path

import pytest

from panelkit.core.manifest import Entry
from panelkit.replication.audit import AuditReport, audit
from panelkit.replication.findings import findings

HEADLINE = {  # column of table 1: model, term, estimate, se, p, bootstrap p, rows, within R2, stars
    0: ("one_vintage", "ln_lq", 0.30498, 0.76402, 0.6926, 0.6984, 241, 0.0031, ""),
    1: ("first_published", "ln_lq_first", 1.33773, 0.55733, 0.02278, 0.05276, 248, 0.0986, "**"),
    2: ("reverse", "ln_sales", 0.07388, 0.03362, 0.03553, 0.0370, 248, 0.0986, "**"),
    3: ("exports", "ln_lq_lagged", -1.43727, 1.78003, 0.4257, 0.4334, 207, 0.0440, ""),
}
CHECK = {
    "of": "zones", "name": "negative_weights",
    "text": {"en": "95 of 168 treated cells weigh negatively; leads F(3, 30) = 13.666, p < 0.001"},
}  # fmt: skip
WORDS = {
    "ln_lq": ("agglomeration", "第二产业集聚"), "ln_lq_first": ("agglomeration", "第二产业集聚"),
    "ln_sales": ("e-commerce sales", "电子商务销售额"),
}  # fmt: skip


def entry(cell: str, raw: float, shown: str, key: tuple[str, str, str], mark: str = "") -> Entry:
    return Entry(cell=cell, exhibit=cell.split(".")[0], raw=raw, shown=shown, mark=mark, key=key)


@pytest.fixture
def ledger() -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for j, (model, term, b, se, p, drawn, rows, r2, stars) in HEADLINE.items():
        places = {"estimate": b, "se": se, "p": p, "p_resampled": drawn}
        for i, (field, raw) in enumerate(places.items()):
            shown = f"{raw:.3f}" if field == "estimate" else f"({raw:.3f})"
            found[f"main.r{i}.c{j}"] = entry(
                f"main.r{i}.c{j}", raw, shown, (model, term, field), stars if field == "estimate" else ""
            )
        found[f"main.r4.c{j}"] = entry(f"main.r4.c{j}", rows, str(rows), (model, "", "rows"))
        found[f"main.r5.c{j}"] = entry(f"main.r5.c{j}", r2, f"{r2:.3f}", (model, "", "r2_within"))
        found[f"main.r6.c{j}"] = entry(f"main.r6.c{j}", 31, "31", (model, "", "clusters"))
    found["events.r0.c0"] = entry("events.r0.c0", -0.0598, "-0.060", ("zones", "event_time::-4", "estimate"), "*")
    found["events.r1.c0"] = entry("events.r1.c0", 0.0338, "(0.034)", ("zones", "event_time::-4", "se"))
    sample = {"dropped": [{"rows": 7, "why": "ln_lq missing"}]}
    notes = ["31 clusters (province), fewer than 50: CR3."]
    return {**findings([CHECK], [{"id": "one_vintage", "sample": sample, "notes": notes}]), **found}


def report(folder: Path, name: str, text: str, ledger: dict[str, Entry]) -> AuditReport:
    paper = folder / name
    if name.endswith(".docx"):
        from docx import Document

        document = Document()
        for line in text.splitlines():
            document.add_paragraph(line)
        document.save(str(paper))
    else:
        paper.write_text(text, "utf-8")
    return audit(paper, ledger, words=WORDS)


def unbound(made: AuditReport) -> dict[str, str]:
    return {b.number.text: "; ".join(b.misses) for b in made.numbers if b.binding == "unbound"}


ENGLISH = r"""\documentclass{article}
\newcommand{\Nprov}{31}
\begin{document}
This version: 12 March 2026. Grant 71873064. ORCID 0000-0002-1825-0097. Written with Stata 18 and Python 3.11.
With shares as first published, e-commerce sales rise by 1.34 per cent with agglomeration
(standard error 0.56), in \Nprov{} provinces; with one vintage the coefficient is 0.305 (s.e. 0.764).
\citet[p.~45]{redding2010} and Zhang and Wu (2023, pp.~112--118) differ; see Table~1 and Appendix A.2.
In column (2) of Table 1 it is 1.338 (0.557), and the wild bootstrap p-value is 0.053.
The reverse is 0.074 with a standard error of 0.034 ($p = 0.037$), about three times smaller.
$y_{it} = \beta x_{it} + \mu_i$, $i = 1, \dots, 31$; within $R^2 = 0.099$. % a comment with 0.999
Standard errors are clustered by province (31 clusters, fewer than 50). Of 248 observations 7 are lost, which leaves 241.
Of the 168 treated cells, 95 have negative weights; the leads are rejected, $F(3, 30) = 13.67$, $p < 0.001$.
Event time $-4$: $-0.060^{*}$ (0.034). Exports fall by 1.437 (1.780). Winsorised at the 1st and 99th percentiles.
WRONG
\end{document}
"""
CHINESE = """作者：某某（某大学，邮编310018，电话0571-88201234）。基金项目：国家社科基金（20BJL001）；国家自然科学基金（71873064）。
本文采用31个省份2015—2022年的数据（248个观测值，其中7个缺失）。Zhang和Wu（2023）认为两者相互促进。
采用首次公布的占比时，第二产业集聚每提高1%，电子商务销售额提高1.338%（标准误0.557，p＝0.023）；见表1第（2）列。
同一版次时仅为0.305（0.764），反向系数为０．０７４（０．０３４），聚类数三十一个。
***、**、*分别表示在1%、5%、10%的水平上显著。前导项联合检验F（3，30）＝13.67，p＜0.001。
168个处理单元格中95个权重为负，事件时间−4的系数为−0.060*（0.034）；出口下降1.437个百分点（1.780）。
本文2026年3月12日定稿，2020年第3季度数据。
WRONG
参考文献
[1] 张三,李四.跨境电商[J].管理世界,2020,36(5):112-128.
[2] Zhang, X. and Wu, Y., 2023, "Clusters", Journal of X, Vol. 12, No. 3, pp. 45-67.
(1)
"""
MARKDOWN = """# Data and code, version 1.2.0, 2026-03-12

Needs Python 3.11+, 2 GB of memory and 5 minutes. DOI: 10.5281/zenodo.1234567

|  | (1) | (2) |
|---|---|---|
| One vintage | 0.305 | 0.764 |
| First published | 1.338** | (0.557) |

1. The headline coefficient is 1.338 (CR3 p = .023), on 248 rows.

```sh
panelkit run --output out2
```
WRONG
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [("paper.tex", ENGLISH), ("paper.docx", CHINESE), ("README.md", MARKDOWN)],
    ids=["tex", "docx", "md"],
)
def test_a_right_manuscript_has_nothing_unbound(tmp_path: Path, ledger: dict[str, Entry], name: str, text: str) -> None:
    made = report(tmp_path, name, text.replace("WRONG", ""), ledger)
    assert unbound(made) == {}
    assert made.exit_code == 0
    assert made.counts["words"] >= {"paper.tex": 12, "paper.docx": 10, "README.md": 4}[name]


@pytest.mark.parametrize(
    ("wrong", "text", "miss"),
    [
        ("In column (2) of Table 1 the coefficient is 1.383 (0.557).", "1.383", "first_published.ln_lq_first.estimate = 1.338**"),
        ("The coefficient on agglomeration with one vintage is -0.305.", "-0.305", "one_vintage.ln_lq.estimate = 0.305 (other sign)"),
        ("With N = 284 observations.", "284", "rows = 248 (one digit off)"),
        ("The coefficient on e-commerce sales is 0.075 (0.034).", "0.075", "reverse.ln_sales.estimate = 0.074** (rounded otherwise)"),
        ("Exports rise by 1.437.", "1.437", "exports.ln_lq_lagged.estimate = -1.437 (other sign)"),
        ("同一版次系数为0.350（0.764）。", "0.350", "one_vintage.ln_lq.estimate = 0.305 (digits exchanged)"),
        ("The reverse is 0.074***, highly significant.", "0.074", "the ledger has 0.074**"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("name", "whole"), [("paper.tex", ENGLISH), ("paper.docx", CHINESE), ("README.md", MARKDOWN)])
def test_a_wrong_number_is_named_with_what_it_was_to_be(
    tmp_path: Path, ledger: dict[str, Entry], name: str, whole: str, wrong: str, text: str, miss: str
) -> None:
    made = report(tmp_path, name, whole.replace("WRONG", wrong), ledger)
    assert list(unbound(made)) == [text]
    assert miss in unbound(made)[text].replace("\u2212", "-")
    assert made.exit_code == 1


def test_a_bracket_that_is_no_error_of_the_coefficient_does_not_bind_it(
    tmp_path: Path, ledger: dict[str, Entry]
) -> None:
    made = report(tmp_path, "a.md", "It is 1.338 (0.764).", ledger)
    assert [b.binding for b in made.numbers] == ["value", "value"]


def test_an_entry_after_references_ends_with_the_list(tmp_path: Path, ledger: dict[str, Entry]) -> None:
    text = "References\n\nZhang, X., 2023, Journal of X, 12(3), 45-67.\n\nThe effect is 0.987."
    assert list(unbound(report(tmp_path, "a.md", text, ledger))) == ["0.987"]


WRONG = (  # what a text says, and whether its own results contradict it
    ("wrong.md", "Column (2) of Table 1 rests on 241 observations.", True),
    ("right.md", "Column (2) of Table 1 rests on 248 observations.", False),
    ("swapped.md", "The coefficients in columns (2) and (3) of Table 1 are 0.074 and 1.338, respectively.", True),
    ("ordered.md", "The coefficients in columns (2) and (3) of Table 1 are 1.338 and 0.074, respectively.", False),
    ("behind.tex", "The estimates are 0.074 in column (2) and 1.338 in column (3) of Table 1.", True),
    ("before.tex", "The estimates are 1.338 in column (2) and 0.074 in column (3) of Table 1.", False),
    ("level.md", "In Table 1 the coefficient in column (2), 1.338 (0.557), is significant at the 1% level.", True),
    ("reached.md", "In Table 1 the coefficient in column (2), 1.338 (0.557), is significant at the 5% level.", False),
    ("absent.md", "In Table 1 the coefficient in column (1), 0.305 (0.764), is not significant at the 10% level.", False),
    ("present.md", "In Table 1 the coefficient in column (3), 0.074 (0.034), is not significant at the 10% level.", True),
    ("zh.md", "表1列(2)和列(3)的系数分别为0.074和1.338。", True),
    ("zh_right.md", "表1列(2)和列(3)的系数分别为1.338和0.074。", False),
    ("zh_level.md", "表1列(2)的系数1.338在1%的水平上显著。", True),
    ("error.md", "In column (2) of Table 1 the standard error is 0.61.", True),
    ("clusters.md", "There are 33 clusters in all.", True),
    ("span.md", "The sample runs from 2014 to 2022.", True),
    ("span_right.md", "The sample runs from 2015 to 2022; trade boomed from 2001 to 2008.", False),
    ("zh_span.md", "样本区间为2013—2022年。", True),
)  # fmt: skip


@pytest.mark.parametrize(("name", "text", "wrong"), WRONG, ids=[w[0] for w in WRONG])
def test_a_text_against_its_own_results(
    tmp_path: Path, ledger: dict[str, Entry], name: str, text: str, wrong: bool
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    found = audit(tmp_path / name, ledger, words=WORDS, windows={(2015, 2022)})
    assert (found.counts["unbound"] > 0) is wrong, str(found)
