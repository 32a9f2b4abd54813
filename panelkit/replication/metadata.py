"""What a deposit asks about a package: DataCite fields filled from the study; no date and no identifier, which the deposit gives."""

from __future__ import annotations

from typing import Any

from panelkit.core.study import Head, Study

SCHEMA = "http://datacite.org/schema/kernel-4"
JEL = "https://www.aeaweb.org/econlit/jelCodes.php"
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
        "creators": [_creator(a, head) for a in head.authors or (f"The authors of {study.id}",)],
        "subjects": _subjects(head),
        "dates": [{"date": f"{study.panel.years[0]}/{study.panel.years[1]}", "dateType": "Other",
                   "dateInformation": "period that the panel covers"}],
        **({"geoLocations": [{"geoLocationPlace": head.place.to("en")}]} if head.place.to("en") else {}),
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


def _creator(author: str, head: Head) -> dict[str, Any]:
    """An author with ORCID and affiliation where the study gives them."""
    made: dict[str, Any] = {"name": author}
    if author in head.orcid:
        made["nameIdentifiers"] = [
            {
                "nameIdentifier": f"https://orcid.org/{head.orcid[author]}",
                "nameIdentifierScheme": "ORCID",
                "schemeUri": "https://orcid.org",
            }
        ]
    if author in head.affiliations:
        made["affiliation"] = [{"name": head.affiliations[author]}]
    return made


def _subjects(head: Head) -> list[dict[str, str]]:
    """What the package is, the study's keywords in each language, and its JEL codes."""
    named = [{"subject": s} for s in ("econometrics", "panel data", "replication package")]
    for word in head.keywords:
        if word.en == word.zh:
            named.append({"subject": word.en})
            continue
        named += [{"subject": text, "lang": lang} for lang, text in (("en", word.en), ("zh", word.zh)) if text]
    named += [{"subject": code, "subjectScheme": "JEL", "schemeUri": JEL} for code in head.jel]
    return named


def _rights(name: str) -> dict[str, str]:
    return {"rights": name, **({"rightsUri": KNOWN_LICENCES[name]} if name in KNOWN_LICENCES else {})}


def _address(url: str) -> dict[str, dict[str, str]]:
    if not url:
        return {}
    return {"relatedItemIdentifier": {"relatedItemIdentifier": url, "relatedItemIdentifierType": "URL"}}
