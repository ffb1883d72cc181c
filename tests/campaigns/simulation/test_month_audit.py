"""A simulated month, audited hour by hour by an oracle that shares no code with the rules.

Two campaigns call the same people of seven countries, by day and by night: agents are there at every hour, so
that nothing but the rules keeps a call from being made. The month has two changes of the clock and fourteen
public holidays.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.simulation.lists import Made
from ivr.campaigns.simulation.population import Population
from ivr.campaigns.simulation.running import play
from tests.campaigns import oracle

RULES = {  # (how the number begins, campaign) -> the rule of the oracle's tables
    ("+57", "reminder"): "co.collection",
    ("+57", "offer"): "co.commercial",
    ("+34", "reminder"): "es.collection",
    ("+34", "offer"): "es.commercial",
    ("+52", "reminder"): "mx.collection",
    ("+52", "offer"): "mx.commercial",
    ("+51", "reminder"): "pe.collection",
    ("+56", "reminder"): "cl.collection",
    ("+1", "reminder"): "us.collection",
    ("+1", "offer"): "us.telemarketing",
    ("+44", "reminder"): "uk",
    ("+44", "offer"): "uk.commercial",
}
HOLIDAY = datetime(2026, 11, 2, 17, tzinfo=UTC)
COUNTRIES = ("+57", "+34", "+52", "+51", "+56", "+1", "+44")
"""Nobody advertises without a consent in Peru, nor from a Spanish number in Chile: no rule stands above."""


def population(begins: date, days: int, people: int, hours: str) -> Population:
    """So many of each group. One of ten answers, so that there is somebody to call all month."""
    groups = [
        {"numbers": numbers, "region": region, "count": people}
        for numbers, region in (
            ("+57300123####", ""),
            ("+34600111###", "ES-MD"),
            ("+34934445###", "ES-CT"),
            ("+34928445###", ""),
            ("+52551234####", ""),
            ("+5191234####", ""),
            ("+5622123####", ""),
            ("+1212555####", ""),
            ("+4420712345##", ""),
        )
    ]
    again = {"busy": 20, "no_answer": 200, "machine": 500, "dropped": 600}
    own = "+34910000000"
    reminder = {
        "name": "reminder",
        "purpose": "collection",
        "actor": "third_party",
        "agents": 4,
        "caller_id": own,
    }
    offer = {"name": "offer", "purpose": "commercial", "agents": 3, "caller_id": own}
    return Population.model_validate(
        {
            "zone": "Europe/Madrid",
            "begins": begins,
            "days": days,
            "hours": {"mon-sun": hours},
            "live": 0.1,
            "talk": {"mean": 120, "spread": 80},
            "wrap_up": {"mean": 20, "spread": 10},
            "do_not_call": 0.02,
            "campaigns": [
                {**reminder, "attempts": 50, "retries": again},
                {**offer, "attempts": 50, "retries": again},
            ],
            "people": groups,
        }
    )


def audited(made: list[Made]) -> tuple[Counter[datetime], list[str]]:
    """How many calls each hour (UTC) has, and what is wrong with any of them."""
    hours: Counter[datetime] = Counter()
    wrong: list[str] = []
    before: dict[str, list[oracle.Made]] = {}
    for call in sorted(made, key=lambda one: one.at):
        prefix = next(
            begin
            for begin in ("+57", "+34", "+52", "+51", "+56", "+1", "+44")
            if call.number.startswith(begin)
        )
        hours[call.at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)] += 1
        earlier = before.setdefault(call.key, [])
        # Who was let down by a call that nobody took was spoken with, as strictly as can be read.
        debt = "a" if call.campaign == "reminder" else ""
        one = oracle.Made(call.at, "call", debt, call.end in ("live", "dropped"))
        rule = RULES.get((prefix, call.campaign))
        if rule is None:
            wrong.append(f"{call.campaign} called {prefix}")
        else:
            wrong += oracle.wrong_with(one, rule, call.number, call.region, earlier)
        earlier.append(one)
    return hours, wrong


def played(begins: date, days: int, people: int, *, hours: str = "00:00-24:00") -> list[Made]:
    runs = play(population(begins, days, people, hours), mode="predictive", seed=1, rulebook=presets())
    for run in runs:
        assert run.abandon_rate_max <= run.cap.share
    return [call for run in runs for call in run.made]


def countries(made: list[Made], campaign: str) -> set[str]:
    return {begin for begin, name in RULES if name == campaign for one in made
            if one.campaign == campaign and one.number.startswith(begin)}  # fmt: skip


def test_a_day_of_it() -> None:
    """The first working day after the change of the clock in Europe: no call is unlawful, and the first is
    made in the first lawful minute by the new clock."""
    day = date(2026, 10, 26)
    made = played(day, 1, 6, hours="08:30-22:30")
    _, wrong = audited(made)
    assert wrong == []
    madrid = [one.at for one in made if one.number.startswith("+34934")]
    assert min(madrid).astimezone(ZoneInfo("Europe/Madrid")).replace(second=0) == datetime(
        2026, 10, 26, 9, 0, tzinfo=ZoneInfo("Europe/Madrid")
    )
    assert countries(made, "reminder") >= set(COUNTRIES)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_whole_month() -> None:
    """Each hour of 31 days from 12 October on: 0 calls outside the rules."""
    begins = date(2026, 10, 12)
    made = played(begins, 31, 90)
    hours, wrong = audited(made)
    print(len(made), "calls in", len(hours), "hours;", len(wrong), "wrong")
    assert wrong == []
    assert len(made) > 5000 and len(hours) > 250
    assert countries(made, "reminder") == set(COUNTRIES)
    assert countries(made, "offer") == {"+57", "+34", "+52", "+1", "+44"}
    # By a calendar written by hand: nobody in Spain or Colombia on the holiday of 12 October, nor in Spain on
    # the Sunday of the change; and on the day after, they are called.
    spain = {one.at.astimezone(ZoneInfo("Europe/Madrid")).date() for one in made if one.number[:3] == "+34"}
    bogota = {one.at.astimezone(ZoneInfo("America/Bogota")).date() for one in made if one.number[:3] == "+57"}
    assert date(2026, 10, 12) not in spain and date(2026, 10, 13) in spain
    assert date(2026, 10, 25) not in spain and date(2026, 10, 26) in spain
    assert date(2026, 10, 12) not in bogota and date(2026, 10, 13) in bogota
    assert date(2026, 11, 2) not in bogota


def test_the_audit_finds_what_is_wrong() -> None:
    """An hour too late by the new clock, a second conversation that day by the other campaign, a holiday."""

    def made(campaign: str, number: str, at: datetime, end: str) -> Made:
        return Made(campaign, number, number, "", at, end)

    change = datetime(2026, 10, 26, 20, 0, tzinfo=UTC)  # 21:00 in Madrid again, 22:00 by last week's clock
    _, late = audited([made("reminder", "+34934445001", change, "no_answer")])
    assert any("21:00" in one for one in late)
    _, early = audited([made("reminder", "+34934445001", change - timedelta(hours=1), "no_answer")])
    assert early == []
    noon = datetime(2026, 10, 27, 17, 0, tzinfo=UTC)
    both = [
        made("reminder", "+573001230001", noon, "live"),
        made("offer", "+573001230001", noon + timedelta(hours=2), "no_answer"),
    ]
    _, twice = audited(both)
    assert any("second contact" in one for one in twice)
    _, feast = audited([made("offer", "+573001230001", HOLIDAY, "busy")])
    assert any("holiday" in one for one in feast)
    assert audited([made("offer", "+51912340001", noon, "busy")])[1] == ["offer called +51"]
