"""Which answers tell who a caller is, so that none of them gets into a test.

Rules:
1. Numbers, documents, addresses, names and free speech always do, also where they were wrong by a digit, and
   also where nothing was looked up by them.
2. So does whatever is given to a back end: what a `lookup` is asked by, a `verify` checks, a `write` writes.
3. A day that is far away may be a day of birth.
4. One of a list that the flow itself names (a choice, yes or no) tells nobody, unless there was more in it.
5. Where callers may say what they want in their own words, only words stay that the question's own phrases
   have, or that nobody is called by (`own_words`). Any other word may be a name, a street or an address of
   mail; so may a number.
"""

# ruff: noqa: E501 - tables are read by rows

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from dialogs.effects import Collect
from dialogs.flow import FlowSet
from dialogs.made_up import numbers
from dialogs.nodes.ask import Ask
from dialogs.nodes.confirm import Confirm
from dialogs.nodes.form import Form
from dialogs.nodes.lookup import Lookup
from dialogs.nodes.set import Set
from dialogs.nodes.step import Step
from dialogs.nodes.understand import Understand
from dialogs.nodes.verify import Verify
from dialogs.nodes.write import Write
from dialogs.position import Position
from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots import KINDS
from dialogs.slots.numerals import number_words
from dialogs.slots.words import plain, words_of
from dialogs.slots.yes_no import YesNo
from dialogs.spoken import say_digits
from dialogs.universals import universal_phrases
from dialogs.wording import LANGUAGES

PERSONAL_KINDS = frozenset(
    {"digits", "phone", "dni", "order_id", "ticket_id", "card_last4", "postcode", "text"}
)
"""Kinds of answers that always tell who somebody is, or may."""
NAMED_BY_THE_FLOW = frozenset({"yes_no", "choice", "menu"})
_DAYS_NEAR = 366
"""Further away from the call than that, a day is no appointment."""
_NUMBER_WORDS = frozenset(plain(word) for language in LANGUAGES for word in number_words(language))
_NOBODYS = frozenset(
    plain(word)
    for words in (
        "a al con de del el en la las le lo los me mi mis o para por que se si su sus un una y ya yo es no ni"
        " hola buenos buenas días tardes noches gracias favor perdón quiero quería quisiera querría necesito"
        " puede puedo podría saber hablar ver decir decirme dígame deme preguntar consultar llamo ayuda pues"
        " esto este esta eso cuánto cuál cómo dónde cuándo qué tengo hay estoy sobre acerca también ahora",
        "a al amb de del dels el els en la les li ho em m'he meu meva meus meves o per que es si seu seva un una i"
        " ja jo és no ni hola bon bona dia tarda nit gràcies sisplau plau us perdó vull voldria volia necessito pot"
        " puc podria saber parlar veure dir dir-me digui'm doni'm preguntar consultar truco ajuda doncs això aquest"
        " aquesta quant quin quina com on quan què tinc hi ha estic sobre també ara",
        "a an and at for from i i'd i'm in is it it's me my no not of on or please the to with you your yes hello hi"
        " good morning afternoon evening thanks thank sorry want would like need can could know speak talk see"
        " tell give ask calling call help well this that how what where when which much many do does have there"
        " about also now",
    )
    for word in words.split()
)
"""Small words, greetings and ways to ask: nobody is called so, and nobody lives there."""
_OPEN = frozenset({"menu", "understand"})
_NUMBER = re.compile(r"[0-9]{2,}|[0-9](?:\W+[0-9])+")
_FEW_NUMBERS = 2
"""Number words that may be an option of a menu, or "a couple of things"."""


