"""Where calls arrive: the switch opens one connection per leg (`socket HOST:PORT async full`).

Rules:
1. Nothing that arrives can end the accept loop or hold up another call: each connection has its own
   greenlet, and a deadline until it has shown to be a switch.
2. The port has no password, so only listed addresses get past the door; loopback unless told otherwise.
3. A leg that has arrived is handed to the application, even one whose caller is gone already: its inbox
   then brings `HungUp`, and every command raises `CallEnded`.
4. A leg is served once: who comes with the uuid of a leg that is being served is turned away, and the call
   does not notice. (A leg that we let go of may come back.)
5. However a call ends here, its connection is closed, and a leg that is still up goes on with the next
   action of its dialplan. A fault in the application is logged with its traceback, never swallowed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import gevent
import structlog
from gevent.pool import Group
from gevent.server import StreamServer

from esl import sockets
from esl.connection import REPLY_DEADLINE, OutboundConnection
from esl.errors import CallEnded, CommandRefusedError, ConnectionLostError, EslError, WireError
from esl.event_source import EventSource
from esl.leg import Leg, leg_on
from esl.live_audio import AudioTransport, LiveAudio
from esl.sockets import LOOPBACK, Network
from esl.switch import Call

log = structlog.get_logger("esl.outbound")

_BACKLOG = 4096  # connections that wait to be accepted while we are busy; the system takes fewer if it must
_PARTING = 1.0  # seconds in which the news that we have lost a leg may still be on its way to us
_UNPROVEN_PER_CALL = 2  # connections that have not answered `connect` yet, for each call that is allowed


class _Seldom:
    """A warning that any stranger can cause: the first at once, then one a minute with the count, so that
    whoever knocks does not fill the log."""

    def __init__(self) -> None:
        self._untold = 0
        self._told_at = -math.inf

    def tell(self, event: str, **about: str) -> None:
        self._untold += 1
        now = time.monotonic()
        if now < self._told_at + 60.0:
            return
        since = {"count_since": self._untold} if self._untold > 1 else {}
        self._untold, self._told_at = 0, now
        log.warning(event, **about, **since)


class OutboundServer:
    """Accepts calls and runs `on_call(call)` for each, in that connection's own greenlet.

    `address` is (host, port), port 0 for any free one (`start` puts the real one there); `allowed` are
    the switches' networks; beyond `max_calls` connections are closed at once, so that the switch tries
    its next server or action.
    `connect_deadline` and `command_deadline` are seconds. Without `live_audio` it makes its own. A leg's
    events come by the first of `event_sources` that carries them, else by the leg's own socket.
    """

    def __init__(  # noqa: PLR0913 - all but the first two have defaults that suit everybody
        self,
        address: tuple[str, int],
        on_call: Callable[[Call], None],
        *,
        allowed: Sequence[Network] = LOOPBACK,
        max_calls: int = 200,
        live_audio: AudioTransport | None = None,
        event_sources: Sequence[EventSource] = (),
        connect_deadline: float = 5.0,
        command_deadline: float = REPLY_DEADLINE,
        linger: int = 5,
    ) -> None:
        self._on_call = on_call
        self._allowed = tuple(allowed)
        self._max_calls = max_calls
        self._refusals = _Seldom()
        self._never_calls = _Seldom()
        self._impostors = _Seldom()
        self._own_audio = live_audio is None
        self._live_audio: AudioTransport = live_audio or LiveAudio()
        self._event_sources = tuple(event_sources)
        self._connect_deadline = connect_deadline
        self._command_deadline = command_deadline
        self._linger = linger
        self.address = address
        self._socket: Any = None  # bound; the server's own from `start` on
        self._server: StreamServer | None = None
        self._running = Group()
        self.admitted = 0
        """Calls that were handed to the application, since the start."""
        self.refused = 0
        """Connections of switches that were closed because there were too many calls."""
        self._legs: dict[OutboundConnection, Leg] = {}
        self._by_uuid: dict[str, Leg] = {}
        """Those that are served, and by whom: set before the leg is prepared."""
        self._unproven: dict[OutboundConnection, None] = {}
        """Connections that have not shown yet to be a switch's, the oldest first."""

    # --- life ---------------------------------------------------------------------------------------

    def bind(self) -> None:
        """Takes the address, so that nobody else can, without being reachable yet: a switch that calls now is
        refused at once, and tries its next server or action instead of waiting for us.

        Raises `AddressTakenError` or `AddressUnusableError`, each with its remedy.
        """
        self._socket, self.address = sockets.bind(self.address)

    def start(self) -> None:
        """Begins to accept; takes the address first if `bind` has not. Raises as `bind`."""
        if self._socket is None:
            self.bind()
        sockets.listen(self._socket, self.address, _BACKLOG)
        self._server = StreamServer(self._socket, self._arrive, spawn=self._spawn)
        self._server.start()
        log.info("outbound_listening", host=self.address[0], port=self.address[1])

    @property
    def active_calls(self) -> int:
        """Calls that are being lived."""
        return len(self._legs)

    def stop_accepting(self) -> None:
        """No new calls; those under way go on. Safe to call twice."""
        if self._server is not None:
            self._server.stop(timeout=0)
        elif self._socket is not None:
            self._socket.close()

    def drain(self, deadline: float) -> bool:
        """Waits until no connection is left; False if that took longer than `deadline` seconds."""
        self._running.join(timeout=deadline)
        return not self._running

    def close(self, deadline: float = 30.0) -> int:
        """Stops accepting, lets calls end for `deadline` seconds, then lets go of the rest: their callers
        go on in the dialplan. Returns how many had to be let go."""
        self.stop_accepting()
        self.drain(deadline)
        left = self.active_calls
        for connection in [*self._unproven, *self._legs]:
            connection.lose("the server shuts down")
        if not self.drain(2.0):
            self._running.kill(timeout=2.0)
        if self._own_audio:
            self._live_audio.close()
        log.info("outbound_closed", let_go=left)
        return left

    def _spawn(self, *work: Any, **named: Any) -> gevent.Greenlet[..., Any]:
        return self._running.spawn(*work, **named)

    # --- one connection ---------------------------------------------------------------------------------

    def _arrive(self, sock: Any, peer: tuple[Any, ...]) -> None:
        """The whole life of one connection; the server runs it in a greenlet of its own."""
        with sock:
            if not sockets.is_allowed(str(peer[0]), self._allowed):
                remedy = "add the switch's address to the allowed ones"
                self._refusals.tell("outbound_refused", peer=str(peer[0]), remedy=remedy)
                return
            if self._is_full(peer):
                return
            self._make_room()
            connection = OutboundConnection(peer, sock)
            self._unproven[connection] = None
            try:
                self._live(connection)
            except (ConnectionLostError, WireError, CallEnded) as lost:
                told = {"peer": peer[0], "code": lost.code, "reason": str(lost)}
                if connection in self._unproven:
                    self._never_calls.tell("outbound_connection_said_nothing", **told)
                else:
                    log.warning("outbound_call_lost", **told)
            except EslError as refused:
                log.error("outbound_call_refused", peer=peer[0], code=refused.code, reason=str(refused))
            except Exception:
                log.exception("outbound_connection_failed", peer=peer[0])
            finally:
                connection.lose("closed by us")
                self._unproven.pop(connection, None)
                leg = self._legs.pop(connection, None)
                if leg is not None and self._by_uuid.get(leg.uuid) is leg:
                    del self._by_uuid[leg.uuid]

    def _is_full(self, peer: tuple[Any, ...]) -> bool:
        full = self.active_calls >= self._max_calls
        if full:
            self.refused += 1
            log.warning("outbound_full", peer=peer[0], max_calls=self._max_calls)
        return full

    def _make_room(self) -> None:
        """Who has not shown yet to be a switch takes no place from calls: too many of them, and the oldest
        goes (a switch shows it within milliseconds)."""
        if len(self._unproven) >= _UNPROVEN_PER_CALL * self._max_calls:
            oldest = next(iter(self._unproven))
            oldest.lose("too many connections that do not say who they are")

    def _is_served(self, uuid: str) -> bool:
        """Whether we serve that leg. One that has just been taken from us may come back before we know."""
        served = self._by_uuid.get(uuid)
        if served is None:
            return False
        # Two who wait here together: the second one finds the first one's.
        return not served.is_left(_PARTING) or self._by_uuid.get(uuid, served) is not served

    def _live(self, connection: OutboundConnection) -> None:
        connection.deadline = self._connect_deadline
        channel = connection.connect(linger=self._linger)
        if self._is_full(connection.peer):  # others were quicker
            return
        if channel.get("Control") != "full" or channel.get("Socket-Mode") != "async":
            raise CommandRefusedError(
                "connect",
                "the dialplan must say `socket HOST:PORT async full`, else the leg cannot be controlled",
            )
        if self._is_served(channel.uuid):
            remedy = "see who else reaches this port, and whether the dialplan runs `socket` twice"
            self._impostors.tell("outbound_leg_twice", peer=str(connection.peer[0]), remedy=remedy)
            return
        connection.deadline = self._command_deadline
        leg = leg_on(connection, self._live_audio, self._event_sources)
        self._by_uuid[leg.uuid] = leg
        try:
            leg.prepare()
        except CallEnded:  # still a call, however short: the application gets its HungUp, and records it
            log.info("call_ended_at_once", leg=leg.uuid)
        del self._unproven[connection]
        self._legs[connection] = leg
        self.admitted += 1
        try:
            self._on_call(leg)
        except CallEnded:
            log.info("call_ended_under_way", leg=leg.uuid)
        except Exception:
            log.exception("call_failed", leg=leg.uuid)
        finally:
            leg.release()
