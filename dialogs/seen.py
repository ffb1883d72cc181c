"""What a session, a test and a record may see of a conversation; nothing here changes one, but `learn`.

What is in the clear says so: it is for the conversation's own session, and never for a log.
"""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.call import Call, Scalar, Trace
from dialogs.catalogue import Catalogue
from dialogs.flow import FlowSet
from dialogs.position import Position
from dialogs.segments.rules import Decision


class Seen:
    """A conversation from outside. Whoever walks the flows fills these in."""

    _call: Call
    _flows: FlowSet
    _notice_due: bool
    _in_notice: bool

    @property
    def recording_waits(self) -> bool:
        """Nothing may be recorded before `StartRecording`, which may never come."""
        return self._notice_due or self._in_notice

    @property
    def position(self) -> Position:
        return Position(self._call.flow.name, self._call.step)

    @property
    def catalogue(self) -> Catalogue:
        """What the flows may use."""
        return self._flows.catalogue

    @property
    def language(self) -> str:
        """The language that is spoken now; the caller may have changed it."""
        return self._call.language

    @property
    def pace(self) -> float:
        """How fast it is spoken: 1.0 is usual; less for callers who have asked for it."""
        return self._call.pace

    @property
    def known(self) -> Decision:
        """Who the caller is taken for now, and why."""
        return self._call.known

    @property
    def reason(self) -> str:
        """Why they are taken for it, with the figures, for people to read."""
        return self._call.reason

    @property
    def rules_version(self) -> str:
        """Of the segments' rules; empty: there are none."""
        return self._flows.segments.version

    @property
    def about_the_caller(self) -> Mapping[str, Scalar]:
        """What was known of the caller when the call began (`caller.…`)."""
        return self._call.facts.caller

    def learn(self, history: Mapping[str, Scalar]) -> bool:
        """The caller's history is another than when the call began: they have proved who they are, or a step
        has changed something. Whether they are in another segment now; steps that come see it."""
        return self._call.learn(history)

    @property
    def slots(self) -> dict[str, str]:
        """What the caller has answered. Sensitive answers are in the clear: never log this."""
        return dict(self._call.slots)

    @property
    def public_slots(self) -> dict[str, str]:
        """The same with sensitive answers masked."""
        return self._call.public_slots()

    @property
    def values(self) -> dict[str, str | int | bool | None]:
        """All that conditions and templates may name now, sensitive answers in the clear: never log this."""
        return dict(self._call.values())

    @property
    def found(self) -> Mapping[str, Mapping[str, Scalar]]:
        """What the look-ups have given so far. In the clear: never log this."""
        return dict(self._call.records)

    @property
    def secrets(self) -> frozenset[str]:
        """The sensitive answers themselves, for whoever has to mask them. Never log this."""
        sensitive = self._flows.sensitive
        return frozenset(value for name, value in self._call.slots.items() if name in sensitive and value)

    @property
    def trace(self) -> Trace:
        return self._call.trace
