"""Orders given by command, in a process of its own, while twenty people talk, five telephones ring, and
others are dialled one after the other: how long it takes until the server obeys."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import gevent
import pytest

from data.store import Store
from ivr.campaigns.contact_rules.contact import Contact, Ledger, Person
from ivr.campaigns.contact_rules.deciding import next_lawful
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.dialling.line import Order
from ivr.campaigns.dialling.settings import TrunkSettings
from ivr.campaigns.dialling.switch_line import SwitchLine
from ivr.config import CHECKOUT
from ivr.numbers import checked
from tests.campaigns.dialling.callees import A_PERSON
from tests.campaigns.dialling.paper import World, campaign_of, numbers_of, people_in
from tests.commands import environment_of

TALK, RING, OTHERS = 20, 5, 1200
"""People who talk, whose telephones ring, and who are dialled in vain."""
PER_SECOND = 20.0
QUIET = 2.0
"""Seconds without a call after which none is to come."""
LONG_TALK = (
    """flow: long_talk
languages: [es]
person: person
steps:
  - menu: there
    prompt: {es: "Hola."}
    retries: {no_input: 5, no_match: 0}
    timeout: 30.0
    failed: bye
    choices:
      me: {key: 1, phrases: {es: [soy yo]}, then: bye}
      person: {key: 0, phrases: {es: [operador]}, then: person}
  - id: bye
    hangup: normal
