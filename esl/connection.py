"""Greenswitch's sessions on our wire: one socket to the switch, commands and replies in step.

Rules:
1. One greenlet reads the socket. It never waits for anything else: what it calls back must return
   at once, and must not send commands (it would wait for itself).
2. Replies come in the order of the commands. Both are queued under one lock, so they stay in step
   whoever sends, and a command that nobody waits for any more still takes its own reply.
3. Every wait has a deadline, and the end of the connection, whatever ended it, wakes every waiter.
   A switch that does not answer in time is given up: an outbound leg then goes on in its dialplan.
4. What an application started is recognised by the id it was sent with, never by its name.

What is left of the library and why: docs/decisions/esl-connection.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from typing import Any, TypeVar

import gevent
import structlog
from gevent import socket
from gevent.event import AsyncResult
from gevent.event import Event as Flag
from gevent.lock import BoundedSemaphore
from greenswitch.esl import ESLProtocol, InboundESL, OutboundSession

from esl import commands, sockets, wire
from esl.errors import (
    CommandRefusedError,
    CommandTimeoutError,
    ConnectionLostError,
    EslError,
    LoginRefusedError,
    WireError,
)
from esl.wire import Command, Event, Message, MessageReader

log = structlog.get_logger("esl.connection")

REPLY_DEADLINE = 5.0
"""Seconds from a command to its reply. The switch answers within milliseconds, or not at all."""

_T = TypeVar("_T")
_CHUNK = 65536  # bytes per read of the socket


class Connection(ESLProtocol):  # type: ignore[misc]  # greenswitch ships no types
    """What both directions share, in place of greenswitch's `ESLProtocol`.

    `events_to` gets every event, `linger_to` tells that the leg is gone and the last events follow,
    `end_to(reason)` is called exactly once when the connection is over.
    """

    sock: Any

    def _prepare(self) -> None:
        """To be called before the library's own initialisation, which starts the reader."""
        self.deadline = REPLY_DEADLINE
        self.lost_because: str | None = None
        self.ended = Flag()
        self.events_to: Callable[[Event], None] | None = None
        self.linger_to: Callable[[], None] | None = None
        self.end_to: Callable[[str], None] | None = None
        self._awaited: deque[AsyncResult[Message]] = deque()
        self._completions: dict[tuple[str, str], AsyncResult[Event]] = {}
        self._sending = BoundedSemaphore(1)
        self._stray = False

    # --- reading ---------------------------------------------------------------------------------

    def start_event_handlers(self) -> None:
        """Starts the one greenlet that reads (the library has a second one that polls a queue)."""
        sockets.tune(self.sock)
        self._receive_events_greenlet = gevent.spawn(self.receive_events)

    def receive_events(self) -> None:
        """Reads until the end of the connection, whatever the switch sends, and tells everyone."""
        reader = MessageReader()
        reason = "closed by the switch"
        try:
            while data := self.sock.recv(_CHUNK):
                for message in reader.feed(data):
                    self._take(message)
                    if self.lost_because is not None:
                        return
        except WireError as fault:
            reason = f"malformed stream: {fault}"
            with suppress(WireError):  # one fault of the stream is enough
                for message in fault.completed:
                    self._take(message)
        except OSError as fault:
            reason = f"broken: {fault}"
        except gevent.GreenletExit:
            reason = "closed by us"
        except Exception:
            # Our own fault, not the peer's: the call must still end, and loudly.
            log.exception("esl_receive_failed")
            reason = "fault in the receiver"
        finally:
            self.lose(reason)

    def _take(self, message: Message) -> None:
        match message.content_type:
            case "command/reply" | "api/response":
                if not self._awaited:
                    if not self._stray:  # once: whoever sends them by the thousand must not fill the disk
                        log.warning("esl_reply_without_command", text=message.text[:80])
                    self._stray = True
                    return
                self._awaited.popleft().set(message)
            case "text/event-plain":
                event = wire.parse_event(message)
                if event is not None:
                    self._dispatch(event)
            case "text/disconnect-notice":
                if message.headers.get("Content-Disposition") == "linger":
                    self._lingering = True
                    self._outbound_connected = False
                    if self.linger_to is not None:
                        self._guarded(self.linger_to)
                else:
                    self.lose("closed by the switch")
            case "auth/request":
                self._auth_request_event.set()
            case "text/rude-rejection":
                self.lose(f"refused by the switch: {message.body.decode('utf-8', 'replace').strip()}")
            case other:
                log.debug("esl_message_ignored", content_type=other)

    def _dispatch(self, event: Event) -> None:
        key = _completion_key(event)
        if key is not None and (waiting := self._completions.pop(key, None)) is not None:
            waiting.set(event)
        if self.events_to is not None:
            self._guarded(self.events_to, event)
        name = event.subclass if event.name == "CUSTOM" else event.name
        # A copy: a handler may register or unregister while it runs.
        for handler in list(self.event_handlers.get(name) or self.event_handlers.get("*") or ()):
            self._guarded(handler, event)

    @staticmethod
    def _guarded(call: Callable[..., None], *arguments: object) -> None:
        """A fault in what we call back must not end the connection, nor pass in silence."""
        try:
            call(*arguments)
        except Exception:
            log.exception("esl_callback_failed", callback=getattr(call, "__qualname__", repr(call)))

    # --- the end -----------------------------------------------------------------------------------

    def lose(self, reason: str) -> None:
        """Ends the connection, wakes everyone who waits and tells `on_end`. Only the first call counts."""
        if self.lost_because is not None:
            return
        self.lost_because = reason
        self.connected = False
        self._run = False
        self._outbound_connected = False
        self._auth_request_event.set()
        sockets.close(getattr(self, "sock", None))
        waiting: list[AsyncResult[Any]] = [*self._awaited, *self._completions.values()]
        self._awaited.clear()
        self._completions.clear()
        for one in waiting:
            one.set_exception(ConnectionLostError(f"connection lost: {reason}"))
        self.ended.set()
        if self.end_to is not None:
            self._guarded(self.end_to, reason)

    def stop(self) -> None:
        """Says goodbye (the switch need not answer), closes, and waits for the reader to be done."""
        if self.connected:
            try:
                self.send(commands.bye(), timeout=min(1.0, self.deadline))
            except EslError as fault:
                log.debug("esl_goodbye_unanswered", reason=str(fault))
        self.lose("closed by us")
        greenlet = self._receive_events_greenlet
        if greenlet is not None and greenlet is not gevent.getcurrent():
            greenlet.kill(block=True, timeout=1.0)

    # --- commands -----------------------------------------------------------------------------------

    def send(self, data: Command | str, timeout: float | None = None) -> Message:
        """Sends one command and waits for its reply, whatever it says.

        A `str` is a bare command line. Raises `ConnectionLostError`, `CommandTimeoutError` and, for
        text that would break the framing, `UnsafeTextError`.
        """
        return self.send_all([Command(data) if isinstance(data, str) else data], timeout)[0]

    def send_all(self, batch: Sequence[Command], timeout: float | None = None) -> list[Message]:
        """Sends commands in one write and waits for all replies; for a leg's setting-up, where each
        wait would cost the caller a round trip."""
        stream = b"".join(wire.encode_command(one.line, one.headers, one.body) for one in batch)
        seconds = self.deadline if timeout is None else timeout
        if gevent.getcurrent() is self._receive_events_greenlet:
            raise RuntimeError("a command from within an event's callback would wait for itself")
        late = gevent.Timeout.start_new(seconds)
        try:
            waiting = self._write(stream, len(batch))
            _given(waiting[-1])  # they come in order: one wait instead of one for each
            return [_given(one) for one in waiting]
        except gevent.Timeout as over:
            if over is not late:
                raise
            words = batch[0].word
            self.lose(f"no answer to {words!r} within {seconds:g} s")
            raise CommandTimeoutError(f"no answer to {words!r} within {seconds:g} s") from None
        finally:
            late.close()

    def _write(self, stream: bytes, replies: int) -> list[AsyncResult[Message]]:
        with self._sending:
            if self.lost_because is not None or not self.connected:
                raise ConnectionLostError(f"connection lost: {self.lost_because or 'not connected'}")
            waiting: list[AsyncResult[Message]] = [AsyncResult() for _ in range(replies)]
            self._awaited.extend(waiting)
            try:
                self.sock.sendall(stream)
            except OSError as fault:
                self.lose(f"broken: {fault}")
                raise ConnectionLostError(f"connection lost: {fault}") from None
        return waiting

    def request(self, command: Command, timeout: float | None = None) -> str:
        """Sends a command and returns the reply's text. Raises `CommandRefusedError` for `-ERR`."""
        answer = self.send(command, timeout).text
        if answer.startswith(("-ERR", "-USAGE")):
            raise CommandRefusedError(" ".join(command.line.split(" ")[:2]), answer)
        return answer

    def completion_of(self, leg: str, event_uuid: str) -> AsyncResult[Event]:
        """Set when the application that is sent with this id has ended on the leg. Ask before you send."""
        return self._expect((leg, event_uuid))

    def _expect(self, key: tuple[str, str]) -> AsyncResult[Event]:
        waiting: AsyncResult[Event] = AsyncResult()
        if self.lost_because is not None:
            waiting.set_exception(ConnectionLostError(f"connection lost: {self.lost_because}"))
        else:
            self._completions[key] = waiting
        return waiting

    def forget(self, leg: str, event_uuid: str) -> None:
        """Nobody waits for this completion any more."""
        self._completions.pop((leg, event_uuid), None)


