"""The record of one call, as the session fills it: turns, answers, deeds, whose data was read, and the end.

No sensitive answer stands in it. `ivr/records.py` writes it, behind the call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from data.ids import new_id
from data.records import (
    AuditEntry,
    CallAnswered,
    CallEnded,
    CallProved,
    CallStep,
    EndedBy,
    LeftBy,
    Reading,
    Scalar,
    Turn,
    TurnKind,
    VisitFacts,
    Who,
)
from data.records.callers import TakenFor
from dialogs.call import Visit
from dialogs.effects import Deed, Promise, Write
from dialogs.engine import Conversation
from dialogs.results import (
    Found,
    Heard,
    Keyed,
    Match,
    NoInput,
    NoMatch,
    Noted,
    Refused,
    Result,
    Understood,
    Unreached,
    Written,
)
from dialogs.universals import is_universal
from ivr.moments import MASK
from ivr.recorded_time import RecordedTime

if TYPE_CHECKING:
    from ivr.records import Records


@dataclass(frozen=True)
class Place:
    """Where in the dialog something happened, and in which language."""

    flow: str
    step: str
    language: str


def place_in(conversation: Conversation, step: str) -> Place:
    """A step of the flow that the conversation is in."""
    return Place(conversation.position.flow, step, conversation.language)


class CallRecord:
    """The record of one call, as the session fills it."""

    def __init__(
        self, records: Records, call_id: UUID, began_at: datetime, recording: Path | None, leg: str = ""
    ) -> None:
        self._records = records
        self._id = call_id
        self._leg = leg
        self._began = records.clock.now()
        self._turns = 0
        self._voices = 0
        self._planned_recording = recording
        self._recorded = RecordedTime(records.clock.now)
        self._held_in = Place("", "", "")
        self._verified: str | None = None
        self._customer_id: UUID | None = None
        self.call_id = str(call_id)
        self.began_at = began_at
        self.language = ""
        self.outcome = ""
        self.intent = ""
        """What the caller's free speech was last taken for."""
        self._taken_for: TakenFor | None = None

    @property
    def recording(self) -> Path | None:
        """The file that this call is recorded to; None if it is not recorded."""
        return self._planned_recording

    def not_recorded(self) -> None:
        """There is no recording: the switch refused, or the caller did, or was gone before it began."""
        self._planned_recording = None

    def recording_begun(self) -> None:
        """The switch records now."""
        self._recorded.begin()

    def recording_ended(self) -> None:
        """It does no more, before the call is over."""
        self._recorded.end()

    def recording_refused(self, reason: str) -> None:
        """The switch does not record."""
        if self._planned_recording is not None:
            self._records.recording_refused(self.call_id, self._planned_recording, reason)

    def held(self, place: Place) -> None:
        """The caller puts us on hold."""
        if not self._recorded.held:
            self._recorded.hold()
            self._held_in = place

    def taken_back(self) -> None:
        """The caller is back, or gone."""
        if (hold := self._recorded.take_back()) is not None:
            began, lasted = hold
            self._turn("caller", self._held_in, at=began, text="", kind="hold", latency_ms=_ms(lasted))

    def verified(self, identity: str, customer_id: UUID) -> None:
        """The caller has proved who they are, by that proof of the catalogue. On record at once, so that a
        conversation whose server is killed counts as one with them."""
        self._verified, self._customer_id = identity, customer_id
        proof = CallProved(call_id=self._id, verified=identity, customer_id=customer_id)
        self._records.write(lambda: self._records.call_log.proved(proof))

    @property
    def verified_by(self) -> str:
        """Which proof of the catalogue they have passed; empty: none."""
        return self._verified or ""

    def answered(self) -> None:
        """The call was answered now."""
        answered = CallAnswered(call_id=self._id, at=self._records.clock.utc())
        self._records.write(lambda: self._records.call_log.answered(answered))

    def system_turn(self, place: Place, text: str, *, latency: float | None) -> None:
        """A prompt began to play, `latency` seconds after the caller had ended."""
        self._turn("system", place, text=text, kind="said", latency_ms=_ms(latency))

    def caller_turn(
        self,
        place: Place,
        answer: Match | NoMatch | NoInput,
        given: Heard | Keyed | None,
        *,
        latency: float,
        sensitive: bool,
    ) -> None:
        """A question was answered, or was not; `given` is what was judged."""
        match = answer if isinstance(answer, Match) else None
        kinds: dict[type, TurnKind] = {NoMatch: "no_match", NoInput: "no_input"}
        by: Literal["", "voice", "keys"] = "keys" if isinstance(given, Keyed) else "voice"
        readings = given.alternatives if isinstance(given, Heard) else ()
        self._turn(
            "caller",
            place,
            text="" if isinstance(answer, NoInput) else answer.said,
            kind=kinds.get(type(answer), "keys" if by == "keys" else "match"),
            result=kinds.get(type(answer), "match"),
            by="" if isinstance(answer, NoInput) else by,
            band="" if match is None else match.band,
            universal=match.value if match is not None and is_universal(match.value) else "",
            heard=tuple(Reading(text=one.text, confidence=one.confidence) for one in readings),
            keys=given.keys if isinstance(given, Keyed) else None,
            confidence=0.0 if match is None else match.confidence,
            latency_ms=_ms(latency),
            sensitive=sensitive,
        )

    def taken_for(self, taken: TakenFor) -> None:
        """Who the caller is taken for from now on, and why."""
        self._taken_for = replace(taken, call_id=self._id)
        noted = self._taken_for
        self._records.write(lambda: self._records.call_log.taken_for(noted))

    def voice_file(self, purpose: str) -> Path | None:
        """A new file for what the caller says, its folder made; None if there can be none."""
        self._voices += 1
        place = self._records.message_place(self._id, self.began_at)
        return None if place is None else place.with_name(f"{place.stem}-{purpose}-{self._voices}.wav")

    def caller_recorded(self, place: Place, file: Path) -> str:
        """What the caller said is in the file; returns its path below the recordings folder."""
        reference = self.reference_of(file)
        self._turn("caller", place, text=reference, kind="recorded", result="recorded")
        return reference

    def reference_of(self, file: Path) -> str:
        """Its path below the recordings folder."""
        return self._records.below(file)

    def looked_up(
        self,
        place: Place,
        name: str,
        *,
        asked: Mapping[str, str],
        result: str,
        found: Mapping[str, Scalar],
        sensitive: bool,
        seconds: float | None = None,
    ) -> None:
        """A back end was asked by `asked`, and what came of it, after so many seconds."""
        self._turn(
            "system",
            place,
            text=name,
            kind="lookup",
            result=result,
            asked=asked,
            found=found,
            sensitive=sensitive,
            latency_ms=_ms(seconds),
        )
        if result == "found":
            # Whose they are is looked up by what was asked, unless that is a secret: it may wait on a disk.
            whose = "" if sensitive else asked.get("customer_number", "")
            self._audit("read", place, f"{name}: {', '.join(found)}", whose)

    def _audit(self, action: str, place: Place, what: str, whose: str = "") -> None:
        """Puts on record that the call read or changed somebody's data."""
        entry = AuditEntry(
            at=self._records.clock.utc(),
            who="call",
            action=action,
            what=what,
            why=f"{place.flow}.{place.step}",
            customer_id=self._customer_id,
            customer_number=whose,
            call_id=self._id,
        )
        self._records.write(lambda: self._records.call_log.audit(entry))

    def did(self, place: Place, deed: Deed, result: Result, *, secrets: Collection[str]) -> None:
        """Something that needs a performer of its own was tried, and what came of it.

        What it was about stays out, and of what was found the sensitive answers, `secrets`.
        """
        readings = result.intents if isinstance(result, Understood) else ()
        if readings:
            self.intent = readings[0][0]
        known = result.record if isinstance(result, Found | Written) else {}
        if isinstance(deed, Write) and isinstance(result, Written | Noted):
            self._audit("write", place, f"{deed.name}: {', '.join(deed.values)}")
        if isinstance(deed, Write | Promise) and isinstance(result, Refused):
            known = {"reason": result.reason}
        self._turn(
            "system",
            place,
            text=type(deed).__name__.lower(),
            kind="deed",
            result=result.reason if isinstance(result, Unreached) else type(result).__name__.lower(),
            heard=tuple(Reading(text=intent, confidence=sure) for intent, sure in readings),
            found=masked(result.entities if isinstance(result, Understood) else known, secrets),
        )

    def handing_over(
        self, place: Place, queue: str, *, slots: Mapping[str, str], known: Mapping[str, Scalar]
    ) -> None:
        """The caller comes to a queue; what they have said and what is known of them goes with them."""
        customer = None if self._customer_id is None else str(self._customer_id)
        told = {**known, "verified": self.verified_by, "customer_id": customer}
        found = {name: value for name, value in told.items() if value}
        self._turn("system", place, text=queue, kind="handover", asked=slots, found=found)

    def queued(self, place: Place, queue: str, *, result: str) -> None:
        """The caller was handed to people; `result` is `handed`, `failed`, or why nobody came."""
        self._turn("system", place, text=queue, kind="queue", result=result)

    def not_queued(self, queue: str, *, reason: str) -> None:
        """The caller was to go to a queue and did not even wait: it was closed, full, or left at once."""
        now = self._records.clock.utc()
        left_by: LeftBy = "overflow" if reason.startswith("overflow") else "refused"
        facts = VisitFacts(
            id=str(new_id()),
            queue=queue,
            leg=self._leg,
            call_id=self._id,
            joined_at=now,
            left_at=now,
            left_by=left_by,
            left_for=reason.removeprefix("overflow").strip(),
        )
        self._records.write(lambda: self._records.call_log.visit(facts))

    def _turn(self, who: Who, place: Place, *, at: float | None = None, **values: Any) -> None:
        """`at`: when it happened, on the records' clock; default: now."""
        self._turns += 1
        moment = self._records.clock.now() if at is None else at
        turn = Turn(
            n=self._turns,
            at_ms=round((moment - self._began) * 1000),
            who=who,
            flow=place.flow,
            step=place.step,
            language=place.language,
            **values,
        )
        self._records.write(lambda: self._records.call_log.add_turn(self._id, turn))

    def finish(self, cause: str, by: str, path: Iterable[Visit] = ()) -> None:
        """The call is over; `path` is the dialog's way through the flows."""
        self.taken_back()
        recorded = None if self._planned_recording is None else self._recorded.seconds
        taken = self._taken_for
        sides: dict[str, EndedBy] = {"caller": "caller", "system": "system", "agent": "agent"}
        ended = CallEnded(
            call_id=self._id,
            at=self._records.clock.utc(),
            hangup_cause=cause,
            ended_by=sides.get(by, "unknown"),
            outcome=self.outcome or None,
            language=self.language or None,
            segment=None if taken is None else taken.segment,
            segment_reason=None if taken is None else taken.reason,
            rules_version=None if taken is None else taken.rules_version,
            # Who has proved who they are counts more than whose telephone it is.
            customer_id=self._customer_id,
            verified=self._verified,
            recording=None if self._planned_recording is not None else "",
            recorded_ms=_ms(recorded),
            path=tuple(_step(visit) for visit in path),
        )
        self._records.write(lambda: self._records.call_log.finish(ended))
        if recorded is not None:
            self._records.recording_over()


def masked(values: Mapping[str, Scalar], secrets: Collection[str]) -> dict[str, Scalar]:
    """The values, without those in which a sensitive answer stands."""
    return {name: MASK if tells(value, secrets) else value for name, value in values.items()}


def tells(value: Scalar, secrets: Collection[str]) -> bool:
    """Whether a sensitive answer stands in that value."""
    return any(secret in str(value) for secret in secrets)


def _step(visit: Visit) -> CallStep:
    return CallStep(
        flow=visit.flow,
        step=visit.step,
        language=visit.language,
        left_by=visit.left_by,
        no_input=visit.misses["no_input"],
        no_match=visit.misses["no_match"],
    )


def _ms(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
