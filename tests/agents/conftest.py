"""A house with agents: the embedded switch with its telephones, a database, and who looks after agents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import gevent
import pytest

from data.store import Store
from dialogs.catalogue import Catalogue
from dialogs.source import parse
from esl.embedded.caller import ScriptedCaller
from esl.embedded.config import read_config
from esl.embedded.scripted_callee import ScriptedCallee
from esl.embedded.switch import EmbeddedSwitch
from ivr.agents.beside import beside
from ivr.agents.contacts import Contacts
from ivr.agents.desk import Desk, Who
from ivr.agents.follow_ups import Rules
from ivr.agents.following import Following
from ivr.agents.line import SwitchLine
from ivr.agents.live_state import LiveState
from ivr.agents.opening import dial_strings
from ivr.agents.outcomes import Outcomes
from ivr.agents.outcomes_reading import read_outcomes
from ivr.agents.reading import read_roster
from ivr.agents.roster import Roster, joined
from ivr.agents.supervising import Supervision
from ivr.agents.watchdog import Watchdog
from ivr.queueing import sync
from ivr.queueing.callback_rules import CallbackSettings
from ivr.queueing.plan import Plan
from ivr.queueing.reading import read_plan
from ivr.queueing.watching import QueueWatch
from tests.databases import store_at
from tests.freeswitch.harness import wait_until

MADRID = ZoneInfo("Europe/Madrid")
QUEUES = """
queues:
  billing: {handling_time: 60}
  support: {overflow: {to: [billing], after: 60}}
"""
AGENTS = """
agents:
  2001: {name: Marta, contact: user/1001, queues: {billing: {}, support: {level: 1, position: 2}}, wrap_up: 2}
  2002: {name: Joan, contact: user/1002, queues: [support], wrap_up: 0}
  2003: {name: Eva, contact: "+34911000111", queues: [billing]}
pauses:
  lunch: {key: 1, counts_as_work: false}
  training: {key: 2, counts_as_work: true}
wrap_up: {billing: 3}
hold_off: {misses: 2, short_talks: 0}
"""
OUTCOMES = """
strategies:
  collections:
    queues: [billing]
    form: script
    outcomes:
      promise_to_pay:
        fields:
          amount: {type: money, required: true}
          day: {type: date, required: true}
          mobile: {type: phone}
        actions:
          - case: promise
          - message: {channel: sms, to: mobile, text: {es: "Anotado: {amount} el {day}.", en: "Noted."}}
          - webhook: crm
      call_later:
        fields: {at: {type: moment}}
        actions: [{callback: {at: at}}]
      wrong_number: {}
forms:
  script:
    - {field: reason, type: choice, options: [disputes, forgot], required: true}
    - {field: bill, type: text, if: {reason: disputes}, required: true}
"""
OUTSIDE = "+34911000111"
ME = Who("ana", "cli")


def plan_of(queues: str = QUEUES, agents: str = AGENTS) -> tuple[Plan, Roster]:
    """The plan with its people. No mistake may be in the files."""
    names = frozenset(
        line.split(":")[0].strip() for line in queues.splitlines() if line.startswith("  ") and ":" in line
    )
    plan, problems = read_plan(parse(queues, "queues.yaml"), Catalogue(queues=names))
    assert problems == []
    roster, problems = read_roster(
        parse(agents, "agents.yaml"), plan, allowed=[OUTSIDE], dial="user/{number}"
    )
    assert problems == []
    return joined(plan, roster), roster


def outcomes_of(plan: Plan, text: str = OUTCOMES) -> Outcomes:
    outcomes, problems = read_outcomes(parse(text, "outcomes.yaml"), plan, webhooks=["crm"])
    assert problems == []
    return outcomes


@dataclass
class Time:
    """The time of whoever watches; the switch has its own."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class House:
    """Everything that looks after agents, in this process."""

    switch: EmbeddedSwitch
    store: Store
    plan: Plan
    roster: Roster
    line: SwitchLine
    desk: Desk
    following: Following
    contacts: Contacts
    watchdog: Watchdog
    live: LiveState
    supervision: Supervision
    time: Time
    people: list[ScriptedCaller] = field(default_factory=list)

    def call(self, queue: str = "billing") -> ScriptedCaller:
        """Somebody who calls that queue."""
        caller = ScriptedCaller(self.switch.line_address, destination=queue, number="34600111222")
        caller.join()
        self.people.append(caller)
        return caller

    def telephone(self, number: str) -> ScriptedCallee:
        """Somebody at that telephone, for one call."""
        desk = ScriptedCallee(self.switch.line_address, number=number)
        desk.join()
        self.people.append(desk)
        return desk

    def settled(self, condition: Callable[[], Any], what: str, seconds: float = 8) -> None:
        """Waits until it is so, and everything that was told is written."""
        wait_until(lambda: bool(condition()) and self.following.idle, seconds, what)

    def agent(self, number: str) -> Any:
        return self.switch.call_centre.agents[f"{number}@ivr"]


@contextmanager
def house(
    folder: Path, *, queues: str = QUEUES, agents: str = AGENTS, callees: tuple[dict[str, Any], ...] = ()
) -> Iterator[House]:
    """A running one; `callees`: telephones that answer by themselves (`esl.embedded.config.CalleeConfig`)."""
    plan, roster = plan_of(queues, agents)
    config = read_config(
        {
            "event_socket": "127.0.0.1:0",
            "line": "127.0.0.1:0",
            "extensions": [
                {
                    "destination": queue,
                    "actions": [
                        ["answer"],
                        ["set", "hangup_after_bridge=true"],
                        ["callcenter", f"{queue}@ivr"],
                    ],
                }
                for queue in plan.queues
            ],
            "queues": [{"name": f"{queue}@ivr", "music": "silence_stream://-1"} for queue in plan.queues],
            "callees": list(callees),
        }
    )
    real = store_at(folder / "ivr.sqlite3")
    store, time = beside(real), Time()
    with EmbeddedSwitch(config) as switch:
        line = SwitchLine(switch.event_socket_address, config.password)
        desk = Desk(store.agents, roster, centre=line.centre, now=time.now)
        following = Following(store, roster, desk, centre=line.centre, now=time.now)
        line.events_to = following.take
        changes = sync.differences(line.centre, sync.wanted(plan, contacts=dial_strings(roster)))
        assert sync.apply(line.centre, [one for one in changes if not one.of_queue]) == []
        watch = QueueWatch(
            switch.event_socket_address, config.password, real.queue_visits, switch="here", now=time.now
        )
        following.start()
        line.start()
        watch.start()
        assert watch.caught_up.wait(8)
        rules = Rules(CallbackSettings(), "ES", ("ES",))
        here = House(
            switch=switch,
            store=real,
            plan=plan,
            roster=roster,
            line=line,
            desk=desk,
            following=following,
            contacts=Contacts(store, outcomes_of(plan), rules, centre=line.centre, now=time.now),
            watchdog=Watchdog(store, roster, desk, line=line, now=time.now, node="test", stuck_after=30.0),
            live=LiveState(store, plan, roster, line.centre, now=time.now, zone=MADRID),
            supervision=Supervision(store, line, now=time.now, outside=roster.outside, allowed=[OUTSIDE]),
            time=time,
        )
        try:
            yield here
        finally:
            gevent.joinall([gevent.spawn(one.hang_up) for one in here.people], timeout=5)
            following.close()
            watch.close()
            line.close()
            real.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    """The usual one."""
    with house(tmp_path) as here:
        yield here
