"""`shortcut`: asks a known caller whether they call about what they most likely call about.

```yaml
- shortcut: known_matter
  to: {order: order_id}
  else: main_menu
- ask: order_id
  type: order_id
  length: 6
  prompt: {es: "¿Qué pedido?", ca: "Quina comanda?", en: "Which order?"}
```
The questions stand in `segments.yaml`, because the business decides who is asked what. `to` tells where a
yes to each leads. Everybody else, and who says no or nothing, goes on at `else`. Only a caller whose number
belongs to nobody else is asked, because the question names what is theirs.

A short cut may hold an answer (`answers` in `segments.yaml`): after a yes, the question for it is not put.
```yaml segments
shortcuts:
  order:
    when: orders.on_the_way > 0
    ask:
      es: "¿Llama por su pedido {order.number}?"
      ca: "Truca per la seva comanda {order.number}?"
      en: "Are you calling about your order {order.number}?"
    answers: {order_id: order.number}
segments:
  - segment: regular
    reason: everybody
```
```yaml test
- test: it is about the order, whose number is not asked any more
  history: {person.known: true, orders.on_the_way: 1, order.number: "780346"}
  steps:
    - expect: {said: {es: por su pedido siete, ca: per la seva comanda set, en: about your order seven}}
    - say: {es: "sí, es por eso", ca: "sí, és per això", en: "yes, it is"}
    - expect: {slots: {order_id: 780346}, not_said: {es: Qué pedido, ca: Quina comanda, en: Which order}}
- test: it is about something else
  history: {person.known: true, orders.on_the_way: 1, order.number: "780346"}
  steps:
    - key: 2
    - expect: {hangup: true}
- test: a number of several people is told nothing
  history: {people.count: 2, orders.on_the_way: 1, order.number: "780346"}
  steps:
    - expect: {hangup: true, not_said: {es: pedido, ca: comanda, en: order}}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import ConfigDict, Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue
from dialogs.flow import Name, Retries
from dialogs.nodes.question import Asked, Question, listen
from dialogs.nodes.step import Exit, Run, Step, Way
from dialogs.results import Heard, Keyed, Match
from dialogs.segments.rules import Shortcut as Matter
from dialogs.slots.choosing import NEGATIONS
from dialogs.slots.words import words_of
from dialogs.slots.yes_no import YesNo
from dialogs.wording import wording


class Shortcut(Step):
    """Asks a known caller whether they call about what they most likely call about."""

    type_name: ClassVar[str] = "shortcut"
    takes_input: ClassVar[bool] = True
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    shortcut: Name = Field(description="The step's name")
    to: dict[Name, Name] = Field(
        min_length=1, description="Short cut of `segments.yaml` → where to go after a yes"
    )
    otherwise: Name = Field(alias="else", description="Where everybody else goes on")

    def run(self, call: Call) -> Run:
        matter = next((one for one in call.known.shortcuts if one.name in self.to), None)
        if matter is None or call.language not in matter.ask:
            return "else"
        answer = yield from listen(call, self._asked(call, matter))
        if answer is None or answer.value != "yes":
            return "declined"
        for slot, fact in matter.answers.items():
            call.ahead[slot] = str(call.known.facts[fact])
        return matter.name

    def _asked(self, call: Call, matter: Matter) -> Asked:
        kind, asking = YesNo(), call.asking
        return Asked(
            # Asked again once: who does not answer hears the menu, where everything is on offer.
            step=Question.model_validate(
                {
                    "prompt": {call.language: wording("shall_we_call", call.language)},
                    "retries": Retries(no_input=1, no_match=1),
                }
            ),
            kind=kind.name,
            say=lambda: call.segment_prompt(matter.ask, f"shortcut_{matter.name}"),
            phrases=kind.phrases(call.language),
            words=kind.words(call.language),
            keys=kind.keys(),
            judge=lambda answer: _about_something_else(answer) or kind.outright(answer, asking),
            keypad=kind.keypad_wording,
            final_silence=kind.final_silence,
            own_words=False,
        )

    def exits(self) -> Iterator[Exit]:
        for name, target in self.to.items():
            yield Exit(name, target, ("to", name))
        yield Exit("declined", self.otherwise, ("else",))
        yield Exit("else", self.otherwise, ("else",))

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.then is not None:
            yield ("then",), "a short cut goes on by `to` and `else`: remove `then`"
        for name in {"declined", "else"} & set(self.to):
            yield ("to", name), f"`{name}` is an exit of every short cut: rename it in segments.yaml"


def _about_something_else(answer: Heard | Keyed) -> Match | None:
    """ "No, it is about something else": whatever follows a no leads to where everything is on offer."""
    if not isinstance(answer, Heard) or not answer.alternatives:
        return None
    best = answer.alternatives[0]
    begins = words_of(best.text)[:1]
    if not begins or begins[0] not in NEGATIONS:
        return None
    return Match("no", best.text, "voice", best.confidence)
