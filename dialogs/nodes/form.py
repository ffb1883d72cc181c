"""`form`: several answers from one sentence; what is missing is asked for.

```yaml
- form: payment
  prompt:
    es: "¿Cuál es su número de cliente, y el de la factura?"
    ca: "Quin és el seu número de client, i el de la factura?"
    en: "What are your customer number and the number of the bill?"
  slots:
    - ask: customer_number
      type: digits
      length: 5
      prompt: {es: "Su número de cliente.", ca: "El seu número de client.", en: "Your customer number."}
    - ask: bill_number
      type: digits
      length: 7
      prompt: {es: "El número de la factura.", ca: "El número de la factura.", en: "The number of the bill."}
```
The first question is put once. Whatever slots the answer fills are filled; each of the others is asked for by
its own question, with its own retries. What was only half understood is asked back; a yes or no is always
asked. A slot takes the keys of an `ask`, but `id`, `then`, `answers` and `failed`: the form goes on when all
are filled, or to `failed`.
```yaml test
- test: both in one sentence
  steps:
    - say:
        es: cuatro cinco siete uno seis y la factura es uno dos tres cuatro cinco seis siete
        ca: quatre cinc set u sis i la factura és u dos tres quatre cinc sis set
        en: four five seven one six and the bill is one two three four five six seven
    - expect: {slots: {customer_number: 45716, bill_number: 1234567}}
- test: one of the two, and the other is asked for
  steps:
    - say: {es: cuatro cinco siete uno seis, ca: quatre cinc set u sis, en: four five seven one six}
    - expect: {said: {es: El número de la factura, ca: El número de la factura, en: The number of the bill}}
    - key: 1234567
    - expect: {slots: {customer_number: 45716, bill_number: 1234567}}
- test: nothing at first, and then each by itself
  steps:
    - silence: 6s
    - expect: {said: {es: Su número de cliente, ca: El seu número de client, en: Your customer number}}
    - key: 45716
    - key: 1234567
    - expect: {slots: {customer_number: 45716, bill_number: 1234567}}
- test: a caller who never answers reaches a person
  steps: [{silence: 6s}, {silence: 6s}, {silence: 6s}, {silence: 6s}, {expect: {queue: billing}}]
```
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field, InstanceOf, SkipValidation, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue, ValueType
from dialogs.effects import Collect, Effect
from dialogs.expressions import Template
from dialogs.flow import Flow, Name, Retries
from dialogs.nodes.ask import Ask, unknown_kind
from dialogs.nodes.question import Asked, Question, listen
from dialogs.nodes.several import answers_in
from dialogs.nodes.step import NEXT, Exit, Run, Way, custom_error
from dialogs.results import Heard, Keyed, Match, NoMatch, Result
from dialogs.slots.kind import best_said
from dialogs.slots.words import plain

_FOREIGN = ("id", "then", "answers", "failed")


class Form(Question):
    """Several answers from one sentence; what is missing is asked for."""

    type_name: ClassVar[str] = "form"
    form: Name = Field(description="The form's name")
    slots: list[SkipValidation[InstanceOf[Ask]]] = Field(
        min_length=2, max_length=5, description="What it wants to know, each as an `ask`"
    )
    retries: Retries | None = Field(
        None,
        description="How often the first question is asked again before the slots are asked one by one; 0",
    )

    @classmethod
    def prepare(cls, keys: Mapping[str, Any]) -> tuple[dict[str, Any], list[ErrorDetails]]:
        """Reads each slot as an `ask` of its own."""
        listed = keys.get("slots")
        if not isinstance(listed, list):
            return dict(keys), []
        asks: list[Ask] = []
        wrong: list[ErrorDetails] = []
        for at, slot in enumerate(listed):
            ask, mistakes = _read(slot)
            asks += [ask] if ask else []
            wrong += [_below(mistake, at) for mistake in mistakes]
        return {**keys, "slots": listed if wrong else asks}, wrong

    def run(self, call: Call) -> Run:
        opening = yield from listen(call, self._opening(call))
        heard = opening.parts if opening else {}
        for ask in self.slots:
            call.within = ask.ask
            try:
                label = yield from _ask(ask, call, heard.get(ask.ask))
            finally:
                call.within = ""
            if label == "failed":
                return "failed"
        return NEXT

    def _opening(self, call: Call) -> Asked:
        first, language = self.slots[0], call.language
        numbers = frozenset(plain(word) for ask in self.slots for word in ask.kind.words(language))
        # A "no" that was picked out of a sentence would be a guess, and nobody would ask back.
        # Free speech would take the whole sentence, whatever it holds.
        picked = [ask for ask in self.slots if ask.kind.confirmable and not ask.kind.free_speech]
        judges = {ask.ask: ask.judge_in(call, in_passing=True) for ask in picked}
        first_judge = first.judge_in(call)
        clock = any(ask.kind.value_type == "time" for ask in picked)

        def judge(answer: Heard | Keyed) -> Match | NoMatch:
            if isinstance(answer, Keyed):
                match = first_judge(answer)
                parts: Mapping[str, Match] = {first.ask: match} if isinstance(match, Match) else {}
            else:
                parts = answers_in(answer, judges, language, numbers, clock=clock)
            if not parts:
                return NoMatch(
                    answer.alternatives[0].text if isinstance(answer, Heard) and answer.alternatives else ""
                )
            return _joined(answer, parts)

        return Asked(
            step=self,
            kind="form",
            say=lambda: call.prompt(self.prompt),
            phrases=tuple(phrase for ask in self.slots for phrase in ask.kind.phrases(language)),
            words=tuple(dict.fromkeys(word for ask in self.slots for word in ask.kind.words(language))),
            keys=first.kind.keys_in(call.asking),
            judge=judge,
            keypad=first.kind.keypad_wording,
            final_silence=max(ask.kind.final_silence for ask in self.slots),
            longest_utterance=sum(ask.kind.longest_utterance for ask in self.slots),
            sensitive=any(ask.ask in call.flows.sensitive for ask in self.slots),
        )

    @override
    def allowed_in(self, flow: Flow) -> Retries:
        return (self.retries or Retries()).over(Retries(no_input=0, no_match=0))

    @override
    def misses(self, flow: Flow) -> Mapping[str, int]:
        slots = {f"{ask.ask} {kind}": n for ask in self.slots for kind, n in ask.misses(flow).items()}
        return {**super().misses(flow), **slots}

    def exits(self) -> Iterator[Exit]:
        yield Exit(NEXT, self.then, ("then",))
        yield self.failed_exit()

    @override
    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        yield from super().prompts()
        for at, ask in enumerate(self.slots):
            for way, words in ask.prompts():
                yield ("slots", at, *way), words

    @override
    def sensitive_slots(self) -> Iterator[str]:
        for ask in self.slots:
            yield from ask.sensitive_slots()

    @override
    def filled_before(self) -> frozenset[str]:
        return frozenset(ask.ask for ask in self.slots[:-1])

    @override
    def fills(self, catalogue: Catalogue, label: str) -> Mapping[str, ValueType]:
        filled: dict[str, ValueType] = {}
        for ask in self.slots if label == NEXT else ():
            filled.update(ask.fills(catalogue, label))
        return filled

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        names: set[str] = set()
        for at, ask in enumerate(self.slots):
            if ask.ask in names:
                yield ("slots", at, "ask"), f"`{ask.ask}` stands twice in the form: rename one"
            names.add(ask.ask)
            for key in _FOREIGN:
                if getattr(ask, key):
                    yield ("slots", at, key), f"a slot of a form has no `{key}`: the form goes on as a whole"
            for way, message in ask.mistakes(catalogue):
                yield ("slots", at, *way), message

    @override
    def lacks(self, languages: Sequence[str]) -> Iterator[tuple[Way, str]]:
        for at, ask in enumerate(self.slots):
            for way, message in ask.lacks(languages):
                yield ("slots", at, *way), message


def _read(slot: Any) -> tuple[Ask | None, list[ErrorDetails]]:
    if not isinstance(slot, dict):
        return None, [custom_error((), "a slot is a list of keys: write `- ask: …`")]
    unknown = unknown_kind(slot)
    if unknown:
        return None, [custom_error(("type",), unknown)]
    prepared, wrong = Ask.prepare(slot)
    try:
        return Ask.model_validate(prepared), wrong
    except ValidationError as fault:
        return None, [*wrong, *(error for error in fault.errors() if error["loc"] != ("kind",))]


def _below(error: ErrorDetails, at: int) -> ErrorDetails:
    moved = error.copy()
    moved["loc"] = ("slots", at, *error["loc"])
    return moved


def _joined(answer: Heard | Keyed, parts: Mapping[str, Match]) -> Match:
    """One answer that holds several; its value is for people to read."""
    said = answer.keys if isinstance(answer, Keyed) else best_said(answer)
    return Match(
        value=", ".join(f"{slot} {match.value}" for slot, match in parts.items()),
        said=said,
        by="keys" if isinstance(answer, Keyed) else "voice",
        confidence=min(match.confidence for match in parts.values()),
        parts=parts,
    )


def _ask(ask: Ask, call: Call, heard: Match | None) -> Generator[Effect, Result, str]:
    """Puts the slot's question; what was heard already answers it before it is put."""
    asking = ask.run(call)
    try:
        effect = next(asking)
        if heard is not None and isinstance(effect, Collect):
            effect = asking.send(heard)
        while True:
            result = yield effect
            effect = asking.send(result)
    except StopIteration as done:
        return str(done.value)
