"""The certificate as a page in both languages, without script or outside request; what it says is made in certificate."""

from __future__ import annotations

import html
from typing import Any

from panelkit.core.label import Language

MEANING: dict[str, tuple[str, str]] = {
    "L0": (
        "Every file is the one the manifest lists, and nothing else is there.",
        "每个文件都与清单所列一致，且没有多余文件。",
    ),
    "L1": (
        "Every printed number is the one in the ledger and in the results; what follows from them holds. Nothing was run.",
        "每个印出的数字都与台账及结果一致，由其推出的内容也成立。未运行任何程序。",
    ),
    "L2": (
        "Every model was estimated again from the panel in the package.",
        "用包内面板数据重新估计了每个模型。",
    ),
    "L3": (
        "The whole study was run again from its raw files, in an environment built from the lock.",
        "在按锁定文件搭建的环境中，从原始文件重新运行了整项研究。",
    ),
    "L4": ("Every model was estimated by a second engine.", "用第二套引擎估计了每个模型。"),
    "L5": (
        "Errors were put into a copy of the package, to see whether the verifier finds them.",
        "在包的副本中注入错误，检验验证程序能否发现。",
    ),
}
VERDICTS: dict[int, tuple[str, str]] = {
    0: ("verified: everything that was asked for holds", "通过：所要求的各项均成立"),
    1: ("differs: something does not hold", "不一致：有内容不成立"),
    2: ("not all levels could be done; what was done holds", "部分层级未能执行；已执行的均成立"),
}
_SAID: dict[str, tuple[str, str]] = {
    "verified": ("verified", "通过"),
    "differs": ("differs", "不一致"),
    "stale": ("stale", "已过期"),
    "unbound": ("unbound", "无出处"),
    "not rerun": ("not rerun", "未重跑"),
    "title": ("Certificate of verification", "验证证书"),
    "digest": ("Digest of the package (SHA-256 of its manifest)", "包的摘要（清单的 SHA-256）"),
    "level": ("Level", "层级"),
    "verdict": ("Verdict", "结论"),
    "compared": ("Compared", "比较项"),
    "done": ("What was done, and what was found", "所做工作与发现"),
    "not_asked": ("Not asked for", "未要求的层级"),
    "nothing": ("none", "无"),
    "digits": ("Differences to the digit", "逐位差异"),
    "same": ("Same to the last bit", "逐位相同"),
    "where": ("Where", "位置"),
    "packaged": ("In the package", "包内"),
    "anew": ("Made anew", "重算"),
    "digit": ("Parts at significant digit", "自第几位有效数字起不同"),
    "kept": ("agrees, of all such pairs the earliest", "一致，为所有此类数对中最早分离者"),
    "apart": ("does not agree", "不一致"),
    "more": ("more are in certificate.json", "条另见 certificate.json"),
    "here": ("Environment", "验证环境"),
    "system": ("Operating system", "操作系统"),
    "python": ("Python", "Python"),
    "blas": ("Linear algebra (BLAS)", "线性代数库（BLAS）"),
    "machine": ("Processor", "处理器"),
    "threads": ("Threads", "线程"),
    "processors": ("processors may be used", "个处理器可用"),
    "packages": ("Packages", "软件包"),
    "departures": ("What the package was made with and is another here", "与制包时不同之处"),
    "no_departures": (
        "Every version on record in the package is the one here.",
        "包内记录的各版本均与此处相同。",
    ),
    "unknown": ("The package does not say what it was made with.", "包内未记录制包环境。"),
    "quoted": ("", "发现与说明以英文原文列出。"),
}  # fmt: skip
MOST = 50  # differences on the page; the JSON has all
STYLE = (
    ":root{color-scheme:light dark;--good:#146c2e;--bad:#b3261e;--open:#8a5a00}"
    "@media(prefers-color-scheme:dark){:root{--good:#7ddc96;--bad:#ff9d94;--open:#f0c36d}}"
    "body{font:16px/1.55 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.5rem;margin:0 0 .3rem}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}.of{margin:.1rem 0;font-weight:600}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #8886;"
    "vertical-align:top}th:first-child{white-space:nowrap}"
    "thead th{border-bottom:2px solid #888a}td.n{text-align:right;font-variant-numeric:tabular-nums}"
    "ul{margin:.4rem 0;padding-left:1.1rem}code,td.w{overflow-wrap:anywhere}dl{display:grid;grid-template-columns:max-content 1fr;"
    "gap:.2rem 1rem;margin:.4rem 0}dt{font-weight:600}dd{margin:0}.wide{overflow-x:auto}"
    ".v{font-weight:600;white-space:nowrap}.verified{color:var(--good)}.differs,.stale,.unbound{color:var(--bad)}.not{color:var(--open)}"
    ".pick{position:absolute;opacity:0}.tabs{display:flex;gap:.5rem;justify-content:flex-end;margin-bottom:1rem}"
    ".tabs label{border:1px solid #8888;border-radius:.3rem;padding:.1rem .7rem;cursor:pointer}"
    "#say-en:checked~.tabs label[for=say-en],#say-zh:checked~.tabs label[for=say-zh]{background:#8883;font-weight:600}"
    "#say-en:focus-visible~.tabs label[for=say-en],#say-zh:focus-visible~.tabs label[for=say-zh]{outline:2px solid}"
    "#say-en:checked~main[lang|=zh],#say-zh:checked~main[lang=en]{display:none}"
    "@media(max-width:40rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}"
    "@media print{body{margin:0;max-width:none;font-size:10pt}.tabs{display:none}tr{break-inside:avoid}}"
)  # fmt: skip