class OutboundConnection(Connection, OutboundSession):  # type: ignore[misc]  # greenswitch ships no types
    """A connection that the switch opened for one leg."""

    channel: Event
    """The channel as it was when the leg arrived; there after `connect`."""

    def __init__(self, client_address: tuple[Any, ...], sock: Any) -> None:
        sock.settimeout(None)
        self._prepare()
        self._numbers = count(1)
        self._announced: AsyncResult[Event] | None = None
        # The library's own would open a second view of the socket (which would keep it open after `close`)
        # and register the search by name that `call_command` replaces: a tenth of the cost of a call.
        ESLProtocol.__init__(self)
        self.sock = sock
        self.connected = True
        self.session_data: Any = None
        self._outbound_connected = False
        self.register_handle("CHANNEL_HANGUP", self.on_hangup)
        self.start_event_handlers()
        self.peer = client_address

    def connect(self, *, linger: int = 5) -> Event:
        """Takes the leg over: asks for its channel, and for the last events after the hang-up
        (`linger`, seconds). Raises `ConnectionLostError`, or `WireError` if this is no switch."""
        reply, _ = self.send_all([commands.connect(), commands.linger(linger)])
        channel = wire.parse_event(reply)
        if channel is None or not channel.uuid:
            self.lose("not a switch: no channel in the reply to connect")
            raise WireError("no channel in the reply to connect")
        self.channel = channel
        self.session_data = channel.headers
        self._outbound_connected = not self._lingering
        return channel

    def call_command(
        self,
        app_name: str,
        app_args: str | None = None,
        block: bool = False,
        response_timeout: float | None = None,
    ) -> Message | Event:
        """As the library's, with the completion recognised by its id. Returns the reply, or with
        `block` the CHANNEL_EXECUTE_COMPLETE event; raises `gevent.Timeout` if that does not come."""
        announced, self._announced = self._announced, None
        self.raise_if_disconnected()
        waiting = (announced or AsyncResult()) if block or announced else None
        identity = f"g{next(self._numbers)}"
        if waiting is not None:
            self._completions[self.channel.uuid, identity] = waiting
        reply = self.send(commands.execute(app_name, app_args or "", event_uuid=identity))
        return _given(waiting, response_timeout) if block and waiting is not None else reply

    def register_expected_event(self, *expected: Any) -> None:
        """The library's `playback`, `say` and `play_and_get_digits` tell here what they are about to
        wait for, by the application's name. The next `call_command` gives it an id instead."""
        self._announced = expected[-1]

    def on_hangup(self, _event: Event) -> None:
        """The library's would also write the caller's number to the log."""
        self._outbound_connected = False

    def raise_if_disconnected(self) -> None:
        """Raises `ConnectionLostError` once the caller has hung up or the connection is gone."""
        if self.lost_because is not None or not self._outbound_connected:
            raise ConnectionLostError(f"connection lost: {self.lost_because or 'the leg has hung up'}")


