"""Where and when somebody is called back, as it is agreed with them in the call.

Rules:
1. Nobody is called at a number that they have not heard, said or keyed, nor at a time that they have not
   agreed to.
2. A number that the house does not call is told so in one civil sentence, and another may be named.
3. What cannot be agreed on after `MOST_TRIES` is given up: the step's `failed` leads on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace

from dialogs.call import Call
from dialogs.effects import CallBack, Effect, MayCallBack, Play, Prompt
from dialogs.errors import UnexpectedResult
from dialogs.nodes.question import Asked, Question, listen
from dialogs.results import Done, Failed, Found, Heard, Keyed, Match, NoMatch, Refused, Result
from dialogs.slots.asking import Asking
from dialogs.slots.kind import SlotKind
from dialogs.slots.phone import Phone
from dialogs.slots.window import LATER, NOW, CallTime
from dialogs.slots.words import phrases_of, tokens, within
from dialogs.slots.yes_no import YesNo
from dialogs.wording import wording

MOST_TRIES = 4
"""Numbers that are talked about in one go, and as many times."""
OTHER = "other"
"""They want to be called at another number, and have not said which."""

PHONE = Phone.model_validate({})
ANY = "any"
"""In place of a proposed number: they want none of those that we know."""

_OTHER: Mapping[str, str] = {
    "es": "otro|a otro|otro número|a otro número|otro teléfono|a otro teléfono|otro móvil|a otro móvil",
    "ca": "un altre|a un altre|un altre número|a un altre número|un altre telèfon|a un altre telèfon",
    "en": "another|another one|another number|a different one|a different number|some other number",
}
_CIVIL: Mapping[str, str] = {
    **dict.fromkeys(("premium", "shared_cost", "service", "satellite"), "not_called_costly"),
    **dict.fromkeys(("malformed", "unknown"), "not_called_unknown"),
    "foreign": "not_called_abroad",
    "too_many": "not_called_too_often",
    "do_not_call": "not_called_wanted",
}
"""Why a number is not called → what is said; the codes are the performer's (docs/queues.md)."""
_NOT_THEN: Mapping[str, str] = {
    "too_far": "too_far_ahead",
    "past": "not_at_that_time",
    "no_hours": "not_at_that_time",
    "full": "not_at_that_time",
}

Arranging = Generator[Effect, Result, bool]
Number = Generator[Effect, Result, str]
"""E.164; empty: there is none."""


@dataclass(frozen=True)
class Wanted:
    """What is to be arranged."""

    queue: str
    keep_place: bool
    choose_time: bool
    context: Mapping[str, str]


def arranged(call: Call, wanted: Wanted, *, agreed: str = "", proposed: str = "") -> Arranging:
    """Whether a callback is promised. `agreed`: the number that they have agreed to; `proposed`: one that
    they have said, and not heard yet, or `ANY`; without either, the one that they call from is proposed."""
    first = "" if proposed == ANY else proposed or own_number(call)
    number = agreed or (yield from _number(call, first))
    for _ in range(MOST_TRIES):
        if not number:
            return False
        result = yield from _promised(call, wanted, number)
        if not isinstance(result, Refused) or result.reason not in _CIVIL:
            return isinstance(result, Done)
        yield Play(call.built_in(_CIVIL[result.reason]), call.step)
        number = yield from _number(call, "")
    return False


def _promised(call: Call, wanted: Wanted, number: str) -> Generator[Effect, Result, Done | Refused | Failed]:
    """The number is looked at before they are asked for a time."""
    window = ""
    if wanted.choose_time:
        looked = yield from _looked(call, wanted, number, "")
        if not isinstance(looked, Found):
            return looked
        chosen = yield from _window(call, wanted, number)
        if chosen is None:
            return Failed("no time was agreed on")
        window = chosen
    result = yield CallBack(wanted.queue, number, wanted.keep_place, call.step, wanted.context, window)
    if not isinstance(result, (Done, Refused, Failed)):
        raise UnexpectedResult(f"a callback cannot go on after {type(result).__name__}")
    return result


def _looked(
    call: Call, wanted: Wanted, number: str, window: str
) -> Generator[Effect, Result, Found | Refused | Failed]:
    result = yield MayCallBack(wanted.queue, number, window, call.step)
    if not isinstance(result, (Found, Refused, Failed)):
        raise UnexpectedResult(f"a callback cannot go on after {type(result).__name__}")
    return result


# --- the number --------------------------------------------------------------------------------------


def own_number(call: Call) -> str:
    """Where they call from, as a number that can be said (E.164); empty if it is withheld or is none."""
    found = call.values().get("caller.number")
    judged = PHONE.judge(Keyed(found.replace("+", "00")), call.asking) if isinstance(found, str) else None
    return judged.value if isinstance(judged, Match) else ""


