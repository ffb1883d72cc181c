"""Finds what the switch's call centre has forgotten, mends it, and tells: members without a leg, agents who
are held by a call that is over, states that differ from the database.

Rules:
1. What contradicts the legs once may be on its way, as an event of it may be: only what does so still after
   `stuck_after` seconds is a fault.
2. Each repair is the smallest that the switch offers; what it cannot mend now is told, and tried again.
3. Nothing that a living call needs is touched: a fault has no living leg in it, by definition. While a
   member cannot be read, none of the switch's states is taken for a fault.
4. One row for a fault, when it is mended or first told; another only if it comes again.

Known faults of mod_callcenter (1.11): a member whose leg is gone stays `Trying` or `Answered`, as only an
offer looks for the leg (`outbound_agent_thread_run`); an agent stays `Receiving`, `Reserved` or
`In a queue call`, or their tier `Offering` or `Active Inbound`, after its thread has died; no command
removes a member.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

import structlog

from data.ids import new_id
from data.records import AgentContact, Presence, SwitchRepair
from data.store import Store
from esl import commands
from esl.call_centre import ON_BREAK, AgentRow, CallCentre, MemberRow, TierRow
from esl.errors import EslError
from esl.freeswitch.configuration import QUEUE_DOMAIN
from esl.wire import Command
from ivr.agents.desk import STATE, STATUS, Desk, bring_in_step
from ivr.agents.following import answered_key, set_wrap_up
from ivr.agents.roster import NOT_ANSWERING, Roster
from ivr.queueing.sync import in_domain

log = structlog.get_logger(__name__)

GRACE = 10.0
"""Seconds in which a change of state is on its way: the star code tells no switch, `attend` does."""
Kind = Literal["stale_member", "stuck_agent", "stuck_tier", "state_differs", "lost_start", "lost_end"]
_HELD = frozenset({"Receiving", "Reserved", "In a queue call"})
_TIER_FREE = frozenset({"Ready", "No Answer", "Standby"})
_IN_QUEUE = frozenset({"Waiting", "Trying", "Answered"})


@dataclass(frozen=True)
class Fault:
    """Something that cannot be."""

    kind: Kind
    what: str
    """Tells it from others of its kind: a member, an agent, an agent in a queue."""
    detail: str
    queue: str = ""
    agent: str = ""
    leg: str = ""


@dataclass(frozen=True)
class View:
    """The switch at one moment."""

    agents: Mapping[str, AgentRow]
    """By name, without our domain."""
    tiers: tuple[TierRow, ...]
    members: Mapping[str, tuple[MemberRow, ...]]
    """By queue."""
    alive: frozenset[str]
    """Legs of members that are there."""
    doubted: frozenset[str] = frozenset()
    """Queues in which somebody may be of whom nothing could be read."""

    @property
    def served(self) -> frozenset[str]:
        """Agents who are offered somebody, or talk with somebody, whose leg is there."""
        return frozenset(
            _bare(one.serving)
            for rows in self.members.values()
            for one in rows
            if one.serving and one.session in self.alive and one.state in _IN_QUEUE
        )

    @property
    def conversations(self) -> tuple[tuple[str, MemberRow], ...]:
        """Members who talk with an agent, with their queues."""
        return tuple(
            (queue, one)
            for queue, rows in self.members.items()
            for one in rows
            if one.state == "Answered" and one.session in self.alive
        )


class CentreLine(Protocol):
    """By which the call centre is asked: `ivr.agents.line.SwitchLine`."""

    centre: CallCentre

    def ask(self, command: Command) -> str:
        """What the command printed. Raises `EslError`."""


def look(line: CentreLine) -> View:
    """Asks the switch. Raises `EslError`."""
    centre, ask = line.centre, line.ask
    queues = [name for name in centre.queues() if name.endswith(f"@{QUEUE_DOMAIN}")]
    there = {_bare(name): centre.membership(name) for name in queues}
    members = {queue: one.rows for queue, one in there.items()}
    legs = {one.session for rows in members.values() for one in rows if one.session}
    # One question for each: in `show channels`, a caller's name may hold whatever separates columns.
    alive = frozenset(leg for leg in legs if ask(commands.leg_exists(leg)).strip() == "true")
    agents = {_bare(name): row for name, row in centre.agents().items() if name.endswith(f"@{QUEUE_DOMAIN}")}
    doubted = frozenset(queue for queue, one in there.items() if one.doubted)
    return View(agents, tuple(centre.tiers().values()), members, alive, doubted)


def faults(view: View, *, now: float) -> Iterator[Fault]:
    """What cannot be. `now`: seconds since the epoch, by the switch's clock as near as may be."""
    if view.doubted:
        return  # whoever seems forgotten may belong to the row that was not understood
    for queue, rows in view.members.items():
        for one in rows:
            if one.state in _IN_QUEUE and one.session not in view.alive:
                told = f"a caller who is gone is still {one.state.lower()} in {queue}"
                yield Fault("stale_member", one.uuid or one.session, told, queue=queue, leg=one.session)
    for agent, row in view.agents.items():
        if row.state in _HELD and agent not in view.served and not _wraps_up(row, now):
            yield Fault("stuck_agent", agent, f"{agent} is `{row.state}`, and has no call", agent=agent)
    for tier in view.tiers:
        agent, queue = _bare(tier.agent), _bare(tier.queue)
        held = view.agents.get(agent)
        if tier.state in _TIER_FREE or held is None or agent in view.served or queue not in view.members:
            continue
        if held.state not in _HELD and not _wraps_up(held, now):
            told = f"{agent} is `{tier.state}` in {queue}, and has no call"
            yield Fault("stuck_tier", f"{agent} in {queue}", told, queue=queue, agent=agent)