class InboundConnection(Connection, InboundESL):  # type: ignore[misc]  # greenswitch ships no types
    """A connection that we open to the switch, for events of many legs and for the dialler."""

    def __init__(
        self,
        host: str,
        port: int,
        password: str,
        *,
        user: str = "",
        domain: str = "",
        timeout: float = REPLY_DEADLINE,
    ) -> None:
        self._prepare()
        InboundESL.__init__(self, host, port, password, timeout)
        self.deadline = timeout
        self.user = user
        self.domain = domain

    def connect(self) -> None:
        """Connects and logs in. Raises `ConnectionLostError` or `LoginRefusedError`."""
        try:
            self.sock = socket.create_connection((self.host, self.port), timeout=self.timeout)
        except OSError as fault:
            raise ConnectionLostError(f"no connection to {self.host}:{self.port}: {fault}") from None
        self.sock.settimeout(None)
        self.connected = True
        self.start_event_handlers()
        if not self._auth_request_event.wait(self.timeout):
            self.lose(f"no greeting within {self.timeout:g} s")
        if self.lost_because is not None:
            self._refuse(self.lost_because)
        self.authenticate()

    def authenticate(self) -> None:
        """Logs in with the password, or as a user of the switch's directory if one was given."""
        command = (
            commands.userauth(self.user, self.domain, self.password)
            if self.user
            else commands.auth(self.password)
        )
        answer = self.send(command).text
        if answer != "+OK accepted":
            self.lose("login refused")
            self._refuse(answer)

    def _refuse(self, reason: str) -> None:
        refused = reason.startswith(("-ERR", "refused by the switch"))
        kind = LoginRefusedError if refused else ConnectionLostError
        raise kind(f"{self.host}:{self.port}: {reason}") from None

    def subscribe(self, *names: str, custom: Sequence[str] = ()) -> None:
        """Events of every leg from here on, to `events_to`. Raises `CommandRefusedError`."""
        self.request(commands.events(names, custom=custom))

    def api(self, command: Command, timeout: float | None = None) -> str:
        """The text that the command printed. Raises `CommandRefusedError`."""
        return self.request(command, timeout)

    def bgapi(self, command: Command, *, job_uuid: str) -> AsyncResult[Event]:
        """Starts an api command in the background. The result is set to its BACKGROUND_JOB event, whose
        body is the answer (subscribe to BACKGROUND_JOB first)."""
        waiting = self._expect(("", job_uuid))
        try:
            self.request(commands.background(command, job_uuid=job_uuid))
        except EslError:
            self.forget("", job_uuid)
            raise
        return waiting


def _given(waiting: AsyncResult[_T], timeout: float | None = None) -> _T:
    value = waiting.get(timeout=timeout)
    assert value is not None  # only ever set to a message or an event
    return value


def _completion_key(event: Event) -> tuple[str, str] | None:
    if event.name == "CHANNEL_EXECUTE_COMPLETE":
        return event.uuid, event.get("Application-UUID")
    if event.name == "BACKGROUND_JOB":
        return "", event.get("Job-UUID")
    return None
