"""Which matter is meant: asked back, or one of two or three chosen; something else is understood anew."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from dialogs.call import Call
from dialogs.effects import Effect, Keys, Prompt, Spoken
from dialogs.nodes.matters import ANEW, OTHER, TWO, anew, ordinals
from dialogs.nodes.question import Asked, Judge, Question, listen
from dialogs.results import Heard, Keyed, Match, NoMatch, Result
from dialogs.slots.choosing import Choice, choose
from dialogs.slots.kind import best_said
from dialogs.slots.yes_no import YesNo
from dialogs.wording import wording

Meant = Generator[Effect, Result, str | None]
"""The intent, once it is certain; `ANEW` and what is to be understood; `OTHER`; `None`: not understood."""
Titles = Mapping[str, str]
"""Intents, each with what the caller wants to do."""


def confirmed(call: Call, step: Question, titles: Titles) -> Meant:
    """ "¿Quiere anular un pedido?", of one intent."""
    kind, asking = YesNo(), call.asking
    asked = Asked(
        step=step,
        kind=kind.name,
        say=lambda: _question(call, "do_you_want", list(titles.values())),
        phrases=kind.phrases(call.language),
        words=(),
        keys=kind.keys(),
        judge=_or_anew(lambda answer: kind.outright(answer, asking), call.language),
        keypad=kind.keypad_wording,
        final_silence=kind.final_silence,
        own_words=False,
    )
    answer = yield from listen(call, asked)
    if answer is not None and (answer.value == OTHER or answer.value.startswith(ANEW)):
        return answer.value
    return next(iter(titles)) if answer is not None and answer.value == "yes" else None


def which(call: Call, step: Question, titles: Titles) -> Meant:
    """ "Para anular un pedido, marque uno. Para …", of two intents or three."""
    language = call.language
    frame = "which_of_two" if len(titles) == TWO else "which_of_three"
    choices = [
        Choice(name, str(place + 1), {language: [title, *ordinals(language, place, of=len(titles))]})
        for place, (name, title) in enumerate(titles.items())
    ]
    asked = Asked(
        step=step,
        kind="menu",
        say=lambda: _question(call, frame, list(titles.values())),
        phrases=tuple(titles.values()),
        words=(),
        keys=Keys(1, 1),
        judge=_or_anew(lambda answer: choose(choices, answer, language), language),
        keypad="keypad_menu",
        own_words=False,
    )
    answer = yield from listen(call, asked)
    return answer.value if answer else None


def _question(call: Call, frame: str, titles: Sequence[str]) -> Prompt:
    text = wording(frame, call.language)
    for place, title in zip(("{answer}", "{other}", "{third}"), titles, strict=False):
        text = text.replace(place, title)
    return (Spoken(text, call.language, varies=True, pace=call.pace),)


def _or_anew(judge: Judge, language: str) -> Judge:
    """Whoever says something else than an answer, or more than a "no", is understood anew."""

    def judged(answer: Heard | Keyed) -> Match | NoMatch:
        own = judge(answer)
        if isinstance(answer, Keyed) or (isinstance(own, Match) and own.value != "no"):
            return own
        other = anew(answer, language)
        if isinstance(other, NoMatch):
            return own
        return Match(other, best_said(answer), "voice", answer.alternatives[0].confidence)

    return judged
