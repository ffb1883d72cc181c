"""The reports on the lists of campaigns: how far they are worked through, and who is not called, and why.

Penetration = accounts attempted / loaded; intensity = attempts / account; exhaustion = accounts for which
nothing more can be tried; abandon rate = abandoned / live answers (as the collecting trade has them)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from data.list_figures import ListFigures, Worked
from dialogs.spoken import minor_digits
from ivr.campaigns.dialling.settings import TrunkSettings
from ivr.reports.periods import Period
from ivr.reports.report import Column, Figure, Report
from ivr.reports.tallies import share

LIST_KEYS = (Column("campaign", "text"),)
LIST_COLUMNS = (
    Column("met"),
    Column("left_out"),
    Column("loaded"),
    Column("attempted"),
    Column("penetration", "share"),
    Column("attempts"),
    Column("intensity", "number"),
    Column("live_answers"),
    Column("contact_rate", "share"),
    Column("abandoned"),
    Column("abandon_rate", "share"),
    Column("exhausted"),
    Column("exhaustion", "share"),
    Column("talk_minutes", "number"),
    Column("cost", "number"),
)
BLOCKED_KEYS = (Column("campaign", "text"), Column("where", "text"), Column("reason", "text"))
BLOCKED_COLUMNS = (Column("rule", "text"), Column("people"), Column("of_met", "share"))


def list_report(
    figures: ListFigures,
    period: Period,
    *,
    prices: Mapping[str, float | None],
    currency: str,
    only: Sequence[str] = (),
) -> Report:
    """Samples cut in the period, as they stand now. `prices`: of a minute by each trunk, in the currency's
    smallest unit; one that is not known makes the cost unknown."""
    met = figures.met(period.since, period.until, only)
    attempted = figures.attempted(period.since, period.until, only)
    worked: dict[str, list[Worked]] = defaultdict(list)
    for one in figures.worked(period.since, period.until, only):
        worked[one.campaign].append(one)
    left: dict[str, Counter[str]] = defaultdict(Counter)
    for gone in figures.left(period.since, period.until, only):
        left[gone.campaign][gone.where] += gone.people
    rows: list[dict[str, Figure]] = []
    for campaign in sorted(met):
        parts, loaded = worked[campaign], met[campaign] - left[campaign]["sample"]
        attempts, live = sum(one.attempts for one in parts), sum(one.answered for one in parts)
        abandoned, called = sum(one.abandoned for one in parts), attempted.get(campaign, 0)
        exhausted = left[campaign]["list"]
        rows.append(
            {
                "campaign": campaign,
                "met": met[campaign],
                "left_out": left[campaign]["sample"],
                "loaded": loaded,
                "attempted": called,
                "penetration": share(called, loaded),
                "attempts": attempts,
                "intensity": attempts / loaded if loaded else None,
                "live_answers": live,
                "contact_rate": share(live, attempts),
                "abandoned": abandoned,
                "abandon_rate": share(abandoned, live),
                "exhausted": exhausted,
                "exhaustion": share(exhausted, loaded),
                "talk_minutes": sum(one.seconds for one in parts) / 60,
                "cost": _cost(parts, prices, 10 ** minor_digits(currency)),
            }
        )
    return Report("campaign_lists", period, LIST_KEYS, LIST_COLUMNS, rows, terms={"currency": currency})


def blocked_report(figures: ListFigures, period: Period, *, only: Sequence[str] = ()) -> Report:
    """Who is not called, or not any more, by reason; `of_met`: of all whom the samples' conditions met."""
    met = figures.met(period.since, period.until, only)
    found = sorted(
        figures.left(period.since, period.until, only), key=lambda one: (*one[:2], -one.people, one[2:4])
    )
    rows: list[dict[str, Figure]] = [
        {**one._asdict(), "of_met": share(one.people, met.get(one.campaign, 0))} for one in found
    ]
    return Report("campaign_blocked", period, BLOCKED_KEYS, BLOCKED_COLUMNS, rows)


def prices_of(trunks: Sequence[TrunkSettings]) -> dict[str, float | None]:
    """What a minute costs by each."""
    return {one.name: one.cents_per_minute for one in trunks}


def _cost(parts: Sequence[Worked], prices: Mapping[str, float | None], unit: int) -> float | None:
    total = 0.0
    for one in parts:
        price = prices.get(one.trunk)
        if price is None and one.seconds:
            return None
        total += (price or 0.0) * one.seconds / 60
    return total / unit if parts else None
