"""The embedded switch: FreeSWITCH's side of the event socket protocol, with sound, in one process.

    switch = EmbeddedSwitch(SwitchConfig(event_socket="127.0.0.1:0", line="127.0.0.1:0", ...))
    with switch:                       # or start() and stop()
        host, port = switch.line_address
        ...

Rules:
1. It behaves as FreeSWITCH 1.11 does (tests/traces); where the two differ, this one is wrong.
2. One greenlet per leg, one per connection, one clock for all media. Nothing else runs.
3. After `stop` no socket, greenlet or half-written recording is left.
"""

from __future__ import annotations

import logging
import socket
from collections import deque
from collections.abc import Callable
from typing import Any, Self

import gevent
from gevent.pool import Group

from esl.embedded import (
    api,
    apps,
    bridge,
    dialling_api,
    eavesdrop,
    prompting,
    queue_api,
    queue_app,
    queue_json,
    socket_app,
)
from esl.embedded.arriving import take_call
from esl.embedded.callees import Callees
from esl.embedded.clock import Clock, RealClock
from esl.embedded.config import Action, SwitchConfig, split_address
from esl.embedded.errors import AddressTakenError
from esl.embedded.event_socket import ClientConnection
from esl.embedded.events import EventBoard
from esl.embedded.media import MediaClock
from esl.embedded.queues import CallCentre
from esl.embedded.session import Session

_log = logging.getLogger(__name__)

_REGISTERED = (bridge, dialling_api, eavesdrop, prompting, queue_api, queue_app, queue_json, socket_app)
"""Importing them has filled the registries of applications and `api` commands."""
_MOST_CLIENTS = 200
_STOP_SECONDS = 5.0
_CLOSING_SECONDS = 3.0
"""Longer than a line takes to close, whatever its other end does."""


