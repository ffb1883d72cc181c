"""How an open question is put: whatever is said is an answer, by voice alone, and nobody is cut short.

Who has said it already ("¿Desea algo más?" — "sí, quiero pagar") is not asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dialogs.call import Call
from dialogs.effects import Keys
from dialogs.nodes.courtesies import without_courtesies
from dialogs.nodes.matters import ANEW
from dialogs.nodes.question import Asked, Question
from dialogs.prompts import Words
from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.kind import best_said

_AGREES: Mapping[str, str] = {
    "es": r"s[ií]|vale|claro|bueno|pues|por favor|otra cosa|una cosa m[aá]s|tambi[eé]n|adem[aá]s|y|que",
    "ca": r"s[ií]|d'acord|[eé]s clar|clar|b[eé]|doncs|si us plau|una altra cosa|una cosa m[eé]s|tamb[eé]|"
    r"a m[eé]s|i|que",
    "en": r"yes|yeah|yep|sure|well|please|another thing|one more thing|also|and",
}
"""What stands before the matter in an answer to "anything else?"."""


def told_more(call: Call) -> tuple[str, ...]:
    """What the caller wants by the answer to "is there anything else?", once; empty: it was a mere yes."""
    said = call.told_more.alternatives[0].text if call.told_more else ""
    call.told_more = None
    rest = behind_yes(said, call.language)
    return (ANEW + rest,) if without_courtesies(rest, call.language) else ()


def behind_yes(text: str, language: str) -> str:
    """What is left of an answer behind "yes, please, another thing"."""
    agrees = _AGREES.get(language)
    return re.sub(rf"^(?:(?:{agrees})\b[\s,.;:]*)+", "", text, flags=re.IGNORECASE) if agrees else text


def open_question(call: Call, step: Question, prompt: Words) -> Asked:
    """The question; its answer is the sentence, with all that else was heard."""
    return Asked(
        step=step,
        kind="understand",
        say=lambda: call.prompt(prompt),
        phrases=(),
        words=(),
        keys=Keys(0, 1),
        judge=_judge,
        keypad="keypad_menu",
        final_silence=1.0,
        longest_utterance=20.0,
        free_speech=True,
        keypad_at_last=False,
    )


def _judge(answer: Heard | Keyed) -> Match | NoMatch:
    said = best_said(answer) if isinstance(answer, Heard) else ""
    if not said.strip() or not isinstance(answer, Heard):
        return NoMatch()
    others = tuple(other.text for other in answer.alternatives[1:] if other.text.strip())
    return Match(said, said, "voice", answer.alternatives[0].confidence, others=others)