"""
    + A_PERSON
)
DECLARED: Mapping[str, Any] = {"flow": "long_talk", "ring": 60, "attempts": 1, "trunk": "main", "days": 30}


def waited(done: Callable[[], bool], seconds: float = 60) -> float:
    """Seconds until it is so."""
    began = time.monotonic()
    with gevent.Timeout(seconds, TimeoutError("it is not obeyed")):
        while not done():
            gevent.sleep(0.01)  # between two looks: the server goes on by itself
    return time.monotonic() - began


def next_morning() -> datetime:
    """The first moment after today at which anybody may be called here: the server's clock begins then, for
    that of the command is the one on the wall."""
    number = checked(numbers_of(0)[0], region=None, countries=None)
    contact = Contact(
        person=Person(key="x", region=""),
        number=number,
        channel="call",
        purpose="service",
        actor="creditor",
        automated=True,
        caller_id=None,
    )
    found = next_lawful(presets(), contact, at=datetime.now(UTC) + timedelta(hours=24), ledger=Ledger())
    assert found is not None
    return found


def trunk(dial: str) -> TrunkSettings:
    """A way out that is never full."""
    return TrunkSettings(name="main", dial=dial, channels=2 * (TALK + RING), calls_per_second=PER_SECOND)


def write_installation(home: Path, dial: str, campaigns: list[str]) -> None:
    """What the command reads: settings, the strategy, and the flow beside those of `callees.write_flow`."""
    (home / "flows" / "long_talk.flow.yaml").write_text(LONG_TALK, encoding="utf-8")
    (home / "ivr.yaml").write_text(json.dumps({"campaigns": {"trunks": [trunk(dial).model_dump()]}}))
    (home / "strategies").mkdir()
    (home / "strategies" / "b.map.yaml").touch()
    one = {"base": "b", "purpose": "service", "countries": ["ES"], **DECLARED}
    strategy = {"strategy": "s", "actor": "creditor", "bases": {"b": {"mapping": "b.map.yaml"}}}
    declared = {**strategy, "campaigns": dict.fromkeys(campaigns, one)}
    (home / "strategies" / "s.yaml").write_text(json.dumps(declared))


@dataclass
class Leaving:
    """The instants at which orders to dial left this server, for the campaigns that are watched."""

    at: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, line: SwitchLine, patch: pytest.MonkeyPatch) -> Leaving:
        found, originate = cls(), line._originate

        def leaves(order: Order) -> Any:
            found.at.append(time.monotonic())
            return originate(order)

        patch.setattr(line, "_originate", leaves)
        return found


@dataclass(frozen=True)
class Commanded:
    """One command in a process of its own; seconds by `time.monotonic`."""

    typed: float
    decided: float
    """When the database had it."""


def crowd(store: Store, name: str, first: int) -> World:
    """A campaign about so many people, which is not started."""
    numbers = tuple(numbers_of(first + n) for n in range(TALK + RING + OTHERS))
    ids, now = people_in(store, numbers), datetime.now(UTC)
    made = campaign_of(store, ids, numbers, name=name, at=now, running=False, **DECLARED)
    assert store.dial_list.states([made.campaign])[made.campaign] == "created"
    return made


@dataclass
class Watched:
    """A campaign that is given orders."""

    home: Path
    store: Store
    made: World
    name: str
    leaving: Leaving
    figures: dict[str, list[float]]
    """Seconds by what was waited for."""

    def command(self, verb: str, becomes: str) -> Commanded:
        typed = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "ivr", "campaign", verb, "s", self.name],
            env=environment_of(self.home, PYTHONPATH=str(CHECKOUT)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.home,
        ) as command:
            try:
                waited(lambda: self.state() == becomes or command.poll() not in (None, 0))
                decided = time.monotonic()
                said = command.communicate()[0]
            except BaseException:
                command.kill()
                raise
        assert command.returncode == 0, said
        self.figures.setdefault(f"{verb}: from the first letter to the database", []).append(decided - typed)
        return Commanded(typed, decided)

    def state(self) -> str:
        return self.store.dial_list.states([self.made.campaign])[self.made.campaign]

    def under_way(self) -> int:
        return len(self.store.dial_attempts.under_way(self.made.sample))

    def talking(self) -> int:
        calls = self.store.dial_attempts.under_way(self.made.sample)
        return sum(one.answered_at is not None for one in calls)

    def start(self) -> None:
        """From the order to the first call that leaves; then until all talk and the others are dialled."""
        before = len(self.leaving.at)
        order = self.command("start", "running")
        waited(lambda: len(self.leaving.at) > before)
        self._note("start → the first call leaves", self.leaving.at[before] - order.decided)
        waited(lambda: self.talking() >= TALK and len(self.leaving.at) > before + TALK + RING)

    def no_more_calls(self, verb: str, becomes: str) -> Commanded:
        """From the order to the last call that leaves."""
        order = self.command(verb, becomes)
        waited(lambda: time.monotonic() - max(self.leaving.at[-1], order.decided) > QUIET)
        self._note(f"{verb} → the last call leaves", max(0.0, self.leaving.at[-1] - order.decided))
        return order

    def stop(self) -> None:
        """Nobody else is called, and nobody rings; those who talk go on."""
        order = self.command("stop", "stopped")
        waited(lambda: self.under_way() <= self.talking())
        self._note("stop → no telephone rings", time.monotonic() - order.decided)
        waited(lambda: time.monotonic() - max(self.leaving.at[-1], order.decided) > QUIET)
        self._note("stop → the last call leaves", max(0.0, self.leaving.at[-1] - order.decided))
        assert self.talking() == TALK, "whoever talks goes on"

    def drain(self, hang_up: Callable[[], None]) -> None:
        """Nobody else is called, and once the last has hung up it is over. `hang_up`: everybody does."""
        self.no_more_calls("drain", "draining")
        assert self.talking() == TALK, "whoever talks goes on"
        hang_up()
        waited(lambda: self.under_way() == 0)
        self._note("drain → stopped, after its last call", waited(lambda: self.state() == "stopped"))

    def _note(self, what: str, seconds: float) -> None:
        self.figures.setdefault(what, []).append(seconds)


def told(figures: Mapping[str, list[float]]) -> None:
    """Prints medians and worst."""
    for what, seconds in figures.items():
        ordered = sorted(seconds)
        half, worst = ordered[len(ordered) // 2], ordered[-1]
        print(f"{what}: {len(ordered)} times, median {half * 1000:.0f} ms, worst {worst * 1000:.0f} ms")


def all_orders(watched: Watched, hang_up: Callable[[], None]) -> None:
    """Start, pause, on again, stop, on again, drain."""
    watched.start()
    watched.no_more_calls("pause", "paused")
    watched.start()
    watched.stop()
    watched.start()
    watched.drain(hang_up)
