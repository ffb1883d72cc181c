"""What callers do while a database goes away under a real server, and what of it must be there afterwards."""

from __future__ import annotations

import json
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Set
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import gevent
from sqlalchemy import func, select

from data.models import AuditRow, TicketRow
from data.releases import Intent
from data.seeds import demo_customers
from data.spool import Spool
from data.store import Store
from esl.embedded.caller import ScriptedCaller
from tests.serving import Serving

CUSTOMER = demo_customers()[0].customer_number
TOLD, SORRY = "Todo en orden.", "Lo siento."
FLOW = f"""flow: main
languages: [es]
person: person
steps:
  - consent: terms
    terms: 2026-03
    prompt: {{es: "¿Acepta?"}}
    "yes": incident
    "no": incident
    failed: person
  - case: incident
    about: {{topic: internet}}
    say: {{es: "Caso {{incident:digits}}."}}
    failed: person
  - ask: number
    type: digits
    length: 1
    prompt: {{es: "¿Cuántos?"}}
  - notify: sms
    to: "{{caller.number}}"
    text: {{es: "Gracias."}}
    failed: person
  - lookup: account
    by: {{customer_number: "{CUSTOMER}"}}
    found: told
    missing: sorry
    slow: sorry
    error: sorry
  - id: told
    say: {{es: "{TOLD}"}}
    then: person
  - id: sorry
    say: {{es: "{SORRY}"}}
  - id: person
    queue: billing
    busy: {{offer: callback, declined: over}}
  - id: over
    hangup: normal
"""
CATALOGUE = """queues: [billing]
lookups:
  account: {by: [customer_number], fields: {due_date: date}}
"""
SPREAD = 0.5
"""Seconds within which the callers of one outage come; after twice as many the database is gone."""
ANSWERS_AFTER = 1.5
"""Seconds until a person answers: nobody is with one before the database is gone."""
TALKS_FOR = 1.0
"""Seconds that a person talks, with one caller after another: a talk may be over before a session that
waits for a lost database has seen that somebody answered."""
AT_MOST = 120.0
"""Seconds until whatever is waited for must have come about, on a busy machine."""


def publish(store: Store) -> None:
    """The flow as a release: a server that has run it starts without the database, too."""
    content = {"main.flow.yaml": FLOW.encode(), "catalogue.yaml": CATALOGUE.encode()}
    now = datetime.now(UTC)
    store.releases.publish(content, Intent(who="ana", why="test", at=now, effective_at=now, after=0))


@dataclass
class Company:
    """A server that dies, and its callers; the database is somebody else's to break."""

    home: Path
    variables: dict[str, str]
    chance: random.Random
    callers: int
    """So many at a time."""
    numbers: list[str] = field(default_factory=list)
    """Whoever has called."""

    def __post_init__(self) -> None:
        self.spool = Spool(self.home / "spool")
        self.serving = Serving(self.home, **self.variables)

    def outage(self, breaks: Callable[[], None], mends: Callable[[], None], *, reads: Store | None) -> None:
        """Callers are there when the database goes; each reaches a person all the same; the server is killed,
        starts again, and the database comes back.

        `reads`: by whom the database is read while it is half gone.
        """
        callers = [self.serving.caller(f"+346001{len(self.numbers) + n:05}") for n in range(self.callers)]
        numbers = {caller.hello.number for caller in callers}
        self.numbers += sorted(numbers)
        calling = [
            gevent.spawn_later(self.chance.uniform(0, SPREAD), self._call, caller) for caller in callers
        ]
        gevent.sleep(self.chance.uniform(0, SPREAD * 2))  # chance says in which step of whose call it goes
        breaks()
        try:
            gevent.joinall(calling, raise_error=True)
            self.wait_for(
                "all with a person", lambda: len(self._with_a_person(numbers, reads)) == self.callers
            )
            self.serving.end(signal.SIGKILL)
            for caller in callers:
                caller.hang_up()
            self.serving = Serving(self.home, **self.variables)
        finally:
            mends()

    def _call(self, caller: ScriptedCaller) -> None:
        """Accepts, gets a case, is sent a message, and asks for their account."""
        caller.join()
        assert caller.wait_until_quiet(0.5, timeout=AT_MOST)
        caller.key("1")
        assert caller.wait_for_sound(timeout=AT_MOST)
        caller.key("2")

    def _with_a_person(self, numbers: Set[str], reads: Store | None) -> set[str]:
        """The calls from these numbers whose record says so on some disk: in the spool, which was empty
        before them, or in the database."""
        handed = set()
        for line in self._spooled():
            entry = json.loads(line)
            if entry["kind"] == "turn" and entry["record"]["turn"]["result"] == "handed":
                handed.add(entry["record"]["call_id"])
        for call in () if reads is None else reads.calls.latest(self.callers):
            if call.caller_number in numbers and any(turn.result == "handed" for turn in call.turns):
                handed.add(str(call.call_id))
        return handed

    def _spooled(self) -> Iterator[bytes]:
        """Whole lines; the server is about to drain them, or writes one, at the same time."""
        for file in self.spool.folder.glob("*.jsonl"):
            with suppress(FileNotFoundError):
                yield from (
                    line for line in file.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")
                )

    @staticmethod
    def wait_for(what: str, come_about: Callable[[], bool]) -> None:
        """Looks until it has come about."""
        with gevent.Timeout(AT_MOST, AssertionError(f"{what}: not within {AT_MOST:g} s")):
            while not come_about():
                gevent.sleep(0.05)  # it is another process's doing

    def wait_until_written(self, store: Store) -> None:
        """Everything that waited is in the database, and carried."""
        self.wait_for("the spool is empty", lambda: not self.spool.waiting)
        self.wait_for("the outbox is empty", lambda: not store.outbox.state().waiting)

    def audited(self, store: Store) -> Counter[str]:
        """Looks for what is lost or double, and counts what is there. Raises `AssertionError`."""
        assert not (self.spool.folder / "set-aside.jsonl").exists()
        assert not store.outbox.given_up()
        calls = store.calls.latest(len(self.numbers) * 2)
        assert sorted(call.caller_number for call in calls) == sorted(self.numbers)
        counted = Counter(calls=len(calls))
        with store.database.reading() as connection:
            cases = select(TicketRow.call_id, func.count()).group_by(TicketRow.call_id)
            cases_of = {row[0]: row[1] for row in connection.execute(cases)}
            read = select(AuditRow.call_id, func.count()).where(AuditRow.action == "read")
            read_in = {row[0]: row[1] for row in connection.execute(read.group_by(AuditRow.call_id))}
        for call in calls:
            steps = [turn.n for turn in call.turns]
            assert steps == list(range(1, len(steps) + 1)), "a turn is missing"
            result = {
                turn.text: turn.result for turn in call.turns if turn.kind in ("lookup", "queue", "deed")
            }
            said = {turn.text for turn in call.turns}
            assert call.finished and result["billing"] == "handed"
            found = result.get("account") == "found"
            asked = "account" in result  # else a deed had failed: a person at once
            assert ((TOLD in said), (SORRY in said)) == (found, asked and not found)
            assert read_in.get(call.call_id, 0) == found, "who reads is on record"
            kept = {
                "consent": ("done", len(store.consents.of_call(call.call_id))),
                "opencase": ("caseopened", cases_of.get(call.call_id, 0)),
                "notify": ("done", len(store.messages.latest(call_id=call.call_id))),
            }
            for deed, (done, times) in kept.items():
                assert times == 1 if result.get(deed) == done else times <= 1, f"{deed}: {times} times"
            counted["apologies"] += SORRY in said
            counted["straight to a person"] += not asked
        return counted