class Personal:
    """What of these flows' questions is personal."""

    def __init__(self, flows: FlowSet, today: date) -> None:
        self._flows, self._today = flows, today
        self._taken = _taken(flows)

    def tells(self, question: Collect, at: Position, given: Heard | Keyed | None, judged: object) -> bool:
        """Whether that answer, or that attempt at one, may tell who the caller is."""
        step = self._step(at)
        if question.kind == "understand" and isinstance(step, Understand) and step.entities:
            return True
        if question.kind in _OPEN:
            return isinstance(given, Heard) and any(
                _holds_a_number(one.text) or own_words(one.text, question) for one in given.alternatives
            )
        slots = list(self._slots(step))
        if question.kind == YesNo.name or _is_universal(judged):
            return self._about(slots) and not self._nothing_else(question, given)
        if question.kind == "form":
            return self._about(slots)
        if question.kind == "date" and isinstance(judged, Match) and self._is_far(judged.value):
            return True
        return self._about([one for one in slots if one[1] == question.kind])

    def sentences(self, question: Collect, at: Position, judged: object) -> Iterator[str]:
        """Made-up sentences for a question that takes more than one answer at a time."""
        step, language = self._step(at), question.language
        if isinstance(step, Form) and isinstance(judged, Match):
            told = [_examples(ask, language) for ask in step.slots if ask.ask in judged.parts]
            yield from (", ".join(texts) for texts in zip(*told, strict=False))
        if question.kind in _OPEN:
            first = list(question.phrases) or [said for said, _ in KINDS["text"].examples.get(language, ())]
            yield from first
            ahead = set(getattr(step, "answers_ahead", ()))
            asks = [ask for ask in self._asks() if ask.ask in ahead]
            for texts in zip(*(_examples(ask, language) for ask in asks), strict=False) if asks else ():
                yield from (f"{words} {text}" for text in texts for words in first)

    def _step(self, at: Position) -> Step:
        return self._flows.flow(at.flow).steps[at.step]

    def _asks(self) -> Iterator[Ask]:
        for flow in self._flows.flows.values():
            for step in flow.steps.values():
                yield from (step,) if isinstance(step, Ask) else step.slots if isinstance(step, Form) else ()

    def _about(self, slots: list[tuple[str, str]]) -> bool:
        return any(
            kind in PERSONAL_KINDS or (slot in self._taken and kind not in NAMED_BY_THE_FLOW)
            for slot, kind in slots
        )

    def _slots(self, step: Step) -> Iterator[tuple[str, str]]:
        """What the step's questions are about, each with its kind."""
        match step:
            case Ask():
                yield step.ask, step.kind.name
            case Form():
                yield from ((ask.ask, ask.kind.name) for ask in step.slots)
            case Confirm():
                yield from ((one.ask, one.kind.name) for one in self._asks() if one.ask == step.confirm)

    def _nothing_else(self, question: Collect, given: Heard | Keyed | None) -> bool:
        """A plain yes, no or "a person", and nothing more."""
        if isinstance(given, Keyed):
            return set(given.keys) <= set("0*") or question.kind == YesNo.name
        known = {
            phrase.lower()
            for phrase in (
                *YesNo().phrases(question.language),
                *universal_phrases(question.language, list(self._languages())),
            )
        }
        return given is not None and all(one.text.strip().lower() in known for one in given.alternatives)

    def _languages(self) -> Iterator[str]:
        yield from dict.fromkeys(one for flow in self._flows.flows.values() for one in flow.languages)

    def _is_far(self, value: str) -> bool:
        try:
            return abs((date.fromisoformat(value[-10:]) - self._today).days) > _DAYS_NEAR
        except ValueError:
            return True


def _is_universal(judged: object) -> bool:
    return isinstance(judged, Match) and judged.value.startswith("@") and ":" not in judged.value


def _holds_a_number(text: str) -> bool:
    words = [word for word in words_of(text) if word in _NUMBER_WORDS]
    return _NUMBER.search(text) is not None or len(words) > _FEW_NUMBERS


def own_words(text: str, question: Collect) -> bool:
    """Whether somebody said a word that neither the question's phrases have nor everybody says."""
    known = {word for phrase in (*question.phrases, *question.words) for word in words_of(phrase)}
    return not known | _NUMBER_WORDS | _NOBODYS >= set(words_of(text))


def _examples(ask: Ask, language: str) -> Iterator[str]:
    """What answers that question, in words."""
    keys = ask.kind.keys()
    if ask.kind.name == "digits":
        yield from (say_digits(number, language) for number in numbers(keys.shortest, keys.longest))
    yield from (said for said, _value in ask.kind.examples.get(language, ()))


def _taken(flows: FlowSet) -> frozenset[str]:
    """The slots whose values back ends are given, also by way of `set`."""
    steps = [step for flow in flows.flows.values() for step in flow.steps.values()]
    names: set[str] = set()
    for step in steps:
        if isinstance(step, (Lookup, Verify, Write)):
            names.update(
                name for way, one in step.templates() if way[0] in ("by", "with") for name in one.names
            )
    sources = [
        (name, template.names)
        for step in steps
        if isinstance(step, Set)
        for name, template in step.set.items()
    ]
    left = list(names)
    while left:
        one = left.pop()
        new = {source for name, found in sources if name == one for source in found} - names
        names |= new
        left += new
    return frozenset(names)


def is_same_to_the_flow(judged: Match | NoMatch, real: Match, kind: str) -> bool:
    """Whether a made-up answer does to the flow what the real one did, and is not the real one."""
    if not isinstance(judged, Match):
        return False
    if real.parts:
        return set(judged.parts) == set(real.parts) and all(
            judged.parts[slot].value != part.value for slot, part in real.parts.items()
        )
    if kind in NAMED_BY_THE_FLOW and not real.value.startswith("@correction"):
        return judged.value == real.value
    return judged.value != real.value and _way(judged) == _way(real)


def _way(judged: Match) -> str:
    """`@correction` and the like; an answer's own value has none ("17:30")."""
    return judged.value.rpartition(":")[0] if judged.value.startswith("@") else ""
