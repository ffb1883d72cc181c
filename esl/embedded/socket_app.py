"""The `socket` application: the switch calls a server and lets it control the leg.

Sources: mod_event_socket.c (`socket_function`, `listener_run`, `read_packet`). Rules:
1. The hosts of `h1:p1|h2:p2` are tried in their order; if none can be reached, the dialplan's next
   action runs.
2. If the server goes away, whatever runs finishes, then the dialplan's next action runs. With the
   variable `socket_resume` it does not finish; without it, a server that goes away before `connect`
   leaves the leg parked for ever, as on the real switch.
3. When the leg hangs up, the connection ends at once, or `linger` seconds after its last event.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from typing import TYPE_CHECKING

from esl import wire
from esl.embedded.apps import APPLICATIONS
from esl.embedded.listener import EventListener
from esl.embedded.recording import is_true

if TYPE_CHECKING:
    from esl.embedded.session import Session

_log = logging.getLogger(__name__)

_DEFAULT_PORT = 8084
_FIRST_COMMAND_SECONDS = 25.0


@APPLICATIONS.add("socket")
def _socket(session: Session, argument: str) -> None:
    """`socket HOST:PORT[|HOST:PORT...] [async] [full]`."""
    words = argument.split()
    if not words:
        _log.warning("socket: no host given")
        return
    connection = _connect(session, words[0].split("|"))
    if connection is None:
        return
    options = {word.lower() for word in words[1:]}
    server = ServerConnection(session, connection, full="full" in options, in_turn="async" not in options)
    session.servers.append(server)
    session.channel.when_hung_up.append(server.leg_hung_up)
    if server.in_turn:
        server.serve()
        return
    session.switch.spawn(server.serve)
    while session.is_ready() and not server.over and not server.is_connected:
        session.rest()
    if not session.is_ready():
        return
    if not (server.over and is_true(session.channel.get("socket_resume"))):
        session.park()
    session.obey_queued()


def _connect(session: Session, hosts: list[str]) -> socket.socket | None:
    for each in hosts:
        host, _, port = each.partition("/")[0].rpartition(":")
        if not host:
            host, port = port, str(_DEFAULT_PORT)
        session.channel.set("socket_host", host)
        try:
            return socket.create_connection((host, int(port)), timeout=session.switch.config.connect_timeout)
        except (OSError, ValueError) as fault:
            _log.warning("socket: no server at %s (%s)", each[:100], fault)
    return None


class ServerConnection(EventListener):
    """A server that controls a leg."""

    session: Session

    def __init__(self, session: Session, connection: socket.socket, *, full: bool, in_turn: bool) -> None:
        connection.settimeout(None)
        super().__init__(session.switch, connection, session=session, full=full, in_turn=in_turn)
        self.is_connected = False
        self.over = False
        self._linger: float | None = None
        self._lingers = False
        self._first = session.switch.clock.later(_FIRST_COMMAND_SECONDS, self._no_first_command)

    def _no_first_command(self) -> None:
        if not self.is_connected:
            _log.warning("socket: a server was reached but did not send `connect`")
            self.finish()

    def connected(self) -> None:
        self._first.kill(block=False)
        self.is_connected = True
        self.send(
            wire.encode_connect_reply(
                self.session.channel.connect_lines(),
                mode="static" if self.in_turn else "async",
                control="full" if self.full else "single-channel",
            )
        )
        self.session.wake()

    def linger(self, rest: str) -> str:
        self._lingers = True
        if not rest:
            self._linger = None
            return "+OK will linger"
        digits = rest.partition(" ")[0]
        self._linger = float(min(int(digits), 86_400)) if digits.isascii() and digits.isdigit() else 0.0
        return f"+OK will linger {int(self._linger)} seconds"

    def no_linger(self) -> str:
        self._lingers = False
        return "+OK will not linger"

    def finish(self) -> None:
        """No more commands: what has been sent goes out, then the connection closes."""
        self.running = False
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RD)

    def leg_hung_up(self) -> None:
        """The leg is down. Without `linger` that is the end."""
        if not self._lingers:
            self.finish()

    def leg_gone(self) -> None:
        """The leg's last event has been fired."""
        if self.over or not self._lingers or not self.running:
            return
        seconds = -1 if self._linger is None else int(self._linger)
        self.send(
            wire.encode_message(
                [
                    ("Content-Type", "text/disconnect-notice"),
                    ("Controlled-Session-UUID", self.session.uuid),
                    ("Content-Disposition", "linger"),
                    ("Channel-Name", _one_line(self.session.channel.profile.channel_name)),
                    ("Linger-Time", str(seconds)),
                ],
                b"",
            )
        )
        if self._linger is not None:
            self.switch.clock.later(self._linger, self.finish)

    def ended(self) -> None:
        self.over = True
        self._first.kill(block=False)
        if self.session.controlled and is_true(self.session.channel.get("socket_resume")):
            self.session.interrupt()
        self.session.controlled = False
        self.session.wake()
        self.session.destroy_if_unwatched()


def _one_line(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
