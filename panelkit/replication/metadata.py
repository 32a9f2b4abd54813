"""What a deposit asks about a package: DataCite fields filled from the study; no date and no identifier, which the deposit gives."""

from __future__ import annotations

from typing import Any

from panelkit.core.study import Study

SCHEMA = "http://datacite.org/schema/kernel-4"
KNOWN_LICENCES = {
    "MIT": "https://opensource.org/license/mit",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}


def datacite(study: Study, version: str) -> dict[str, Any]:
    """`datacite.json`, version 4 of the schema, without `doi`, `publisher` and `publicationYear`, which a deposit fills in."""
    head = study.head
    titles = [{"title": f"Data and Code for: {head.title.to('en') or study.id}", "lang": "en"}]
    if head.title.zh:
        titles.append({"title": f"《{head.title.zh}》的数据与程序", "titleType": "TranslatedTitle", "lang": "zh"})
    about = [
        {"description": " ".join(text.split()), "descriptionType": "Abstract", "lang": lang}
        for lang, text in (("en", head.abstract.en), ("zh", head.abstract.zh))
        if text
    ]
    about.append(
        {
            "description": f"Panel by {study.panel.entity} and {study.panel.time}, {study.panel.years[0]}-{study.panel.years[1]}; "
            f"unit of observation: {study.panel.entity}-{study.panel.time}."
            + (" The data are simulated." if head.simulated else ""),
            "descriptionType": "Methods",
            "lang": "en",
        }
    )
    return {
        "schemaVersion": SCHEMA,
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Replication package"},
        "titles": titles,
        "creators": [{"name": a} for a in head.authors or (f"The authors of {study.id}",)],
        "subjects": [{"subject": s} for s in ("econometrics", "panel data", "replication package")],
        "dates": [{"date": f"{study.panel.years[0]}/{study.panel.years[1]}", "dateType": "Other",
                   "dateInformation": "period that the panel covers"}],
        "language": head.language,
        "version": version,
        "rightsList": [_rights(r) for r in (head.licence, head.data_licence) if r],
        "formats": ["text/csv", "application/x-stata", "application/vnd.apache.parquet", "text/x-tex", "text/html"],
        "descriptions": about,
        "relatedItems": [
            {
                "relatedItemType": "Dataset",
                "relationType": "IsDerivedFrom",
                "titles": [{"title": source.title.to("en") or source.id}],
                "publisher": source.publisher,
                **_address(source.url),
            }
            for source in study.sources.values()
        ],
    }  # fmt: skip


def _rights(name: str) -> dict[str, str]:
    return {"rights": name, **({"rightsUri": KNOWN_LICENCES[name]} if name in KNOWN_LICENCES else {})}


def _address(url: str) -> dict[str, dict[str, str]]:
    if not url:
        return {}
    return {"relatedItemIdentifier": {"relatedItemIdentifier": url, "relatedItemIdentifierType": "URL"}}
