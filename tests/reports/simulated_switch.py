"""A day of a contact centre on the embedded switch: its own queues and legs in virtual time, without sound.

2,000 calls, 20 agents, a surge, a lunch break, people who lose patience, an overflow, callbacks that keep
their place, passed-on calls, and a telephone that is not answered. What is left of it are the raw events, as
the switch sends them; and what was promised on the way (callbacks) is in the database, as in a real day.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import gevent
from gevent.event import Event as Flag

from data.ids import new_id
from data.records import Booking
from data.store import Store
from esl.call_centre import CallCentre
from esl.embedded.clock import VirtualClock
from esl.embedded.events import Fired
from esl.embedded.leg_variables import inbound_variables
from esl.embedded.profile import CallerProfile, Times
from esl.embedded.session import Session
from esl.embedded.switch import EmbeddedSwitch
from esl.freeswitch.configuration import QUEUE_DOMAIN
from esl.queue_events import CALLED_BACK_SINCE, LEFT_FOR, SUBCLASS, VISIT
from esl.wire import Command, encode_event
from ivr.agents.desk import Desk, Who
from ivr.agents.roster import Roster
from ivr.agents.written import AgentEntry, PauseFile
from ivr.queueing.callback_rules import CallbackSettings, Result
from ivr.queueing.callbacks import Callbacks, Order, QueueView, Trace
from ivr.queueing.people import People, Standing
from ivr.queueing.plan import Plan, QueuePlan
from ivr.queueing.visits import OVERFLOW, Note
from ivr.queueing.written import QueueFile
from ivr.reports.periods import moment_of
from tests.reports.day_switch import config_of, names_of

BEGINS = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Nine in the morning in Madrid, a Monday."""
DAY = 10 * 3600.0
CALLS = 2000
SHAPE = (0.7, 1.0, 2.3, 1.5, 0.7, 0.8, 0.8, 0.9, 0.8, 0.5)
"""How busy each hour is; the third is the surge."""
ME = Who("day", "cli")
AGENTS = (18, 2)
"""Of billing, and of support."""
BILLING_SHARE = 0.95
"""Of the calls; support is for those whom billing passes on."""
HANDLING, WRAP_UP = 225.0, 20
LUNCH = (5 * 3600.0, 6 * 3600.0)
OVERFLOW_AFTER = 420.0
CALLBACK_AFTER = 60.0
KEEP_PLACE = "1"
WAY_OUT = "D"
_TOLD = re.compile(r"Event-|Core-|CC-|Unique-ID|Answer-State|Caller-Channel-Hold|variable_(ivr|cc)_")
"""The lines that are kept of an event; the switch sends some hundred more, which nobody reads here."""


@dataclass(eq=False)
class Person:
    """Somebody who calls, and how they are."""

    number: str
    at: float
    queue: str
    talk: float
    patience: float
    base_score: int
    keeps_place: bool
    passed_on: bool
    overflows: bool = False
    leg: str = ""
    joined: float = 0.0
    waiting: bool = False
    answered: Flag = field(default_factory=Flag)
    gone: Flag = field(default_factory=Flag)
    first: Standing | None = None