def differing(view: View, presences: Mapping[str, Presence]) -> Iterator[Fault]:
    """Agents whom the switch takes for something else than the database does."""
    for agent, presence in presences.items():
        row = view.agents.get(agent)
        if row is not None and row.status != STATUS[presence.state]:
            told = f"{agent} is `{row.status}` on the switch, and {presence.state} in the database"
            yield Fault("state_differs", agent, told, agent=agent)


def _wraps_up(row: AgentRow, now: float) -> bool:
    """The embedded switch keeps an agent `Reserved` while they wrap up."""
    return now < max(row.last_bridge_end + row.wrap_up, row.ready_time) + 1


def _bare(name: str) -> str:
    return name.removesuffix(f"@{QUEUE_DOMAIN}")


class Watchdog:
    """Looks, remembers, mends. One greenlet calls `step`."""

    def __init__(
        self,
        store: Store,
        roster: Roster,
        desk: Desk,
        *,
        line: CentreLine,
        now: Callable[[], datetime],
        node: str,
        stuck_after: float = 30.0,
        switch: str = "",
    ) -> None:
        """`switch` names it to all servers alike: conversations of another one are that one's watchdog's."""
        self._switch = switch
        self._store, self._roster, self._desk = store, roster, desk
        self._line, self._centre, self._ask = line, line.centre, line.ask
        self._now, self._node, self._stuck_after = now, node, stuck_after
        self._since: dict[tuple[Kind, str], float] = {}
        self._told: set[tuple[Kind, str]] = set()

    def step(self) -> list[SwitchRepair]:
        """One look; what was mended, or told for the first time. Raises `DataError`, `EslError`."""
        view = look(self._line)
        now = self._now().timestamp()
        lost = [*self._lost_starts(view), *self._lost_ends(view)]
        found = [*faults(view, now=now), *differing(view, self._ours()), *lost]
        there = {(one.kind, one.what) for one in found}
        self._since = {key: since for key, since in self._since.items() if key in there}
        self._told &= there
        made = []
        for fault in found:
            key = (fault.kind, fault.what)
            since = self._since.setdefault(key, now)
            # What the database says is told to the switch at once: nobody waits for whom.
            if fault.kind == "state_differs" and self._has_just_changed(fault.agent, now):
                self._mended(fault, view)
                continue
            if fault.kind != "state_differs" and now - since < self._stuck_after:
                continue
            repair = self._settle(fault, view) if fault in lost else self._mend(fault, view)
            if repair is not None:
                made.append(repair)
        return made

    def attend(self) -> int:
        """Tells the switch of everybody whose state it does not have: after a restart of it, or of a change
        that was made without it. How many. Raises `DataError`, `EslError`."""
        rows = {_bare(name): row for name, row in self._centre.agents().items()}
        changed = 0
        for agent, presence in self._ours().items():
            row = rows.get(agent)
            if row is not None and row.status != STATUS[presence.state] and not self._held_off(row, presence):
                changed += not bring_in_step(self._centre, presence, self._roster)
        return changed

    def _has_just_changed(self, agent: str, now: float) -> bool:
        return now - self._ours()[agent].since.timestamp() < GRACE

    def adopt(self) -> int:
        """Takes the switch's word for whoever has never checked in with us, and whoever is no agent of ours.
        How many have changed. Raises `DataError`, `EslError`."""
        presences = self._store.agents.presences()
        changed = 0
        for name, row in self._centre.agents().items():
            agent, state = _bare(name), STATE.get(row.status)
            if not name.endswith(f"@{QUEUE_DOMAIN}") or state is None:
                continue
            known = presences.get(agent)
            if (known is None and state != "out") or (known is not None and agent not in self._roster.agents):
                changed += self._desk.followed(agent, state, reason="")
        return changed

    def _ours(self) -> dict[str, Presence]:
        return {
            agent: one
            for agent, one in self._store.agents.presences().items()
            if agent in self._roster.agents
        }

    def _held_off(self, row: AgentRow, presence: Presence) -> bool:
        """Whether the switch itself has put them on a break: then the database follows it."""
        gave_up = row.status == ON_BREAK and 0 < row.max_no_answer <= row.no_answers
        if gave_up and presence.state == "in":
            self._desk.followed(presence.agent, "paused", reason=NOT_ANSWERING)
        return gave_up

    # --- mending -------------------------------------------------------------------------------------

    def _mend(self, fault: Fault, view: View) -> SwitchRepair | None:
        repaired, why = False, ""
        try:
            why = self._mended(fault, view)
            repaired = not why
        except (EslError, ValueError) as refused:
            why = str(refused)
        key = (fault.kind, fault.what)
        if not repaired and key in self._told:
            return None
        self._told.add(key)
        if repaired:
            self._since.pop(key, None)
            self._told.discard(key)
        return self._note(fault, repaired=repaired, why=why)

    def _mended(self, fault: Fault, view: View) -> str:
        """Empty: it is mended; else why not."""
        match fault.kind:
            case "stuck_agent":
                state = commands.call_centre("agent", "set", "state", in_domain(fault.agent), "Waiting")
                return self._centre.tell(state)
            case "stuck_tier":
                words = (in_domain(fault.queue), in_domain(fault.agent), "Ready")
                return self._centre.tell(commands.call_centre("tier", "set", "state", *words))
            case "state_differs":
                presence = self._ours()[fault.agent]
                if self._held_off(view.agents[fault.agent], presence):
                    return ""
                return bring_in_step(self._centre, presence, self._roster)
            case "stale_member":
                return self._forget_members(view)
        return "nothing to be done"

    def _forget_members(self, view: View) -> str:
        """No command takes one member away. Loading the module anew forgets them all, so it is done when
        nobody else is there."""
        if view.doubted or any(one.session in view.alive for rows in view.members.values() for one in rows):
            return "callers are in the queues: it is mended when they are empty"
        answer = self._ask(commands.reload_call_centre())
        if "+OK" not in answer:
            return answer.strip()[:100] or "no answer"
        self.attend()  # agents of the files come back logged out
        return ""

    # --- conversations that nobody told us of ---------------------------------------------------------

    def catch_up(self) -> list[SwitchRepair]:
        """Notes what began, and ends what was over, while nobody of ours listened: after a start, or a line
        that was lost. What is not told by now will not be.

        Raises `DataError`, `EslError`.
        """
        view = look(self._line)
        lost = [*self._lost_starts(view), *self._lost_ends(view)]
        return [repair for fault in lost if (repair := self._settle(fault, view)) is not None]

    def _lost_starts(self, view: View) -> list[Fault]:
        """Conversations of which we have no contact: whoever has answered has nobody in hand."""
        known = {one.key for one in self._store.agents.all_in_hand()}
        told = "a conversation that began unheard is noted"
        return [
            Fault("lost_start", one.uuid, told, queue, _bare(one.serving), one.session)
            for queue, one in view.conversations
            if one.serving.endswith(f"@{QUEUE_DOMAIN}") and answered_key(one.uuid) not in known
        ]

    def _lost_ends(self, view: View) -> list[Fault]:
        """Conversations that are over, by the switch, and not by us."""
        there = {answered_key(one.uuid) for _, one in view.conversations}
        told = "the end of a conversation was not told; it is over since now at the latest"
        return [
            Fault("lost_end", contact.key, told, contact.queue, contact.agent, contact.leg)
            for contact in self._store.agents.all_in_hand()
            if contact.ended_at is None
            and contact.switch in ("", self._switch)  # empty: from before it was noted
            and contact.key not in there
            and not self._is_up(contact.leg)
        ]

    def _settle(self, fault: Fault, view: View) -> SwitchRepair | None:
        """`None`: it was told meanwhile."""
        now = self._now()
        if fault.kind == "lost_start":
            news = self._note_talk(fault, view)
        else:
            ended = self._store.agents.contact_ended(fault.what, at=now, wrap_up_until=now)
            news = ended is not None
        self._since.pop((fault.kind, fault.what), None)
        return self._note(fault, repaired=True, why="") if news else None

    def _note_talk(self, fault: Fault, view: View) -> bool:
        (member,) = (one for _, one in view.conversations if one.uuid == fault.what)
        agent_leg = self._ask(commands.get_variable(fault.leg, "cc_agent_uuid")).strip()
        began = datetime.fromtimestamp(member.bridged, UTC) if member.bridged else self._now()
        new = AgentContact(
            key=answered_key(member.uuid),
            switch=self._switch,
            queue=fault.queue,
            leg=fault.leg,
            agent=fault.agent,
            agent_leg="" if agent_leg in ("", "_undef_") else agent_leg,
            result="answered",
            joined_at=datetime.fromtimestamp(member.joined, UTC),
            at=began,
        )
        if not self._store.agents.note_contact(new):
            return False
        set_wrap_up(self._centre, self._roster, fault.agent, fault.queue)
        return True

    def _is_up(self, leg: str) -> bool:
        return self._ask(commands.leg_exists(leg)).strip() == "true"

    def _note(self, fault: Fault, *, repaired: bool, why: str) -> SwitchRepair:
        detail = fault.detail if repaired else f"{fault.detail}; not mended: {why}"
        repair = SwitchRepair(
            id=new_id(),
            at=self._now(),
            kind=fault.kind,
            detail=detail,
            repaired=repaired,
            node=self._node,
            queue=fault.queue,
            agent=fault.agent,
            leg=fault.leg,
        )
        self._store.alerts.note_repair(repair)
        level = log.warning if repaired else log.error
        level("switch_repaired" if repaired else "switch_not_repaired", kind=fault.kind, detail=detail)
        return repair
