"""An agent's telephone that has answered and sends nothing: the caller goes on waiting, with their place.

Rules:
1. What is counted are packets of sound, by the switch: nobody is listened to, and nothing is recorded. A
   telephone that sends silence is known by its short talks (`following`).
2. Only a count of nothing at all is acted upon. A switch that counts none (the embedded one, or one whose
   sound goes another way) is no reason.
3. The agent is put on a pause before the caller goes back, who would be theirs again otherwise. Of several
   servers that have seen it, the one that takes the contact back does all the rest.

Where it is noticed during the announcement of the caller, the agent's leg is ended, and mod_callcenter has
the caller wait on by itself. Afterwards the two are bridged: the caller is sent to the queue again, with the
seconds that they have waited as their score.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import gevent
import structlog

from data.errors import DataError
from data.records import AgentContact, Contact
from data.store import Store
from esl import commands
from esl.call_centre import CallCentre
from esl.errors import CommandRefusedError, EslError
from esl.wire import Command
from ivr.agents.desk import Desk, Who
from ivr.agents.roster import NO_SOUND
from ivr.queueing.reserving import is_virtual
from ivr.queueing.sync import in_domain

log = structlog.get_logger(__name__)

PACKETS = "rtp_audio_in_media_packet_count"
"""The channel variable in which `uuid_set_media_stats` writes how many packets of sound have come."""
CAUSE = "NO_SOUND"
"""Our word for why an agent's answer was none."""


TRIES, AGAIN = 5, 2.0
"""How often a telephone is judged where database or switch do not answer, and seconds between."""


@dataclass(frozen=True)
class Answer:
    """That an agent's telephone has answered."""

    key: str
    """Of the contact."""
    agent: str
    queue: str
    leg: str
    agent_leg: str


class Soundless:
    """Looks at each telephone once, `after` seconds from its answer; 0: never."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        ask: Callable[[Command], str],
        *,
        now: Callable[[], datetime],
        after: float,
    ) -> None:
        """`ask` sends an `api` command (`SwitchLine.ask`)."""
        self._store, self._desk, self._ask = store, desk, ask
        self._now, self._after = now, after
        self._looking: set[gevent.Greenlet[..., None]] = set()

    def answered(self, answer: Answer) -> None:
        """Returns at once."""
        if not self._after or not answer.agent_leg:
            return
        looking = gevent.spawn_later(self._after, self._look, answer)
        self._looking.add(looking)
        looking.link(self._looking.discard)

    def close(self) -> None:
        gevent.killall(list(self._looking))

    def _look(self, answer: Answer) -> None:
        for _ in range(TRIES):
            try:
                if self.sends_nothing(answer.agent_leg):
                    self.give_back(answer)
                return
            except (EslError, DataError) as fault:
                log.warning("silent_telephone_not_judged", agent=answer.agent, reason=str(fault))
            except Exception:
                log.exception("agents_fault", agent=answer.agent)
                return
            gevent.sleep(AGAIN)

    def sends_nothing(self, agent_leg: str) -> bool:
        """Whether the switch has counted not one packet of sound. Raises `EslError`."""
        if self._ask(commands.leg_exists(agent_leg)).strip() != "true":
            return False
        try:
            self._ask(commands.count_packets(agent_leg))
        except CommandRefusedError as none:  # a switch that counts none
            log.debug("packets_not_counted", reason=none.answer.strip()[:80])
            return False
        return self._ask(commands.get_variable(agent_leg, PACKETS)).strip() == "0"

    def give_back(self, answer: Answer) -> bool:
        """The caller waits on, the agent pauses. False: they have somebody else by now, or another server was
        faster. Raises `EslError`, `DataError`."""
        contact = self._store.agents.in_hand(answer.agent)
        if contact is None or contact.key != answer.key:
            return False
        if not self._store.agents.take_back(answer.key, answered_at=contact.at):
            return False
        log.warning("agent_without_sound", agent=answer.agent, queue=answer.queue, after=self._after)
        self._pause(answer.agent)
        # Whoever is reserved for a callback is let go: the customer has their place in the database.
        if self._talk(answer) and not is_virtual(answer.leg):
            self._queue_again(answer, contact)
            self._store.agents.note_contact(self._missed(contact))
        else:  # mod_callcenter tells the rest: an agent who was gone before the caller was connected
            self._ask(commands.kill(answer.agent_leg))
        return True

    def _pause(self, agent: str) -> None:
        note = f"their telephone answered and sent no sound for {self._after:g} s"
        try:
            self._desk.force(agent, "paused", Who("watchdog", "watchdog", note), reason=NO_SOUND)
        except DataError as lost:  # the caller is not to wait for it
            log.error("agent_not_paused", agent=agent, reason=str(lost))

    def _talk(self, answer: Answer) -> bool:
        """Whether the two are connected: while the caller is announced they are not."""
        members = CallCentre(self._ask).members(in_domain(answer.queue))
        return any(one.session == answer.leg and one.state == "Answered" for one in members)

    def _missed(self, contact: Contact) -> AgentContact:
        return AgentContact(
            key=f"missed:{contact.key}:{contact.agent}:{int(contact.at.timestamp())}",
            queue=contact.queue,
            leg=contact.leg,
            switch=contact.switch,
            agent=contact.agent,
            result="missed",
            cause=CAUSE,
            joined_at=contact.joined_at,
            at=contact.at,
        )

    def _queue_again(self, answer: Answer, contact: Contact) -> None:
        before = self._ask(commands.get_variable(answer.leg, "cc_base_score")).strip()
        waited = math.ceil(max((self._now() - contact.joined_at).total_seconds(), 0.0))
        score = (int(before) if before.isascii() and before.isdigit() else 0) + waited
        self._ask(commands.set_variables(answer.leg, {"cc_base_score": str(score)}))
        self._ask(commands.queue_again(answer.leg, in_domain(answer.queue)))