def page(document: dict[str, Any], first: Language) -> str:
    """The page of a certificate's document, `first` the language shown first."""
    other: Language = "en" if first == "zh" else "zh"
    title = plain(" · ".join(dict.fromkeys(filter(None, (_SAID["title"][first == "zh"], document["study"])))))
    picks = "".join(
        f'<input class="pick" type="radio" name="say" id="say-{x}" aria-label="{n}"{" checked" if x == first else ""}>'
        for x, n in (("en", "English"), ("zh", "中文"))
    )
    tabs = '<div class="tabs"><label for="say-en">English</label><label for="say-zh" lang="zh-CN">中文</label></div>'
    return (
        f'<!doctype html><html lang="{_tag(first)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{STYLE}</style></head><body>{picks}{tabs}"
        f"{_view(document, first)}{_view(document, other)}</body></html>\n"
    )


def _tag(language: Language) -> str:
    return "zh-CN" if language == "zh" else "en"


def _view(document: dict[str, Any], language: Language) -> str:
    zh = language == "zh"
    w = {k: pair[zh] for k, pair in _SAID.items()}
    colon = "：" if zh else ": "
    of = " · ".join(dict.fromkeys(filter(None, (document["titles"].get(language, ""), document["study"]))))
    code = document["exit_code"]
    tone = ("verified", "differs", "not")[code]
    rows = "".join(_row(r, w, zh) for r in document["levels"])
    absent = ("、" if zh else ", ").join(document["not_asked_for"]) or w["nothing"]
    digits = "".join(_digits(r, w) for r in document["levels"] if r["digits"] is not None)
    return (
        f'<main lang="{_tag(language)}"><h1>{w["title"]}</h1><p class="of">{plain(of)}</p>'
        f'<p class="v {tone}">{VERDICTS[code][zh]}</p>'
        f"<p>{w['digest']}{colon}<code>{plain(document['package_digest'])}</code></p>"
        f'<div class="wide"><table><thead><tr><th scope="col">{w["level"]}</th><th scope="col">{w["verdict"]}</th>'
        f'<th scope="col">{w["compared"]}</th><th scope="col">{w["done"]}</th></tr></thead><tbody>{rows}</tbody></table></div>'
        f"<p>{w['not_asked']}{colon}{absent}{'。' if zh else '.'} {w['quoted']}</p>{_list(document['notes'])}"
        + (f"<h2>{w['digits']}</h2>{digits}" if digits else "")
        + _environment(document, w)
        + "</main>"
    )


def _row(r: dict[str, Any], w: dict[str, str], zh: bool) -> str:
    verdict = r["verdict"]
    return (
        f'<tr><th scope="row">{plain(r["level"])}</th><td class="v {verdict.split()[0]}">{w[verdict]}</td>'
        f'<td class="n">{r["compared"]:,}</td><td class="w">{MEANING[r["level"]][zh]}{_list(r["findings"])}{_list(r["notes"])}</td></tr>'
    )


def _digits(r: dict[str, Any], w: dict[str, str]) -> str:
    """One level's numbers, to the digit."""
    found = r["digits"]
    pairs = [(p, w["apart"]) for p in found["parted"][:MOST]]
    if found["nearest"] is not None:
        pairs.append((found["nearest"], w["kept"]))
    rows = "".join(
        f'<tr><td class="w">{plain(p["where"])} ({said})</td><td class="n">{plain(str(p["packaged"]))}</td>'
        f'<td class="n">{plain(str(p["anew"]))}</td><td class="n">{"–" if p["digit"] is None else p["digit"]}</td></tr>'
        for p, said in pairs
    )
    left = len(found["parted"]) - MOST
    table = (
        f'<div class="wide"><table><thead><tr><th scope="col">{w["where"]}</th><th scope="col">{w["packaged"]}</th>'
        f'<th scope="col">{w["anew"]}</th><th scope="col">{w["digit"]}</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )
    more = f"<p>{left} {w['more']}</p>" if left > 0 else ""
    return f"<p><strong>{r['level']}</strong> {w['same']}: {found['same']:,} / {r['compared']:,}</p>{table if rows else ''}{more}"


def _environment(document: dict[str, Any], w: dict[str, str]) -> str:
    here = document["environment"]
    versions, machine, threads = dict(here["versions"]), here["platform"], here["threads"]
    settings = ", ".join(f"{n}={v}" for n, v in threads["settings"].items())
    facts = (
        ("system", f"{machine['system']} {machine['release']}"),
        ("machine", machine["machine"]),
        ("python", f"{machine['implementation']} {versions.pop('python')}"),
        ("blas", machine["blas"]),
        ("threads", f"{threads['processors']} {w['processors']}{f'; {settings}' if settings else ''}"),
        ("packages", ", ".join(f"{n} {v}" for n, v in versions.items())),
    )
    told = "".join(f"<dt>{w[k]}</dt><dd>{plain(v)}</dd>" for k, v in facts)
    if not document["made_with"]:
        apart = f"<p>{w['unknown']}</p>"
    elif document["departures"]:
        apart = f"<h2>{w['departures']}</h2>{_list(document['departures'])}"
    else:
        apart = f"<p>{w['no_departures']}</p>"
    return f"<h2>{w['here']}</h2><dl>{told}</dl>{apart}"


def _list(texts: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{plain(t)}</li>' for t in texts)}</ul>" if texts else ""


def plain(text: str) -> str:
    """Text that HTML takes for text, control characters left out: findings quote a stranger's files."""
    return html.escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))
