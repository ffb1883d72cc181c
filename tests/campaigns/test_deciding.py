"""Whether somebody may be contacted: one row for each law, and for everything that is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.campaigns.contact_rules.contact import (
    NOTHING,
    Allowed,
    Blocked,
    Contact,
    Ledger,
    Lookup,
    Past,
    Person,
    Said,
)
from ivr.campaigns.contact_rules.deciding import decide
from ivr.campaigns.contact_rules.reading import load_rulebook, presets
from ivr.campaigns.contact_rules.words import moment_in
from ivr.campaigns.contact_rules.written import Channel, Purpose
from ivr.numbers import checked

BOGOTA = "+573001234567"
MADRID, CANARIES, ANYWHERE = "+34934445566", "+34928445566", "+34600111222"
NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
"""A Monday; 11 in Bogotá, 17 in Madrid."""


def contact(number: str, purpose: Purpose = "collection", **changes: object) -> Contact:
    values: dict[str, object] = {"channel": "call", "person": Person(key="p"), "caller_id": "+34910000000"}
    known = checked(number, region=None, countries=None)
    return Contact(number=known, purpose=purpose, **(values | changes))  # type: ignore[arg-type]  # a table


def told(number: str, at: str, zone: str, purpose: Purpose = "collection", **changes: object) -> str:
    """The decision as `ivr rules explain` says it: rule, reason, next moment."""
    moment = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone))
    match decide(presets(), contact(number, purpose, **changes), at=moment, ledger=NOTHING):
        case Allowed():
            return "allowed"
        case Blocked() as found:
            later = found.next_lawful
            return f"{found.rule}, {found.told}; {moment_in(later, zone, moment) if later else 'never'}"


@pytest.mark.parametrize(
    ("number", "at", "zone", "expected"),
    [
        (
            BOGOTA,
            "2026-11-21 15:30",
            "America/Bogota",
            "co.collection, Saturday after 15:00 in Bogotá; Monday 07:00",
        ),
        (BOGOTA, "2026-11-21 14:59", "America/Bogota", "allowed"),
        (BOGOTA, "2026-11-22 10:00", "America/Bogota", "co.collection, Sunday in Bogotá; Monday 07:00"),
        (
            BOGOTA,
            "2026-11-16 10:00",
            "America/Bogota",
            "co.collection, Monday 2026-11-16 is a public holiday in Bogotá; Tuesday 07:00",
        ),
        (
            MADRID,
            "2026-11-23 08:59",
            "Europe/Madrid",
            "es.collection, Monday before 09:00 in Madrid; Monday 09:00",
        ),
        (MADRID, "2026-11-23 09:00", "Europe/Madrid", "allowed"),
        (
            ANYWHERE,
            "2026-11-23 09:30",
            "Europe/Madrid",
            "es.collection, Monday before 09:00 in Canarias; Monday 10:00",
        ),
        (ANYWHERE, "2026-11-23 20:59", "Europe/Madrid", "allowed"),
        (
            ANYWHERE,
            "2026-11-23 21:00",
            "Europe/Madrid",
            "es.collection, Monday after 21:00 in Madrid; Tuesday 10:00",
        ),
        (CANARIES, "2026-11-23 21:30", "Europe/Madrid", "allowed"),
        # Nobody knows where they live: a feast of any region is one.
        (
            MADRID,
            "2026-09-11 10:00",
            "Europe/Madrid",
            "es.collection, Friday 2026-09-11 is a public holiday in Madrid; Monday 09:00",
        ),
        ("+442071234567", "2026-11-23 20:00", "Europe/London", "allowed"),
        (
            "+33612345678",
            "2026-11-23 10:00",
            "Europe/Paris",
            "house.no_rule, no rule is in force for collection by call in FR (creditor); never",
        ),
        # The clock goes forward in that night, and back in the other.
        (MADRID, "2026-03-28 23:00", "Europe/Madrid", "es.collection, Saturday in Madrid; Monday 09:00"),
        (MADRID, "2026-10-24 23:00", "Europe/Madrid", "es.collection, Saturday in Madrid; Monday 09:00"),
    ],
)
def test_hours(number: str, at: str, zone: str, expected: str) -> None:
    """Each hour by the callee's wall, in every zone that may be theirs."""
    assert told(number, at, zone) == expected


