"""A certificate of what was verified: verdicts, environment, every difference to the digit, as JSON and a page; no clock, no path."""

from __future__ import annotations

import html
import json
from typing import Any

from panelkit.replication.environment import departures, environment, platform_facts
from panelkit.replication.verify import Report

MEANING = {
    "L0": "Every file is the one the manifest lists, and nothing else is there.",
    "L1": "Every printed number is the one in the ledger and in the results; what follows from them holds. Nothing was run.",
    "L2": "Every model was estimated again from the panel in the package.",
    "L3": "The whole study was run again from its raw files, in an environment built from the lock.",
    "L4": "Every model was estimated by a second engine.",
    "L5": "Errors were put into a copy of the package, to see whether the verifier finds them.",
}
VERDICTS = {
    0: "verified: everything that was asked for holds",
    1: "differs: something does not hold",
    2: "not all levels could be done; what was done holds",
}
STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8888;"
    "vertical-align:top}code{overflow-wrap:anywhere}.verified{color:#167a35}.differs,.stale,.unbound{color:#c22}"
    "@media print{body{margin:0}}"
)


def certificate(report: Report, *, made_with: dict[str, str] | None = None, study: str = "") -> dict[str, bytes]:
    """`certificate.json` and `certificate.html` of a report; the same report on the same machine gives the same bytes.

    Parameters
    ----------
    made_with : the environment of the package (`env/environment.json`), whose departures from here are listed.
    """
    document = _document(report, made_with, study)
    return {
        "certificate.html": _page(document).encode(),
        "certificate.json": (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode(),
    }


def _document(report: Report, made_with: dict[str, str] | None, study: str) -> dict[str, Any]:
    here = environment()
    return {
        "what": "certificate of verification by panelkit",
        "study": study,
        "package_digest": report.digest,
        "exit_code": report.exit_code,
        "verdict": VERDICTS[report.exit_code],
        "levels": [
            {
                "level": r.level,
                "meaning": MEANING[r.level],
                "verdict": r.verdict,
                "compared": r.compared,
                "findings": list(r.findings),
                "notes": list(r.notes),
            }
            for r in report.levels
        ],
        "not_asked_for": [level for level in MEANING if level not in {r.level for r in report.levels}],
        "notes": list(report.notes),
        "environment": here,
        "platform": platform_facts(),
        "departures": list(departures(made_with, here)) if made_with is not None else [],
    }


def _page(document: dict[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{r["level"]}</th><td class="{_plain(r["verdict"]).split()[0]}">{_plain(r["verdict"])}</td>'
        f"<td>{r['compared']}</td><td>{_plain(r['meaning'])}{_list(r['findings'])}{_list(r['notes'])}</td></tr>"
        for r in document["levels"]
    )
    versions = ", ".join(f"{n} {v}" for n, v in {**document["environment"], **document["platform"]}.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Certificate of verification</title><style>{STYLE}</style></head><body><h1>Certificate of verification</h1>"
        f"<p><strong>{_plain(document['study'])}</strong> {_plain(document['verdict'])}.</p>"
        f"<p>Digest of the package: <code>{_plain(document['package_digest'])}</code></p>"
        '<table><thead><tr><th scope="col">Level</th><th scope="col">Verdict</th><th scope="col">Compared</th>'
        f'<th scope="col">What was done, and what was found</th></tr></thead><tbody>{rows}</tbody></table>'
        f"<p>Not asked for: {', '.join(document['not_asked_for']) or 'nothing'}.</p>{_list(document['notes'])}"
        f"<h2>Environment</h2><p>{_plain(versions)}</p>{_list(document['departures'])}</body></html>\n"
    )


def _list(texts: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{_plain(t)}</li>' for t in texts)}</ul>" if texts else ""


def _plain(text: str) -> str:
    """Text that HTML takes for text, control characters left out: findings quote a stranger's files."""
    return html.escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))
