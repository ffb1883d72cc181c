"""One call's leg on a real event socket: what `esl.switch.Call` promises, kept.

Rules:
1. Events come in through `take`, whoever carries them (the leg's own socket, or the one connection that a
   `esl.switchboard` shares among all legs): they are the leg's by `Unique-ID`, and a command's by the id
   that the leg gave it (`Application-UUID`).
2. The first sign of the end decides: the switch's notice on the leg's own socket, the last event, a lost
   connection. From then on commands raise `CallEnded`; `HungUp` follows as soon as it is known who ended
   it, and nothing after it.
3. A switch that does not answer is given up (the connection is closed, the dialplan goes on). So is a leg
   whose application does not read its inbox: `INBOX_LIMIT` events are a minute that nobody cared for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import structlog
from gevent.queue import Queue

from esl import commands, leg_variables
from esl.call_centre import CallCentre
from esl.caller_id import plain_name, plain_number
from esl.connection import OutboundConnection
from esl.ending import VERDICT_GRACE, Ending
from esl.errors import CallEnded, CommandRefusedError, CommandTimeoutError, ConnectionLostError
from esl.event_source import EventSource
from esl.later import run_later
from esl.leg_recordings import RECORD_RETRIES, Recordings
from esl.listening import SILENT_AFTER, Listening
from esl.live_audio import AudioTransport
from esl.replies import Question
from esl.running import NO_RESPONSE, Running
from esl.switch import Audio, CallEvent, Digit, Held, HungUp, Inbox, TakenBack
from esl.wire import Command, Event

log = structlog.get_logger("esl.leg")

EVENTS = (
    "CHANNEL_EXECUTE_COMPLETE",
    "DTMF",
    "CHANNEL_HOLD",
    "CHANNEL_UNHOLD",
    "CHANNEL_HANGUP_COMPLETE",
)
"""What a leg needs to hear of; every other event is cost on the switch. (CHANNEL_HANGUP, too: the notice on
the leg's own socket comes as soon.)"""
WAY_OUT = "D"
"""A key that no telephone has (Q.23 has it, for exchanges): our own way out of a queue."""
INBOX_LIMIT = 3000
"""Events that nobody has read: a minute of live audio."""

STOP_GRACE = 1.0
"""Seconds after `stop_playing` until what it stopped counts as ended, if the switch says nothing at all."""

_GONE = re.compile(r"-ERR (No such channel|Cannot locate session|invalid session)", re.IGNORECASE)


class Leg:
    """A leg under control. Fulfils `esl.switch.Call`.

    Commands are for the call's own greenlet; they wait for the switch's acceptance (milliseconds), raise
    `CallEnded` once the leg is gone, `CommandRefusedError` where the switch says no, and
    `UnsafeTextError` for text that must not be sent.
    """

    def __init__(
        self,
        connection: OutboundConnection,
        channel: Event,
        live_audio: AudioTransport,
        *,
        event_sources: Sequence[EventSource] = (),
        verdict_grace: float = VERDICT_GRACE,
        stop_grace: float = STOP_GRACE,
        record_retries: Sequence[float] = RECORD_RETRIES,
        silent_after: float = SILENT_AFTER,
    ) -> None:
        if not commands.is_token(channel.uuid):
            raise CommandRefusedError("connect", "a channel whose uuid is no token")
        self.uuid = channel.uuid
        hidden = channel.get("Caller-Privacy-Hide-Number") == "true"
        self.caller_number = "" if hidden else plain_number(channel.get("Caller-Caller-ID-Number"))
        hidden = channel.get("Caller-Privacy-Hide-Name") == "true"
        self.caller_name = "" if hidden else plain_name(channel.get("Caller-Caller-ID-Name"))
        self._shown_as = leg_variables.shown_as(
            channel.get("Caller-Caller-ID-Name"), channel.get("Caller-Caller-ID-Number")
        )
        self.destination = plain_name(channel.get("Caller-Destination-Number"))
        self.variables: Mapping[str, str] = channel.variables
        self._events: Queue[object] = Queue()
        self.inbox: Inbox = self._events
        self._connection = connection
        self._stop_grace = stop_grace
        self._core_uuid = channel.get("Core-UUID")
        self._event_sources = event_sources
        self._events_by: EventSource | None = None  # None: by the leg's own socket
        self.running = Running(self._post)
        # Whoever waits for something of the leg finds it gone at the first sign of the end.
        self._ending = Ending(signed=self.running.end, closed=self._close, grace=verdict_grace)
        self._recordings = Recordings(
            self.uuid, self.request, ended=self._ending.begun, retries=record_retries
        )
        self._listening = Listening(
            self.uuid,
            live_audio,
            start=self._recordings.begin,
            end=self._try,
            post=self._post,
            silent_after=silent_after,
        )
        self._released = False
        self._asked: tuple[Sequence[Command], Question] | None = None  # what nobody has waited for yet

    # --- commands ---------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Sees to it that the leg's events arrive, and shuts off expansion: before the call begins.

        It does not wait for the switch, whose caller waits: the first command that follows does, for both.
        """
        wanted = {
            name: value
            for name, value in leg_variables.PREPARED.items()
            if self.variables.get(name, "") != value  # our own dialplan has set some of them
        }
        source = next((one for one in self._event_sources if one.attach(self, self._core_uuid)), None)
        self._events_by = source
        batch = list(self.own_subscription) if source is None else []
        if variables := wanted if source is None else {**wanted, **source.mark}:
            batch.append(commands.set_variables(self.uuid, variables))
        if batch:
            self._asked = (batch, self._ask(batch)[0])

    @property
    def own_subscription(self) -> tuple[Command, Command]:
        """What brings this leg's events to its own socket. The filter first: without it, all legs' come."""
        return commands.only_leg(self.uuid), commands.events(EVENTS)

    def answer(self) -> None:
        """Answers; done when the switch says so."""
        try:
            self.request(commands.answer(self.uuid))
        except CommandRefusedError:  # the switch has hung up what it cannot answer
            self.leg_gone()
            self._raise_ended()

    def play(self, files: Sequence[Path]) -> str:
        """Plays the files one after the other without a gap; returns the command id of `Finished`."""
        identity = self.running.next_id()
        return self._run("playback", commands.playback(files, event_uuid=identity), identity)

    def stop_playing(self) -> None:
        """Stops what plays, at once; its `Finished` still arrives.

        The switch drops, without an event, what was queued and had not begun. So a command without effect
        is queued behind it: once that has ended, whatever has not ended before it never will.
        """
        fence = self.running.next_id()
        self.running.fence(fence, self.running.named("playback"))  # a queue stops its music and goes on
        self.request(
            commands.break_all(self.uuid),
            commands.fence(event_uuid=fence),
        )
        run_later(self._stop_grace, self.running.settle, fence)

    def start_listening(self) -> None:
        """Starts the live audio of the caller; `Audio` events follow until the end of the call."""
        self._listening.start()

    def stop_listening(self) -> None:
        """Ends the live audio. No `Audio` arrives afterwards: what nobody has read by now is dropped."""
        self._listening.stop()
        for waiting in [self._events.get_nowait() for _ in range(self._events.qsize())]:
            if not isinstance(waiting, Audio):
                self._events.put(waiting)

    def start_recording(self, file: Path) -> None:
        """Records the call in stereo (caller left, system right, 8 kHz WAV) to an absolute path."""
        self._recordings.start(file)

    def start_voice_recording(self, file: Path) -> None:
        """Records the caller alone (mono, 8 kHz WAV) to an absolute path, beside whatever else goes on."""
        self._recordings.start_voice(file)

    def stop_voice_recording(self) -> None:
        """Ends it; the file is complete once the switch has closed it. Without one, nothing to do."""
        self._recordings.stop_voice()

    def mask_recording(self) -> None:
        """Silence instead of sound in the recording, from now on. Without a recording, nothing to do."""
        self._recordings.mark("mask")

    def unmask_recording(self) -> None:
        """Sound again in the recording."""
        self._recordings.mark("unmask")

    def stop_recording(self) -> None:
        """Ends the recording; the file is complete once the switch has closed it."""
        self._recordings.stop()

    def set_variable(self, name: str, value: str) -> None:
        """Sets a channel variable at once; an empty value removes it."""
        self.request(commands.set_variables(self.uuid, {name: value}))

    def enqueue(self, queue: str) -> str:
        """Hands the caller to a call-centre queue; returns the command id of `Finished`."""
        identity = self.running.next_id()
        command = commands.call_center(queue, event_uuid=identity)
        wanted = {**leg_variables.ON_ITS_OWN, **self._shown_as}
        if self._events_by is not None:  # should its end be told to nobody, it is read from these
            wanted |= leg_variables.QUEUED
        self.request(commands.set_variables(self.uuid, wanted))
        return self._run("callcenter", command, identity)

    def leave_queue(self) -> None:
        """Out of the queue in which the leg waits, by the key `WAY_OUT`, which must be among the queue's exit
        keys. Its `Finished` follows, with that key; or with an agent, who was faster. What we play to the leg
        meanwhile would swallow the key: `stop_playing` first, and await its end."""
        self.request(commands.receive_key(self.uuid, WAY_OUT))

    def call_centre(self) -> CallCentre:
        """The call centre of the leg's own switch, asked over the leg's connection."""
        return CallCentre(lambda command: self.request(command)[0])

    def transfer(self, destination: str) -> str:
        """Sends the leg to another extension; returns the command id of `Finished`, after which the leg
        is its dialplan's, and there is nothing to do but to let go of it. (Until then the real switch goes
        on telling its events; if it closes the connection, `HungUp("BLIND_TRANSFER")` follows.)"""
        identity = self.running.next_id()
        command = commands.transfer_to(destination, event_uuid=identity)
        self.request(commands.forget(self.uuid, [*commands.NEVER_EXPAND, *leg_variables.ON_ITS_OWN]))
        self._ending.transferred = True
        try:
            return self._run("transfer", command, identity)
        except CommandRefusedError:
            self._ending.transferred = False
            raise

    def is_left(self, patience: float) -> bool:
        """Whether we serve it no more: it is over, let go, or sent to another extension. Waits so many
        seconds for the news."""
        if self._released or self._ending.transferred:
            return True
        return bool(self._ending.begun.wait(patience)) or self._released or self._ending.transferred

    def hang_up(self, cause: str = "NORMAL_CLEARING") -> None:
        """Hangs up; `HungUp` follows. What else the switch would tell (8 kB) is not asked for any more: its
        notice on the leg's socket is enough, for who hung up and why is known."""
        command = commands.kill(self.uuid, cause)
        self._ending.by_us(cause)
        source = self._events_by
        deaf = commands.no_events() if source is None else commands.forget(self.uuid, source.mark)
        batches = ([command], [deaf]) if source is None else ([deaf], [command])
        self._answers([command], self._ask(*batches)[batches.index([command])])
        self.leg_gone()

    def release(self) -> None:
        """The application is done with the leg: stops the live audio, says goodbye. If the leg is still
        up, its dialplan goes on with the next action."""
        self._released = True
        if self._ending.over:  # nobody is left to say goodbye to, and nothing to stop
            self._connection.lose("closed by us")
            return
        with suppress(CallEnded):
            self.stop_listening()
            if self.variables.get("socket_resume"):
                self._try(commands.forget(self.uuid, leg_variables.ON_ITS_OWN))
        self._connection.stop()

    # --- sending -------------------------------------------------------------------------------------

    def _run(self, application: str, command: Command, identity: str) -> str:
        self.running.begin(identity, application)
        try:
            self.request(command)
        except BaseException:
            self.running.drop(identity)
            raise
        return identity

    def _try(self, command: Command) -> None:
        try:
            self.request(command)
        except CommandRefusedError as refused:
            log.debug("command_refused", leg=self.uuid, answer=refused.answer)

    def request(self, *batch: Command) -> list[str]:
        """Sends commands in one write; the replies' texts. Raises `CallEnded`, `CommandRefusedError`."""
        question = self._ask(batch)[0]
        if self._asked is not None:
            asked, self._asked = self._asked, None
            try:
                self._answers(*asked)
            except CommandRefusedError as refused:
                self.give_up(f"its set-up: {refused}")
                self._raise_ended()
        return self._answers(batch, question)

    def _ask(self, *batches: Sequence[Command]) -> list[Question]:
        self._check_alive()
        try:
            return self._connection.ask(*batches)
        except ConnectionLostError:
            self._raise_ended()

    def _answers(self, batch: Sequence[Command], question: Question) -> list[str]:
        try:
            replies = question.get()
        except ConnectionLostError as lost:
            if isinstance(lost, CommandTimeoutError):
                log.error("switch_silent", leg=self.uuid, reason=str(lost))
            self._raise_ended()
        answers = [reply.text for reply in replies]
        for command, answer in zip(batch, answers, strict=True):
            if _GONE.match(answer):
                self.leg_gone()  # its events may have passed before we asked for them
                self._raise_ended()
            if answer.startswith(("-ERR", "-USAGE")):
                raise CommandRefusedError(" ".join(command.line.split(" ")[:2]), answer)
        return answers

    def give_up(self, reason: str) -> None:
        """Lets go of a leg that cannot be served: its dialplan goes on with the fallback."""
        log.error("leg_given_up", leg=self.uuid, reason=reason)
        self._connection.lose(reason)

    def _check_alive(self) -> None:
        if self._ending.verdict is not None:
            self._raise_ended()

    def _raise_ended(self) -> NoReturn:
        raise CallEnded(f"the leg is gone: {self._ending.cause}") from None

    # --- events ----------------------------------------------------------------------------------------

    def take(self, event: Event) -> None:
        """An event of this leg, in the order in which the switch sent it. Events of others are ignored."""
        if self._ending.over or event.uuid != self.uuid:
            return
        match event.name:
            case "DTMF":
                if key := event.get("DTMF-Digit")[:1]:
                    self._post(Digit(key))
            case "CHANNEL_HOLD":
                self._post(Held())
            case "CHANNEL_UNHOLD":
                self._post(TakenBack())
            case "CHANNEL_EXECUTE_COMPLETE":
                response = event.get("Application-Response", NO_RESPONSE)
                self.running.finish(event.get("Application-UUID"), response, event.variables)
        self._ending.take(event)

    def leg_gone(self) -> None:
        """The switch's word that the channel is down: only the last events follow, if any."""
        self._ending.gone()

    def connection_gone(self, reason: str) -> None:
        """The connection is over. Without a hang-up before, the leg has gone on in its dialplan."""
        known = self._ending.verdict is not None
        self._ending.cut_off()
        if not known and not self._released:
            log.info("leg_connection_over", leg=self.uuid, cause=self._ending.cause, reason=reason)

    def _post(self, what: CallEvent) -> None:
        if self._ending.over:
            return
        if self._events.qsize() >= INBOX_LIMIT:
            self.give_up(f"the application has left {INBOX_LIMIT} events unread")
            return
        self._events.put(what)

    def _close(self, verdict: HungUp) -> None:
        """Puts `HungUp` behind everything else, once."""
        self._listening.drop()
        self._events.put(verdict)
        source, self._events_by = self._events_by, None
        if source is not None:
            source.detach(self)


def leg_on(
    connection: OutboundConnection, live_audio: AudioTransport, event_sources: Sequence[EventSource] = ()
) -> Leg:
    """The leg of a connection that has just connected, with its events on their way to it."""
    leg = Leg(connection, connection.channel, live_audio, event_sources=event_sources)
    connection.events_to = leg.take
    connection.linger_to = leg.leg_gone
    connection.end_to = leg.connection_gone
    if connection.lost_because is not None:
        leg.connection_gone(connection.lost_because)
    return leg
