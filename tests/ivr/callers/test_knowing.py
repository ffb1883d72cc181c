"""Who calls, before the greeting: what is known becomes facts, and nothing keeps a caller waiting."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import gevent
import pytest
from sqlalchemy import update

from data.ids import new_id
from data.models import CustomerRow
from data.records import CallBegun, CallEnded
from data.seed_rows import REFERENCE_DAY
from data.seeds import demo_customers
from data.store import Store
from dialogs.effects import Collect, Lookup, Notify, Play, Understand, Verify
from dialogs.results import Done, Failed, Found, Missing, Played, Understood
from dialogs.segments.facts import FACTS, OUTCOMES, wrong_facts
from dialogs.segments.reading import read_rules
from dialogs.source import read
from ivr.callers.knowing import FAILURES, REST, KnownCallers
from ivr.cli.flows import SHIPPED
from ivr.clock import Clock
from tests.databases import store_at

ZONE = ZoneInfo("Europe/Madrid")
NOW = datetime(REFERENCE_DAY.year, REFERENCE_DAY.month, REFERENCE_DAY.day, 9, 0, tzinfo=UTC)
LUCIA, ANTONIO, MONTSERRAT = demo_customers()[:3]
SHARED = "+34759000106"


class StoppedClock(Clock):
    """Goes on only when it is told."""

    def __init__(self) -> None:
        super().__init__(begins=NOW)
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = store_at(tmp_path / "ivr.sqlite3", customers=20)
    yield found
    found.close()


def callers(store: Store, **how: object) -> KnownCallers:
    how = {"region": "ES", "zone": ZONE, "clock": StoppedClock(), "deadline": 30.0, **how}
    return KnownCallers(store, **how)  # type: ignore[arg-type] # its own keywords


@pytest.fixture
def known(store: Store) -> Iterator[KnownCallers]:
    found = callers(store)
    yield found
    found.close()


def called(store: Store, number: str, ago: timedelta, outcome: str | None, language: str = "es") -> None:
    one = new_id()
    store.calls.begin(
        CallBegun(
            call_id=one,
            switch_uuid="u",
            direction="inbound",
            caller_number=number,
            caller_name="",
            destination="8000",
            language=language,
            started_at=NOW - ago,
            node_id="n",
        )
    )
    store.calls.finish(
        CallEnded(
            call_id=one, at=NOW - ago, hangup_cause="NORMAL_CLEARING", ended_by="caller", outcome=outcome
        )
    )


def test_facts_are_those_that_the_rules_know(store: Store, known: KnownCallers) -> None:
    """Every fact has a name and a type that conditions were checked against, and none is left out."""
    called(store, LUCIA.phone_number, timedelta(days=2), "balance_told")
    facts = known.meet(LUCIA.phone_number, at=NOW).facts
    assert facts is not None
    assert list(wrong_facts(facts)) == []
    given = {name for name in facts if not name.startswith(f"{OUTCOMES}.")}
    assert set(FACTS) - given == {"person.days"} - given
    assert facts[f"{OUTCOMES}.balance_told"] == 1
    assert (facts["order.number"], facts["order.in_days"]) == (LUCIA.order_number, 2)
    assert (facts["debts.amount"], facts["debts.amount_currency"]) == (14230, "EUR")
    assert (facts["calls.last_days_ago"], facts["calls.last_outcome"]) == (2, "balance_told")


def test_the_shipped_segments_decide_about_the_demos_people(store: Store, known: KnownCallers) -> None:
    """Arrears; VIP once the company says so; nobody's number; one that two share is nobody in particular."""
    rules, wrong = read_rules(read(SHIPPED / "segments.yaml"))
    assert wrong == []

    def segment(number: str) -> str:
        return rules.decide(known.meet(number, at=NOW).facts or {}).segment.name

    found = {number: segment(number) for number in (LUCIA.phone_number, ANTONIO.phone_number, SHARED)}
    assert found == {LUCIA.phone_number: "in_arrears", ANTONIO.phone_number: "regular", SHARED: "regular"}
    assert segment("600 999 888") == "new"
    assert segment("anonymous") == "regular"
    with store.database.writing() as connection:
        gold = update(CustomerRow).where(CustomerRow.customer_number == LUCIA.customer_number)
        connection.execute(gold.values(membership="gold"))
    assert segment(LUCIA.phone_number) == "vip"
    store.callers.block(LUCIA.phone_number, at=NOW, why="test")
    assert segment(LUCIA.phone_number) == "blocked"


