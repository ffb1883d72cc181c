"""No schedule that the contact rules generate breaks one of them, judged by an oracle of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.campaigns.contact_rules.contact import Contact, Ledger, Lookup, Past, Person, Said
from ivr.campaigns.contact_rules.deciding import HORIZON, next_lawful
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.contact_rules.written import Actor, Channel, Purpose
from ivr.numbers import checked
from tests.campaigns import oracle
from tests.campaigns.oracle import Made, violations


@dataclass(frozen=True)
class Case:
    """Whom is contacted, and by which rule."""

    rule: str
    number: str
    purpose: Purpose = "collection"
    actor: Actor = "third_party"
    regions: tuple[str, ...] = ("",)
    caller_id: str = "+34910000000"


SPANISH = ("", "ES-MD", "ES-CT", "ES-AN")
CASES = [
    Case("co.collection", "+573001234567"),
    Case("co.collection", "+576012345678", actor="creditor"),
    Case("co.commercial", "+573001234567", "commercial"),
    Case("es.collection", "+34600111222", regions=SPANISH),
    Case("es.collection", "+34934445566", regions=SPANISH),
    Case("es.commercial", "+34600111222", "commercial", regions=SPANISH),
    Case("es.commercial", "+34928445566", "commercial", regions=SPANISH),
    Case("mx.collection", "+525512345678"),
    Case("pe.collection", "+51912345678"),
    Case("cl.collection", "+56221234567"),
    Case("us.collection", "+12125550123"),
    Case("us.collection", "+18085551234"),
    Case("us.telemarketing", "+12125550123", "commercial"),
    Case("uk", "+442071234567"),
    Case("uk.commercial", "+442071234567", "commercial"),
    Case("mx.commercial", "+525512345678", "commercial"),
    Case("pe.commercial", "+51912345678", "commercial"),
    Case("cl.commercial", "+56221234567", "commercial", caller_id="+56809123456"),
]
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MINUTES = 2 * 365 * 24 * 60 - 80 * 24 * 60
CLOCK_CHANGES = [
    datetime(2026, 3, 29, tzinfo=UTC),  # Europe
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 3, 8, tzinfo=UTC),  # North America
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 4, 5, tzinfo=UTC),  # Chile
    datetime(2026, 9, 6, tzinfo=UTC),
]
ANY_MOMENT = st.integers(0, MINUTES).map(lambda minute: BEGIN + timedelta(minutes=minute))
NEAR_A_CHANGE = st.tuples(st.sampled_from(CLOCK_CHANGES), st.integers(-3000, 3000)).map(
    lambda found: found[0] + timedelta(minutes=found[1])
)
STEP = st.tuples(
    st.sampled_from(["call", "call", "call", "sms", "email", "whatsapp"]),
    st.sampled_from([True, False, None]),
    st.sampled_from(["a", "b"]),
    st.one_of(st.integers(0, 90), st.integers(0, 3 * 24 * 60)),
)


def _contact(case: Case, region: str, channel: Channel, debt: str) -> Contact:
    return Contact(
        person=Person(key="p", region=region),
        number=checked(case.number, region=None, countries=None),
        channel=channel,
        purpose=case.purpose,
        actor=case.actor,
        debt=debt,
        caller_id=case.caller_id,
    )


def _ledger(past: list[Past], at: datetime) -> Ledger:
    agreed = Said(given=True, at=BEGIN, proof="clip")
    return Ledger(
        contacts=tuple(past),
        consents={"marketing": agreed, "marketing_written": agreed},
        registries={name: Lookup(listed=False, at=at) for name in ("RNE", "US_DNC", "TPS", "REPEP")},
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.number}")
@settings(max_examples=7, deadline=None, derandomize=True)
@given(
    start=st.one_of(ANY_MOMENT, NEAR_A_CHANGE),
    steps=st.lists(STEP, min_size=1, max_size=12),
    data=st.data(),
)
def test_no_generated_schedule_breaks_a_preset(
    case: Case,
    start: datetime,
    steps: list[tuple[Channel, bool | None, str, int]],
    data: st.DataObject,
) -> None:
    """Whatever is asked for, and whenever: each contact made when `next_lawful` says is lawful."""
    _walk(case, data.draw(st.sampled_from(case.regions)), start, steps)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.number}")
@settings(max_examples=1500, deadline=None)
@given(
    start=st.one_of(ANY_MOMENT, NEAR_A_CHANGE), steps=st.lists(STEP, min_size=1, max_size=25), data=st.data()
)
def test_thousands_of_schedules(
    case: Case,
    start: datetime,
    steps: list[tuple[Channel, bool | None, str, int]],
    data: st.DataObject,
) -> None:
    """The same, at length and from other seeds each time."""
    _walk(case, data.draw(st.sampled_from(case.regions)), start, steps)


def _walk(
    case: Case, region: str, start: datetime, steps: list[tuple[Channel, bool | None, str, int]]
) -> None:
    moment, past, made = start, list[Past](), list[Made]()
    for channel, talked, debt, pause in steps:
        if case.rule == "us.telemarketing" and channel == "whatsapp":
            continue  # no rule allows it at all
        contact = _contact(case, region, channel, debt)
        at = next_lawful(presets(), contact, at=moment, ledger=_ledger(past, moment))
        assert at is not None, "there is always a lawful moment to come"
        assert moment <= at <= moment + HORIZON
        past.append(Past(at=at, channel=channel, number=contact.number.e164, debt=debt, conversation=talked))
        # Who was perhaps spoken with was: that the ledger does not know it changes nothing.
        made.append(Made(at, channel, debt, talked is not False))
        moment = at + timedelta(minutes=pause)
    assert violations(case.rule, case.number, region, made) == []


@pytest.mark.parametrize("place", sorted(oracle.HOLIDAYS))
def test_the_library_knows_the_holidays_of_both_years(place: str) -> None:
    """The hand-written calendar finds nothing that the library lacks."""
    country, _, region = place.partition("-")
    known = holidays.country_holidays(country, subdiv=region or None, years=(2026, 2027))
    assert [day for day in oracle.every_day(place) if day not in known] == []


@pytest.mark.parametrize(
    ("rule", "number", "at", "told"),
    [
        ("co.collection", "+573001234567", "2026-11-21T15:00-05:00", "Saturday 15:00"),
        ("co.collection", "+573001234567", "2026-11-16T10:00-05:00", "holiday"),
        ("es.collection", "+34600111222", "2026-11-23T09:30+01:00", "Canary"),
        ("es.collection", "+34934445566", "2026-09-11T10:00+02:00", "holiday"),
        ("us.collection", "+12125550123", "2026-11-23T09:00-05:00", "Los_Angeles"),
        ("uk", "+442071234567", "2026-11-23T21:00+00:00", "21:00"),
    ],
)
def test_the_oracle_finds_what_is_wrong(rule: str, number: str, at: str, told: str) -> None:
    """An oracle that accepts everything would prove nothing."""
    made = Made(datetime.fromisoformat(at), "call", "a", talked=False)
    assert any(told in one for one in violations(rule, number, "", [made]))


@pytest.mark.parametrize(
    ("rule", "channels", "days", "talked", "told"),
    [
        ("co.collection", "call call", (0, 0), True, "second contact"),
        ("co.collection", "call sms", (0, 2), True, "second channel"),
        ("es.collection", "call call", (0, 0), False, "1 before"),
        ("es.collection", "call call call call", (0, 1, 2, 3), False, "3 in the week"),
        ("cl.collection", "call call", (0, 3), False, "second call"),
        ("cl.collection", "sms email", (0, 1), False, "two days"),
        ("us.collection", " ".join(["call"] * 8), (0, 1, 2, 3, 4, 5, 6, 6), False, "more than 7"),
        ("us.collection", "call call", (0, 6), True, "conversation"),
    ],
)
def test_the_oracle_finds_what_is_too_often(
    rule: str, channels: str, days: tuple[int, ...], talked: bool, told: str
) -> None:
    """Each cap and rest, one too many."""
    number = next(case.number for case in CASES if case.rule == rule)
    monday = datetime(2026, 11, 23, 20, tzinfo=UTC)
    made = [
        Made(monday + timedelta(days=day, minutes=n), channel, "a", talked)
        for n, (channel, day) in enumerate(zip(channels.split(), days, strict=True))
    ]
    assert any(told in one for one in violations(rule, number, "ES-MD", made))
