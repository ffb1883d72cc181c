"""`ask`: one question, whose answer fills a slot.

```yaml
- ask: customer_number
  type: digits
  length: 5
  prompt:
    es: "Dígame o teclee su número de cliente."
    ca: "Digui'm o marqui el seu número de client."
    en: "Please say or key in your customer number."
  no_match:
    es: "No le he entendido. Dígame los cinco números, uno a uno."
    ca: "No l'he entès. Digui'm els cinc números, un a un."
    en: "I did not understand. Please say the five digits one by one."
```
A yes or no may go two ways at once:
```yaml
- ask: more
  type: yes_no
  prompt: {es: "¿Desea algo más?", ca: "Desitja alguna cosa més?", en: "Is there anything else?"}
  answers: {yes: main, no: goodbye}
```
`type` is a kind of answer from `dialogs/slots`; its own keys (`length`, `check_digit` …) stand beside it.
A caller who is asked for a number and says "no lo tengo" or "no me lo sé" has made no mistake: they hear
that it does not matter, the step's first `help` (write there where the number stands), and that they may ask
for a person, and have 15 seconds to look for it. Whoever says it again goes to `failed`, by default a person,
or to `not_at_hand` if the question has it: to another way of finding the same.
`silent` is where to go instead of `failed` if nothing was said the last time: silence may be a no, while
somebody who spoke and was not understood still wants something.
`unless_known: true` does not put the question the first time if the call knows the answer already, from
another step or flow; when the call comes back to it, it is put. `unknown`, beside it, is where to go first
instead of asking, if the answer is not known: to a list of what it may be, from which `in_full` of a `pick`
leads back to the question.
`sensitive: true` keeps the answer out of recordings, transcripts and logs.
```yaml test
- test: by voice
  steps:
    - say: {es: "cuatro cinco siete, uno seis", ca: "quatre cinc set, u sis", en: four five seven one six}
    - expect: {slots: {customer_number: 45716}}
- test: what is no number is asked again
  steps:
    - say: {es: el perro del vecino, ca: el gos del veí, en: the dog next door}
    - expect: {said: {es: No le he entendido, ca: No l'he entès, en: I did not understand}}
    - key: 45716
    - expect: {slots: {customer_number: 45716}}
- test: a caller who does not have the number may look for it
  steps:
    - say: {es: no lo tengo aquí, ca: no el tinc aquí, en: I do not have it here}
    - expect:
        said: {es: No pasa nada, ca: No passa res, en: No problem}
        not_said: {es: No le he entendido, ca: No l'he entès, en: I did not understand}
    - key: 45716
    - expect: {slots: {customer_number: 45716}}
- test: a caller who does not have it at all reaches a person
  steps:
    - say: {es: no me lo sé, ca: no me'l sé, en: I don't know it}
    - say: {es: no lo encuentro, ca: no el trobo, en: I can't find it}
    - expect: {queue: billing}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field, InstanceOf, SkipValidation, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import override

from dialogs.call import MASK, Call
from dialogs.catalogue import Catalogue, ValueType
from dialogs.flow import Name
from dialogs.nodes.asked_back import certain
from dialogs.nodes.days_offered import among, phrases_for
from dialogs.nodes.matters import as_heard
from dialogs.nodes.not_at_hand import LOOKED_UP
from dialogs.nodes.question import Asked, Judge, Listening, Question, answered
from dialogs.nodes.several import answers_in
from dialogs.nodes.step import NEXT, Exit, Run, Way
from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots import KINDS
from dialogs.slots.date import Date
from dialogs.slots.denials import begins_anew, parted
from dialogs.slots.kind import SlotKind
from dialogs.slots.words import plain
from dialogs.source import nearest

TEXT: ValueType = "text"


def _without_denials(said: Heard, language: str) -> Heard:
    """What is wanted of it: "el viernes no puedo" tells no day, where nobody has been asked for one yet."""

    def wanted(text: str) -> str:
        told = parted(text, language)
        return told.wanted if not told.denied or begins_anew(text, language) else ""

    return Heard(tuple(replace(one, text=wanted(one.text)) for one in said.alternatives))


def unknown_kind(keys: Mapping[str, Any]) -> str | None:
    """What is wrong with the `type` of a question, and what to do."""
    kind = keys.get("type", "digits")
    if isinstance(kind, str) and kind in KINDS:
        return None
    if isinstance(kind, str):
        return f"unknown kind of answer `{kind}`: {nearest(kind, KINDS)}"
    return f"`type` is {'empty' if kind is None else 'one word'}: {nearest('', KINDS)}"


def misplaced_answers(keys: Mapping[str, Any]) -> str | None:
    """What is wrong with `answers` at a question that is not answered by yes or no, and what to do."""
    kind = keys.get("type")
    if "answers" not in keys or kind not in KINDS or kind == "yes_no":
        return None
    return (
        f"`answers` cannot stand at `type: {kind}`, only at `type: yes_no`: use a `menu`, or a `branch` step"
        " after the question"
    )


class Ask(Question):
    """One question, whose answer fills a slot."""

    type_name: ClassVar[str] = "ask"
    ask: Name = Field(description="The slot that the answer fills")
    type: str = Field(description="The kind of answer")
    sensitive: bool = Field(False, description="Keeps the answer out of recordings, transcripts and logs")
    unless_known: bool = Field(False, description="The first time, only if the answer is not known yet")
    unknown: Name | None = Field(
        None, description="Where to go first instead of asking, if the answer is not known yet"
    )
    answers: dict[Literal["yes", "no"], Name] = Field(
        default_factory=dict, description="Where to go by the answer (yes_no only)"
    )
    silent: Name | None = Field(
        None, description="Where to go instead of `failed` if nothing was said at last"
    )
    not_at_hand: Name | None = Field(
        None, description="Where to go instead of `failed` if the caller does not have such a number"
    )
    kind: SkipValidation[InstanceOf[SlotKind]] = Field(exclude=True)

    @classmethod
    def prepare(cls, keys: Mapping[str, Any]) -> tuple[dict[str, Any], list[ErrorDetails]]:
        """Gives the kind of answer its own keys (`length`, `check_digit` …), and leaves the rest."""
        kind = KINDS.get(str(keys.get("type")))
        rest = {name: value for name, value in keys.items() if name != "kind"}
        if kind is None:
            return rest, []
        options = {name: rest.pop(name) for name in list(rest) if name in kind.model_fields}
        try:
            return {**rest, "kind": kind.model_validate(options)}, []
        except ValidationError as fault:
            return {**rest, "kind": kind.model_construct()}, fault.errors()

    def judge_in(self, call: Call, *, in_passing: bool = False) -> Judge:
        """Judges an answer under the circumstances of this call. `in_passing`: out of a sentence, where
        the "este" of "este viernes" is not the caller's own telephone."""
        asking = replace(call.asking, own_number="") if in_passing else call.asking

        def judge(answer: Heard | Keyed) -> Match | NoMatch:
            return self.kind.judge(answer, asking)

        return judge if in_passing else among(self._days_offered(call), judge, asking)

    def _days_offered(self, call: Call) -> list[str]:
        """Those that are there."""
        values = call.values() if self._offered else {}
        return [str(values[name]) for name in self._offered if values.get(name)]

    @property
    def _offered(self) -> Sequence[str]:
        return self.kind.offered if isinstance(self.kind, Date) else ()

    def run(self, call: Call) -> Run:
        # Also where it is known: whoever is led back named a wrong one, and is asked.
        may_list = bool(self.unknown) and call.once_a_round()
        given = call.ahead.pop(self.ask, None)
        said = None if given is not None else self._said_before(call)
        # Who names another order now does not mean the one of before.
        if given is None and said is None and self.unless_known and call.first_time:
            given = call.slots.get(self.ask)
        # Who has said two things at the start is not asked whether there is a second, nor is whoever wanted
        # something in between.
        goes_on = call.to_come or call.in_between
        if given is None and goes_on and getattr(self.kind, "anything_else", False):
            given = "yes"
        if given is not None and not self.answers:
            return self._filled(call, given)
        if may_list and said is None:
            return "unknown"
        answer = yield from answered(self._answered(call), said)
        if answer is None:
            return self._given_up(call.last_miss)
        call.given_by[self.ask] = answer.by
        if getattr(self.kind, "anything_else", False) and (answer.value, answer.by) == ("yes", "voice"):
            call.told_more = as_heard(answer.said, answer.confidence)
        return self._filled(call, answer.value)

    def _given_up(self, miss: str) -> str:
        """The exit of a question that stays unanswered."""
        if self.silent and miss == "no_input":
            return "silent"
        return "not_at_hand" if self.not_at_hand and miss == "not_at_hand" else "failed"

    def _said_before(self, call: Call) -> Match | None:
        """The answer, where a sentence from before the question holds it."""
        said = call.said.pop(self.ask, None)
        if said is None or self.kind.free_speech or not self.kind.confirmable:
            return None
        numbers = frozenset(plain(word) for word in self.kind.words(call.language))
        clock = self.kind.value_type == "time"
        if self.kind.value_type == "date":
            said = _without_denials(said, call.language)
        found = answers_in(said, {self.ask: self.judge_in(call)}, call.language, numbers, clock=clock)
        return found.get(self.ask)

    def _filled(self, call: Call, value: str) -> str:
        call.fill(self.ask, value)
        for suffix, beside in self.kind.companions().items():
            call.fill(f"{self.ask}_{suffix}", beside)
        return value if value in self.answers else NEXT

    def _answered(self, call: Call) -> Listening:
        asking, language = call.asking, call.language
        # The slot may be sensitive because of another step that fills it.
        sensitive = self.ask in call.flows.sensitive

        def read_back(value: str) -> tuple[str, str]:
            return self.kind.read_back(value, asking), MASK if sensitive else self.kind.shown(value, asking)

        asked = Asked(
            step=self,
            kind=self.kind.name,
            say=lambda: call.prompt(self.prompt),
            phrases=(*self.kind.phrases(language), *phrases_for(self._days_offered(call), language)),
            words=self.kind.words(language),
            keys=self.kind.keys_in(asking),
            judge=self.judge_in(call),
            keypad=self.kind.keypad_wording,
            final_silence=self.kind.final_silence,
            longest_utterance=self.kind.longest_utterance,
            sensitive=sensitive,
            free_speech=self.kind.free_speech,
            looked_up=self.kind.value_type in LOOKED_UP,
        )
        return (yield from certain(call, asked, read_back))

    def exits(self) -> Iterator[Exit]:
        for value, target in self.answers.items():
            yield Exit(value, target, ("answers", value))
        if not self.answers:
            yield Exit(NEXT, self.then, ("then",))
        yield self.failed_exit()
        if self.silent:
            yield Exit("silent", self.silent, ("silent",))
        if self.not_at_hand:
            yield Exit("not_at_hand", self.not_at_hand, ("not_at_hand",))
        if self.unknown:
            yield Exit("unknown", self.unknown, ("unknown",))

    @override
    def sensitive_slots(self) -> Iterator[str]:
        if self.sensitive or self.kind.always_sensitive:
            yield self.ask

    @override
    def lacks(self, languages: Sequence[str]) -> Iterator[tuple[Way, str]]:
        yield from self.kind.lacks(languages)

    @override
    def needs(self) -> Iterator[tuple[Way, str]]:
        for at, name in enumerate(self._offered):
            yield ("offered", at), name

    @override
    def fills(self, catalogue: Catalogue, label: str) -> Mapping[str, ValueType]:
        if label in ("failed", "silent", "not_at_hand", "unknown"):
            return {}
        beside = dict.fromkeys((f"{self.ask}_{suffix}" for suffix in self.kind.companions()), TEXT)
        return {self.ask: self.kind.value_type, **beside}

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        wrong = self.kind.mistake()
        if wrong:
            # A message that begins with an option is about it.
            option = wrong[1:].partition("`")[0] if wrong.startswith("`") else ""
            yield ((option,) if option in type(self.kind).model_fields else ("type",)), wrong
        out_of_place = misplaced_answers({"type": self.kind.name, "answers": self.answers})
        if self.answers and out_of_place:
            yield ("answers",), out_of_place
        elif self.answers and set(self.answers) != {"yes", "no"}:
            yield ("answers",), "`answers` needs both `yes` and `no`: add the other"
        if self.unless_known and (self.answers or self.sensitive or self.kind.always_sensitive):
            yield (
                ("unless_known",),
                "`unless_known` goes with neither `answers` nor `sensitive`: remove one of the two",
            )
        if self.not_at_hand and self.kind.value_type not in LOOKED_UP:
            yield ("not_at_hand",), f"nobody has to look for a {self.kind.name}: write `failed`"
        if self.unknown and not self.unless_known:
            yield (
                ("unknown",),
                "`unknown` is for a question that may be answered already: add `unless_known: true`",
            )
        if self.answers and self.then:
            yield ("then",), "the step goes on by its `answers`: remove `then`"
