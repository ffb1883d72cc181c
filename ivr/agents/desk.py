"""Agents come, pause, and go: by command line, interface, star code, or a supervisor's hand.

Rules:
1. The database is the truth. The switch is told right away where it can be asked; where it cannot, the server
   tells it as soon as it can (`attendance`), and nothing is lost by a restart of either.
2. An agent has one telephone at a time: whoever checks in elsewhere is called there from then on.
3. A telephone has one agent at a time.
4. An agent is called only at their declared contact, at a telephone of the house, or at a number that the
   operator allows: whatever they check in with, it never becomes a dial string of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from data.agents import Agents
from data.records import AgentState, AuditEntry, Presence, StateChange, StateSource
from dialogs.source import nearest
from esl import commands
from esl.call_centre import AVAILABLE, LOGGED_OUT, ON_BREAK, CallCentre
from esl.errors import EslError
from esl.freeswitch.configuration import QUEUE_DOMAIN
from ivr.agents.roster import Roster, dial_string_of
from ivr.errors import IvrError
from ivr.queueing.sync import in_domain

log = structlog.get_logger(__name__)

STATUS: Mapping[AgentState, str] = {"in": AVAILABLE, "paused": ON_BREAK, "out": LOGGED_OUT}
"""What mod_callcenter calls it."""
STATE: Mapping[str, AgentState] = {
    **{status: state for state, status in STATUS.items()},
    "Available (On Demand)": "in",
}
"""What it means by each of its words."""


class AgentUnknown(IvrError):
    """Nobody has that number."""

    code = "agent_unknown"


class TelephoneRefused(IvrError):
    """Nobody is called at that telephone."""

    code = "telephone_refused"


class NotNow(IvrError):
    """The agent's state does not allow it; `reason` is a code that flows branch on."""

    code = "agent_not_now"

    def __init__(self, what: str, remedy: str, reason: str) -> None:
        super().__init__(what, remedy)
        self.reason = reason


def must_be_declared(roster: Roster, agent: str) -> None:
    """Raises `AgentUnknown` for whoever is no agent of the files."""
    if agent in roster.agents:
        return
    what = f"{agent[:20]!a} is no agent"
    if not roster.agents:
        raise AgentUnknown(what, "Nobody is declared: write agents.yaml (docs/agents.md)")
    remedy = nearest(agent, roster.agents)
    raise AgentUnknown(what, remedy[:1].upper() + remedy[1:])


@dataclass(frozen=True)
class Who:
    """Whose hand it is."""

    by: str
    source: StateSource
    note: str = ""


@dataclass(frozen=True)
class Told:
    """What came of a change."""

    presence: Presence
    changed: bool
    """False: it was so already."""
    on_switch: bool
    """False: the switch could not be asked now; the server tells it as soon as it can."""


