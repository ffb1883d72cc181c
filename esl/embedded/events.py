"""Events of the embedded switch: how one is built, who gets it.

Rules (mod_event_socket.c, `event_handler`; switch_event.c, `switch_event_prep_for_delivery`):
1. An event is built only if somebody listens to its kind, once for all who do.
2. Every event carries the core's header lines first, in the real switch's order, and a sequence
   number that only grows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol
from uuid import uuid4

from esl import wire
from esl.embedded.clock import Clock

Lines = Iterable[tuple[str, str]]
Origin = tuple[str, str, int]
"""The source file, function and line that the real switch's event names."""

_ORIGINS: dict[str, Origin] = {
    "BACKGROUND_JOB": ("mod_event_socket.c", "api_exec", 1580),
    "CHANNEL_ANSWER": ("switch_channel.c", "switch_channel_perform_mark_answered", 3848),
    "CALL_UPDATE": ("switch_channel.c", "switch_channel_flip_cid", 3279),
    "CHANNEL_BRIDGE": ("switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", 1689),
    "CHANNEL_CALLSTATE": ("switch_channel.c", "switch_channel_perform_set_callstate", 302),
    "CHANNEL_CREATE": ("switch_core_state_machine.c", "switch_core_session_run", 626),
    "CHANNEL_DATA": ("mod_event_socket.c", "parse_command", 2029),
    "CHANNEL_EXECUTE": ("switch_core_session.c", "switch_core_session_exec", 2949),
    "CHANNEL_EXECUTE_COMPLETE": ("switch_core_session.c", "switch_core_session_exec", 2972),
    "CHANNEL_HANGUP": ("switch_channel.c", "switch_channel_perform_hangup", 3447),
    "CHANNEL_HANGUP_COMPLETE": (
        "switch_core_state_machine.c",
        "switch_core_session_reporting_state",
        943,
    ),
    "CHANNEL_HOLD": ("switch_channel.c", "switch_channel_mark_hold", 876),
    "CHANNEL_DESTROY": ("switch_core_session.c", "switch_core_session_perform_destroy", 1588),
    "CHANNEL_ORIGINATE": ("switch_core_state_machine.c", "switch_core_session_run", 632),
    "CHANNEL_OUTGOING": ("switch_core_session.c", "switch_core_session_outgoing_channel", 768),
    "CHANNEL_PARK": ("switch_ivr.c", "switch_ivr_park", 1002),
    "CHANNEL_PROGRESS": ("switch_channel.c", "switch_channel_perform_mark_ring_ready_value", 3507),
    "CHANNEL_PROGRESS_MEDIA": ("switch_channel.c", "switch_channel_perform_mark_pre_answered", 3562),
    "CHANNEL_STATE": ("switch_channel.c", "switch_channel_perform_set_running_state", 2409),
    "CHANNEL_UNBRIDGE": ("switch_ivr_bridge.c", "switch_ivr_multi_threaded_bridge", 1879),
    "CHANNEL_UNHOLD": ("switch_channel.c", "switch_channel_mark_hold", 876),
    "CHANNEL_UNPARK": ("switch_ivr.c", "switch_ivr_park", 1213),
    "DTMF": ("switch_channel.c", "switch_channel_dequeue_dtmf", 678),
    "PLAYBACK_START": ("switch_ivr_play_say.c", "switch_ivr_play_file", 1649),
    "PLAYBACK_STOP": ("switch_ivr_play_say.c", "switch_ivr_play_file", 2023),
    "RECORD_START": ("switch_ivr_async.c", "record_callback", 1482),
    "RECORD_STOP": ("switch_ivr_async.c", "send_record_stop_event", 1241),
}
_ELSEWHERE: Origin = ("switch_core.c", "send_event", 1)


@dataclass(frozen=True)
class Fired:
    """An event on its way to those who listen."""

    kind: str
    subclass: str
    lines: list[tuple[str, str]]
    """Header lines; a name may stand twice (CHANNEL_HANGUP_COMPLETE has two `Hangup-Cause`)."""
    body: bytes = b""

    @cached_property
    def encoded(self) -> bytes:
        """As it travels."""
        return wire.encode_event(self.lines, self.body)

    def get(self, name: str) -> str | None:
        """A header's value, its name in any spelling, as `switch_event_get_header` finds it."""
        folded = name.lower()
        return next((value for held, value in self.lines if held == name or held.lower() == folded), None)


class Listener(Protocol):
    """Somebody with an event socket."""

    def wants(self, kind: str, subclass: str) -> bool:
        """Whether this kind of event was asked for."""

    def take(self, event: Fired) -> None:
        """Gets it. Never waits."""

    def abort(self) -> None:
        """Is disconnected."""


class EventBoard:
    """The core's events: numbered, dated, given to whoever asked for them."""

    def __init__(self, *, name: str, clock: Clock) -> None:
        self.core_uuid = str(uuid4())
        self.name = name
        self.listeners: list[Listener] = []
        self.sequence = 0
        self._clock = clock

    def core_lines(self, kind: str, subclass: str = "", origin: Origin | None = None) -> dict[str, str]:
        """The header lines that every event starts with."""
        self.sequence += 1
        now = self._clock.now()
        file, function, line = origin or _ORIGINS.get(kind, _ELSEWHERE)
        lines = {"Event-Subclass": subclass} if subclass else {}
        lines |= {
            "Event-Name": kind,
            "Core-UUID": self.core_uuid,
            "FreeSWITCH-Hostname": self.name,
            "FreeSWITCH-Switchname": self.name,
            "FreeSWITCH-IPv4": "127.0.0.1",
            "FreeSWITCH-IPv6": "::1",
            "Event-Date-Local": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)),
            "Event-Date-GMT": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now)),
            "Event-Date-Timestamp": str(int(now * 1_000_000)),
            "Event-Calling-File": file,
            "Event-Calling-Function": function,
            "Event-Calling-Line-Number": str(line),
            "Event-Sequence": str(self.sequence),
        }
        return lines

    def fire(
        self,
        kind: str,
        lines: Callable[[], Lines],
        *,
        subclass: str = "",
        origin: Origin | None = None,
        body: bytes = b"",
    ) -> None:
        """Builds the event if somebody wants it, and gives it to them."""
        takers = [listener for listener in self.listeners if listener.wants(kind, subclass)]
        if not takers:
            self.sequence += 1
            return
        event = Fired(kind, subclass, [*self.core_lines(kind, subclass, origin).items(), *lines()], body)
        for listener in takers:
            listener.take(event)
