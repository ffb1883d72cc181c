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
from typing import Literal, NoReturn

import gevent
import structlog
from gevent.event import Event as Flag
from gevent.queue import Queue

from esl import commands, leg_variables
from esl.caller_id import plain_name, plain_number
from esl.connection import OutboundConnection
from esl.errors import CallEnded, CommandRefusedError, CommandTimeoutError, ConnectionLostError
from esl.event_source import EventSource
from esl.listening import SILENT_AFTER, Listening
from esl.live_audio import AudioTransport
from esl.running import NO_RESPONSE, Running
from esl.switch import CallEvent, Digit, HungUp, Inbox
from esl.wire import Command, Event

log = structlog.get_logger("esl.leg")

EVENTS = ("CHANNEL_EXECUTE_COMPLETE", "DTMF", "CHANNEL_HANGUP_COMPLETE")
"""What a leg needs to hear of; every other event is cost on the switch. (CHANNEL_HANGUP, too: the notice on
the leg's own socket comes as soon.)"""
INBOX_LIMIT = 3000
"""Events that nobody has read: a minute of live audio."""

VERDICT_GRACE = 0.5
"""Seconds to wait after CHANNEL_HANGUP for the word who hung up (the switch adds it 20 to 170 ms later)."""
STOP_GRACE = 1.0
"""Seconds after `stop_playing` until what it stopped counts as ended, if the switch says nothing at all."""

RECORD_RETRIES = (0.05, 0.1)
"""Seconds to wait before `uuid_record` is sent again that the switch could not begin yet: right after the
answer there are moments in which a channel has no sound."""