def test_a_number_that_may_be_a_mobile_is_anywhere_in_its_country() -> None:
    """Of +1 nobody knows where it rings: eight in Honolulu is one in the afternoon in New York."""
    answer = told("+12125550123", "2026-11-23 09:00", "America/New_York", actor="third_party")
    assert answer.startswith("us.collection, Monday before 08:00") and answer.endswith("Monday 13:00")


def test_where_they_live_is_one_zone_more() -> None:
    """Somebody with a number of Madrid who has moved to Bogotá is called when it is day in both."""
    abroad = Person(key="p", zone="America/Bogota")
    answer = told(MADRID, "2026-11-23 10:00", "Europe/Madrid", person=abroad)
    assert answer == "es.collection, Monday before 09:00 in Bogotá; Monday 15:00"


def test_both_countries_laws_hold() -> None:
    """A Spanish number whose owner lives in Colombia: Saturday is lawful there and not here."""
    abroad = Person(key="p", zone="America/Bogota", region="CO")
    moment = datetime(2026, 11, 21, 13, 30, tzinfo=UTC)
    found = decide(presets(), contact(MADRID, person=abroad), at=moment, ledger=NOTHING)
    assert isinstance(found, Blocked) and [one.rule for one in found.why] == ["es.collection"]
    weekday = decide(presets(), contact(MADRID, person=abroad), at=NOW, ledger=NOTHING)
    assert weekday == Allowed(rules=("es.collection", "co.collection"))


def test_a_known_region_has_its_own_holidays() -> None:
    """The eleventh of September is a feast in Catalonia only."""
    answers = {
        region: told(MADRID, "2026-09-11 10:00", "Europe/Madrid", person=Person(key="p", region=region))
        for region in ("ES-CT", "ES-MD")
    }
    assert answers["ES-MD"] == "allowed" and "holiday" in answers["ES-CT"]


AGO = timedelta(hours=1)


def past(
    channel: Channel = "call", *, ago: timedelta = AGO, talked: bool | None = True, **more: object
) -> Past:
    return Past(at=NOW - ago, channel=channel, conversation=talked, **more)  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    ("number", "channel", "contacts", "expected"),
    [
        (BOGOTA, "call", [past(talked=False)], None),
        (BOGOTA, "call", [past()], ("co.collection", "cooldown", "2026-11-24T12:00")),
        (BOGOTA, "call", [past(talked=None)], ("co.collection", "cooldown", "2026-11-24T12:00")),
        (BOGOTA, "call", [past(ago=timedelta(days=2))], None),
        (BOGOTA, "sms", [past(ago=timedelta(days=2))], ("co.collection", "channel", "2026-11-28T16:00")),
        (MADRID, "call", [past(talked=False)], ("es.collection", "cap", "2026-11-24T08:00")),
        (MADRID, "call", [past(talked=False, theirs=False)], None),
        ("+56221234567", "call", [past(talked=False)], ("cl.collection", "cap", "2026-11-30T13:00")),
        ("+56221234567", "sms", [past("email")], ("cl.collection", "cooldown", "2026-11-25T15:00")),
    ],
)
def test_how_often(
    number: str, channel: Channel, contacts: list[Past], expected: tuple[str, str, str] | None
) -> None:
    """Caps, rests and the one channel; what is not known counts as a conversation."""
    found = decide(
        presets(), contact(number, channel=channel), at=NOW, ledger=Ledger(contacts=tuple(contacts))
    )
    if expected is None:
        assert isinstance(found, Allowed)
    else:
        assert isinstance(found, Blocked) and found.next_lawful is not None
        assert (found.rule, found.reason, f"{found.next_lawful:%Y-%m-%dT%H:%M}") == expected


