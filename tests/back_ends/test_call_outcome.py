"""Each call that is over is told to the company's system: once, whoever hangs up, dies or is down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from data.call_log import CallLog
from data.records import SERVER_LOST, CallBegun, CallEnded
from data.seeds import demo_customers
from data.spool import Spool
from dialogs.errors import FlowsInvalid
from ivr.back_ends import declared_in
from ivr.back_ends.call_outcome import tell_of_ended_calls
from ivr.back_ends.of_a_call import CALL_OUTCOME
from ivr.back_ends.port import BackEnds
from ivr.back_ends.writing import KIND, Writing
from ivr.clock import Clock
from ivr.lookups import Lookups
from ivr.outbox import Outbox
from tests.back_ends.systems import Crm, crm
from tests.clocks import LaterClock
from tests.data.conftest import NODE, NOW, begun, ended
from tests.databases import store_at

MADRID = ZoneInfo("Europe/Madrid")
TEXT = """
systems:
  crm: {url: "URL", plain: true}
writes:
  call_outcome:
    system: crm
    WAY
    values: VALUES
    repeatable: true
"""
BODY = """post: /calls
    send:
      call: "{call_id}"
      who: "{customer_number}"
      outcome: "{outcome}"
      seconds: "{seconds}"
      cause: "{hangup_cause}"
"""
VALUES = "{call_id: text, customer_number: text, outcome: text, seconds: number, hangup_cause: text}"


class Office:
    """A company's own side: database, spool, and a process that tells."""

    def __init__(self, folder: Path, url: str, way: str = BODY, values: str = VALUES) -> None:
        file = folder / "back_ends.yaml"
        file.write_text(TEXT.replace("URL", url).replace("WAY", way).replace("VALUES", values))
        declared = declared_in(file)
        self.clock = LaterClock(begins=NOW + timedelta(minutes=5))
        self.store = store_at(folder / "ivr.sqlite3", customers=10)
        self.spool = Spool(folder / "spool")
        tell_of_ended_calls(self.store, declared.writes.get(CALL_OUTCOME), self.clock)
        self.back_ends = BackEnds(Lookups(self.store, lambda: NOW.astimezone(MADRID)), declared, zone=MADRID)
        self.outbox = Outbox(self.store, owner="one", clock=self.clock)
        targets = self.back_ends.targets()
        self.writing = Writing(self.store, self.spool, targets, self.outbox, clock=self.clock, zone=MADRID)

    def begin(self, **changes: object) -> CallBegun:
        call = begun(**changes)
        self.store.calls.begin(call)
        return call

    def customer(self, number: str) -> UUID:
        found = self.store.customers.by_number(number)
        assert found is not None
        return found.id

    def carry(self) -> None:
        self.outbox.carry(KIND)
        self.outbox.wait_until_carried()

    def close(self) -> None:
        self.writing.close()
        self.outbox.close()
        self.back_ends.close()
        self.store.close()


@pytest.fixture
def system() -> Iterator[Crm]:
    with crm(lambda *_: (201, {})) as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, system: Crm) -> Iterator[Office]:
    opened = Office(tmp_path, system.url)
    yield opened
    opened.close()


def end(call: CallBegun, **changes: object) -> CallEnded:
    values = {"at": NOW + timedelta(seconds=90), "outcome": "balance_told", **changes}
    return ended(call.call_id, **values)


def test_a_call_that_is_over_is_told_once(office: Office, system: Crm) -> None:
    """Who it turned out to be, how it ended, how long it was; noted twice it is told once."""
    lucia = demo_customers()[0].customer_number
    call = office.begin()
    for _ in range(2):
        office.store.calls.finish(end(call, customer_id=office.customer(lucia)))
        office.carry()
    body = {
        "call": str(call.call_id),
        "who": lucia,
        "outcome": "balance_told",
        "seconds": 90,
        "cause": "NORMAL_CLEARING",
    }
    assert system.asked == [("POST", "/calls", body)]
    assert system.headers[0]["idempotency-key"] == f"call-outcome-{call.call_id}"