class EmbeddedSwitch:
    """A switch. `start` binds its ports; then callers, clients and servers may come and go."""

    def __init__(self, config: SwitchConfig, clock: Clock | None = None) -> None:
        self.config = config
        self.clock: Clock = clock or RealClock()
        self.started = self.clock.now()
        self.globals: dict[str, str] = {}
        """What clients have left with `global_setvar`."""
        self.board = EventBoard(name=config.name, clock=self.clock)
        self.media_clock = MediaClock(self.clock)
        self.applications = apps.APPLICATIONS
        self.call_centre = CallCentre(self, config.queues, connect=queue_app.connect)
        self.callees = Callees(self)
        self.sessions: dict[str, Session] = {}
        self.calls_taken = 0
        self.peak_calls = 0
        self.peak_rate = 0
        self._recent: deque[float] = deque()
        self._numbers = 0
        self._listening: list[socket.socket] = []
        self._greenlets = Group()
        self._greenlets_of_calls = Group()
        self._closing = Group()
        """Lines whose last frames are on their way."""
        self._accepting = True
        self.event_socket_address = ("", 0)
        """Where the event socket listens, once started."""
        self.line_address = ("", 0)
        """Where callers join, once started."""

    # --- life ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Binds the ports and starts the media clock. Raises `AddressTakenError`."""
        self._accepting = True
        try:
            self.event_socket_address = self._listen(self.config.event_socket, self._serve_client)
            self.line_address = self._listen(self.config.line, self._take_call)
        except AddressTakenError:
            self.stop()
            raise
        self.media_clock.start()

    def stop_accepting(self) -> None:
        """No new calls and clients, and the ports are free; those who are there stay. Safe to call twice."""
        self._accepting = False
        for listening in self._listening:
            listening.close()
        self._listening.clear()

    def drain(self, deadline: float) -> bool:
        """Waits for the last call's end; False if that took longer than `deadline` (real seconds)."""
        self._greenlets_of_calls.join(timeout=deadline)
        self._closing.join(timeout=_CLOSING_SECONDS)  # so that the callers read how it ended
        return not self._greenlets_of_calls

    def stop(self) -> None:
        """Hangs up every call and closes everything."""
        self.stop_accepting()
        self.callees.close()
        for session in tuple(self.sessions.values()):
            session.channel.hang_up("MANAGER_REQUEST")
        self._greenlets_of_calls.join(timeout=_STOP_SECONDS)
        for listener in tuple(self.board.listeners):
            listener.abort()
        self._greenlets_of_calls.kill(timeout=_STOP_SECONDS)
        self._greenlets.kill(timeout=_STOP_SECONDS)
        self.media_clock.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def spawn(self, run: Callable[..., Any], *arguments: Any) -> gevent.Greenlet[..., Any]:
        """A greenlet that ends with the switch."""
        return self._greenlets.spawn(run, *arguments)

    def _listen(self, address: str, serve: Callable[[socket.socket], None]) -> tuple[str, int]:
        host, port = split_address(address)
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            listening = socket.socket(family, socket.SOCK_STREAM)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            listening.listen(256)
        except OSError as fault:
            raise AddressTakenError(
                f"cannot listen on {address} ({fault.strerror or fault}); "
                f"free the port or give another address (port 0 takes any)"
            ) from None
        self._listening.append(listening)
        self.spawn(self._accept, listening, serve)
        bound = listening.getsockname()
        return bound[0], bound[1]

    def _accept(self, listening: socket.socket, serve: Callable[[socket.socket], None]) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                if listening.fileno() < 0:
                    return
                gevent.sleep(0.05)  # out of file descriptors, mostly: others will close theirs
                continue
            self.spawn(serve, connection)

    def _serve_client(self, connection: socket.socket) -> None:
        if len(self.board.listeners) >= _MOST_CLIENTS + len(self.sessions):
            connection.close()
            return
        ClientConnection(self, connection).serve()

    # --- numbers -------------------------------------------------------------------------------

    def next_media_port(self) -> int:
        """A port number for the leg's variables; nothing listens there."""
        self._numbers += 2
        return 20_000 + self._numbers % 12_000

    def next_session_id(self) -> int:
        self._numbers += 2
        return self._numbers

    def next_dialog_number(self) -> int:
        self._numbers += 2
        return 100_000_000 + self._numbers

    # --- calls ---------------------------------------------------------------------------------

    def route(self, number: str) -> tuple[tuple[str, ...], tuple[Action, ...]] | None:
        """The first extension that is for this number: its match, and what to do."""
        for extension in self.config.extensions:
            match = extension.matches(number)
            if match is not None:
                return match, extension.actions
        return None

    def api(self, name: str, argument: str = "") -> str:
        """What `api NAME ARGUMENT` answers."""
        return api.run(self, name, argument)

    def calls_this_second(self) -> int:
        """New calls within the last second."""
        now = self.clock.now()
        while self._recent and self._recent[0] <= now - 1.0:
            self._recent.popleft()
        return len(self._recent)

    def _take_call(self, connection: socket.socket) -> None:
        take_call(self, connection)

    def refusal(self) -> str | None:
        """Why no new leg may begin now, whoever asks for it; None if one may."""
        if not self._accepting:
            return "Shutting Down"
        if len(self.sessions) >= self.config.most_calls:
            return "Maximum Calls In Progress"
        if self.calls_this_second() >= self.config.calls_per_second:
            return "Maximum Calls Per Second"
        return None

    def adopt(self, session: Session) -> None:
        """A new leg lives from here on."""
        self._recent.append(self.clock.now())
        self.peak_rate = max(self.peak_rate, len(self._recent))
        self.sessions[session.uuid] = session
        self.calls_taken += 1
        self.peak_calls = max(self.peak_calls, len(self.sessions))
        media, channel = session.media, session.channel
        self.media_clock.add(media, failed=lambda: channel.hang_up("MEDIA_TIMEOUT"))
        self._greenlets_of_calls.spawn(session.live)

    def forget(self, session: Session) -> None:
        """A leg's last event has been fired."""
        self.sessions.pop(session.uuid, None)
        if session.media.line is not None:
            session.media.line.close(self._closing.spawn)
        for server in session.servers:
            server.leg_gone()
        session.destroy_if_unwatched()
