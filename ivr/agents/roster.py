"""The people as declared: their telephones, pauses, wrap-up times, alerts. Pure.

Whoever is declared in `queues.yaml` alone is an agent, too: without name, PIN or a telephone but their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ivr.agents.written import (
    AgentEntry,
    AlertFile,
    HoldOffFile,
    PauseFile,
    PlaceFile,
    is_contact,
    is_outside,
)
from ivr.queueing.plan import Plan
from ivr.queueing.written import AgentFile

NOT_ANSWERING = "not_answering"
"""The reason of a pause that the watch over telephones begins; declared by nobody, and no work."""
HARDLY_TALKING = "hardly_talking"
NO_SOUND = "no_sound"
FORCED = "forced"
OWN_REASONS: Mapping[str, bool] = {
    NOT_ANSWERING: False,
    HARDLY_TALKING: False,
    NO_SOUND: False,
    FORCED: True,
}
"""Reasons that nobody declares → whether they count as work."""


@dataclass(frozen=True)
class Roster:
    """All of `agents.yaml`, and the agents of `queues.yaml`."""

    agents: Mapping[str, AgentEntry] = field(default_factory=dict)
    pauses: Mapping[str, PauseFile] = field(default_factory=dict)
    wrap_ups: Mapping[str, int] = field(default_factory=dict)
    hold_off: HoldOffFile = field(default_factory=HoldOffFile)
    alerts: Mapping[str, AlertFile] = field(default_factory=dict)
    outside: str = ""
    """The dial string of outside numbers, with `{number}` or `{digits}`; empty: there is no way out."""
    allowed: frozenset[str] = frozenset()
    """Outside numbers at which agents may be called (`agents.outside`)."""

    def wrap_up(self, agent: str, queue: str) -> int:
        """Seconds after a call of that queue."""
        own = self.agents[agent].wrap_up if agent in self.agents else AgentEntry().wrap_up
        return self.wrap_ups.get(queue, own)

    def counts_as_work(self, reason: str) -> bool:
        declared = self.pauses.get(reason)
        return OWN_REASONS.get(reason, False) if declared is None else declared.counts_as_work

    def contact(self, agent: str, telephone: str = "") -> str:
        """Where they are called: at `telephone` if they have checked in there, else at their own.

        One that is not allowed, or not any more, is never called.
        """
        own = self._own(agent)
        return telephone if telephone and not self.objection(agent, telephone) else own

    def objection(self, agent: str, telephone: str) -> str:
        """Why an agent is not called at that telephone, with the remedy; empty: they may be."""
        if telephone == self._own(agent):
            return ""
        if not is_contact(telephone):
            shown = f"{telephone[:40]!a}"
            return f"{shown} is no telephone of an agent: write user/1001, or a number of agents.outside"
        if is_outside(telephone) and telephone not in self.allowed:
            return f"{telephone} is not allowed: ask your operator to add it to agents.outside in ivr.yaml"
        if is_outside(telephone) and not self.outside:
            return f"{telephone} cannot be called, there is no trunk: ask your operator for a gateway"
        return ""

    def _own(self, agent: str) -> str:
        declared = self.agents[agent].contact if agent in self.agents else None
        return declared or f"user/{agent}"

    def by_pause_key(self, key: str) -> str | None:
        """The reason of that key at a telephone."""
        return next((name for name, one in self.pauses.items() if str(one.key) == key), None)


def dial_string_of(contact: str, domain: str, outside: str) -> str:
    """A contact as mod_callcenter dials it. Raises `ValueError` where there is no way out."""
    if not is_outside(contact):
        return f"[leg_timeout=20]{contact}@{domain}"
    if not outside:
        raise ValueError(f"{contact} is outside, and there is no trunk: add a gateway to freeswitch")
    number = outside.replace("{number}", contact).replace("{digits}", contact.lstrip("+"))
    return f"[leg_timeout=20]{number}"


def joined(plan: Plan, roster: Roster) -> Plan:
    """The plan with the people of `agents.yaml` among its agents."""
    agents = dict(plan.agents)
    placed = dict(plan.placed)
    for agent, entry in roster.agents.items():
        agents[agent] = AgentFile(
            skills=entry.skills,
            languages=entry.languages,
            language=entry.language,
            queues=list(entry.queues),
            wrap_up=entry.wrap_up,
        )
        placed |= {(queue, agent): (at.level, at.position) for queue, at in entry.queues.items()}
    return replace(plan, agents=agents, placed=placed)


def with_all(roster: Roster, plan: Plan) -> Roster:
    """The roster with those who stand in `queues.yaml` alone."""
    others = {
        agent: AgentEntry(
            skills=one.skills,
            languages=one.languages,
            language=one.language,
            queues=dict.fromkeys(one.queues, PlaceFile()),
            wrap_up=one.wrap_up,
        )
        for agent, one in plan.agents.items()
        if agent not in roster.agents
    }
    return replace(roster, agents={**others, **roster.agents})
