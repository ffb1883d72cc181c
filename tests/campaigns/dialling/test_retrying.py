"""Which number is tried next, after which pause, at which hour; what causes mean. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.records.dialling import DialResult
from ivr.campaigns.dialling.best_time import Counts, best_time, chance
from ivr.campaigns.dialling.results import result_of
from ivr.campaigns.dialling.retrying import MOST_OURS, Exhausted, Next, Tried, next_try

RETRIES = {"busy": (10, 20, 30), "no_answer": (180, 240), "machine": (1440,)}
MADRID = ZoneInfo("Europe/Madrid")
TEN = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""A Monday, ten o'clock in Madrid."""


def after(*tried: str, numbers: int = 2, attempts: int = 9) -> tuple[int, int] | str:
    """Rank and minutes, or why not; `busy@2` is at the second number."""
    history = [Tried(int(rank or 1), result) for result, _, rank in (one.partition("@") for one in tried)]
    match next_try(history, numbers, retries=RETRIES, attempts=attempts):
        case Next(rank, pause):
            return rank, int(pause / timedelta(minutes=1))
        case Exhausted(why):
            return why


@pytest.mark.parametrize(
    ("tried", "wanted"),
    [
        (["busy"], (1, 10)),
        (["busy", "busy"], (1, 20)),
        (["busy", "busy", "busy", "busy"], (2, 10)),  # this number is out, the next one's turn
        (["no_answer"], (2, 180)),
        (["no_answer", "no_answer@2"], (1, 180)),
        (["no_answer", "no_answer@2", "no_answer"], (2, 240)),
        (["machine", "machine@2"], (1, 1440)),
        (["machine", "machine@2", "machine", "machine@2"], "numbers"),
        (["invalid"], (2, 0)),
        (["invalid", "invalid@2"], "numbers"),
        (["rejected", "rejected@2"], "numbers"),  # the table has no pause for it
        (["unwanted"], "objected"),
        (["answered"], "reached"),
        (["congestion"], (1, 2)),
        (["trunk", "trunk", "trunk"], (1, 2)),
        (["congestion"] * MOST_OURS, (2, 0)),  # as good as unreachable
        (["congestion"] * (2 * MOST_OURS - 1), (1, 2)),  # counted anew from there
        ([*["congestion"] * (MOST_OURS - 1), "busy", *["congestion"] * (MOST_OURS - 1)], (1, 2)),  # in a row
        (["busy", "congestion"], (1, 2)),
    ],
)
def test_what_follows(tried: list[str], wanted: tuple[int, int] | str) -> None:
    """By number and result, as the strategy's table has it."""
    assert after(*tried) == wanted


def test_attempts_have_an_end() -> None:
    """Whatever the table says; what never got out of the house is none of them."""
    assert after("busy", "busy", attempts=2) == "attempts"
    assert after("busy", "congestion", "busy", attempts=3) == (1, 20)


@given(
    st.lists(st.sampled_from(["busy", "no_answer", "machine", "rejected", "invalid"]), max_size=60),
    st.integers(1, 4),
)
def test_the_list_of_tries_always_ends(results: list[str], numbers: int) -> None:
    """Whatever happens: no more than the table's pauses and one more, at each number and for each result."""
    tried: list[Tried] = []
    rank = 1
    for result in results:
        tried.append(Tried(rank, result))
        follows = next_try(tried, numbers, retries=RETRIES, attempts=1000)
        if isinstance(follows, Exhausted):
            return
        assert 1 <= follows.rank <= numbers
        rank = follows.rank
        most = Counter((one.rank, one.result) for one in tried)
        assert all(times <= len(RETRIES.get(kind, ())) + 1 for (_, kind), times in most.items())


@pytest.mark.parametrize(
    ("cause", "status", "wanted"),
    [
        ("USER_BUSY", "486", "busy"),
        ("NO_USER_RESPONSE", "480", "no_answer"),
        ("CALL_REJECTED", "603", "rejected"),
        ("CALL_REJECTED", "403", "trunk"),
        ("CALL_REJECTED", "407", "trunk"),
        ("CALL_REJECTED", "", "rejected"),
        ("UNALLOCATED_NUMBER", "404", "invalid"),
        ("UNWANTED", "607", "unwanted"),
        ("NORMAL_TEMPORARY_FAILURE", "503", "congestion"),
        ("GATEWAY_DOWN", "", "trunk"),
        ("SOMETHING_NEW", "", "unreachable"),
    ],
)
def test_what_a_cause_means(cause: str, status: str, wanted: DialResult) -> None:
    """The trunk's own refusals are told from the callee's by the SIP status."""
    assert result_of(cause, status) == wanted


def counts(**by_hour: tuple[int, int]) -> Counts:
    """Calls and talks on working days: `h10=(20, 5)`."""
    found = Counts()
    for hour, (tries, talks) in by_hour.items():
        found.tries[False, int(hour[1:])], found.talks[False, int(hour[1:])] = tries, talks
    return found


def chosen(own: Counts, everybody: Counts, *, until: int = 24) -> int:
    """The hour in Madrid, from ten o'clock on; open from nine to eight in the evening."""
    moment = best_time(
        TEN,
        MADRID,
        own=own,
        everybody=everybody,
        lawful=lambda at: 9 <= at.astimezone(MADRID).hour < 20,
        latest=TEN + timedelta(hours=until),
    )
    return moment.astimezone(MADRID).hour


def test_the_best_hour() -> None:
    """Where most people are reached, moved by the person's own calls; what is no better is not waited for."""
    evening = counts(h10=(100, 10), h11=(100, 10), h19=(100, 40), h9=(100, 5))
    known = {f"h{hour}": (100, 10) for hour in range(9, 20)}
    everybody = counts(**{**known, "h19": (100, 40)})
    assert chosen(Counts(), everybody) == 19
    assert chosen(Counts(), counts(**known)) == 10
    assert chosen(Counts(), everybody, until=5) == 10
    assert chosen(counts(h19=(6, 0)), everybody) != 19, "in the evening they have never been there"
    assert chosen(counts(h12=(2, 2)), everybody) == 12
    assert evening.chance((False, 19)) == pytest.approx(41 / 102)
    assert chance((False, 19), counts(h19=(1, 0)), evening) == pytest.approx(2 * (41 / 102) / 3)


def test_hours_are_the_callee_s() -> None:
    """Also on the day on which the clock is changed; weekends apart."""
    sunday = datetime(2026, 10, 25, tzinfo=UTC)
    found = Counts.of([(sunday.replace(hour=1), 2, 1), (sunday.replace(hour=0), 1, 0)], MADRID)
    assert found.tries == Counter({(True, 2): 3}), "two hours of that night are called two o'clock"
    assert Counts().chance((False, 10)) == 0.5
