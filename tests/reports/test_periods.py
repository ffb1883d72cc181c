"""Local time, whatever the clocks do: intervals, days, and stretches that are cut at their edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ivr.reports.periods import Clock, Period, moment_of, ms_of

MADRID = ZoneInfo("Europe/Madrid")
ZONES = ("Europe/Madrid", "Atlantic/Canary", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago", "UTC")


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23), (date(2026, 11, 23), 24)]
)
def test_days_of_23_to_25_hours(day: date, hours: int) -> None:
    """The clocks go back in October and forward in March; a day is one row all the same."""
    period = Period(day, day, MADRID)
    assert (period.until - period.since) == timedelta(hours=hours)
    since, until = ms_of(period.since), ms_of(period.until)
    for minutes, count in ((15, 4 * hours), (30, 2 * hours), (60, hours), (1440, 1)):
        assert len(list(Clock(MADRID, minutes).between(since, until))) == count


def test_the_hour_that_is_missing_and_the_one_that_comes_twice() -> None:
    """Two to three is not there in March; in October it is there twice, and told apart."""
    clock = Clock(MADRID, 60)
    march = Period(date(2026, 3, 29), date(2026, 3, 29), MADRID)
    labels = [clock.label(at) for at in clock.between(ms_of(march.since), ms_of(march.until))]
    assert labels[:3] == ["2026-03-29 00:00", "2026-03-29 01:00", "2026-03-29 03:00"]
    october = Period(date(2026, 10, 25), date(2026, 10, 25), MADRID)
    labels = [clock.label(at) for at in clock.between(ms_of(october.since), ms_of(october.until))]
    assert len(set(labels)) == 25


@settings(suppress_health_check=[HealthCheck.too_slow])  # zones are read from disk, on a busy machine
@given(
    st.sampled_from(ZONES),
    st.sampled_from((15, 30, 60, 1440)),
    st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1)),
    st.integers(min_value=0, max_value=5 * 86_400_000),
)
def test_no_time_is_lost_or_counted_twice(zone: str, minutes: int, begin: datetime, length: int) -> None:
    """Whatever stretch, zone and interval: the parts are the whole, each lies in its interval."""
    clock = Clock(ZoneInfo(zone), minutes)
    since = ms_of(begin.replace(tzinfo=UTC))
    parts = list(clock.parts(since, since + length))
    assert sum(part for _, part in parts) == length
    begins = [at for at, _ in parts]
    assert begins == sorted(set(begins))
    for at, part in parts:
        assert clock.begin(at) == at and 0 < part <= clock.next(at) - at
    assert clock.begin(since) <= since < clock.next(clock.begin(since))


def test_milliseconds_are_exact() -> None:
    """There and back, before and after the epoch's zero."""
    for text in ("2026-11-23T08:00:00.123999+00:00", "1969-12-31T23:59:59.001000+00:00"):
        moment = datetime.fromisoformat(text)
        assert moment_of(ms_of(moment)) == moment - timedelta(microseconds=moment.microsecond % 1000)


def test_a_period_that_ends_before_it_begins() -> None:
    """Is refused in words."""
    with pytest.raises(ValueError, match="before it begins"):
        Period(date(2026, 11, 24), date(2026, 11, 23), MADRID)