def test_seven_calls_in_seven_days_for_each_debt() -> None:
    """Regulation F: another debt has its own calls; one of which nobody knows the debt counts for both."""
    at = datetime(2026, 11, 23, 19, tzinfo=UTC)

    def asked(debt: str | None, calls: list[Past]) -> Allowed | Blocked:
        wish = contact("+12125550123", actor="third_party", debt=debt)
        return decide(presets(), wish, at=at, ledger=Ledger(contacts=tuple(calls)))

    seven = [past(ago=timedelta(hours=20 * n), talked=False, debt="a") for n in range(1, 8)]
    blocked = asked("a", seven)
    assert isinstance(blocked, Blocked) and blocked.reason == "cap"
    assert isinstance(asked("b", seven), Allowed)
    assert isinstance(asked(None, seven), Blocked)
    assert isinstance(asked("b", [*seven[:6], past(talked=False)]), Allowed)
    assert isinstance(asked("a", [*seven[:6], past(talked=False)]), Blocked)


@pytest.mark.parametrize(
    ("ledger", "changes", "reason"),
    [
        (NOTHING, {}, "consent"),
        (Ledger(consents={"marketing": Said(given=True, at=NOW)}), {}, "consent"),
        (Ledger(consents={"marketing": Said(given=True, at=NOW, proof="clip")}), {}, None),
        (Ledger(consents={"marketing": Said(given=False, at=NOW, proof="clip")}), {}, "refused"),
        (NOTHING, {"automated": False}, None),
        (NOTHING, {"automated": False, "caller_id": None}, "caller_id"),
        (NOTHING, {"automated": False, "caller_id": "+34600999888"}, "caller_id"),
        (Ledger(consents={"calls": Said(given=False, at=NOW)}), {"automated": False}, "refused"),
        (Ledger(do_not_call="asked"), {"automated": False}, "do_not_call"),
    ],
)
def test_spanish_advertising(ledger: Ledger, changes: dict[str, object], reason: str | None) -> None:
    """Machines need a proved consent, nobody hides or calls from a mobile, and a no is a no."""
    found = decide(presets(), contact(MADRID, "commercial", **changes), at=NOW, ledger=ledger)
    assert (found.reason if isinstance(found, Blocked) else None) == reason
    if isinstance(found, Blocked):
        assert found.next_lawful is None, "time alone does not help"


@pytest.mark.parametrize(
    ("lookup", "told_why"),
    [
        (None, "was not looked up"),
        (Lookup(listed=True, at=NOW), "stands in the registry"),
        (Lookup(listed=False, at=NOW - timedelta(days=31)), "older than 30 days"),
        (Lookup(listed=False, at=NOW - timedelta(days=30)), ""),
    ],
)
def test_a_registry_is_asked_first_and_again(lookup: Lookup | None, told_why: str) -> None:
    """Colombia's RNE: not asked is not allowed."""
    ledger = Ledger(registries={"RNE": lookup} if lookup else {})
    found = decide(presets(), contact(BOGOTA, "commercial"), at=NOW, ledger=ledger)
    if not told_why:
        assert isinstance(found, Allowed), found
    else:
        assert isinstance(found, Blocked) and told_why in found.told


def test_what_they_asked_for_is_an_exception_on_record() -> None:
    """At any hour and beyond any cap; but whom nobody may contact is not contacted."""
    midnight = NOW.replace(hour=3)
    wish = contact(BOGOTA, asked_for="call 1, step sms")
    ledger = Ledger(contacts=(past(),))
    assert decide(presets(), wish, at=midnight, ledger=ledger) == Allowed(
        rules=(), exception="call 1, step sms"
    )
    assert isinstance(decide(presets(), wish, at=midnight, ledger=replace(ledger, do_not_call="x")), Blocked)


