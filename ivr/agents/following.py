"""Writes down what the switch's call centre tells of agents, and leaves telephones alone that do not work.

Rules:
1. The reader of events only queues them; one greenlet works on them in their order.
2. An event is worked on until the database has it: while that is lost they wait, up to `MOST`.
3. Whatever is written has the key of the member or the leg: told twice, or to two servers, it is one row.

Events: mod_callcenter.c of 1.11 (`bridge-agent-start|end|fail`, `member-queue-end`, `agent-status-change`);
tests/traces/callcenter-*.esl. Times in them are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import gevent
import structlog
from gevent.queue import Full, Queue

from data.errors import DataError
from data.records import AgentContact, Contact
from data.store import Store
from esl import commands
from esl.call_centre import ON_BREAK, CallCentre
from esl.errors import EslError
from esl.freeswitch.configuration import QUEUE_DOMAIN
from esl.wire import Event
from ivr.agents.desk import STATE, Desk, Who
from ivr.agents.roster import HARDLY_TALKING, NOT_ANSWERING, Roster
from ivr.agents.soundless import Answer
from ivr.queueing.reserving import is_virtual
from ivr.queueing.visits import AT_ONCE, GONE_IN_WHISPER, NO_FAULT, moment

log = structlog.get_logger(__name__)

MOST = 10_000
"""Events that wait for a lost database."""
AGAIN = 1.0
"""Seconds between two tries to write."""
_LOOK_BACK = 20

Fields = Mapping[str, str]


def answered_key(member: str) -> str:
    """Of a conversation: a member is answered once."""
    return f"answered:{member}"


def set_wrap_up(centre: CallCentre, roster: Roster, agent: str, queue: str) -> None:
    """The seconds after an agent's talk: set while they talk, so that it holds from its end on, also if this
    server is gone by then."""
    seconds = str(roster.wrap_up(agent, queue))
    command = commands.call_centre("agent", "set", "wrap_up_time", f"{agent}@{QUEUE_DOMAIN}", seconds)
    try:
        centre.tell(command)
    except EslError as fault:
        log.warning("wrap_up_not_set", agent=agent, reason=str(fault))


class Following:
    """What one switch tells, written down."""

    def __init__(
        self,
        store: Store,
        roster: Roster,
        desk: Desk,
        *,
        centre: CallCentre,
        now: Callable[[], datetime],
        switch: str = "",
    ) -> None:
        """`switch` names it to all servers alike."""
        self._switch = switch
        self._store, self._roster, self._desk = store, roster, desk
        self._centre, self._now = centre, now
        self._waiting: Queue[Event] = Queue(MOST)
        self._working: gevent.Greenlet[[], None] | None = None
        self._busy = False
        self.on_answer: Callable[[Answer], None] | None = None
        """Told of every telephone that has answered."""
        self._brought: set[str] = set()
        """Members for whom an agent has answered, and who have not left."""
        self._unmet: dict[str, Fields] = {}
        """By member: what was told of an agent who was gone before they were connected, until it is known
        whose doing that was."""

    def start(self) -> None:
        self._working = gevent.spawn(self._work)

    def close(self) -> None:
        if self._working is not None:
            self._working.kill()

    def take(self, event: Event) -> None:
        """For the reader of the connection: returns at once."""
        if not event.headers.get("CC-Action"):
            return
        try:
            self._waiting.put_nowait(event)
        except Full:
            log.error("agent_event_lost", action=event.headers.get("CC-Action"))

    @property
    def idle(self) -> bool:
        """Whether everything that was told is written."""
        return self._waiting.empty() and not self._busy

    def _work(self) -> None:
        while True:
            event = self._waiting.get()
            self._busy = True
            try:
                self._until_written(event)
            finally:
                self._busy = False

    def _until_written(self, event: Event) -> None:
        lost = False
        while True:
            try:
                self.note(event.headers)
                return
            except DataError as fault:
                if not lost:
                    log.error("agent_event_waits", reason=str(fault))
                lost = True
                gevent.sleep(AGAIN)
            except Exception:
                log.exception("agent_event_fault", action=event.headers.get("CC-Action"))
                return

    # --- one event -----------------------------------------------------------------------------------

    def note(self, fields: Fields) -> None:
        """Raises `DataError`."""
        work: dict[str, Callable[[Fields], None]] = {
            "bridge-agent-start": self._answered,
            "bridge-agent-end": self._ended,
            "bridge-agent-fail": self._missed,
            "member-queue-end": self._left,
            "agent-status-change": self._status,
        }
        self._settle(fields)
        found = work.get(fields.get("CC-Action") or "")
        if found is not None:
            found(fields)

    def _answered(self, fields: Fields) -> None:
        agent, queue = _ours(fields, "CC-Agent"), _ours(fields, "CC-Queue")
        if agent is None or queue is None:
            return
        at = _moment(fields, "CC-Agent-Answered-Time")
        self._brought.add(fields.get("CC-Member-UUID") or "")
        new = AgentContact(
            switch=self._switch,
            key=answered_key(fields.get("CC-Member-UUID") or ""),
            queue=queue,
            leg=fields.get("CC-Member-Session-UUID") or "",
            agent=agent,
            agent_leg=fields.get("CC-Agent-UUID") or "",
            result="answered",
            joined_at=_moment(fields, "CC-Member-Joined-Time", otherwise=at),
            at=at,
        )
        if self._store.agents.note_contact(new):
            set_wrap_up(self._centre, self._roster, agent, queue)
        if self.on_answer is not None:
            self.on_answer(Answer(new.key, agent, queue, new.leg, new.agent_leg))

    def _ended(self, fields: Fields) -> None:
        agent, queue = _ours(fields, "CC-Agent"), _ours(fields, "CC-Queue")
        if agent is None or queue is None:
            return
        if fields.get("CC-Agent-Bridged") != "true":
            self._never_talked(fields, agent)
            return
        self._brought.discard(fields.get("CC-Member-UUID") or "")
        at = _moment(fields, "CC-Bridge-Terminated-Time")
        key = answered_key(fields.get("CC-Member-UUID") or "")
        until = at + timedelta(seconds=self._roster.wrap_up(agent, queue))
        ended = self._store.agents.contact_ended(key, at=at, wrap_up_until=until)
        if ended is None:
            return
        if ended.closed_at is not None:  # an outcome was there before the end: there is nothing to wrap up
            self._ready(agent)
        self._judge_talks(agent)

    def _ready(self, agent: str) -> None:
        for key in ("wrap_up_time", "ready_time"):
            command = commands.call_centre("agent", "set", key, f"{agent}@{QUEUE_DOMAIN}", "0")
            try:
                self._centre.tell(command)
            except EslError as fault:
                log.warning("wrap_up_not_set", agent=agent, reason=str(fault))

    def _missed(self, fields: Fields) -> None:
        agent, queue = _ours(fields, "CC-Agent"), _ours(fields, "CC-Queue")
        cause = fields.get("CC-Hangup-Cause") or ""
        if agent is None or queue is None or cause in NO_FAULT:
            return
        called = fields.get("CC-Agent-Called-Time") or ""
        told_at = _told_at(fields).replace(microsecond=0)  # as its other times
        at = _moment(fields, "CC-Agent-Aborted-Time", otherwise=told_at)
        new = AgentContact(
            switch=self._switch,
            key=f"missed:{fields.get('CC-Member-UUID')}:{agent}:{called}",
            queue=queue,
            leg=fields.get("CC-Member-Session-UUID") or "",
            agent=agent,
            result="missed",
            cause=cause,
            joined_at=_moment(fields, "CC-Member-Joined-Time", otherwise=at),
            at=at,
        )
        if self._store.agents.note_contact(new):
            log.info("agent_missed", agent=agent, queue=queue, cause=cause)
            self._judge_misses(agent)

    def _left(self, fields: Fields) -> None:
        self._brought.discard(fields.get("CC-Member-UUID") or "")

    def _never_talked(self, fields: Fields, agent: str) -> None:
        """They have answered and were gone before they were connected. Whose doing it was shows in what
        follows (`_settle`): mod_callcenter tells the same if the caller was gone, or whoever was called back
        for them."""
        member = fields.get("CC-Member-UUID") or ""
        answered_at = _moment(fields, "CC-Agent-Answered-Time")
        self._store.agents.take_back(answered_key(member), answered_at=answered_at)
        if member in self._brought:  # else they have left meanwhile
            self._unmet[member] = {**fields, "CC-Hangup-Cause": GONE_IN_WHISPER}
        self._brought.discard(member)
        self._ready(agent)

    def _settle(self, fields: Fields) -> None:
        """The miss of the agent before, if the caller is seen to wait on."""
        member = fields.get("CC-Member-UUID") or ""
        unmet = self._unmet.get(member)
        if unmet is None or fields.get("CC-Action") == "bridge-agent-end":
            return
        gone = fields.get("CC-Action") == "member-queue-end" and fields.get("Answer-State") == "hangup"
        if not (gone and _told_at(fields) - _told_at(unmet) < AT_ONCE):
            self._missed(unmet)
        del self._unmet[member]  # not before: while the database is lost, this event is told again

    def _status(self, fields: Fields) -> None:
        """A change that is not ours: the switch has put somebody on a break who did not answer; or it is the
        only one who says anything of them."""
        agent, status = _ours(fields, "CC-Agent"), fields.get("CC-Agent-Status") or ""
        state = STATE.get(status)
        if agent is None or state is None:
            return
        presence = self._store.agents.presence(agent)
        if presence is None or agent not in self._roster.agents:
            self._desk.followed(agent, state, reason="", at=_told_at(fields))
        elif status == ON_BREAK and presence.state == "in" and self._gave_up(agent):
            self._desk.followed(agent, "paused", reason=NOT_ANSWERING)
            log.warning("agent_held_off", agent=agent, reason=NOT_ANSWERING, by="switch")

    def _gave_up(self, agent: str) -> bool:
        """Whether the switch itself has counted too many calls without an answer."""
        row = self._centre.agents().get(f"{agent}@{QUEUE_DOMAIN}")
        return row is not None and 0 < row.max_no_answer <= row.no_answers

    # --- telephones that do not work -------------------------------------------------------------------

    def _judge_misses(self, agent: str) -> None:
        most = self._roster.hold_off.misses
        recent = self._since_check_in(agent)
        in_a_row = len(list(takewhile(lambda one: one.result == "missed", recent)))
        if in_a_row >= most:
            causes = ", ".join(sorted({one.cause for one in recent[:in_a_row]}))
            self._hold_off(agent, NOT_ANSWERING, f"{in_a_row} calls in a row were not answered ({causes})")

    def _judge_talks(self, agent: str) -> None:
        rules = self._roster.hold_off
        if not rules.short_talks:
            return
        # An agent who is reserved for a customer that turns out busy has talked with nobody.
        recent = [one for one in self._since_check_in(agent) if not is_virtual(one.leg)]
        in_a_row = len(list(takewhile(lambda one: _short(one, rules.shorter_than), recent)))
        if in_a_row >= rules.short_talks:
            note = (
                f"{in_a_row} talks in a row were over within {rules.shorter_than} s: is the telephone silent?"
            )
            self._hold_off(agent, HARDLY_TALKING, note)

    def _since_check_in(self, agent: str) -> tuple[Contact, ...]:
        presence = self._store.agents.presence(agent)
        if presence is None or presence.state != "in":
            return ()
        since = presence.since.replace(microsecond=0)  # the switch tells whole seconds
        return self._store.agents.latest(agent, most=_LOOK_BACK, since=since)

    def _hold_off(self, agent: str, reason: str, note: str) -> None:
        if agent not in self._roster.agents:
            return
        who = Who("watchdog", "watchdog", note)
        told = self._desk.force(agent, "paused", who, reason=reason)
        if told.changed:
            log.warning("agent_held_off", agent=agent, reason=reason, note=note)


def _short(contact: Contact, seconds: int) -> bool:
    """Whether it was over before anything can have been settled: an agent who gave an outcome has talked."""
    return (
        contact.result == "answered"
        and not contact.outcome
        and contact.ended_at is not None
        and (contact.ended_at - contact.at).total_seconds() < seconds
    )


def _ours(fields: Fields, name: str) -> str | None:
    """A name of our domain without it; `None`: it is somebody else's."""
    bare, at, domain = (fields.get(name) or "").rpartition("@")
    return bare if at and domain == QUEUE_DOMAIN else None


def _told_at(fields: Fields) -> datetime:
    """When the switch told it: to the millisecond where the event says so."""
    stamp = fields.get("Event-Date-Timestamp") or ""
    if stamp.isascii() and stamp.isdigit():
        return moment(int(stamp) // 1000)
    return datetime.now(UTC)


def _moment(fields: Fields, name: str, *, otherwise: datetime | None = None) -> datetime:
    try:
        return datetime.fromtimestamp(int(fields.get(name) or ""), UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise or datetime.now(UTC)