_NOT_YET = "-ERR Cannot record session"
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
        self.destination = plain_name(channel.get("Caller-Destination-Number"))
        self.variables: Mapping[str, str] = channel.variables
        self._events: Queue[object] = Queue()
        self.inbox: Inbox = self._events
        self._connection = connection
        self._verdict_grace = verdict_grace
        self._stop_grace = stop_grace
        self._core_uuid = channel.get("Core-UUID")
        self._event_sources = event_sources
        self._events_by: EventSource | None = None  # None: by the leg's own socket
        self.running = Running(self._post)
        self._listening = Listening(
            self.uuid,
            live_audio,
            start=self._start_recording,
            end=self._try,
            post=self._post,
            silent_after=silent_after,
        )
        self._record_retries = record_retries
        self._ended = Flag()
        self._recording: Path | None = None
        self._voice: Path | None = None
        self._ending: HungUp | None = None  # the verdict so far; set by the first sign of the end
        self._verdict: gevent.Greenlet[[], None] | None = None
        self._over = False
        self._hung_up_by_us = ""  # the cause that we gave
        self._transferred = False
        self._released = False

    # --- commands ---------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Sees to it that the leg's events arrive, and shuts off expansion: before the call begins."""
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
        self.request(*batch)

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
        gevent.spawn_later(self._stop_grace, self.running.settle, fence)

    def start_listening(self) -> None:
        """Starts the live audio of the caller; `Audio` events follow until the end of the call."""
        self._listening.start()

    def stop_listening(self) -> None:
        """Ends the live audio. No `Audio` arrives afterwards."""
        self._listening.stop()

    def start_recording(self, file: Path) -> None:
        """Records the call in stereo (caller left, system right, 8 kHz WAV) to an absolute path."""
        recorded = commands.set_variables(self.uuid, leg_variables.RECORDED)
        self._start_recording((recorded, commands.record(self.uuid, "start", file)))
        self._recording = file

    def start_voice_recording(self, file: Path) -> None:
        """Records the caller alone (mono, 8 kHz WAV) to an absolute path, beside whatever else goes on."""
        voice = commands.set_variables(self.uuid, leg_variables.VOICE)
        self._start_recording((voice, commands.record(self.uuid, "start", file)))
        self._voice = file

    def stop_voice_recording(self) -> None:
        """Ends it; the file is complete once the switch has closed it. Without one, nothing to do."""
        file, self._voice = self._voice, None
        if file is not None:
            self.request(commands.record(self.uuid, "stop", file))

    def mask_recording(self) -> None:
        """Silence instead of sound in the recording, from now on. Without a recording, nothing to do."""
        self._record("mask")

    def unmask_recording(self) -> None:
        """Sound again in the recording."""
        self._record("unmask")

    def stop_recording(self) -> None:
        """Ends the recording; the file is complete once the switch has closed it."""
        self._record("stop")
        self._recording = None

    def set_variable(self, name: str, value: str) -> None:
        """Sets a channel variable at once; an empty value removes it."""
        self.request(commands.set_variables(self.uuid, {name: value}))

    def enqueue(self, queue: str) -> str:
        """Hands the caller to a call-centre queue; returns the command id of `Finished`."""
        identity = self.running.next_id()
        if self._events_by is not None:  # should its end be told to nobody, it is read from these
            self.request(commands.set_variables(self.uuid, leg_variables.QUEUED))
        return self._run("callcenter", commands.call_center(queue, event_uuid=identity), identity)

    def transfer(self, destination: str) -> str:
        """Sends the leg to another extension; returns the command id of `Finished`, after which the leg
        is its dialplan's, and there is nothing to do but to let go of it. (Until then the real switch goes
        on telling its events; if it closes the connection, `HungUp("BLIND_TRANSFER")` follows.)"""
        identity = self.running.next_id()
        command = commands.transfer_to(destination, event_uuid=identity)
        self.request(commands.forget(self.uuid, commands.NEVER_EXPAND))
        self._transferred = True
        return self._run("transfer", command, identity)

    def hang_up(self, cause: str = "NORMAL_CLEARING") -> None:
        """Hangs up; `HungUp` follows. What else the switch would tell (8 kB) is not asked for any more: its
        notice on the leg's socket is enough, for who hung up and why is known."""
        command = commands.kill(self.uuid, cause)
        self._hung_up_by_us = cause
        source = self._events_by
        deaf = commands.no_events() if source is None else commands.forget(self.uuid, source.mark)
        self.request(deaf, command)

    def release(self) -> None:
        """The application is done with the leg: stops the live audio, says goodbye. If the leg is still
        up, its dialplan goes on with the next action."""
        self._released = True
        if self._over:  # nobody is left to say goodbye to, and nothing to stop
            self._connection.lose("closed by us")
            return
        with suppress(CallEnded):
            self.stop_listening()
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

    def _start_recording(self, batch: tuple[Command, ...]) -> None:
        """Sends it again, a few times, while the switch says that it cannot yet."""
        for pause in self._record_retries:
            try:
                self.request(*batch)
            except CommandRefusedError as refused:
                if not refused.answer.startswith(_NOT_YET):
                    raise
                self._ended.wait(pause)  # a leg that is gone ends the wait, and the next request says so
            else:
                return
        self.request(*batch)

    def _record(self, action: Literal["mask", "unmask", "stop"]) -> None:
        if self._recording is not None:
            self.request(commands.record(self.uuid, action, self._recording))

    def _try(self, command: Command) -> None:
        try:
            self.request(command)
        except CommandRefusedError as refused:
            log.debug("command_refused", leg=self.uuid, answer=refused.answer)

    def request(self, *batch: Command) -> list[str]:
        """Sends commands in one write; the replies' texts. Raises `CallEnded`, `CommandRefusedError`."""
        self._check_alive()
        try:
            replies = self._connection.send_all(batch)
        except ConnectionLostError as lost:
            if isinstance(lost, CommandTimeoutError):
                log.error("switch_silent", leg=self.uuid, reason=str(lost))
            self._raise_ended()
        answers = [reply.text for reply in replies]
        for command, answer in zip(batch, answers, strict=True):
            if _GONE.match(answer):
                self.leg_gone()  # its events may have passed before we asked for them
                self._raise_ended()
            if answer.startswith(("-ERR", "-USAGE")) and command.word != "noevents":  # there were none
                raise CommandRefusedError(" ".join(command.line.split(" ")[:2]), answer)
        return answers

    def give_up(self, reason: str) -> None:
        """Lets go of a leg that cannot be served: its dialplan goes on with the fallback."""
        log.error("leg_given_up", leg=self.uuid, reason=reason)
        self._connection.lose(reason)

    def _check_alive(self) -> None:
        if self._ending is not None or self._over:
            self._raise_ended()

    def _raise_ended(self) -> NoReturn:
        cause = self._ending.cause if self._ending else "hung up"
        raise CallEnded(f"the leg is gone: {cause}") from None

    # --- events ----------------------------------------------------------------------------------------

    def take(self, event: Event) -> None:
        """An event of this leg, in the order in which the switch sent it. Events of others are ignored."""
        if self._over or event.uuid != self.uuid:
            return
        match event.name:
            case "DTMF":
                if key := event.get("DTMF-Digit")[:1]:
                    self._post(Digit(key))
            case "CHANNEL_EXECUTE_COMPLETE":
                response = event.get("Application-Response", NO_RESPONSE)
                self.running.finish(event.get("Application-UUID"), response, event.variables)
            case "CHANNEL_HANGUP":
                self._end_with(event, certain=False)
            case "CHANNEL_HANGUP_COMPLETE":
                self._end_with(event, certain=True)
        if self._ending is not None and not self._over and _disposition(event):
            self._end_with(event, certain=True)

    def leg_gone(self) -> None:
        """The switch's word that the channel is down: only the last events follow, if any."""
        if self._ending is None and not self._over:
            self._end(HungUp(self._hung_up_by_us or "NORMAL_UNSPECIFIED", by_caller=not self._hung_up_by_us))
            if self._hung_up_by_us:
                self._close()  # nobody can tell us more
            else:
                self._await_verdict()

    def connection_gone(self, reason: str) -> None:
        """The connection is over. Without a hang-up before, the leg has gone on in its dialplan."""
        if self._over:
            return
        if self._ending is None:
            cause = "BLIND_TRANSFER" if self._transferred else "CONNECTION_LOST"
            if not self._released:
                log.info("leg_connection_over", leg=self.uuid, cause=cause, reason=reason)
            self._end(HungUp(cause, by_caller=False))
        self._close()

    def _end_with(self, event: Event, *, certain: bool) -> None:
        so_far = self._ending.cause if self._ending else "NORMAL_UNSPECIFIED"
        cause = event.get("Hangup-Cause") or event.get("variable_hangup_cause") or so_far
        by_caller = _ended_by_caller(event)
        if by_caller is None and certain and "variable_sip_call_id" not in event.headers:
            by_caller = not self._hung_up_by_us  # no word is to be had from what is not SIP
        self._end(HungUp(cause, by_caller=bool(by_caller)))
        if certain or by_caller is not None or self._hung_up_by_us:
            self._close()
        else:
            self._await_verdict()

    def _end(self, verdict: HungUp) -> None:
        self._ending = verdict
        self._ended.set()
        self.running.end()  # whoever waits finds the leg gone

    def _await_verdict(self) -> None:
        if self._verdict is None:
            self._verdict = gevent.spawn_later(self._verdict_grace, self._close)

    def _post(self, what: CallEvent) -> None:
        if self._over:
            return
        if self._events.qsize() >= INBOX_LIMIT:
            self.give_up(f"the application has left {INBOX_LIMIT} events unread")
            return
        self._events.put(what)

    def _leave_source(self) -> None:
        source, self._events_by = self._events_by, None
        if source is not None:
            source.detach(self)

    def _close(self) -> None:
        """Puts `HungUp` behind everything else, once."""
        if self._over:
            return
        assert self._ending is not None
        self._listening.drop()
        self._events.put(self._ending)
        self._over = True
        self._leave_source()
        if self._verdict is not None and self._verdict is not gevent.getcurrent():
            self._verdict.kill(block=False)


def _disposition(event: Event) -> str:
    return event.get("variable_sip_hangup_disposition")


def _ended_by_caller(event: Event) -> bool | None:
    """Who hung up, as far as the event tells; None if it does not.

    mod_sofia notes a received BYE or refusal in `sip_term_status` before it hangs up the channel, and what
    became of it in `sip_hangup_disposition` (`recv_bye`, `recv_cancel`, `send_bye`, ...) a moment later.
    """
    if disposition := _disposition(event):
        return disposition.startswith("recv_")
    return True if event.get("variable_sip_term_status") else None


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