OWN = """\
rules:
  - id: own.friday
    extra: true
    jurisdictions: [CO]
    purposes: [collection]
    actors: [creditor, third_party]
    channels: [call]
    status: practice
    source: our own decision
    verified_on: 2026-11-22
    valid_from: 2026-01-01
    valid_to: open
    zones: every_candidate
    windows:
      - channels: [call]
        days: {mon-thu: 00:00-24:00, fri: 00:00-13:00, sat: 00:00-24:00, sun: 00:00-24:00}
        on_holidays: as_weekday
"""


def test_an_own_rule_only_forbids_more(tmp_path: Path) -> None:
    """Its Sunday is open, and stays closed; its Friday afternoon is closed, and was open."""
    (tmp_path / "own.yaml").write_text(OWN)
    rulebook = load_rulebook(tmp_path)

    def at(day: int, hour: int) -> Allowed | Blocked:
        moment = datetime(2026, 11, day, hour, tzinfo=ZoneInfo("America/Bogota"))
        return decide(rulebook, contact(BOGOTA), at=moment, ledger=NOTHING)

    sunday, friday = at(22, 10), at(27, 14)
    assert isinstance(sunday, Blocked) and sunday.rule == "co.collection"
    assert isinstance(friday, Blocked) and friday.rule == "own.friday"
    assert isinstance(at(27, 12), Allowed)


def test_no_minors_are_contacted_in_mexico() -> None:
    """CONDUSEF: nobody under 18; on the very day they are of age, on 1 March if born on a 29 February."""
    mexico, at = "+525512345678", "2026-11-23 12:00"
    for born, expected in [
        (date(2008, 11, 24), "mx.collection, they are under 18 until 2026-11-24; never"),
        (date(2015, 2, 1), "mx.collection, they are under 18 until 2033-02-01; never"),
        (date(2012, 2, 29), "mx.collection, they are under 18 until 2030-03-01; never"),
        (date(2008, 11, 23), "allowed"),
        (date(2008, 2, 29), "allowed"),
        (None, "allowed"),
    ]:
        person = Person(key="p", born=born)
        assert told(mexico, at, "America/Mexico_City", person=person) == expected, born
        assert told(mexico, at, "America/Mexico_City", "service", person=person) == "allowed"


def test_before_and_after_its_time_a_rule_allows_nothing() -> None:
    """A law that is not there yet, or not any more, is none; one to come is waited for."""
    rulebook = presets()
    before = datetime(2023, 9, 1, 15, tzinfo=UTC)
    found = decide(rulebook, contact(BOGOTA), at=before, ledger=NOTHING)
    assert isinstance(found, Blocked) and found.rule == "house.no_rule"
    assert found.next_lawful == datetime(2023, 10, 10, 12, tzinfo=UTC)
    ended = tuple(one.model_copy(update={"valid_to": NOW.date()}) for one in rulebook.rules)
    after = decide(
        replace(rulebook, rules=ended), contact(BOGOTA), at=NOW + timedelta(days=1), ledger=NOTHING
    )
    assert isinstance(after, Blocked) and after.next_lawful is None


def test_hours_that_never_meet_are_never() -> None:
    """A number of Madrid, and somebody who lives in Auckland: no moment is day for both. It ends."""
    far = Person(key="p", zone="Pacific/Auckland")
    found = decide(presets(), contact(MADRID, person=far), at=NOW, ledger=NOTHING)
    assert isinstance(found, Blocked) and found.next_lawful is None


def test_a_draft_is_written_down_and_not_in_force() -> None:
    """The prefix 400 is announced: other numbers may be shown until it is law."""
    assert [one.status for one in presets().named("es.commercial_prefix")] == ["draft"]
    agreed = Ledger(consents={"marketing": Said(given=True, at=NOW, proof="clip")})
    found = decide(presets(), contact(MADRID, "commercial"), at=NOW, ledger=agreed)
    assert isinstance(found, Allowed) and "es.commercial_prefix" not in found.rules