def test_whoever_shares_a_number_is_somebody_once_they_have_proved_it(known: KnownCallers) -> None:
    """Before, nothing of either is known; after, it is verified."""
    caller = known.meet(SHARED, at=NOW)
    assert caller.facts is not None
    assert (caller.facts["people.count"], caller.facts["person.known"]) == (2, False)
    assert not any(name.startswith(("orders.", "debts.", "tickets.")) for name in caller.facts)
    caller.customer_number = "81646"
    assert caller.look()
    assert (caller.facts["person.verified"], caller.facts["debts.amount"]) == (True, 2100)


def test_the_call_itself_is_no_history(store: Store, known: KnownCallers) -> None:
    """Its record is there when the caller is looked up again."""
    caller = known.meet("+34600999888", at=NOW)
    called(store, "+34600999888", timedelta(0), None)
    assert caller.look()
    assert caller.facts is not None
    assert caller.facts["calls.ever"] == 0


def test_a_lost_database_is_no_segment(store: Store, known: KnownCallers, tmp_path: Path) -> None:
    """Nothing is known, and that is not the same as a stranger; the call is told nothing of it."""
    (tmp_path / "ivr.sqlite3").unlink()
    caller = known.meet(LUCIA.phone_number, at=NOW)
    rules, _ = read_rules(read(SHIPPED / "segments.yaml"))
    assert caller.facts is None
    assert caller.told(rules) == {}


def test_a_slow_database_holds_a_caller_up_for_the_deadline_only(store: Store) -> None:
    """And the loop that lives the other calls not at all."""
    known = callers(store, deadline=0.05, clock=Clock(begins=NOW))
    go_on = threading.Event()
    store.callers.history = lambda *_a, **_k: go_on.wait(10)  # type: ignore[assignment,method-assign] # hangs
    turns: list[int] = []
    beside = gevent.spawn(lambda: [turns.append(n) or gevent.sleep(0.002) for n in range(1000)])
    with gevent.Timeout(2):
        assert known.meet(LUCIA.phone_number, at=NOW).facts is None
    assert len(turns) > 3
    beside.kill()
    go_on.set()
    known.close()


def test_after_some_failures_nobody_waits_for_a_while(store: Store, tmp_path: Path) -> None:
    """A lost database is asked again after the rest, and found again."""
    clock = StoppedClock()
    known = callers(store, clock=clock)
    kept = tmp_path / "kept.sqlite3"
    shutil.copyfile(tmp_path / "ivr.sqlite3", kept)
    (tmp_path / "ivr.sqlite3").unlink()
    for _ in range(FAILURES):
        assert known.meet(LUCIA.phone_number, at=NOW).facts is None
    kept.rename(tmp_path / "ivr.sqlite3")
    assert known.meet(LUCIA.phone_number, at=NOW).facts is None, "it should not have been asked"
    clock.seconds += REST + 0.1
    assert known.meet(LUCIA.phone_number, at=NOW).facts is not None
    known.close()


def test_what_is_done_makes_them_be_looked_up_again(known: KnownCallers) -> None:
    """Proofs, look-ups and deeds that came to something; not words, nor what failed."""
    caller = known.meet(LUCIA.phone_number, at=NOW)
    lookup, proof = Lookup("order", {}, "s"), Verify("customer", {}, "s")
    notice = Notify("sms", "+34600111222", "x", {}, "es", "s")
    understood = Understand("x", "x", "es", (), (), "s")
    asked = Collect((), "s", "yes_no", "es", (), None, None)  # type: ignore[arg-type] # never put
    assert caller.outdated_by(lookup, Found({}))
    assert caller.outdated_by(proof, Found({}))
    assert caller.outdated_by(notice, Done())
    assert not caller.outdated_by(lookup, Missing())
    assert not caller.outdated_by(proof, Failed("x"))
    assert not caller.outdated_by(understood, Understood((), {}))
    assert not caller.outdated_by(Play((), "s"), Played())
    assert not caller.outdated_by(asked, Found({}))
