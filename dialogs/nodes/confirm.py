"""`confirm`: reads something back and goes two ways.

```yaml
- confirm: customer_number
  prompt:
    es: "Su número es el {customer_number}. ¿Es correcto?"
    ca: "El seu número és el {customer_number}. És correcte?"
    en: "Your number is {customer_number}. Is that right?"
  yes: account
  no: customer_number
```
It stands behind the `ask` whose answer it reads back, and is called `confirm_SLOT` (here
`confirm_customer_number`), because the slot's name is the question's. Its words must hold the value.

Who corrects the answer in the same breath ("no, es el 45718", "not the fifth, the sixth") is not asked from
the start: the new value is judged as its question would, taken, and read back again. That needs the `ask` or
the `form` of the slot in the same flow. After three corrections, and after a plain no, it goes on at `no`.
Who says the same value again instead of "yes" has confirmed it.

What else the words hold and the same flow has asked for may be corrected just so: an address is read back
whole, and "no, en Alcalá, no en Madrid", "la población es Alcalá" and "no, el código postal es 28801" put one
piece of it right. For that an `ask` of free speech says which piece it is: `place: street`, `place: town`.

`corrected` is where a corrected value goes instead of being read back at once: to the step that looks whether
it is possible, so that no way leads round it.
```yaml test
- test: it is right
  steps:
    - expect: {said: "45716"}
    - say: {es: "sí, correcto", ca: "sí, correcte", en: "yes, that's right"}
    - expect: {hangup: true}
- test: it is wrong, and is asked for again
  steps:
    - key: 2
    - expect: {step: customer_number}
- test: it is corrected in the same breath, and read back again
  steps:
    - say:
        es: "no, es el cuatro cinco siete uno ocho"
        ca: "no, és el quatre cinc set u vuit"
        en: "no, it's four five seven one eight"
    - expect: {step: confirm_customer_number, said: "45718", slots: {customer_number: 45718}}
    - say: {es: "sí", ca: "sí", en: "yes"}
    - expect: {hangup: true}
- test: who only thinks so is asked again
  steps:
    - say: {es: "creo que sí", ca: "crec que sí", en: "I think so"}
    - expect: {step: confirm_customer_number}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue
from dialogs.flow import Name
from dialogs.nodes.ask import Ask
from dialogs.nodes.corrected import ReadBack, spoken_anew
from dialogs.nodes.corrected_beside import Piece, PieceKind, corrected_piece
from dialogs.nodes.form import Form
from dialogs.nodes.question import Asked, Question, listen
from dialogs.nodes.step import Exit, Run, Step, Way
from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.kind import SlotKind
from dialogs.slots.text import Text
from dialogs.slots.yes_no import YesNo, corrects_a_number
from dialogs.universals import MARK

MOST_CORRECTIONS = 3
_CORRECTION = MARK + "correction:"


class Confirm(Question):
    """Reads something back and goes two ways."""

    type_name: ClassVar[str] = "confirm"
    confirm: Name = Field(description="The slot that is read back")
    yes: Name | None = Field(None, description="Where to go if it is right; without it, the next on the page")
    no: Name = Field(description="Where to go if it is wrong")
    corrected: Name | None = Field(
        None, description="Where to go with a corrected value; without it, it is read back at once"
    )

    @override
    def own_name(self, at: int) -> str:
        # The slot's question has the slot's name already.
        return f"confirm_{self.confirm}"

    def run(self, call: Call) -> Run:
        for _round in range(MOST_CORRECTIONS + 1):
            answer = yield from listen(call, self._asked(call))
            if answer is None:
                return "failed"
            if not answer.value.startswith(_CORRECTION):
                return answer.value
            slot, _, value = answer.value.removeprefix(_CORRECTION).partition(":")
            call.fill(slot, value)
            if self.corrected:
                return "corrected" if call.count("corrected") <= MOST_CORRECTIONS else "no"
        return "no"

    def _asked(self, call: Call) -> Asked:
        kind, asking, language = YesNo(), call.asking, call.language
        question = self._question(call)
        told = _read_back(call, question)

        def judge(answer: Heard | Keyed) -> Match | NoMatch:
            verdict = kind.outright(answer, asking)
            if isinstance(answer, Keyed) or (isinstance(verdict, Match) and verdict.value == "yes"):
                return verdict
            again = self._corrected(call, answer, told, verdict)
            if again is not None:
                return again
            same = told.repeated_by(answer) if told and isinstance(verdict, NoMatch) else None
            if same is not None:
                return same
            if isinstance(verdict, NoMatch) and corrects_a_number(answer, language):
                return Match("no", verdict.said, "voice", answer.alternatives[0].confidence)
            return verdict

        return Asked(
            step=self,
            kind=kind.name,
            say=lambda: call.prompt(self.prompt),
            phrases=(*kind.phrases(language), *(question.kind.phrases(language) if question else ())),
            words=question.kind.words(language) if question else (),
            keys=kind.keys(),
            judge=judge,
            keypad=kind.keypad_wording,
            final_silence=kind.final_silence,
            # Also when a retry's words leave the value out: "no, it is 4 5 7 1 8" is an answer, too.
            sensitive=not call.flows.sensitive.isdisjoint((self.confirm, *self._beside(call))),
        )

    def _corrected(
        self, call: Call, answer: Heard, told: ReadBack | None, verdict: Match | NoMatch
    ) -> Match | None:
        """What the answer puts right; its value names the slot."""
        slot, again = self.confirm, told.corrected_by(answer) if told else None
        if again is None and (beside := corrected_piece(answer, self._pieces(call), call.language)):
            slot, again = beside
        if again is None and isinstance(verdict, NoMatch):
            again = self._told_anew(call, answer)
        if again is None:
            return None
        return Match(f"{_CORRECTION}{slot}:{again.value}", verdict.said, "voice", again.confidence)

    def _beside(self, call: Call) -> list[str]:
        """What else is read back that the same flow has asked for."""
        asked = {ask.ask for step in call.flow.steps.values() for ask in _asks(step)}
        named = self.prompt[call.language].names if call.language in self.prompt else ()
        return [name for name in dict.fromkeys(named) if name in asked and name != self.confirm]

    def _pieces(self, call: Call) -> list[Piece]:
        """The answers that are read back; this one only where it is a place."""
        found = []
        for slot in (self.confirm, *self._beside(call)):
            asks = [one for step in call.flow.steps.values() for one in _asks(step) if one.ask == slot]
            ask, value = asks[0], call.slots.get(slot, "")
            kind = piece_kind(ask.kind)
            if value and kind == "other" and slot != self.confirm and ask.kind.confirmable:
                found.append(Piece(slot, kind, value, ask.judge_in(call), _read_back(call, ask)))
            elif value and kind != "other":
                found.append(Piece(slot, kind, value, ask.judge_in(call)))
        return found

    def _told_anew(self, call: Call, answer: Heard) -> Match | None:
        """The free speech behind a "no": "no, es calle mayor quince"."""
        ask = next((ask for ask in self._asks_of(call) if ask.kind.free_speech), None)
        said = spoken_anew(answer, call.language) if ask else None
        judged = ask.judge_in(call)(said) if ask and said else None
        return judged if isinstance(judged, Match) else None

    def _asks_of(self, call: Call) -> list[Ask]:
        return [ask for step in call.flow.steps.values() for ask in _asks(step) if ask.ask == self.confirm]

    def _question(self, call: Call) -> Ask | None:
        """The question whose answer is read back, if it can be corrected in passing."""
        asks = self._asks_of(call)
        # Free speech would take the reply itself for the value, and a yes cannot be told from the verdict.
        return next((ask for ask in asks if ask.kind.confirmable and not ask.kind.free_speech), None)

    def exits(self) -> Iterator[Exit]:
        yield Exit("yes", self.yes, ("yes",))
        yield Exit("no", self.no, ("no",))
        if self.corrected:
            yield Exit("corrected", self.corrected, ("corrected",))
        yield self.failed_exit()

    def needs(self) -> Iterator[tuple[Way, str]]:
        yield ("confirm",), self.confirm

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.then is not None:
            yield ("then",), "a confirm goes on by `yes` and `no`: remove `then`"
        for language, template in self.prompt.items():
            if self.confirm not in template.names:
                remedy = f"put `{{{self.confirm}}}` into the sentence"
                yield ("prompt", language), f"the prompt does not read back the answer: {remedy}"


def _asks(step: Step) -> tuple[Ask, ...]:
    """The questions that a step puts for slots."""
    return (step,) if isinstance(step, Ask) else tuple(step.slots) if isinstance(step, Form) else ()


def piece_kind(kind: SlotKind) -> PieceKind:
    """Which piece of an address it asks for; `other`: none."""
    place = kind.place if isinstance(kind, Text) else False
    return "other" if not place else "place" if place is True else place


def _read_back(call: Call, question: Ask | None) -> ReadBack | None:
    value = call.slots.get(question.ask) if question else None
    if question is None or not value:
        return None
    words = question.kind.read_back(value, call.asking)
    return ReadBack(value, words, call.language, question.judge_in(call))