class Day:
    """The day; `live` lets it pass and returns the raw events."""

    def __init__(
        self, seed: int, store: Store, *, calls: int = CALLS, agents: tuple[int, int] = AGENTS
    ) -> None:
        """`agents`: of billing and of support."""
        self.agents = agents
        self.names = names_of(*agents)
        self.chance = random.Random(seed)
        self.store = store
        self.calls = calls
        self.clock = VirtualClock(BEGINS.timestamp())
        self.switch = EmbeddedSwitch(
            config_of(self.names, wrap_up=WRAP_UP, exit_keys=KEEP_PLACE + WAY_OUT), self.clock
        )
        self.raw: list[bytes] = []
        self.by_leg: dict[str, Person] = {}
        self.people = People(
            Plan({name: QueuePlan(name, QueueFile(handling_time=240)) for name in ("billing", "support")}),
            now=self.clock.now,
            local=self.now,
        )
        settings = CallbackSettings.model_validate({"hours": {"days": {"mon-fri": "07:00-22:00"}}})
        self.callbacks = Callbacks(
            store=store.callbacks,
            dialler=Telephone(self),
            look=self._look,
            owner="day@switch",
            now=self.now,
            settings=settings,
            region="ES",
            beside=self._beside,
        )
        self.desk = Desk(
            store.agents,
            Roster(
                agents={name: AgentEntry() for name in self.names},
                pauses={"lunch": PauseFile(counts_as_work=False)},
            ),
            centre=CallCentre(self._ask),
            now=self.now,
        )
        self.looking = False
        self.errors: list[float] = []
        """Of what was expected, as shares of what came."""

    def now(self) -> datetime:
        return moment_of(int(self.clock.now() * 1_000_000) // 1000)

    def live(self) -> list[bytes]:
        """Everything, until the last agent has gone home."""
        self.switch.board.listeners.append(self)
        for n, name in enumerate(self.names):
            self.clock.later(n * 15.0, lambda name=name: self._checks_in(name))  # type: ignore[misc]  # its own n
        for name in self.names[: max(len(self.names) // 4, 1)]:
            self.clock.later(LUNCH[0], lambda name=name: self._pauses(name))  # type: ignore[misc]
            self.clock.later(LUNCH[1], lambda name=name: self._checks_in(name))  # type: ignore[misc]
        self.clock.later(2.2 * 3600, lambda: self._telephone("b03", None))
        self.clock.later(2.5 * 3600, lambda: self._telephone("b03", 3.0))
        begun = self.clock.now()
        for person in self._persons():
            self.clock.sleep(begun + person.at - self.clock.now())
            self._calls(person)
        while self.switch.sessions or self.store.callbacks.under_way("billing"):
            self.clock.sleep(30.0)
        for name in self.names:
            self._checks_out(name)
        self.clock.sleep(60.0)
        self.clock.stop()
        return self.raw

    # --- who calls ----------------------------------------------------------------------------------

    def _persons(self) -> list[Person]:
        """Poisson, by thinning: the hours are as busy as `SHAPE` says."""
        rate, most, at, found = self.calls / DAY, max(SHAPE), 300.0, list[Person]()
        chance = self.chance
        while True:
            at += chance.expovariate(rate * most)
            if at >= DAY:
                return found
            if chance.random() < SHAPE[int(at // 3600)] / most:
                found.append(
                    Person(
                        number=f"+346{len(found):08d}",
                        at=at,
                        queue="billing" if chance.random() < BILLING_SHARE else "support",
                        talk=chance.lognormvariate(math.log(HANDLING) - 0.18, 0.6),
                        patience=2.0 if chance.random() < 0.02 else chance.expovariate(1 / 900.0),
                        base_score=120 if chance.random() < 0.1 else 0,
                        keeps_place=chance.random() < 0.15,
                        passed_on=chance.random() < 0.04,
                        overflows=chance.random() < 0.2,
                    )
                )

    def _calls(self, person: Person) -> None:
        self._arrives(person, person.queue, {"cc_base_score": str(person.base_score or "")})
        later = self.clock.later
        later(person.patience, lambda: self._hangs_up(person))
        if person.keeps_place and person.queue == "billing":
            later(CALLBACK_AFTER, lambda: self._presses(person, KEEP_PLACE))
        elif person.overflows and person.queue == "billing":
            later(OVERFLOW_AFTER, lambda: self._overflows(person))

    def _arrives(self, person: Person, queue: str, variables: dict[str, str]) -> None:
        """As the server brings somebody to a queue: what it knows of the wait goes with the leg."""
        now = int(self.clock.now() * 1_000_000)
        profile = CallerProfile(
            unique_id=str(uuid4()),
            channel_name=f"sofia/internal/{person.number}@127.0.0.1",
            direction="inbound",
            caller_id_number=person.number,
            caller_id_name="",
            destination_number=queue,
            username=person.number,
            dialplan="XML",
            times=Times(profile_created=now, created=now),
        )
        switch = self.switch
        leg = inbound_variables(
            profile, session_id=switch.next_session_id(), media_port=switch.next_media_port()
        )
        session = Session(switch, profile, leg)
        person.leg, person.joined = session.uuid, self.clock.now()
        self.by_leg[session.uuid] = person
        first = self.people.standing(
            self.people.plan.queue(queue),
            CallCentre(self._ask),
            leg=session.uuid,
            ahead_by=float(person.base_score),
            waited=0.0,
        )
        person.first = first
        note = Note(new_id(), first.facts.position, first.facts.wait) if first else Note()
        session.channel.update({VISIT: note.written(), **variables})
        switch.adopt(session)

    # --- what they do -------------------------------------------------------------------------------

    def _session(self, person: Person) -> Session | None:
        return self.switch.sessions.get(person.leg)

    def _hangs_up(self, person: Person) -> None:
        session = self._session(person)
        if session is not None and person.waiting:
            session.channel.hang_up("NORMAL_CLEARING", by_caller=True)

    def _presses(self, person: Person, key: str) -> None:
        session = self._session(person)
        if session is not None and person.waiting:
            session.press(key, 2000)

    def _overflows(self, person: Person) -> None:
        """As the server does it: says why, sets where to, and lets them out."""
        session = self._session(person)
        if session is not None and person.waiting:
            session.channel.update({LEFT_FOR: f"{OVERFLOW} support", "next": "support"})
            session.press(WAY_OUT, 2000)

    def _talk_ends(self, person: Person) -> None:
        session = self._session(person)
        if session is None:
            return
        if person.passed_on:
            person.passed_on = False
            session.transfer("support")
        else:
            session.channel.hang_up("NORMAL_CLEARING", by_caller=True)

    def _checks_in(self, name: str) -> None:
        self.desk.check_in(name, ME)

    def _checks_out(self, name: str) -> None:
        self.desk.check_out(name, ME)

    def _pauses(self, name: str) -> None:
        self.desk.pause(name, "lunch", ME)

    def _telephone(self, name: str, answers_after: float | None) -> None:
        agent = self.switch.call_centre.agents[f"{name}@{QUEUE_DOMAIN}"]
        agent.config = agent.config.model_copy(update={"answers_after": answers_after})

    # --- the switch's events --------------------------------------------------------------------------

    def wants(self, kind: str, subclass: str) -> bool:
        return kind == "CUSTOM" and subclass == SUBCLASS

    def abort(self) -> None:
        """There is no connection to close."""

    def take(self, event: Fired) -> None:
        """Keeps it as it travels; people go by what happens to them."""
        self.raw.append(encode_event([one for one in event.lines if _TOLD.match(one[0])]))
        person = self.by_leg.get(event.get("CC-Member-Session-UUID") or "")
        if person is None:
            return
        queue = (event.get("CC-Queue") or "").partition("@")[0]
        match event.get("CC-Action"):
            case "member-queue-start":
                person.waiting, person.joined = True, self.clock.now()
            case "bridge-agent-start":
                person.waiting = False
                person.answered.set()
                self._answered(person, queue)
            case "member-queue-end":
                person.waiting = False
                if event.get("variable_cc_exit_key") == KEEP_PLACE and event.get("CC-Cause") == "Cancel":
                    self._keeps_place(person, queue)
                elif event.get("Answer-State") == "hangup":
                    person.gone.set()

    def _answered(self, person: Person, queue: str) -> None:
        waited = self.clock.now() - person.joined
        self.people.answered(self.people.plan.queue(queue), person.first, waited)
        if person.first is not None and waited >= 30 and person.first.facts.wait:
            self.errors.append(abs(person.first.facts.wait - waited) / waited)
        person.first = None
        self.clock.later(person.talk, lambda: self._talk_ends(person))

    # --- callbacks ------------------------------------------------------------------------------------

    def _keeps_place(self, person: Person, queue: str) -> None:
        self.store.callbacks.book(
            Booking(
                queue=queue,
                number=person.number,
                language="es",
                joined_at=moment_of(int(person.joined * 1000)),
                at=self.now(),
                base_score=person.base_score,
            )
        )
        if not self.looking:
            self.looking = True
            self.clock.later(5.0, self._look_whose_turn)

    def _look_whose_turn(self) -> None:
        """The server does so every second; here as long as there is somebody, and more rarely."""
        self.callbacks.step()
        kept = self.store.callbacks.waiting("billing")
        self.looking = bool(kept)
        if kept:
            nearest = min(one.due_at for one in kept)
            wait = max((nearest - self.now()).total_seconds(), 10.0)
            self.clock.later(min(wait, 60.0) if self.callbacks.under_way else wait, self._look_whose_turn)

    def _beside(self, work: Callable[[], None]) -> None:
        gevent.spawn(work)

    def _look(self, queue: str) -> QueueView:
        centre = CallCentre(self._ask)
        agents = [one for one in centre.people(f"{queue}@{QUEUE_DOMAIN}") if one.logged_in]
        free = sum(one.free for one in agents)
        lined = [
            one.score
            for one in centre.members(f"{queue}@{QUEUE_DOMAIN}")
            if one.waits and CALLED_BACK_SINCE not in self.switch.sessions[one.session].channel.variables
        ]
        return QueueView(on_the_line=lined, free=free, busy=len(agents) - free, handling=HANDLING + WRAP_UP)

    def _ask(self, command: Command) -> str:
        name, _, argument = command.line.removeprefix("api ").partition(" ")
        return self.switch.api(name, argument)


class Telephone:
    """Rings those who are called back; one in six does not hear it."""

    def __init__(self, day: Day) -> None:
        self.day = day

    def dial(self, order: Order, answered: Callable[[], bool]) -> Result:
        day, caller = self.day, order.number
        if day.chance.random() < 1 / 6:
            day.clock.sleep(order.ring)
            return "no_answer"
        day.clock.sleep(day.chance.uniform(4, 15))
        if not answered():
            return "unwanted"
        person = Person(
            number=caller,
            at=0.0,
            queue=order.queue,
            talk=day.chance.lognormvariate(math.log(HANDLING) - 0.18, 0.6),
            patience=0.0,
            base_score=0,
            keeps_place=False,
            passed_on=False,
        )
        since = str(round(order.since.timestamp() * 1000))
        variables = {CALLED_BACK_SINCE: since, "cc_base_score": str(order.score)}
        day._arrives(person, order.queue, variables)
        person.first = None  # they are told nothing
        gevent.wait([person.answered, person.gone], count=1)
        return "reached" if person.answered.is_set() else "dropped"

    def trace(self, attempt_id: UUID, owner: str) -> Trace:
        return "up"
