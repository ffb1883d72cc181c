"""Listens to a switch's call centre and writes down what happens there; makes good what it did not hear.

Rules:
1. No call waits for it, and none is lost with it: it has a connection of its own.
2. Facts are written in portions, in the thread pool. A database that is lost keeps them waiting, `MOST_KEPT`
   at most; after that, and after a lost connection, the switch's lists say who is there and who is not.
3. Several servers may listen to one switch: what they write is the same (`data.queue_visits`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

import gevent
import structlog
from gevent.event import Event as Flag

from data.errors import DataError
from data.queue_visits import QueueVisits, Told
from esl import commands
from esl.call_centre import CallCentre
from esl.errors import EslError, WireError
from esl.inbound import InboundConnection
from esl.queue_events import ACTIONS, Offered, read
from esl.wire import Event
from ivr.in_thread import in_thread
from ivr.queueing.visits import VisitBook, moment, plain
from ivr.queueing.whispering import InTheirLanguage

log = structlog.get_logger(__name__)

CONNECT_DEADLINE = 2.0
EVERY = 0.5
"""Seconds between two portions."""
PING = 10.0
PAUSE = 1.0
"""Seconds between two tries to connect."""
MOST_KEPT = 20_000
JUST_NOW = timedelta(seconds=5)
"""Somebody who came later may have been written by another server after we had asked for the list."""


class QueueWatch:
    """One server's ears in the call centre of one switch, from `start` to `close`."""

    def __init__(
        self,
        event_socket: tuple[str, int],
        password: str,
        visits: QueueVisits,
        *,
        switch: str,
        now: Callable[[], datetime],
        whispers: InTheirLanguage | None = None,
    ) -> None:
        """`switch` names it to all servers alike, as far as an address tells. `now`: in UTC. `whispers`: is
        told whose telephone rings, for what they will hear."""
        self._whispers = whispers
        self._address, self._password = event_socket, password
        self._visits, self._now = visits, now
        self._wrap_ups: dict[str, int] = {}
        self.book = VisitBook(switch, wrap_up=lambda agent: self._wrap_ups.get(agent, 0))
        self._kept: deque[Told] = deque()
        self._offers: deque[tuple[str, datetime]] = deque()
        self._heard_all = True
        self._complaint = ""
        self._connection: InboundConnection | None = None
        self.caught_up = Flag()
        """Set while events come in and what was missed is made good."""
        self._keeper: gevent.Greenlet[[], None] | None = None

    def start(self) -> None:
        """Begins to listen, and goes on until `close`; returns at once."""
        self._keeper = gevent.spawn(self._keep)

    def close(self) -> None:
        """Ends the connection, and writes what is left. Safe to call twice."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        keeper.kill()
        self._drop("closed by us")
        self._write()

    # --- the connection -----------------------------------------------------------------------------

    def _keep(self) -> None:
        while True:
            try:
                connection = self._connect()
                self._catch_up(connection)
                self.caught_up.set()
                self._complaint = ""
                self._listen(connection)
                self._drop(connection.lost_because or "closed")
                log.warning("queues_not_heard", reason=connection.lost_because)
            except (EslError, OSError, DataError) as fault:
                self._drop("a fault")
                if str(fault) != self._complaint:  # once for each reason
                    self._complaint = str(fault)
                    log.warning("queues_not_heard", reason=str(fault))
            gevent.sleep(PAUSE)

    def _connect(self) -> InboundConnection:
        host, port = self._address
        connection = InboundConnection(host, port, self._password, timeout=CONNECT_DEADLINE)
        self._connection = connection
        connection.connect()
        connection.events_to = self._take
        connection.subscribe_call_centre(ACTIONS)
        return connection

    def _drop(self, reason: str) -> None:
        connection, self._connection = self._connection, None
        self.caught_up.clear()
        if connection is not None:
            connection.lose(reason)

    def _listen(self, connection: InboundConnection) -> None:
        """Until the connection is over, or facts had to be thrown away."""
        pinged = 0.0
        while not connection.ended.wait(EVERY) and self._heard_all:
            self._write()
            pinged += EVERY
            if pinged >= PING:
                pinged = 0.0
                connection.api(commands.core_uuid())
        self._heard_all = True

    # --- what is heard ------------------------------------------------------------------------------

    def _take(self, event: Event) -> None:
        try:
            heard = read(event)
        except WireError as fault:
            log.warning("queue_event_not_read", reason=str(fault))
            return
        if heard is None:
            return
        if isinstance(heard, Offered):
            self._offers.append((heard.member, moment(heard.at)))
            self._whisper(heard)
        self._kept.extend(self.book.facts(heard))
        if len(self._kept) > MOST_KEPT:
            self._kept.clear()
            self._offers.clear()
            self._heard_all = False

    def _whisper(self, offered: Offered) -> None:
        connection, whispers = self._connection, self._whispers
        if connection is not None and whispers is not None and whispers.concerns(offered):
            gevent.spawn(whispers.prepare, offered, connection.api)  # an event's taker asks nothing itself

    def _write(self) -> None:
        """All that waits; what the database does not take now waits on."""
        told, offers = list(self._kept), list(self._offers)
        if not told and not offers:
            return

        def write() -> None:
            self._visits.learn(told)
            self._visits.offered(offers)

        try:
            in_thread(write)
        except DataError as lost:
            log.error("queue_visits_wait", waiting=len(told), reason=str(lost))
            return
        if self._heard_all:  # else they were thrown away meanwhile
            for waiting, written in ((self._kept, told), (self._offers, offers)):
                for _ in written:
                    waiting.popleft()

    # --- what was not heard -------------------------------------------------------------------------

    def _catch_up(self, connection: InboundConnection) -> None:
        """Who is there, and who is gone. Raises `EslError`, `DataError`."""
        asked_at = self._now()
        centre = CallCentre(connection.api)
        agents = centre.agents()
        self._wrap_ups = {plain(row.name): row.wrap_up for row in agents.values()}
        members = [(queue, row) for queue in centre.queues() for row in centre.members(queue) if row.session]
        told: list[Told] = [self.book.there(queue, row) for queue, row in members]
        here = {row.uuid for _, row in members}

        def settle() -> None:
            known = self._visits.there(self.book.switch)
            lost = [one for one in known if one.id not in here and one.joined_at < asked_at - JUST_NOW]
            told.extend(
                self.book.gone(one.id, one.queue, one.leg, one.joined_at, at=asked_at) for one in lost
            )
            self._visits.learn(told)
            if lost:
                log.warning("queue_visits_unknown", visits=len(lost))

        in_thread(settle)
