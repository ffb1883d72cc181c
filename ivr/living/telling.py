"""What somebody has answered, or said over a sentence: told to the call's record and to whoever watches."""

from __future__ import annotations

from dialogs.engine import Conversation
from dialogs.numbers_hidden import fit_to_keep
from dialogs.results import Keyed, Match, NoMatch
from ivr import moments
from ivr.call_record import CallRecord, place_in
from ivr.clock import Clock
from ivr.living.collected import Collected
from ivr.living.recording import CallRecording
from ivr.moments import MASK, Watch


class Telling:
    """One call's."""

    def __init__(
        self,
        conversation: Conversation,
        record: CallRecord,
        recording: CallRecording,
        *,
        clock: Clock,
        watch: Watch,
    ) -> None:
        self._conversation, self._record, self._recording = conversation, record, recording
        self._clock, self._watch = clock, watch

    def answer(self, step: str, collected: Collected, *, sensitive: bool) -> None:
        """At that step it was answered so; masked where what is asked or told is `sensitive`."""
        answer, given = fit_to_keep(collected.answer, collected.given)
        if not sensitive and given != collected.given:
            self._recording.hush(collected.began_at)
        now = self._clock.now()
        latency = 0.0 if collected.ended_at is None else now - collected.ended_at
        recognition = 0.0 if collected.decided_at is None else now - collected.decided_at
        said, value, by, confidence, band, result = "", "", "", 0.0, "", "no_input"
        match answer:
            case Match():
                said, value, by = answer.said, answer.value, answer.by
                confidence, band, result = answer.confidence, answer.band, "match"
            case NoMatch(said=heard):
                said, result = heard, "no_match"
        # Keys that answer nothing may have been meant for another question, one for a PIN.
        secret = sensitive or (isinstance(answer, NoMatch) and isinstance(collected.given, Keyed))
        if secret:
            said, value = (MASK if said else ""), (MASK if value else "")
        place = place_in(self._conversation, step)
        self._record.caller_turn(place, answer, given, latency=latency, sensitive=secret)
        self._watch(
            moments.CallerAnswered(
                self._record.call_id,
                step,
                result,
                said,
                value,
                by,
                confidence,
                band,
                latency,
                place.flow,
                recognition,
            )
        )
