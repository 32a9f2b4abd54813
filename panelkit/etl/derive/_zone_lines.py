"""Lines of the tables of pilot zones behind a unit's treatment, as evidence; the treatment itself is in first_treated and zone_exposure."""

from __future__ import annotations

from panelkit.core.derivation import Evidence
from panelkit.facts.tables import read_table
from panelkit.facts.zones import zones

_SEEN = {"yes": "seen in a source", "month": "month seen, day from memory", "no": "from memory"}


def zone_lines(unit: str, year: int, level: str, rule: str | None, *, whole: bool = False) -> tuple[Evidence, ...]:
    """Zones of a unit that began by a year, each with its line in the table.

    Parameters
    ----------
    rule : the timing rule that says when a zone began, or None where the reply's own day counts. whole : only zones that are a
        whole prefecture-level unit.
    """
    found = []
    for line, zone in enumerate(zones(), start=2):
        own = zone.city_code if level == "city" else zone.province_code
        began = zone.first_treated(rule or "approval_year") <= year
        counts = zone.treats_prefecture or (level == "province" and not whole)
        if own == unit and began and counts:
            plan = f", plan {zone.plan_date}" if zone.plan_date and rule == "plan_date" else ""
            ended = f", ended {zone.revoked}" if zone.revoked else ""
            text = (
                f"{zone.city_zh} {zone.city_en}, batch {zone.batch}, reply {zone.reply_date} ({zone.document}; "
                f"date {_SEEN[zone.reply_date_seen]}){plan}{ended}"
            )
            found.append(Evidence(table="facts/cbec_pilot_zones.csv", line=line, text=text))
    return tuple(found)


def first_zone_lines(unit: str, level: str, rule: str) -> tuple[Evidence, ...]:
    """The zones that make a unit's first treated year."""
    first = [z.first_treated(rule) for z in zones() if (z.city_code if level == "city" else z.province_code) == unit]
    return zone_lines(unit, min(first), level, rule) if first else ()


def free_trade_zone_line(unit: str) -> tuple[Evidence, ...]:
    """The pilot free-trade zone of a province."""
    return tuple(
        Evidence(
            table="facts/ftz_batches.csv",
            line=line,
            text=f"batch {row['batch']}, launched {row['launch_date']} (date seen: {row['date_seen']})",
        )
        for line, row in enumerate(read_table("ftz_batches"), start=2)
        if row["province_code"] == unit
    )
