"""Greenswitch's sessions on our wire: one socket to the switch, commands and replies in step.

Rules:
1. One greenlet reads the socket (`esl.byte_stream`). It never waits for anything else: what it calls back
   must return at once, and must not send commands (it would wait for itself).
2. Replies come in the order of the commands (`esl.replies`), whoever sends.
3. Every wait has a deadline, and the end of the connection, whatever ended it, wakes every waiter.
   A switch that does not answer in time is given up: an outbound leg then goes on in its dialplan.
4. What an application started is recognised by the id it was sent with, never by its name.

What is left of the library and why: docs/decisions/esl-connection.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from typing import Any, TypeVar

import gevent
import structlog
from gevent.event import AsyncResult
from gevent.event import Event as Flag
from greenswitch.esl import ESLProtocol, OutboundSession

from esl import commands, wire
from esl.byte_stream import ByteStream
from esl.errors import (
    CommandRefusedError,
    CommandTimeoutError,
    ConnectionLostError,
    EslError,
    WireError,
)
from esl.replies import Question, Replies
from esl.wire import Command, Event, Message, MessageReader

log = structlog.get_logger("esl.connection")

REPLY_DEADLINE = 5.0
"""Seconds from a command to its reply. The switch answers within milliseconds, or not at all."""

_T = TypeVar("_T")


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
        self._stream: ByteStream | None = None
        self._replies = Replies(self._fall_silent)
        self._completions: dict[tuple[str, str], AsyncResult[Event]] = {}
        self._stray = False

    # --- reading ---------------------------------------------------------------------------------

    def start_event_handlers(self) -> None:
        """Starts the one greenlet that reads (the library has a second one that polls a queue)."""
        self._stream = ByteStream(self.sock)
        self._receive_events_greenlet = gevent.spawn(self.receive_events)

    def receive_events(self) -> None:
        """Reads until the end of the connection, whatever the switch sends, and tells everyone."""
        assert self._stream is not None
        read, feed = self._stream.read, MessageReader().feed
        reason = "closed by the switch"
        try:
            while data := read():
                for message in feed(data):
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
                if not self._replies.take(message) and not self._stray:
                    self._stray = True  # once: whoever sends them by the thousand must not fill the disk
                    log.warning("esl_reply_without_command", text=message.text[:80])
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
                self._greeted()
            case "text/rude-rejection":
                self.lose(f"refused by the switch: {message.body.decode('utf-8', 'replace').strip()}")
            case other:
                log.debug("esl_message_ignored", content_type=other)

    def _dispatch(self, event: Event) -> None:
        if self._completions:
            key = _completion_key(event)
            if key is not None and (waiting := self._completions.pop(key, None)) is not None:
                waiting.set(event)
        if self.events_to is not None:
            self._guarded(self.events_to, event)
        if self.event_handlers:
            name = event.subclass if event.name == "CUSTOM" else event.name
            # A copy: a handler may register or unregister while it runs.
            for handler in list(self.event_handlers.get(name) or self.event_handlers.get("*") or ()):
                self._guarded(handler, event)

    def _greeted(self) -> None:
        """The switch asks who we are: only where we called it."""

    @staticmethod
    def _guarded(call: Callable[..., None], *arguments: object) -> None:
        """A fault in what we call back must not end the connection, nor pass in silence."""
        try:
            call(*arguments)
        except Exception:
            log.exception("esl_callback_failed", callback=getattr(call, "__qualname__", repr(call)))

    # --- the end -----------------------------------------------------------------------------------

    def lose(self, reason: str) -> None:
        """Ends the connection, wakes everyone who waits and tells `end_to`. Only the first call counts."""
        self._lose(reason, ConnectionLostError, f"connection lost: {reason}")

    def _lose(self, reason: str, kind: type[ConnectionLostError], text: str) -> None:
        if self.lost_because is not None:
            return
        self.lost_because = reason
        self.connected = False
        self._run = False
        self._outbound_connected = False
        if self._stream is not None:
            self._stream.close()
        self._replies.end(lambda: kind(text))
        completions, self._completions = self._completions, {}
        for waiting in completions.values():
            waiting.set_exception(kind(text))
        self.ended.set()
        if self.end_to is not None:
            self._guarded(self.end_to, reason)

    def _fall_silent(self, question: Question) -> None:
        text = f"no answer to {question.word!r} within {question.seconds:g} s"
        self._lose(text, CommandTimeoutError, text)

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
        """Sends commands in one write and waits for all replies. Raises as `send`."""
        return self.ask(batch, timeout=timeout)[0].get()

    def ask(self, *batches: Sequence[Command], timeout: float | None = None) -> list[Question]:
        """Sends commands in one write, and waits for nothing: each batch is a question of its own.

        Raises as `send`, but that a switch which falls silent is told by the questions' `get`.
        """
        stream = b"".join(
            [wire.encode_command(one.line, one.headers, one.body) for batch in batches for one in batch]
        )
        if gevent.getcurrent() is self._receive_events_greenlet:
            raise RuntimeError("a command from within an event's callback would wait for itself")
        if self.lost_because is not None or self._stream is None:
            raise ConnectionLostError(f"connection lost: {self.lost_because or 'not connected'}")
        seconds = self.deadline if timeout is None else timeout
        questions = [Question(batch[0].word, len(batch), seconds) for batch in batches]
        self._replies.expect(questions)
        try:
            self._stream.write(stream)
        except OSError as fault:
            self.lose(f"broken: {fault}")  # the questions' `get` tells it
        except BaseException:
            self.lose("broken off while sending")  # half a command may be on its way
            raise
        return questions

    def request(self, command: Command, timeout: float | None = None) -> str:
        """Sends a command and returns the reply's text. Raises `CommandRefusedError` for `-ERR`."""
        answer = self.send(command, timeout).text
        if answer.startswith(("-ERR", "-USAGE")):
            raise CommandRefusedError(" ".join(command.line.split(" ")[:2]), answer)
        return answer

    def _expect(self, key: tuple[str, str]) -> AsyncResult[Event]:
        waiting: AsyncResult[Event] = AsyncResult()
        if self.lost_because is not None:
            waiting.set_exception(ConnectionLostError(f"connection lost: {self.lost_because}"))
        else:
            self._completions[key] = waiting
        return waiting


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
        # and make what is replaced here: queues, flags, the search by name. A tenth of the cost of a call.
        self._run = self.connected = True
        self._lingering = self._outbound_connected = False
        self._process_events_greenlet = None
        self.event_handlers: dict[str, list[Callable[[Event], None]]] = {}
        self.sock = sock
        self.session_data: Any = None
        self.start_event_handlers()
        self.peer = client_address

    def connect(self, *, linger: int = 5) -> Event:
        """Takes the leg over: asks for its channel, and for the last events after the hang-up
        (`linger`, seconds). Raises `ConnectionLostError`, or `WireError` if this is no switch."""
        taken, _ = self.ask([commands.connect()], [commands.linger(linger)])
        channel = wire.parse_event(taken.get()[0])
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
        if not block or waiting is None:
            return reply
        completed = waiting.get(timeout=response_timeout)
        assert completed is not None
        return completed

    def register_expected_event(self, *expected: Any) -> None:
        """The library's `playback`, `say` and `play_and_get_digits` tell here what they are about to
        wait for, by the application's name. The next `call_command` gives it an id instead."""
        self._announced = expected[-1]

    def _dispatch(self, event: Event) -> None:
        if event.name == "CHANNEL_HANGUP":
            self._outbound_connected = False
        super()._dispatch(event)

    def raise_if_disconnected(self) -> None:
        """Raises `ConnectionLostError` once the caller has hung up or the connection is gone."""
        if self.lost_because is not None or not self._outbound_connected:
            raise ConnectionLostError(f"connection lost: {self.lost_because or 'the leg has hung up'}")


def _completion_key(event: Event) -> tuple[str, str] | None:
    if event.name == "CHANNEL_EXECUTE_COMPLETE":
        return event.uuid, event.get("Application-UUID")
    if event.name == "BACKGROUND_JOB":
        return "", event.get("Job-UUID")
    return None
