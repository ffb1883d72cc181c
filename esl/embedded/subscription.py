"""What a client wants to hear of: kinds of events, subclasses, filters (mod_event_socket.c).

The answers are those of `event`, `nixevent`, `noevents`, `myevents` and `filter`, word for word.
"""

from __future__ import annotations

import re

from esl.embedded.events import Fired


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KINDS = _words(
    """CUSTOM CLONE CHANNEL_CREATE CHANNEL_DESTROY CHANNEL_STATE CHANNEL_CALLSTATE CHANNEL_ANSWER
    CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HOLD
    CHANNEL_UNHOLD CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA
    CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_UNPARK CHANNEL_APPLICATION CHANNEL_ORIGINATE CHANNEL_UUID
    API LOG INBOUND_CHAN OUTBOUND_CHAN STARTUP SHUTDOWN PUBLISH UNPUBLISH TALK NOTALK SESSION_CRASH
    MODULE_LOAD MODULE_UNLOAD DTMF MESSAGE PRESENCE_IN NOTIFY_IN PRESENCE_OUT PRESENCE_PROBE
    MESSAGE_WAITING MESSAGE_QUERY ROSTER CODEC BACKGROUND_JOB DETECTED_SPEECH DETECTED_TONE
    PRIVATE_COMMAND HEARTBEAT TRAP ADD_SCHEDULE DEL_SCHEDULE EXE_SCHEDULE RE_SCHEDULE RELOADXML
    NOTIFY PHONE_FEATURE PHONE_FEATURE_SUBSCRIBE SEND_MESSAGE RECV_MESSAGE REQUEST_PARAMS
    CHANNEL_DATA GENERAL COMMAND SESSION_HEARTBEAT CLIENT_DISCONNECTED SERVER_DISCONNECTED SEND_INFO
    RECV_INFO RECV_RTCP_MESSAGE SEND_RTCP_MESSAGE CALL_SECURE NAT RECORD_START RECORD_STOP
    PLAYBACK_START PLAYBACK_STOP CALL_UPDATE FAILURE SOCKET_DATA MEDIA_BUG_START MEDIA_BUG_STOP
    CONFERENCE_DATA_QUERY CONFERENCE_DATA CALL_SETUP_REQ CALL_SETUP_RESULT CALL_DETAIL DEVICE_STATE
    TEXT SHUTDOWN_REQUESTED ALL"""
)
"""Every kind of event that `event plain` knows (switch_event.c, `EVENT_NAMES`)."""

MY_EVENTS = _words(
    """CHANNEL_ANSWER CHANNEL_APPLICATION CHANNEL_BRIDGE CHANNEL_CREATE CHANNEL_DATA CHANNEL_DESTROY
    CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE
    CHANNEL_ORIGINATE CHANNEL_UUID CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_PROGRESS
    CHANNEL_PROGRESS_MEDIA CHANNEL_STATE CHANNEL_UNBRIDGE CHANNEL_UNPARK DETECTED_SPEECH DTMF
    NOTALK TALK"""
)
"""The 23 kinds that `myevents` turns on (mod_event_socket.c, `parse_command`)."""


