"""Which numbers are called back, when, and how often: tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ivr.config import load
from ivr.errors import ConfigurationError
from ivr.numbers import NotCalled, Number, checked
from ivr.queueing.callback_rules import CallbackSettings, ContactHours, again_at, lawful, next_lawful

MADRID = ZoneInfo("Europe/Madrid")
MOBILE = ("Atlantic/Canary", "Europe/Madrid")
SETTINGS = CallbackSettings()
HOURS = SETTINGS.hours


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("803123456", "premium"),
        ("+34 806 123 456", "premium"),
        ("902123456", "shared_cost"),
        ("900123456", "service"),
        ("+34 704 123 456", "service"),
        ("118", "malformed"),
        ("112", "malformed"),
        ("600 111 22", "malformed"),
        ("600111222333", "malformed"),
        ("500000000", "unknown"),
        ("+33612345678", "foreign"),
        ("0033612345678", "foreign"),
        ("+881612345678", "satellite"),
        ("+870773111632", "satellite"),
        ("600111222 ext. 5", "malformed"),
        ("600111222;ext=5", "malformed"),
        ("anonymous", "malformed"),
        ("", "malformed"),
        ("９１２３４５６７８", "malformed"),
        ("600111222@evil.example", "malformed"),
        ("&park()", "malformed"),
        ("1" * 5000, "malformed"),
    ],
)
def test_numbers_that_are_not_called(text: str, refusal: str) -> None:
    """Dear, foreign, malformed, or no telephone at all: each with its own reason."""
    with pytest.raises(NotCalled) as refused:
        checked(text, region="ES", countries=["ES"])
    assert refused.value.reason == refusal


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("600 111 222", Number("+34600111222", MOBILE, "ES", may_be_mobile=True)),
        ("0034600111222", Number("+34600111222", MOBILE, "ES", may_be_mobile=True)),
        ("+34 91 234 56 78", Number("+34912345678", ("Europe/Madrid",), "ES", may_be_mobile=False)),
        ("922 123 456", Number("+34922123456", ("Atlantic/Canary",), "ES", may_be_mobile=False)),
    ],
)
def test_numbers_that_are_called(text: str, number: Number) -> None:
    """In E.164, with every zone in which the person may be."""
    assert checked(text, region="ES", countries=["ES"]) == number


def test_foreign_numbers_by_setting() -> None:
    """A country that is allowed is allowed, with its own zone."""
    assert checked("+33612345678", region="ES", countries=["ES", "FR"]).zones == ("Europe/Paris",)


NEARLY_NUMBERS = st.builds(
    lambda prefix, digits, between: prefix + between.join(digits),
    st.sampled_from(["", "+34", "0034", "+33", "+34 34"]),
    st.text(st.sampled_from("0123456789٣٦९６"), min_size=8, max_size=10)
    | st.from_regex(r"[67][0-9]{8}", fullmatch=True),
    st.sampled_from(["", "", "", " ", "-", ".", ";", "&", "\n"]),
)


@given(st.text(max_size=60) | NEARLY_NUMBERS)
@example("600 111 222")
@example("+34٦٠٠١١١٢٢٢")
@example("600111222;ext=7")
def test_nothing_that_is_said_is_dialled_as_it_is(text: str) -> None:
    """Whatever it is: plain E.164 of an allowed country, or refused."""
    try:
        number = checked(text, region="ES", countries=["ES"])
    except NotCalled:
        return
    assert number.e164.startswith("+34") and number.e164[1:].isascii() and number.e164[1:].isdigit()


def at(text: str, zone: ZoneInfo = MADRID) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "zones", "allowed"),
    [
        ("2026-11-23T09:00", ("Europe/Madrid",), True),
        ("2026-11-23T08:59", ("Europe/Madrid",), False),
        ("2026-11-23T20:59", ("Europe/Madrid",), True),
        ("2026-11-23T21:00", ("Europe/Madrid",), False),
        ("2026-11-22T12:00", ("Europe/Madrid",), False),  # a Sunday
        ("2026-11-23T09:30", MOBILE, False),  # half past eight on the Canaries
        ("2026-11-23T10:00", MOBILE, True),
        ("2026-11-23T21:30", ("Atlantic/Canary",), True),
        ("2026-11-23T12:00", (), False),  # nobody knows where they are: not at all
    ],
)
def test_hours_count_where_the_person_may_be(moment: str, zones: tuple[str, ...], allowed: bool) -> None:
    """In every zone that it may be, by the wall clock there; written in Madrid's time."""
    assert lawful(at(moment), zones, HOURS) is allowed


@pytest.mark.parametrize(
    ("moment", "zones", "then"),
    [
        ("2026-11-23T12:00", MOBILE, "2026-11-23T12:00"),
        ("2026-11-23T22:00", ("Europe/Madrid",), "2026-11-24T09:00"),
        ("2026-11-23T22:00", MOBILE, "2026-11-24T10:00"),
        ("2026-11-21T20:30", ("Europe/Madrid",), "2026-11-23T09:00"),  # over the Sunday
        # The night in which the clock goes forward (29 March 2026) and back (25 October): nine is nine.
        ("2026-03-28T23:00", ("Europe/Madrid",), "2026-03-30T09:00"),
        ("2026-10-24T23:00", ("Europe/Madrid",), "2026-10-26T09:00"),
    ],
)
def test_the_next_lawful_moment(moment: str, zones: tuple[str, ...], then: str) -> None:
    """Now, or when the hours of the last zone begin."""
    assert next_lawful(at(moment), zones, HOURS) == at(then)


