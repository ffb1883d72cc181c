"""One connection to a switch that carries the events of all its legs, kept up for as long as it is wanted.

Rules:
1. It subscribes to what legs need and to nothing else, and only for legs that carry its mark (a channel
   variable with a value of its own): neither agents' legs nor another server's cost anything here, but
   for their keys, which are forgotten at once.
2. It carries the legs of the switch whose `Core-UUID` it has seen; every other leg hears for itself. A
   switch that was started anew has a new one.
3. When it is lost, every leg goes on by itself (`esl.event_source.catch_up`) and stays so; legs that arrive
   once it is back share it again.
4. It tries again after at most `LONGEST_PAUSE` seconds, so it is back within 2 s of the switch's return; a
   login that was refused is tried less often, for switches count such tries. It says when it is lost and
   when it is back, once each.
5. A connection that just falls silent is noticed: something is asked every `PING` seconds.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import gevent
import structlog
from gevent.event import Event as Flag

from esl import commands
from esl.connection import REPLY_DEADLINE
from esl.errors import CommandRefusedError, ConnectionLostError, EslError, LoginRefusedError, WireError
from esl.event_source import catch_up
from esl.inbound import InboundConnection
from esl.leg import EVENTS
from esl.wire import Event

if TYPE_CHECKING:
    from esl.leg import Leg

log = structlog.get_logger("esl.switchboard")

CONNECT_DEADLINE = 0.8
"""Seconds for the connection and the greeting: a first packet that is lost must not cost the 2 s."""
SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 0.9
"""Seconds between two tries; each pause is twice the one before, less up to half of it by chance."""
REFUSED_PAUSE = 30.0
"""Seconds after a login that was refused."""
PING = 10.0
SILENCE = PING + REPLY_DEADLINE
"""Seconds after which a connection that has fallen silent counts as lost."""
MARK = "ivr_events"
"""The channel variable that brings a leg's events here."""


class Switchboard:
    """Fulfils `esl.event_source.EventSource` for one switch, at (host, port).

    With `carries` false it subscribes to nothing and carries no leg: it only watches whether the switch is
    there. `clock` gives seconds, `pause` waits so many, `chance` is from [0, 1): the tests' own.
    """

    def __init__(
        self,
        address: tuple[str, int],
        password: str,
        *,
        carries: bool = True,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = gevent.sleep,
        chance: Callable[[], float] = random.random,
        ping: float = PING,
    ) -> None:
        self.address = address
        self._password = password
        self._carries = carries
        self._clock = clock
        self._pause = pause
        self._chance = chance
        self._ping = ping
        self._mark: Mapping[str, str] = {MARK: secrets.token_hex(4)}
        self._legs: dict[str, Leg] = {}
        self._connection: InboundConnection | None = None
        self._core_uuid = ""
        self._connected = Flag()
        self._lost_at: float | None = None  # None: never connected yet
        self._complaint = ""
        self._keeper: gevent.Greenlet[[], None] | None = None

    # --- life ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begins to connect, and goes on until `close`; returns at once."""
        self._keeper = gevent.spawn(self._keep)

    def close(self) -> None:
        """Ends the connection. Legs that are still there hear for themselves. Safe to call twice."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.kill()
        self._drop("closed by us")

    @property
    def connected(self) -> bool:
        """Whether events come in now."""
        return self._connected.is_set()

    def wait_connected(self, deadline: float) -> bool:
        """Waits until events come in; False if that took longer than `deadline` seconds."""
        return bool(self._connected.wait(deadline))

    # --- legs ---------------------------------------------------------------------------------------

    @property
    def mark(self) -> Mapping[str, str]:
        """The variable that a leg must carry."""
        return self._mark

    def attach(self, leg: Leg, core_uuid: str) -> bool:
        """Carries the leg's events; False if it is another switch's, or there is no connection."""
        if not self._carries or not self.connected or not core_uuid or core_uuid != self._core_uuid:
            return False
        self._legs[leg.uuid] = leg
        return True

    def detach(self, leg: Leg) -> None:
        """The leg needs no more events."""
        if self._legs.get(leg.uuid) is leg:
            del self._legs[leg.uuid]

    @property
    def legs(self) -> int:
        """How many legs are carried."""
        return len(self._legs)

    def _take(self, event: Event) -> None:
        leg = self._legs.get(event.uuid)
        if leg is not None:
            leg.take(event)

    # --- the connection -------------------------------------------------------------------------------

    def _keep(self) -> None:
        pause = SHORTEST_PAUSE
        while True:
            try:
                connection = self._connect()
            except LoginRefusedError as refused:
                self._complain(
                    str(refused), "set switch.event_password to the switch's, and let this host in"
                )
                self._pause(REFUSED_PAUSE)
            except (EslError, OSError) as fault:
                self._complain(str(fault), "start the switch, or set switch.event_host and switch.event_port")
                self._pause(pause * (1 - self._chance() / 2))
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                pause = SHORTEST_PAUSE
                self._watch(connection)
                self._drop(connection.lost_because or "closed")

    def _connect(self) -> InboundConnection:
        host, port = self.address
        connection = InboundConnection(host, port, self._password, timeout=CONNECT_DEADLINE)
        try:
            connection.connect()
            connection.deadline = REPLY_DEADLINE
            core_uuid = connection.api(commands.core_uuid())
            if self._carries:
                self._subscribe(connection)
        except BaseException:
            connection.lose("closed by us")
            raise
        self._connection, self._core_uuid = connection, core_uuid
        self._connected.set()
        if self._lost_at is None:
            log.info("event_connection_up", switch=f"{host}:{port}", core=core_uuid)
        else:
            after = round(self._clock() - self._lost_at, 3)
            log.info("event_connection_back", switch=f"{host}:{port}", core=core_uuid, after=after)
        self._complaint = ""
        return connection

    def _subscribe(self, connection: InboundConnection) -> None:
        # The filters first: without them, every leg's events come.
        connection.request(commands.filter_events(f"variable_{MARK}", self._mark[MARK]))
        # FreeSWITCH tells keys without the channel's variables: everybody's come, there are few of them.
        connection.request(commands.filter_events("Event-Name", "DTMF"))
        connection.events_to = self._take
        connection.subscribe(*EVENTS)

    def _watch(self, connection: InboundConnection) -> None:
        """Returns when the connection is over, or has fallen silent."""
        while not connection.ended.wait(self._ping):
            with suppress(ConnectionLostError, CommandRefusedError, WireError):
                connection.api(commands.core_uuid())

    def _drop(self, reason: str) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        self._connected.clear()
        connection.lose(reason)
        self._lost_at = self._clock()
        legs, self._legs = list(self._legs.values()), {}
        host, port = self.address
        say = log.info if self._keeper is None else log.warning  # on purpose, or not
        say("event_connection_lost", switch=f"{host}:{port}", reason=reason, legs=len(legs))
        for leg in legs:
            gevent.spawn(catch_up, leg, self._mark)

    def _complain(self, reason: str, remedy: str) -> None:
        """Once for each reason, however often it is tried."""
        if reason != self._complaint:
            self._complaint = reason
            host, port = self.address
            log.warning("no_event_connection", switch=f"{host}:{port}", reason=reason, remedy=remedy)
