"""A caller in text, and behind the flow everything as on a live call: look-ups, writes, verification,
messages, cases, consents, known callers, and a real database. Only the telephone is left out, and the people.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from typing_extensions import override

from data.ids import new_id
from data.spool import Spool
from data.store import Store
from dialogs.catalogue import load_catalogue
from dialogs.effects import Consent, Deed, Lookup, Notify, OpenCase, Record, Verify, Write
from dialogs.engine import Conversation
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.play import key, say
from dialogs.results import Recorded, Result
from dialogs.stand_in import Agents, StandIn
from ivr.back_ends.port import BackEnds
from ivr.back_ends.reading import Declared
from ivr.back_ends.writing import Writing
from ivr.callers.knowing import KnownCallers
from ivr.clock import Clock
from ivr.config import Settings
from ivr.identity.settings import OverallLimit, VerificationSettings
from ivr.installed import open_performers
from ivr.lookups import Lookups
from ivr.occasion import Occasion, ServedCustomer
from ivr.outbox import Outbox
from ivr.queueing.people import People
from ivr.queueing.reading import load_plan
from ivr.stage import MORNING

SHIPPED = Path(__file__).parents[2] / "dialogs" / "flows"
FLOWS: FlowSet = load_flows([SHIPPED], load_catalogue(SHIPPED / "catalogue.yaml"))
ZONE = ZoneInfo("Europe/Madrid")
_FOR_GOOD = timedelta(days=7)


@dataclass
class World:
    """What a server is made of, without its server."""

    store: Store
    home: Path
    closing: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        clock = Clock(begins=MORNING)
        # Nobody guesses here: the tests of verification measure its floor.
        verification = VerificationSettings(floor=0.001, overall=OverallLimit(slow=1000, lock=2000))
        settings = Settings(home=self.home, verification=verification)
        self.outbox = Outbox(self.store, owner="test", clock=clock)
        self.closing.callback(self.outbox.close)
        working = settings.working_days.of_site("ES")
        back_ends = BackEnds(
            Lookups(self.store, lambda: clock.utc().astimezone(ZONE), working), Declared(), zone=ZONE
        )
        self.closing.callback(back_ends.close)
        self.lookups = back_ends
        self.spool = Spool(self.home / "spool")
        self.writes = Writing(
            self.store, self.spool, back_ends.targets(), self.outbox, clock=clock, zone=ZONE, working=working
        )
        self.closing.callback(self.writes.close)
        self.callers = KnownCallers(self.store, region="ES", zone=ZONE, clock=clock, deadline=5.0)
        self.closing.callback(self.callers.close)
        plan = load_plan(settings.queues_file, FLOWS.catalogue)
        people = People(plan, now=clock.now, local=lambda: clock.utc().astimezone(ZONE))
        self.performers = open_performers(settings, self.store, clock, self.closing, self.outbox, people)
        self.messages = settings.messages_folder

    def sent(self, call: RealCall) -> list[dict[str, Any]]:
        """The messages of a call, as they lie in the outbox: to be read once."""
        found = []
        for channel in ("sms", "email"):
            for errand in self.store.outbox.claim(
                "reader", at=MORNING + timedelta(hours=1), lease=_FOR_GOOD, most=100, kinds=(channel,)
            ):
                if errand.call_id == call.call_id:
                    found.append(dict(errand.body))
        return found

    def call(self, flow: str, language: str, *, number: str = "", agents: Agents = "free") -> RealCall:
        """A caller comes in on a flow."""
        return RealCall(self, flow, language, number=number, agents=agents)


class RealCall(StandIn):
    """One call in text, whose look-ups and deeds are the live ones."""

    def __init__(self, world: World, flow: str, language: str, *, number: str, agents: Agents) -> None:
        self.world, self.call_id, self.number = world, new_id(), number
        known = world.callers.meet(number, at=MORNING)
        facts = Facts(
            language,
            {"number": number, "name": "", "attested": "none"},
            MORNING,
            "ES",
            history=known.facts_but_language,
        )
        super().__init__(Conversation(FLOWS, flow, facts), {}, agents)
        self.person: ServedCustomer | None = None
        self.heard: list[str] = []
        self.start()
        self._hear()

    def says(self, *texts: str) -> RealCall:
        for text in texts:
            say(self, text, 0.95)
            self._hear()
        return self

    def keys(self, *pressed: str) -> RealCall:
        for one in pressed:
            key(self, one)
            self._hear()
        return self

    def silent(self) -> RealCall:
        self.is_silent()
        self._hear()
        return self

    @property
    def step(self) -> str:
        """The question that is open; empty once the call is over."""
        return "" if self.waiting is None else self.waiting.step

    @property
    def outcome(self) -> str:
        return self.conversation.outcome

    @property
    def last(self) -> str:
        """What was said since the caller's last turn, as a person reads it."""
        return " ".join(self.turn.said)

    def _hear(self) -> None:
        self.heard.append(self.last)
        assert not self.conversation.faults, self.conversation.faults

    def _occasion(self, step: str) -> Occasion:
        return Occasion(
            call_id=self.call_id,
            caller_number=self.number,
            flow=self.conversation.position.flow,
            step=step,
            language=self.conversation.language,
            person=self.person,
        )

    @override
    def _result(self, effect: Any) -> Result:
        if isinstance(effect, Lookup):
            self.turn.lookups.append((effect.name, effect.by))
            return self.world.lookups.ask(effect.name, effect.by, deadline=effect.deadline, sensitive=False)
        return super()._result(effect)

    @override
    def _done(self, deed: Deed) -> Result:  # noqa: PLR0911 - one for each deed
        performers, occasion = self.world.performers, self._occasion(deed.step)
        assert performers.identity and performers.cases and performers.notices and performers.consents
        match deed:
            case Verify():
                verified = performers.identity.verify(deed.identity, deed.claims, occasion)
                self.person = verified.person or self.person
                return verified.result
            case OpenCase():
                return performers.cases.open(deed, occasion)
            case Notify():
                return performers.notices.send(deed, occasion)
            case Consent():
                return performers.consents.keep(deed, occasion)
            case Write():
                return self.world.writes.write(deed, occasion)
            case Record():
                return Recorded(f"2026/11/23/{self.call_id}.wav", 4.0)
            case _:
                return super()._done(deed)
