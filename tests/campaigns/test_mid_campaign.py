"""What changes while a campaign runs: the clock twice a year, a person's zone, a rule's version, and the
server's own clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialogs.calendars import Hours
from ivr.campaigns.contact_rules.contact import NOTHING, Allowed, Blocked, Contact, Ledger, Past, Person
from ivr.campaigns.contact_rules.deciding import decide, next_lawful
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.pacing.abandons import AbandonCap
from ivr.campaigns.pacing.events import Abandoned, Answered, Connected, Dialled, Talked, Unanswered, WrappedUp
from ivr.campaigns.pacing.pacer import Standing
from ivr.campaigns.pacing.predictive import Predictive
from ivr.numbers import checked

MADRID, NEW_YORK, SANTIAGO, BOGOTA = "+34934445566", "+12125550123", "+56221234567", "+573001234567"


def contact(number: str, **changes: object) -> Contact:
    values: dict[str, object] = {"person": Person(key="p"), "caller_id": "+34910000000"}
    known = checked(number, region=None, countries=None)
    return Contact(
        number=known, channel="call", purpose="collection", actor="third_party", **(values | changes)
    )


@pytest.mark.parametrize(
    ("number", "planned", "lawful"),
    [
        # Summer time ends on 25 October in Europe: at 9 on Monday it is 8 in UTC, no more 7.
        (MADRID, "2026-10-23T22:00+02:00", "2026-10-26T08:00+00:00"),
        (MADRID, "2026-10-24T22:00+02:00", "2026-10-26T08:00+00:00"),
        # It begins on 29 March: a plan of Friday evening is an hour earlier than it was last week.
        (MADRID, "2026-03-27T22:00+01:00", "2026-03-30T07:00+00:00"),
        # 8 March and 1 November in the United States: eight in Hawaii and Adak, that have none or another.
        (NEW_YORK, "2026-03-07T23:00-05:00", "2026-03-08T18:00+00:00"),
        (NEW_YORK, "2026-10-31T23:00-04:00", "2026-11-01T18:00+00:00"),
        # Chile, 4 April (a holiday of Easter, then a Sunday) and 5 September 2026 at midnight.
        (SANTIAGO, "2026-04-04T21:00-03:00", "2026-04-06T14:00+00:00"),
        (SANTIAGO, "2026-09-05T21:00-04:00", "2026-09-07T13:00+00:00"),
    ],
)
def test_a_plan_goes_across_a_change_of_the_clock(number: str, planned: str, lawful: str) -> None:
    """The next lawful moment is by the clock that will hold then; a minute before, it is not lawful yet."""
    found = next_lawful(presets(), contact(number), at=datetime.fromisoformat(planned), ledger=NOTHING)
    assert found == datetime.fromisoformat(lawful)
    early = decide(presets(), contact(number), at=found - timedelta(minutes=1), ledger=NOTHING)
    assert isinstance(early, Blocked)


def test_a_day_of_25_hours_is_one_day() -> None:
    """One attempt a day in Spain: the last minute of a Saturday before the change, and Monday's first."""
    tried = datetime(2026, 10, 23, 20, 59, tzinfo=ZoneInfo("Europe/Madrid"))
    ledger = Ledger(contacts=(Past(at=tried, channel="call", conversation=False),))
    found = next_lawful(presets(), contact(MADRID), at=tried + timedelta(minutes=1), ledger=ledger)
    assert found == datetime(2026, 10, 26, 9, 0, tzinfo=ZoneInfo("Europe/Madrid"))


def test_somebody_moves_in_mid_campaign() -> None:
    """What was planned in Madrid is asked again when it is dialled: by then they live in Bogotá as well."""
    nine = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Europe/Madrid"))
    assert isinstance(decide(presets(), contact(MADRID), at=nine, ledger=NOTHING), Allowed)
    moved = contact(MADRID, person=Person(key="p", zone="America/Bogota", region="CO"))
    found = decide(presets(), moved, at=nine, ledger=NOTHING)
    assert isinstance(found, Blocked)
    assert found.next_lawful == datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("America/Bogota"))


def test_a_rule_gets_stricter_in_mid_campaign() -> None:
    """The older version ends on Tuesday: what was lawful at eight is not on Wednesday."""
    rules = presets()
    (old,) = rules.named("co.collection")
    change = datetime(2026, 11, 24).date()
    window = old.windows[0]
    assert window.days != "any"
    later_hours = {day: hours if day > 4 else (Hours(540, 1080),) for day, hours in window.days.items()}
    until = old.model_copy(update={"valid_to": change})
    since = old.model_copy(
        update={
            "valid_from": change + timedelta(days=1),
            "windows": (window.model_copy(update={"days": later_hours}),),
        }
    )
    others = tuple(one for one in rules.rules if one.id != "co.collection")
    changed = replace(rules, rules=(*others, until, since))
    bogota = ZoneInfo("America/Bogota")
    tuesday, wednesday = (datetime(2026, 11, day, 8, 0, tzinfo=bogota) for day in (24, 25))
    assert isinstance(decide(changed, contact(BOGOTA), at=tuesday, ledger=NOTHING), Allowed)
    found = decide(changed, contact(BOGOTA), at=wednesday, ledger=NOTHING)
    assert isinstance(found, Blocked) and found.next_lawful == wednesday + timedelta(hours=1)


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=2)])
def test_the_servers_clock_is_set_back(back: timedelta) -> None:
    """A contact that the ledger has from "tomorrow" counts: nobody is called twice by a wrong clock."""
    made = datetime(2026, 11, 25, 12, 0, tzinfo=ZoneInfo("Europe/Madrid"))
    ledger = Ledger(contacts=(Past(at=made, channel="call", conversation=False),))
    found = decide(presets(), contact(MADRID), at=made - back, ledger=ledger)
    assert isinstance(found, Blocked) and found.reason == "cap"


def test_the_pacer_lives_through_a_clock_that_is_set_back() -> None:
    """Its caps count on, and what rings or talks has no negative age."""
    pacer, now = Predictive(AbandonCap(share=0.03)), datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    for call in range(200):
        for event in (Dialled, Answered, Connected, Talked, WrappedUp):
            pacer.observe(event(call=call, at=now))
            now += timedelta(seconds=5)
        for missed in range(3):
            pacer.observe(Dialled(call=(call, missed), at=now))
            pacer.observe(Unanswered(call=(call, missed), at=now + timedelta(seconds=20)))
    standing = Standing(free_agents=2, ringing=0)
    before = pacer.to_dial(now, standing)
    assert before > 2, "there is room for six abandoned calls"
    for call in range(200, 206):
        pacer.observe(Dialled(call=call, at=now))
        pacer.observe(Answered(call=call, at=now))
        pacer.observe(Abandoned(call=call, at=now))
    earlier = now - timedelta(hours=1)
    pacer.observe(Dialled(call="x", at=now))
    pacer.observe(Connected(call="y", at=now))
    assert pacer.to_dial(earlier, standing) == 2, "the room is used up, whatever the clock says"
    pacer.observe(Answered(call="x", at=earlier))
    pacer.observe(WrappedUp(call="y", at=earlier))
    assert pacer.to_dial(earlier, Standing(free_agents=0, ringing=0)) == 0