class Desk:
    """Where agents check in. Every method blocks for as long as the database and the switch take."""

    def __init__(
        self, agents: Agents, roster: Roster, *, centre: CallCentre | None, now: Callable[[], datetime]
    ) -> None:
        """`centre`: the switch's call centre; `None`: it is told by somebody else. `now`: in UTC."""
        self._agents, self.roster = agents, roster
        self._centre, self._now = centre, now

    def check_in(self, agent: str, who: Who, *, telephone: str = "") -> Told:
        """They take calls from now on; also from a pause. `telephone`: a contact that is not their own;
        without it, whoever is here stays where they are, and whoever comes is called at their own.

        Raises `AgentUnknown`, `TelephoneRefused`, `NotNow`, `DataError`.
        """
        self._known(agent)
        if telephone and (why := self.roster.objection(agent, telephone)):
            what, _, remedy = why.partition(": ")
            raise TelephoneRefused(what, remedy[:1].upper() + remedy[1:])
        before = self._agents.presence(agent)
        if not telephone and before is not None and before.state != "out":
            telephone = before.telephone
        contact = self.roster.contact(agent, telephone)
        for other in self._agents.presences().values():
            if other.agent == agent or other.state == "out" or other.agent not in self.roster.agents:
                continue
            if self.roster.contact(other.agent, other.telephone) == contact:
                raise NotNow(
                    f"{contact} is {other.agent}'s now",
                    f"Let {other.agent} check out first",
                    "telephone_taken",
                )
        in_hand = self._agents.in_hand(agent)
        elsewhere = before is not None and self.roster.contact(agent, before.telephone) != contact
        if elsewhere and in_hand is not None and in_hand.talking:
            raise NotNow(f"{agent} is in a call on another telephone", "End that call first", "in_a_call")
        return self._change(agent, "in", who, telephone=telephone)

    def check_out(self, agent: str, who: Who) -> Told:
        """They take no more calls; one that they are in goes on. Raises `AgentUnknown`, `DataError`."""
        self._known(agent)
        return self._change(agent, "out", who, telephone="")

    def pause(self, agent: str, reason: str, who: Who) -> Told:
        """They take no calls for a while. Raises `AgentUnknown`, `NotNow`, `DataError`."""
        self._known(agent)
        if reason not in self.roster.pauses:
            remedy = nearest(reason, self.roster.pauses)
            raise NotNow(
                f"{reason[:60]!a} is no declared pause", remedy[:1].upper() + remedy[1:], "unknown_reason"
            )
        self._here(agent)
        return self._change(agent, "paused", who, reason=reason)

    def resume(self, agent: str, who: Who) -> Told:
        """They take calls again. Raises `AgentUnknown`, `NotNow`, `DataError`."""
        self._known(agent)
        self._here(agent)
        return self._change(agent, "in", who)

    def force(self, agent: str, state: AgentState, who: Who, *, reason: str) -> Told:
        """A supervisor decides, or the server itself; a pause's reason need not be declared. It is audited.

        Raises `AgentUnknown`, `DataError`.
        """
        self._known(agent)
        return self._change(agent, state, who, reason=reason if state == "paused" else "", audited=True)

    def followed(self, agent: str, state: AgentState, *, reason: str, at: datetime | None = None) -> bool:
        """The switch itself has changed it; `at`: when, in UTC. Raises `DataError`. False: it was known."""
        change = self._made(agent, state, Who("switch", "switch"), reason)
        return self._agents.change_state(change if at is None else replace(change, at=at))

    # --- how -----------------------------------------------------------------------------------------

    def _known(self, agent: str) -> None:
        must_be_declared(self.roster, agent)

    def _here(self, agent: str) -> None:
        now = self._agents.presence(agent)
        if now is None or now.state == "out":
            raise NotNow(f"{agent} is not checked in", f"First `ivr agent in {agent}`", "not_in")

    def _made(self, agent: str, state: AgentState, who: Who, reason: str = "") -> StateChange:
        return StateChange(
            agent=agent,
            state=state,
            at=self._now(),
            by=who.by,
            source=who.source,
            reason=reason,
            counts_as_work=state == "in" or (state == "paused" and self.roster.counts_as_work(reason)),
            note=who.note,
        )

    def _change(
        self,
        agent: str,
        state: AgentState,
        who: Who,
        *,
        reason: str = "",
        telephone: str | None = None,
        audited: bool = False,
    ) -> Told:
        change = self._made(agent, state, who, reason)
        if telephone is not None:
            change = replace(change, telephone=telephone)
        audit = (
            [
                AuditEntry(
                    at=change.at,
                    who=who.by,
                    action="force",
                    what=f"agent {agent}: {state}",
                    why=who.note or reason or "a supervisor's decision",
                )
            ]
            if audited
            else []
        )
        changed = self._agents.change_state(change, *audit)
        if changed:
            log.info("agent_state", agent=agent, state=state, reason=reason, source=who.source)
        presence = self._agents.presence(agent)
        assert presence is not None  # it has just been written
        return Told(presence, changed, self._on_switch(presence))

    def _on_switch(self, presence: Presence) -> bool:
        if self._centre is None:
            return False
        try:
            return not bring_in_step(self._centre, presence, self.roster)
        except (EslError, ValueError) as fault:
            log.warning("agent_not_on_switch", agent=presence.agent, reason=str(fault))
            return False


def bring_in_step(centre: CallCentre, presence: Presence, roster: Roster) -> str:
    """Makes the switch what the database says of an agent. Empty: it is; else the switch's refusal.

    Raises `EslError`, `ValueError` (an outside number, and no way out).
    """
    name = in_domain(presence.agent)
    contact = dial_string_of(roster.contact(presence.agent, presence.telephone), QUEUE_DOMAIN, roster.outside)
    refused = centre.tell(commands.call_centre("agent", "set", "contact", name, contact))
    return refused or centre.tell(
        commands.call_centre("agent", "set", "status", name, STATUS[presence.state])
    )
