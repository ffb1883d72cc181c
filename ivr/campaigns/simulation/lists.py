"""Whom a simulated campaign calls next: anybody, or somebody whom the contact rules let be called now.

Rules:
1. The rules are asked at the instant of dialling, and by them it is planned when to ask again.
2. All campaigns share one ledger of each person, and nobody is in two calls at once.
3. What was made is written down as it happened, for whoever audits it.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol
from zoneinfo import ZoneInfo

from ivr.campaigns.contact_rules.contact import Allowed, Contact, Ledger, Lookup, Past, Person
from ivr.campaigns.contact_rules.deciding import decide
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.simulation.population import Group, Simulated
from ivr.numbers import Number, checked

_OVER = ("live", "invalid")
"""Ends after which a campaign does not call this person again."""


@dataclass
class Callee:
    """One person of a simulation, with their own ledger."""

    key: str
    number: Number
    region: str
    past: list[Past] = field(default_factory=list)
    refused: bool = False
    in_call: bool = False

    def minute(self, now: datetime) -> float:
        """Of their own day."""
        there = now.astimezone(ZoneInfo(self.number.candidate_zones[0]))
        return there.hour * 60 + there.minute + there.second / 60


@dataclass(frozen=True)
class Made:
    """A call that was made, for an audit."""

    campaign: str
    key: str
    number: str
    region: str
    at: datetime
    end: str


class CallList(Protocol):
    """Whom to call."""

    def any(self, now: datetime) -> bool:
        """Whether it is worth asking; a rule may still say no."""
        ...

    def next(self, now: datetime) -> Callee | None:
        """Somebody to be called now; `None`: nobody may be."""
        ...

    def ended(self, callee: Callee, now: datetime, end: str, *, refuses: bool = False) -> None:
        """How it ended."""
        ...


class Endless:
    """Somebody new each time, at any hour."""

    def __init__(self, number: str = "+34600000000") -> None:
        self._anybody = Callee("", checked(number, region=None, countries=None), "")

    def any(self, now: datetime) -> bool:  # noqa: ARG002 -- at any moment
        """There is no end."""
        return True

    def next(self, now: datetime) -> Callee:  # noqa: ARG002 -- at any moment
        """Always somebody."""
        return self._anybody

    def ended(self, callee: Callee, now: datetime, end: str, *, refuses: bool = False) -> None:
        """Nothing follows."""


class ByRules:
    """A campaign's people, each when they may be called."""

    def __init__(self, campaign: Simulated, callees: Sequence[Callee], rulebook: Rulebook) -> None:
        self._campaign, self._rulebook = campaign, rulebook
        self._order = count()
        self._attempts: dict[str, int] = {}
        self._due: list[tuple[datetime, int, Callee]] = []
        self._waiting = list(callees)
        self.made: list[Made] = []
        self.blocked: dict[str, int] = {}
        """How often a rule said no, by its id."""

    def any(self, now: datetime) -> bool:
        """Whether somebody is due."""
        return bool(self._waiting) or bool(self._due and self._due[0][0] <= now)

    def next(self, now: datetime) -> Callee | None:
        """The one who waits longest of those who may be called."""
        for callee in self._waiting:
            self._plan(callee, now)
        self._waiting = []
        while self._due and self._due[0][0] <= now:
            _, _, callee = heapq.heappop(self._due)
            if callee.in_call:
                self._plan(callee, now + timedelta(minutes=5))
                continue
            match decide(self._rulebook, self._contact(callee), at=now, ledger=self._ledger(callee, now)):
                case Allowed():
                    callee.in_call = True
                    callee.past.append(Past(at=now, channel="call", number=callee.number.e164))
                    self._attempts[callee.key] = self._attempts.get(callee.key, 0) + 1
                    return callee
                case blocked:
                    self.blocked[blocked.rule] = self.blocked.get(blocked.rule, 0) + 1
                    if blocked.next_lawful is not None:
                        self._plan(callee, blocked.next_lawful)
        return None

    def ended(self, callee: Callee, now: datetime, end: str, *, refuses: bool = False) -> None:
        """Notes it in the ledger, and when to try again."""
        begun = callee.past[-1]
        talked = {"live": True, "dropped": None}.get(end, False)
        callee.past[-1] = Past(at=begun.at, channel="call", number=begun.number, conversation=talked)
        callee.in_call = False
        callee.refused = callee.refused or refuses
        number = callee.number.e164
        self.made.append(Made(self._campaign.name, callee.key, number, callee.region, begun.at, end))
        again = self._campaign.retries.get(end)
        over = end in _OVER or callee.refused or self._attempts[callee.key] >= self._campaign.attempts
        if not over and again is not None:
            self._plan(callee, now + timedelta(minutes=again))

    def _plan(self, callee: Callee, moment: datetime) -> None:
        heapq.heappush(self._due, (moment, next(self._order), callee))

    def _contact(self, callee: Callee) -> Contact:
        return Contact(
            person=Person(key=callee.key, region=callee.region),
            number=callee.number,
            channel="call",
            purpose=self._campaign.purpose,
            actor=self._campaign.actor,
            automated=False,
            caller_id=self._campaign.caller_id,
        )

    def _ledger(self, callee: Callee, now: datetime) -> Ledger:
        """Registries are looked up each time: a simulation asks nobody."""
        asked = {
            one.name: Lookup(listed=False, at=now) for rule in self._rulebook.rules for one in rule.registries
        }
        refused = "they asked for it" if callee.refused else ""
        return Ledger(contacts=tuple(callee.past), do_not_call=refused, registries=asked)


def callees_of(groups: Sequence[Group]) -> list[Callee]:
    """The people of a population, the groups mixed evenly."""
    found: list[tuple[float, Callee]] = []
    for group in groups:
        digits = group.numbers.count("#")
        step = 10**digits // group.count
        for n in range(group.count):
            text = iter(f"{n * step:0{digits}d}")
            number = "".join(next(text) if one == "#" else one for one in group.numbers)
            callee = Callee(number, checked(number, region=None, countries=None), group.region)
            found.append(((n + 0.5) / group.count, callee))
    return [callee for _, callee in sorted(found, key=lambda one: one[0])]