def test_a_clock_change_in_the_night_moves_nothing() -> None:
    """Hours from two to three at night: the hour that is skipped is not there, the double one is one."""
    night = ContactHours.model_validate({"days": {"mon-sun": "02:00-03:00"}})
    zone = ("Europe/Madrid",)
    skipped = next_lawful(at("2026-03-29T00:30"), zone, night)
    assert skipped == at("2026-03-30T02:00")
    double = next_lawful(at("2026-10-25T00:30"), zone, night)
    assert double == datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # the first of the two


def test_holidays_are_no_days_to_call() -> None:
    """The first of May is a Friday in 2026; then a Saturday with its own hours."""
    hours = ContactHours.model_validate({"holidays": "ES"})
    assert next_lawful(at("2026-04-30T21:30"), ("Europe/Madrid",), hours) == at("2026-05-02T10:00")


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.sampled_from([MOBILE, ("Europe/Madrid",)])
)
def test_whatever_comes_out_is_lawful(moment: datetime, zones: tuple[str, ...]) -> None:
    """And no lawful quarter of an hour lies before it."""
    start = moment.replace(tzinfo=UTC)
    then = next_lawful(start, zones, HOURS)
    assert then is not None and lawful(then, zones, HOURS)
    quarters = range(int((then - start) / timedelta(minutes=15)))
    assert not any(lawful(start + timedelta(minutes=15 * n), zones, HOURS) for n in quarters)


@pytest.mark.parametrize(
    ("result", "tries", "minutes"),
    [
        ("busy", 1, 10), ("busy", 2, 20), ("busy", 3, 30), ("busy", 4, None),
        ("no_answer", 1, 30), ("no_answer", 2, 180), ("no_answer", 3, None),
        ("rejected", 1, 60), ("rejected", 2, None), ("machine", 1, 180), ("machine", 2, None),
        ("unreachable", 1, 5), ("dropped", 1, 1), ("dropped", 4, None),
        ("invalid", 1, None), ("unwanted", 1, None), ("dropped", 5, None),
    ],
)  # fmt: skip
def test_the_next_try(result: str, tries: int, minutes: int | None) -> None:
    """By the result and how many there were; within the hours."""
    now = at("2026-11-23T10:30")
    then = again_at(result, tries, now, settings=SETTINGS, zones=MOBILE)  # type: ignore[arg-type]  # a table
    assert then == (None if minutes is None else now + timedelta(minutes=minutes))


def test_a_try_late_in_the_evening_waits_for_the_morning() -> None:
    """Busy at ten to nine: not at nine, but tomorrow."""
    then = again_at("busy", 1, at("2026-11-23T20:55"), settings=SETTINGS, zones=("Europe/Madrid",))
    assert then == at("2026-11-24T09:00")


def test_tries_end_before_the_pauses_where_a_setting_says_so() -> None:
    """Two in all, though the table has a pause for a third."""
    twice = CallbackSettings(most_tries=2)
    pauses = twice.retries.busy
    assert len(pauses) >= 2
    now = at("2026-11-23T10:30")
    first = again_at("busy", 1, now, settings=twice, zones=("Europe/Madrid",))
    assert first == now + timedelta(minutes=pauses[0])
    assert again_at("busy", 2, now, settings=twice, zones=("Europe/Madrid",)) is None
    assert again_at("busy", 2, now, settings=SETTINGS, zones=("Europe/Madrid",)) is not None


def test_a_day_may_be_closed() -> None:
    """As long as another is not."""
    days = CallbackSettings.model_validate({"hours": {"days": {"mon": "09:00-14:00", "sun": "closed"}}})
    monday = at("2026-11-23T10:30")
    assert lawful(monday, ("Europe/Madrid",), days.hours)
    assert not lawful(monday - timedelta(days=1), ("Europe/Madrid",), days.hours)


def test_settings_without_an_hour_are_refused() -> None:
    """Nobody would ever be called."""
    with pytest.raises(ValueError, match="there is no hour at which anybody may be called"):
        CallbackSettings.model_validate({"hours": {"days": {"mon": "closed"}}})
    assert load(None).callbacks.first == "customer"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("callbacks: {first: nobody}", "callbacks.first"),
        ("callbacks: {dial: sofia/gateway/trunk}", "write it as sofia/gateway/NAME/{number}"),
        ('callbacks: {dial: "user/{number} &system(x)"}', "write it as sofia/gateway/NAME/{number}"),
        ("callbacks: {caller_id: me}", "callbacks.caller_id"),
    ],
)
def test_what_cannot_be_dialled_is_refused(tmp_path: Path, text: str, told: str) -> None:
    """One line, before the first customer."""
    file = tmp_path / "ivr.yaml"
    file.write_text(text + "\n", "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load(file)
    assert told in str(refused.value)