def test_a_caller_whom_nobody_knows_and_who_hangs_up_at_once(office: Office, system: Crm) -> None:
    """No flow has come to an outcome: that is told, too."""
    call = office.begin(caller_number="")
    office.store.calls.finish(end(call, outcome=None))
    office.carry()
    ((_, _, body),) = system.asked
    assert (body["who"], body["outcome"]) == ("", "")


def test_what_a_crash_left_open_is_told_and_then_its_real_end(office: Office, system: Crm) -> None:
    """The guess at the next start, and the truth that waited in the spool; each with a key of its own."""
    call = office.begin()
    office.spool.keep(end(call))
    office.store.calls.complete_unfinished(NODE, NOW + timedelta(hours=1))
    office.spool.drain(office.store)
    office.carry()
    office.clock.later = timedelta(minutes=1)  # the second waits for the first
    office.carry()
    told = [(body["cause"], body["outcome"]) for _, _, body in system.asked]
    assert told == [(SERVER_LOST, ""), ("NORMAL_CLEARING", "balance_told")]
    assert len({sent["idempotency-key"] for sent in system.headers}) == 2


def test_the_database_is_lost_at_the_end_of_the_call(office: Office, system: Crm) -> None:
    """The end waits in the spool, and is told when it comes in; the CRM is down at that moment, and is tried
    again."""
    call = office.begin()
    log = CallLog(office.store, office.spool)
    file = Path(str(office.store.database.file))  # type: ignore[attr-defined]  # SQLite
    office.store.close()
    for one in file.parent.glob(file.name + "*"):
        one.rename(one.with_name(f"away-{one.name}"))
    file.mkdir()
    assert log.finish(end(call)) == "spooled"
    office.store.close()
    file.rmdir()
    for one in file.parent.glob("away-*"):
        one.rename(one.with_name(one.name.removeprefix("away-")))
    system.reply = lambda *_: (503, {})
    assert office.spool.drain(office.store).written == 1
    office.carry()
    system.reply = lambda *_: (201, {})
    office.clock.later = timedelta(hours=1)
    office.carry()
    assert [body["outcome"] for _, _, body in system.asked] == ["balance_told"] * 2
    assert office.store.outbox.state().waiting == 0


def test_a_place_in_the_path_that_is_not_known_is_no_address(tmp_path: Path, system: Crm) -> None:
    """A call of nobody is not told where calls stand below their customers, and nobody is troubled by it."""
    office = Office(
        tmp_path,
        system.url,
        'post: "/people/{customer_number}/calls"\n    send: {outcome: "{outcome}"}',
        "{customer_number: text, outcome: text}",
    )
    office.store.calls.finish(end(office.begin()))
    lucia = demo_customers()[0].customer_number
    office.store.calls.finish(end(office.begin(), customer_id=office.customer(lucia)))
    office.carry()
    assert [path for _, path, _ in system.asked] == [f"/people/{lucia}/calls"]
    assert office.store.outbox.state().given_up == 0
    office.close()


@pytest.mark.parametrize(
    ("values", "way", "told"),
    [
        ("{outcom: text}", 'post: /c\n    send: {a: "{outcom}"}', "did you mean `outcome`"),
        ("{seconds: text}", 'post: /c\n    send: {a: "{seconds}"}', "`seconds` is number here: write"),
        (
            "{outcome: text}",
            'post: /c\n    later: false\n    send: {a: "{outcome}"}',
            "nobody waits for it: take `later: false` out",
        ),
    ],
)
def test_what_is_not_known_of_a_call_is_told_at_its_line(
    tmp_path: Path, values: str, way: str, told: str
) -> None:
    file = tmp_path / "back_ends.yaml"
    file.write_text(TEXT.replace("URL", "http://x").replace("WAY", way).replace("VALUES", values))
    with pytest.raises(FlowsInvalid) as fault:
        declared_in(file)
    assert told in str(fault.value)


def test_without_the_write_nothing_is_put_anywhere(tmp_path: Path) -> None:
    store = store_at(tmp_path / "ivr.sqlite3", customers=10)
    tell_of_ended_calls(store, None, Clock())
    call = begun()
    store.calls.begin(call)
    store.calls.finish(end(call))
    assert store.outbox.state().waiting == 0
    store.close()
