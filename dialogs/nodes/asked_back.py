""" "Did you say …?": an answer that is only half trusted is read back before it counts.

Rules:
1. What a caller has denied is not believed a second time, unless it is keyed; a plain yes or no is.
2. What it is corrected to in the same breath ("no, cuatro cinco siete…") is asked back in its turn.
3. Who says the same again instead of "yes" means yes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dialogs.call import Call
from dialogs.nodes.corrected import ReadBack
from dialogs.nodes.question import Asked, Listening, listen
from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.yes_no import YesNo
from dialogs.universals import MARK

MOST_DENIALS = 2
"""Times that a caller may answer "no" to "did you say …?" before a person takes over."""

_CORRECTION = MARK + "correction:"


def certain(
    call: Call,
    asked: Asked,
    read_back: Callable[[str], tuple[str, str]],
) -> Listening:
    """Asks, and where the answer is only half trusted, asks back; `None` if it cannot be had.

    `read_back` gives an answer's words and how a person reads it. A caller who denies an answer is asked
    again, and that answer is not believed a second time; what it is corrected to in the same breath ("no,
    cuatro cinco siete…") is asked back in its turn.
    """
    denied: list[str] = []
    lead = ""
    while len(denied) <= MOST_DENIALS:
        answer = yield from listen(call, _without(asked, denied), lead)
        while answer is not None and answer.band == "check":
            verdict = yield from listen(call, _asked_back(call, asked, answer, read_back))
            if verdict is None:
                return None
            if verdict.value == "yes":
                return answer
            denied.append(answer.value)
            if not verdict.value.startswith(_CORRECTION):
                break
            if len(denied) > MOST_DENIALS:
                return None
            answer = _corrected(verdict)
        else:
            return answer
        lead = "sorry_again"
    return None


def _corrected(verdict: Match) -> Match:
    return Match(
        verdict.value.removeprefix(_CORRECTION), verdict.said, verdict.by, verdict.confidence, verdict.band
    )


def _without(asked: Asked, denied: list[str]) -> Asked:
    """The same question, deaf to the answers that the caller has denied."""
    if not denied:
        return asked
    gone = tuple(denied)

    def judge(answer: Heard | Keyed) -> Match | NoMatch:
        found = asked.judge(answer)
        if isinstance(found, NoMatch) or found.by == "keys" or found.value not in gone:
            return found
        if asked.kind == YesNo.name and found.band == "sure":
            return found  # of two values one is always right
        for other in found.others:
            if other not in gone:
                return Match(other, found.said, found.by, found.confidence, "check")
        return NoMatch(found.said)

    return replace(asked, judge=judge)


def _asked_back(
    call: Call, asked: Asked, answer: Match, read_back: Callable[[str], tuple[str, str]]
) -> Asked:
    yes_no, language = YesNo(), call.language
    asking = call.asking
    words = "" if asked.kind == yes_no.name else read_back(answer.value)[0]
    told = ReadBack(answer.value, words, language, asked.judge)

    def judge(reply: Heard | Keyed) -> Match | NoMatch:
        verdict = yes_no.outright(reply, asking)
        if isinstance(reply, Keyed) or (isinstance(verdict, Match) and verdict.value == "yes"):
            return verdict
        again = told.corrected_by(reply)
        if again is not None:
            return Match(_CORRECTION + again.value, verdict.said, again.by, again.confidence, again.band)
        return (told.repeated_by(reply) if isinstance(verdict, NoMatch) else None) or verdict

    return Asked(
        step=asked.step,
        kind="yes_no",
        say=lambda: call.asked_back(*read_back(answer.value)),
        phrases=(*yes_no.phrases(language), *asked.phrases),
        words=asked.words,
        keys=yes_no.keys(),
        judge=judge,
        keypad=yes_no.keypad_wording,
        final_silence=yes_no.final_silence,
        own_words=False,
        sensitive=asked.sensitive,
    )
