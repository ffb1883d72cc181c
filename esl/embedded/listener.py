"""One event socket connection as the switch sees it: commands in, replies and events out.

Both kinds are made of this: a client that came in (`event_socket`) and a server that the `socket`
application called (`socket_app`). Replies are those of mod_event_socket.c, word for word.

Rules:
1. The reply to a command goes out before any event that the command causes.
2. Giving an event to a listener never waits. A listener that does not read loses events, and after
   500 lost ones its connection.
3. A command without `full` control may do little (`sendmsg`, `myevents`); the rest is not found.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

import gevent
from gevent.event import Event
from gevent.queue import SimpleQueue

from esl import wire
from esl.embedded.events import Fired
from esl.embedded.subscription import Subscription
from esl.errors import UnsafeTextError, WireError

if TYPE_CHECKING:
    from esl.embedded.session import Session
    from esl.embedded.switch import EmbeddedSwitch

_log = logging.getLogger(__name__)

_MOST_UNSENT = 16 * 1024 * 1024
"""Bytes that a slow client may leave unread. The real switch allows 100,000 events."""
_MOST_LOST = 500
"""Events that may be lost before the client is (MAX_MISSED)."""
_GOODBYE = b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
_FAREWELL_SECONDS = 5.0
"""Real seconds in which a client has to read what was meant for it before the connection closes."""
_COMMANDS_OF_ONE_LEG = frozenset({"connect", "myevents", "getvar", "resume", "divert_events", "sendmsg"})


class EventListener:
    """A connection. Subclasses say who it is and what it may do."""

    def __init__(
        self,
        switch: EmbeddedSwitch,
        connection: socket.socket,
        *,
        session: Session | None = None,
        full: bool = True,
        in_turn: bool = False,
    ) -> None:
        """`session`: the leg that it controls. `in_turn`: not `async`, so `sendmsg` waits until done."""
        self.switch = switch
        self.session = session
        self.full = full
        self.in_turn = in_turn
        self.running = True
        self.closed = Event()
        self.lost_events = 0
        self._connection = connection
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._out: SimpleQueue[bytes | None] = SimpleQueue()
        self._unsent = 0
        self.subscription = Subscription()
        self._held: list[Fired] | None = None
        self._writer = gevent.spawn(self._write)

    # --- events --------------------------------------------------------------------------------

    def wants(self, kind: str, subclass: str) -> bool:
        return self.running and self.subscription.wants(kind, subclass)

    def take(self, event: Fired) -> None:
        if not self.subscription.lets_through(event, self.session.uuid if self.session else ""):
            return
        if self._held is not None:
            self._held.append(event)
        else:
            self._send_event(event)

    def _send_event(self, event: Fired) -> None:
        if self._unsent > _MOST_UNSENT:
            self.lost_events += 1
            if self.lost_events > _MOST_LOST:
                _log.warning("an event socket client does not read: disconnected")
                self.abort()
            return
        try:
            self.send(event.encoded if self.subscription.format == "plain" else _as_json(event))
        except UnsafeTextError as fault:
            _log.warning("an event could not be sent: %s", fault)

    # --- the connection ------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Hands over bytes to be sent. Never waits."""
        if not self.closed.is_set():
            self._unsent += len(data)
            self._out.put(data)

    def reply(self, text: str) -> None:
        """`Reply-Text`. Line breaks, which a real reply never has, become spaces."""
        line = " ".join(text.splitlines())
        self.send(f"Content-Type: command/reply\nReply-Text: {line}\n\n".encode())

    def abort(self) -> None:
        """Closes without a word."""
        self.running = False
        self.closed.set()
        self._out.put(None)
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def _write(self) -> None:
        try:
            while (data := self._out.get()) is not None:
                self._connection.sendall(data)
                self._unsent -= len(data)
        except OSError:
            pass

    def serve(self) -> None:
        """Reads and does commands until one side has had enough."""
        board = self.switch.board
        board.listeners.append(self)
        try:
            self.open()
            self._converse()
        except OSError:
            pass
        except WireError as fault:
            _log.warning("an event socket client sent what is no command: %s", fault)
        finally:
            self.running = False
            board.listeners.remove(self)
            self._say_goodbye()
            self.ended()

    def is_running(self) -> bool:
        """Whether commands are still taken."""
        return self.running

    def open(self) -> None:
        """What comes before the first command."""

    def ended(self) -> None:
        """The connection is over."""

    def _converse(self) -> None:
        reader = wire.CommandReader()
        while self.is_running():
            data = self._connection.recv(16 * 1024)
            if not data:
                return
            try:
                commands = reader.feed(data)
            except WireError as fault:
                for command in fault.completed:
                    self.do(command)
                raise
            for command in commands:
                self.do(command)
                if not self.is_running():
                    return

    def _say_goodbye(self) -> None:
        if not self.closed.is_set():
            about = [("Content-Type", "text/disconnect-notice")]
            if self.session is not None:
                about.append(("Controlled-Session-UUID", self.session.uuid))
                about.append(("Content-Disposition", "disconnect"))
            self.send(wire.encode_message(about, _GOODBYE))
            self.closed.set()
            self._out.put(None)
            self._writer.join(_FAREWELL_SECONDS)
        self._writer.kill(block=False)
        self._connection.close()

    # --- commands ------------------------------------------------------------------------------

    def do(self, command: wire.Command) -> None:
        """Does one command, whole: its reply first, then the events that it set off."""
        self._held = []
        try:
            self._do(command)
        finally:
            held, self._held = self._held, None
            for event in held:
                self._send_event(event)

    def _do(self, command: wire.Command) -> None:
        line = command.line.strip()
        word = command.word
        if word.startswith(("exit", "...")):
            self.reply("+OK bye")
            self.running = False
        elif not self.allowed():
            self.authenticate(line)
        elif word == "connect" and self.session is not None:
            self.connected()
        elif word.startswith("sendmsg"):
            self._sendmsg(command)
        elif not self.full and word not in _COMMANDS_OF_ONE_LEG:
            self.reply("-ERR command not found")
        elif word == "api":
            self._api(command.rest)
        elif word == "bgapi":
            self._bgapi(command)
        else:
            self.reply(self._simple(word, command.rest))

    def _simple(self, word: str, rest: str) -> str:
        """Commands that do nothing but change this connection, and what they answer."""
        answers: dict[str, Callable[[], str]] = {
            "event": lambda: self.subscription.listen(rest.split()),
            "nixevent": lambda: self.subscription.nix(rest.split()),
            "noevents": self.subscription.end,
            "filter": lambda: self.subscription.filter(rest),
            "log": lambda: f"+OK log level {rest or 'debug'} [7]",
            "nolog": lambda: "-ERR not loging",
            "linger": lambda: self.linger(rest),
            "nolinger": self.no_linger,
            "myevents": lambda: self._my_events(rest),
            "divert_events": lambda: self._divert(rest),
            "getvar": lambda: self._getvar(rest),
            "resume": self._resume,
        }
        answer = answers.get(word)
        return "-ERR command not found" if answer is None else answer() or "-ERR command not found"

    def _my_events(self, rest: str) -> str:
        if self.session is None and not self.subscription.only_mine:
            self.session = self.switch.sessions.get(rest.split(" ", 1)[0])
            if self.session is None:
                return "-ERR invalid uuid" if rest else ""
            rest = rest.partition(" ")[2]
        return self.subscription.my_events(rest)

    def _divert(self, rest: str) -> str:
        # Nothing here takes events away from the leg, so diverted or not they arrive.
        if self.session is None:
            return "-ERR not controlling a session."
        if not rest:
            return "-ERR missing value."
        return "+OK events diverted" if rest.lower() == "on" else "+OK events not diverted"

    def _getvar(self, rest: str) -> str:
        return "" if self.session is None else self.session.channel.get(rest) or ""

    def _resume(self) -> str:
        if self.session is None:
            return ""
        self.session.channel.set("socket_resume", "true")
        return "+OK"

    # What the two kinds of connection do differently.

    def allowed(self) -> bool:
        """Whether the client has shown that it may."""
        return True

    def authenticate(self, line: str) -> None:
        """A command from a client that may do nothing yet."""

    def connected(self) -> None:
        """`connect`."""

    def linger(self, rest: str) -> str:  # noqa: ARG002 - the outbound kind reads it
        return "-ERR not controlling a session"

    def no_linger(self) -> str:
        return "-ERR not controlling a session"

    # --- commands that do something ------------------------------------------------------------

    def _sendmsg(self, command: wire.Command) -> None:
        uuid = command.rest or command.headers.get("session-id", "")
        session = self.session if not uuid else self.switch.sessions.get(uuid)
        if session is None:
            if uuid and self.session is not None and uuid == self.session.uuid:
                session = self.session
            else:
                self.reply(f"-ERR invalid session id [{uuid}]")
                return
        if session is self.session and self.in_turn and not is_async(command):
            session.obey(command)
            self.reply("+OK")
            return
        self.reply("+OK" if session.queue(command) else "-ERR memory error")

    def _api(self, rest: str) -> None:
        answer = self.run_api(rest).encode() or b"-ERR no reply\n"
        self.send(b"Content-Type: api/response\nContent-Length: %d\n\n" % len(answer) + answer)

    def run_api(self, rest: str) -> str:
        """The answer of an `api` command, as it is printed."""
        name, _, argument = rest.partition(" ")
        return self.switch.api(name, argument)

    def _bgapi(self, command: wire.Command) -> None:
        job = command.headers.get("Job-UUID") or str(uuid4())
        name, _, argument = command.rest.partition(" ")
        owner = self.session.uuid if self.session is not None else ""
        self.send(
            f"Content-Type: command/reply\nReply-Text: +OK Job-UUID: {job}\nJob-UUID: {job}\n\n".encode()
        )

        def run() -> None:
            answer = self.switch.api(name, argument)
            lines = [("Job-UUID", job), ("Job-Owner-UUID", owner), ("Job-Command", name)]
            lines.append(("Job-Command-Arg", argument))
            self.switch.board.fire(
                "BACKGROUND_JOB", lambda: [line for line in lines if line[1]], body=answer.encode()
            )

        gevent.spawn(run)


def is_async(command: wire.Command) -> bool:
    return command.headers.get("async", "").lower() == "true"


def _as_json(event: Fired) -> bytes:
    content: dict[str, str] = dict(reversed(event.lines))
    if event.body:
        content["Content-Length"] = str(len(event.body))
        content["_body"] = event.body.decode("utf-8", "replace")
    text = json.dumps(content).encode()
    return b"Content-Length: %d\nContent-Type: text/event-json\n\n" % len(text) + text