class Subscription:
    """One client's wishes."""

    def __init__(self) -> None:
        self.format = "plain"
        self.only_mine = False
        """After `myevents`: only what is about the leg that the client controls."""
        self._listening = False
        self._kinds: set[str] = set()
        self._subclasses: set[str] = set()
        self._filters = Filters()

    def wants(self, kind: str, subclass: str) -> bool:
        """Whether this kind of event was asked for."""
        if not self._listening:
            return False
        if "ALL" in self._kinds:
            return True
        return kind in self._kinds and (kind != "CUSTOM" or not subclass or subclass in self._subclasses)

    def lets_through(self, event: Fired, uuid: str) -> bool:
        """Whether an event of a wanted kind is for the client that controls `uuid`."""
        if not self._filters.let_through(event):
            return False
        return not self.only_mine or uuid in (event.get("Unique-ID"), event.get("Job-Owner-UUID"))

    def listen(self, words: list[str]) -> str:
        """`event [plain|json] KIND... [CUSTOM SUBCLASS...]`."""
        if words and words[0].lower() in {"plain", "json", "xml"}:
            if words[0].lower() == "xml":
                return "-ERR events as xml are not in the embedded switch; use plain or json"
            self.format = words.pop(0).lower()
        known = custom = False
        for word in words:
            if custom:
                self._subclasses.add(word)
            elif word.upper() in KINDS:
                known = True
                custom = word.upper() == "CUSTOM"
                self._kinds.add(word.upper())
        if not known:
            return "-ERR no keywords supplied"
        self._listening = True
        return f"+OK event listener enabled {self.format}"

    def nix(self, words: list[str]) -> str:
        """`nixevent KIND... [CUSTOM SUBCLASS...]`."""
        known = custom = False
        for word in words:
            kind = word.upper()
            if custom:
                self._subclasses.discard(word)
            elif kind in KINDS:
                known = True
                custom = kind == "CUSTOM"
                if kind == "ALL":
                    self._kinds.clear()
                elif not custom:
                    if "ALL" in self._kinds:
                        self._kinds = set(KINDS) - {"ALL"}
                    self._kinds.discard(kind)
        if not known:
            return "-ERR no keywords supplied"
        self._listening = True
        return "+OK events nixed"

    def end(self) -> str:
        """`noevents`."""
        if not self._listening:
            return "-ERR not listening for events"
        self._listening = False
        self._kinds.clear()
        self._subclasses.clear()
        return "+OK no longer listening for events"

    def my_events(self, rest: str) -> str:
        """`myevents [plain|json]`."""
        if self.only_mine:
            return "-ERR aready enabled."
        if rest.lower() in {"json", "plain"}:
            self.format = rest.lower()
        self._kinds |= MY_EVENTS
        self.only_mine = self._listening = True
        return "+OK Events Enabled"

    def filter(self, rest: str) -> str:
        """`filter [add] NAME VALUE`, `filter delete NAME|all [VALUE]`."""
        name, _, value = rest.partition(" ")
        if name.lower() == "delete" and value:
            name, _, wanted = value.partition(" ")
            self._filters.delete(name, wanted or None)
            return f"+OK filter deleted. [{name}][{wanted}]"
        if not value:
            return "-ERR invalid syntax"
        if name.lower() == "add":
            name, _, value = value.partition(" ")
        self._filters.add(name, value)
        return f"+OK filter added. [{name}]=[{value}]"


class Filters:
    """`filter NAME VALUE`: which of the events that were asked for go out."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, str]] = []

    def add(self, name: str, value: str) -> None:
        self._lines.append((name, value))

    def delete(self, name: str, value: str | None = None) -> None:
        """Takes out the filters on a header (with that value), or `all`."""
        folded = name.lower()
        self._lines = (
            []
            if folded == "all"
            else [
                (held, wanted)
                for held, wanted in self._lines
                if held.lower() != folded or (value is not None and wanted != value)
            ]
        )

    def let_through(self, event: Fired) -> bool:
        """As `event_handler` decides it."""
        if not self._lines:
            return True
        passes = False
        for name, wanted in self._lines:
            value = event.get(name)
            if value is None:
                continue
            text = wanted.lstrip("+- ")
            positive = not wanted[: len(wanted) - len(text)].rstrip(" ").endswith("-")
            if passes and positive:
                continue
            if _matches(text, value):
                if not positive:
                    return False
                passes = True
        return passes


def _matches(wanted: str, value: str) -> bool:
    if wanted.startswith("/"):
        try:
            return re.search(wanted.strip("/"), value) is not None
        except re.error:
            return False
    return wanted.lower() == value.lower()