def _number(call: Call, proposed: str) -> Number:
    number = proposed
    for _ in range(MOST_TRIES):
        if number:
            answer = yield from listen(call, number_question(call, "call_you_at", number))
        else:
            answer = yield from listen(call, _asked(call, "which_number", PHONE))
        if answer is None:
            return ""
        if answer.value == "yes" or (not number and answer.by == "keys"):
            return number or answer.value
        number = "" if answer.value in ("no", OTHER) else answer.value
    return ""


def number_question(call: Call, name: str, number: str, *, offers: str = "") -> Asked:
    """A question by yes or no that names a number: the answer is `yes`, `no`, `OTHER`, or another number."""
    phone, yes_no, asking = PHONE, YesNo(), call.asking

    def judge(answer: Heard | Keyed) -> Match | NoMatch:
        return _about_number(answer, number, asking)

    spoken, shown = phone.read_back(number, asking), phone.shown(number, asking)
    more = tuple(" ".join(words) for words in phrases_of(_OTHER.get(call.language, "")))
    return Asked(
        step=_step(call, name),
        kind=phone.name,
        say=lambda: call.built_in(name, number=(spoken, shown)),
        phrases=(*yes_no.phrases(call.language), *more, *phone.phrases(call.language)),
        words=(*yes_no.words(call.language), *phone.words(call.language)),
        keys=yes_no.keys(),
        judge=judge,
        keypad=yes_no.keypad_wording,
        final_silence=phone.final_silence,
        longest_utterance=phone.longest_utterance,
        own_words=False,
        offers=offers,
    )


def _about_number(answer: Heard | Keyed, number: str, asking: Asking) -> Match | NoMatch:
    verdict = YesNo().outright(answer, asking)
    if isinstance(answer, Keyed):
        return verdict
    named = PHONE.judge(answer, asking)
    if isinstance(named, Match):
        return Match("yes" if named.value == number else named.value, named.said, "voice", named.confidence)
    for said in answer.alternatives[:1]:
        if any(
            within(words, tokens(said.text)) >= 0 for words in phrases_of(_OTHER.get(asking.language, ""))
        ):
            return Match(OTHER, said.text, "voice", said.confidence)
    return named if isinstance(verdict, NoMatch) and named.reason else verdict


# --- the time ----------------------------------------------------------------------------------------


def _window(call: Call, wanted: Wanted, number: str) -> Generator[Effect, Result, str | None]:
    """The stretch that was agreed on, as it was said; empty: at their turn; `None`: no answer."""
    answer = yield from listen(call, _asked(call, "when_to_call", CallTime()))
    for _ in range(MOST_TRIES):
        if answer is None:
            return None
        if answer.value == NOW:
            return ""
        if answer.value != LATER:
            agreed = yield from _agreed(call, wanted, number, answer.value)
            if agreed != "":
                return agreed
        answer = yield from listen(call, _asked(call, "which_time", CallTime(by_number=True)))
    return None


def _agreed(call: Call, wanted: Wanted, number: str, window: str) -> Generator[Effect, Result, str | None]:
    """What is possible of that stretch, or the next that is, if they agree to it; empty: another time."""
    looked = yield from _looked(call, wanted, number, window)
    if isinstance(looked, Refused) and looked.reason in _NOT_THEN:
        yield Play(call.built_in(_NOT_THEN[looked.reason]), call.step)
        return ""
    if not isinstance(looked, Found):
        return None
    possible = f"{looked.record.get('from')}/{looked.record.get('until')}"
    begin, _, end = window.partition("/")
    apart = str(looked.record.get("from")) >= end or str(looked.record.get("until")) <= begin
    verdict = yield from listen(
        call, _yes_or_no(call, "call_you_then", possible), "not_at_that_time" if apart else ""
    )
    if verdict is None:
        return None
    return possible if verdict.value == "yes" else ""


def _yes_or_no(call: Call, name: str, window: str) -> Asked:
    asking, times = call.asking, CallTime()
    said = times.read_back(window, asking), times.shown(window, asking)
    return yes_or_no(call, name, say=lambda: call.built_in(name, window=said))


def yes_or_no(call: Call, name: str, *, say: Callable[[], Prompt] | None = None, offers: str = "") -> Asked:
    """A question of ours that nothing but yes or no answers; `say`, `offers`: as `Asked`."""
    kind, asking = YesNo(), call.asking
    asked = _asked(call, name, kind)
    return replace(
        asked,
        say=say or asked.say,
        judge=lambda answer: kind.outright(answer, asking),
        offers=offers,
    )


def _asked(call: Call, name: str, kind: SlotKind) -> Asked:
    asking = call.asking
    return Asked(
        step=_step(call, name),
        kind=kind.name,
        say=lambda: call.built_in(name),
        phrases=kind.phrases(call.language),
        words=kind.words(call.language),
        keys=kind.keys(),
        judge=lambda answer: kind.judge(answer, asking),
        keypad=kind.keypad_wording,
        final_silence=kind.final_silence,
        longest_utterance=kind.longest_utterance,
        own_words=False,
    )


def _step(call: Call, name: str) -> Question:
    return Question.model_validate({"prompt": {call.language: wording(name, call.language)}})
