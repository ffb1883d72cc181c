"""How an open question is put: whatever is said is an answer, by voice alone, and nobody is cut short."""

from __future__ import annotations

from dialogs.call import Call
from dialogs.effects import Keys
from dialogs.nodes.question import Asked, Question
from dialogs.prompts import Words
from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.kind import best_said


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
