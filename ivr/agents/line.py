"""A connection to the switch's event socket that comes back by itself, for whoever looks after the agents."""

from __future__ import annotations

from collections.abc import Callable

import gevent
import structlog
from gevent.lock import BoundedSemaphore

from esl.call_centre import CallCentre
from esl.errors import EslError
from esl.inbound import InboundConnection
from esl.wire import Command, Event

log = structlog.get_logger(__name__)

CONNECT_DEADLINE = 2.0
AGAIN = 2.0
"""Seconds between two tries to connect."""
ACTIONS = frozenset(
    {
        "agent-offering",
        "bridge-agent-start",
        "bridge-agent-end",
        "bridge-agent-fail",
        "member-queue-end",
        "agent-status-change",
    }
)
"""Of the call centre, what is told to whoever listens here."""


class SwitchLine:
    """One switch."""

    def __init__(self, address: tuple[str, int], password: str) -> None:
        self._address, self._password = address, password
        self.events_to: Callable[[Event], None] | None = None
        """Gets what the call centre tells, from the next connection on. It is called in the greenlet of the
        reader, and must return at once."""
        self._connection: InboundConnection | None = None
        self._connecting = BoundedSemaphore()
        self._keeping: gevent.Greenlet[[], None] | None = None
        self.centre = CallCentre(self.ask)

    def start(self) -> None:
        """Connects, and again whenever the connection is lost."""
        self._keeping = gevent.spawn(self._keep)

    def close(self) -> None:
        if self._keeping is not None:
            self._keeping.kill()
        if self._connection is not None:
            self._connection.lose("closed by us")

    def ask(self, command: Command) -> str:
        """What the command printed. Raises `EslError`."""
        return self._connected().api(command)

    def order(self, command: Command, seconds: float) -> str:
        """As `ask`, for what takes its time, over a connection of its own: nobody else waits for it."""
        connection = InboundConnection(*self._address, self._password, timeout=CONNECT_DEADLINE)
        connection.connect()
        try:
            return connection.api(command, seconds)
        finally:
            connection.lose("closed by us")

    def _keep(self) -> None:
        lost = False
        while True:
            try:
                connection = self._connected()
            except EslError as fault:
                if not lost:
                    log.warning("agents_switch_lost", reason=str(fault))
                lost = True
                gevent.sleep(AGAIN)
                continue
            lost = False
            connection.ended.wait()

    def _connected(self) -> InboundConnection:
        with self._connecting:
            known = self._connection
            if known is not None and known.lost_because is None:
                return known
            fresh = InboundConnection(*self._address, self._password, timeout=CONNECT_DEADLINE)
            try:
                fresh.connect()
                if self.events_to is not None:
                    fresh.events_to = self.events_to
                    fresh.subscribe_call_centre(ACTIONS)
            except BaseException:
                fresh.lose("closed by us")
                raise
            self._connection = fresh
            return fresh