AGREED = Ledger(consents={"marketing": Said(given=True, at=NOW, proof="clip")})


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (None, "the caller ID must not be hidden: say which is shown"),
        ("+34600999888", "the caller ID +34600999888 is a mobile's"),
        ("+34910000000", ""),
        ("+34900100200", ""),
    ],
)
def test_what_spain_lets_a_seller_show(shown: str | None, why: str) -> None:
    """Orden TDF/149/2025: no mobile, and nothing hidden."""
    found = decide(presets(), contact(MADRID, "commercial", caller_id=shown), at=NOW, ledger=AGREED)
    assert (found.told if isinstance(found, Blocked) else "") == why


@pytest.mark.parametrize(
    ("policy", "shown", "why"),
    [
        ("never: ['+34902', '+34803']", "+34902100200", "the caller ID +34902100200 must not be shown"),
        ("never: ['+34902', '+34803']", "+34910000000", ""),
        ("only: ['+3491']", "+34930000000", "the caller ID +34930000000 begins with none of +3491"),
        ("only: ['+3491']", "+34910000000", ""),
        ("mobile: allowed", "+34600999888", ""),
    ],
)
def test_what_a_rule_of_ones_own_lets_one_show(tmp_path: Path, policy: str, shown: str, why: str) -> None:
    """By how numbers begin: some never, or only some."""
    (tmp_path / "own.yaml").write_text(
        OWN.partition("    windows:")[0].replace("[CO]", "[ES]")
        + f"    caller_id: {{hidden: allowed, {policy}}}\n"
    )
    found = decide(load_rulebook(tmp_path), contact(MADRID, caller_id=shown), at=NOW, ledger=NOTHING)
    assert (found.told if isinstance(found, Blocked) else "") == why


GERMANY = """\
rules:
  - id: own.germany
    jurisdictions: [DE]
    purposes: [collection]
    actors: [creditor]
    channels: [call]
    status: practice
    source: our counsel
    verified_on: 2026-11-22
    valid_from: 2020-01-01
    valid_to: open
    zones: every_candidate
    holidays: {countries: [DE], region: REGION}
    windows:
      - channels: [call]
        days: {mon-sat: 08:00-20:00, sun: closed}
        on_holidays: CHANGES
"""


@pytest.mark.parametrize(
    ("region", "changes", "day", "open_"),
    [
        ("none", "closed", "2026-01-06", True),
        ("person", "closed", "2026-01-06", False),
        ("none", "closed", "2026-05-01", False),
        ("person", "as_weekday", "2026-05-01", True),
    ],
)
def test_whose_feasts_count_and_what_they_change(
    tmp_path: Path, region: str, changes: str, day: str, *, open_: bool
) -> None:
    """Epiphany is a feast in three of sixteen, the first of May in all; a rule may leave its hours alone."""
    (tmp_path / "own.yaml").write_text(GERMANY.replace("REGION", region).replace("CHANGES", changes))
    at = datetime.fromisoformat(f"{day} 10:00").replace(tzinfo=ZoneInfo("Europe/Berlin"))
    found = decide(load_rulebook(tmp_path), contact("+493012345678"), at=at, ledger=NOTHING)
    assert isinstance(found, Allowed) == open_, found


def test_whose_birthday_has_not_come_everywhere_is_a_minor() -> None:
    """Where it rings nobody knows: in Mexico City it is the day, and in Tijuana the evening before."""
    person = Person(key="p", born=date(2008, 11, 24))
    early = told("+525512345678", "2026-11-24 01:30", "America/Mexico_City", person=person)
    assert early == "mx.collection, they are under 18 until 2026-11-24; never"
    late = told("+525512345678", "2026-11-24 12:00", "America/Mexico_City", person=person)
    assert late == "allowed"
