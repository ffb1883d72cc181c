"""A caller who is known better as the call goes on: proved, changed, or not to be known any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import update

from data.models import OrderRow
from data.records.callers import TakenFor
from data.store import Store
from dialogs.effects import Lookup, Verify
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.results import Found, Missing
from ivr.callers.knowing import KnownCallers
from ivr.callers.meeting import Meeting
from ivr.cli.flows import SHIPPED
from ivr.living.attention import DeadlineError
from ivr.occasion import ServedCustomer
from ivr.publishing.catalogues import catalogue_in
from tests.ivr.callers.test_knowing import NOW, SHARED, ZONE, callers, store

__all__ = ["store"]
MONTSERRAT, ORDER = "+34759000103", "780361"
LOOKUP, PROOF = Lookup("order", {}, "s"), Verify("customer", {}, "s")
T = TypeVar("T")


class Waiting:
    """Stands for the call's attention: work is done at once, or is never ready."""

    in_time = True

    def during(self, work: Callable[[], T], _deadline: float) -> T:
        if not self.in_time:
            raise DeadlineError
        return work()


class Kept:
    """Stands for the call's record."""

    def __init__(self) -> None:
        self.all: list[TakenFor] = []

    def taken_for(self, taken: TakenFor) -> None:
        self.all.append(taken)


class Scene:
    def __init__(self, known: KnownCallers, flows: FlowSet, number: str) -> None:
        self.caller = known.meet(number, at=NOW)
        facts = Facts(now=NOW.astimezone(ZONE), history=self.caller.facts)
        self.conversation = Conversation(flows, "main", facts)
        self.waiting, self.kept = Waiting(), Kept()
        self.person: ServedCustomer | None = None
        self.meeting = Meeting(
            self.caller,
            attention=self.waiting,  # type: ignore[arg-type] # as much of it as a meeting needs
            conversation=self.conversation,
            record=self.kept,  # type: ignore[arg-type] # the same
            proved=lambda: self.person,
        )

    @property
    def segments(self) -> list[str]:
        return [one.segment for one in self.kept.all]


@pytest.fixture(scope="module")
def flows() -> FlowSet:
    return load_flows([SHIPPED], catalogue_in(SHIPPED))


@pytest.fixture
def scene(store: Store, flows: FlowSet) -> Iterator[Callable[[str], Scene]]:
    known = callers(store)
    yield lambda number: Scene(known, flows, number)
    known.close()


def test_what_a_step_has_changed_counts_from_there_on(store: Store, scene: Callable[[str], Scene]) -> None:
    """Whose order is cancelled in the call is asked about it no more; what came to nothing is nothing."""
    call = scene(MONTSERRAT)
    call.meeting.note()
    assert call.conversation.values["caller.shortcut"] == "order_tomorrow"
    with store.database.writing() as connection:
        connection.execute(update(OrderRow).where(OrderRow.order_number == ORDER).values(status="cancelled"))
    call.meeting.after(LOOKUP, Missing())
    assert call.conversation.values["caller.shortcut"] == "order_tomorrow"
    call.meeting.after(LOOKUP, Found({}))
    assert call.conversation.values["caller.shortcut"] == ""
    assert call.segments == ["regular", "regular"]


def test_who_proves_who_they_are_is_that_person(store: Store, scene: Callable[[str], Scene]) -> None:
    """A debtor calls from a number that two share; the record keeps why, by which rule, and about whom."""
    (debtor,) = store.customers.by_phone_number("+34759000105")
    call = scene(SHARED)
    call.meeting.note()
    call.person = ServedCustomer(debtor.id, debtor.customer_number)
    call.meeting.after(PROOF, Found({}))
    assert call.segments == ["regular", "in_arrears"]
    last = call.kept.all[-1]
    assert last.customer_id == debtor.id
    assert last.rule == "debts.overdue > 0 or promises.broken > 0"
    assert last.reason.startswith("Deudas vencidas: 3")
    assert last.rules_version == call.conversation.rules_version != ""


def test_a_database_that_is_lost_in_the_call_changes_nothing(
    tmp_path: Path, scene: Callable[[str], Scene]
) -> None:
    """Neither that it is gone, nor that it does not answer in time; the caller stays who they were."""
    call = scene(MONTSERRAT)
    call.waiting.in_time = False
    call.meeting.after(LOOKUP, Found({}))
    call.waiting.in_time = True
    (tmp_path / "ivr.sqlite3").unlink()
    call.meeting.after(LOOKUP, Found({}))
    assert call.conversation.known.segment.name == "regular"
    assert call.segments == []


@pytest.mark.parametrize(
    "name",
    [
        *("{caller.number}", "{debts.amount:money}", "'; DROP TABLE calls; --", "{0.__class__}", "%s%s%n"),
        *(
            '" or 1 == 1',
            "vip",
            "!!python/object:os.system",
            "<break/>",
            "${system(x)}",
            "\u202eeve",
            "a" * 5000,
        ),
    ],
)
def test_what_a_caller_calls_himself_decides_nothing(flows: FlowSet, name: str) -> None:
    """It is a value: no rule sees it, no template evaluates it, whatever it looks like."""
    facts = Facts(now=datetime(2026, 11, 23, 10), caller={"name": name, "number": "+34600111222"}, history={})
    call = Conversation(flows, "main", facts)
    call.start()
    assert call.values["caller.name"] == name
    assert (call.known.segment.name, call.faults) == ("new", [])
    assert name not in call.reason
