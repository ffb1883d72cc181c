"""`understand`: an open question; the answer is free speech, and what it means decides the way.

```yaml
- understand: reason
  prompt:
    es: "¿En qué le puedo ayudar?"
    ca: "En què l'ajudo?"
    en: "How can I help you?"
  intents:
    cancel:
      title: {es: anular un pedido, ca: anul·lar una comanda, en: cancel an order}
      then: cancel
    where:
      title: {es: saber dónde está su pedido, ca: saber on és la seva comanda, en: find your order}
      then: where
  entities: {product: text}
  answers_ahead: [order_id]       # what the same sentence may answer: then it is not asked any more
  failed: main_menu               # not understood after all retries
  error: main_menu                # optional: nobody understands just now; else as `failed`
- ask: order_id
  id: where
  type: order_id
  length: 6
  prompt: {es: "¿Qué número tiene?", ca: "Quin número té?", en: "What is its number?"}
```
The slot `reason` then holds the intent. A sure meaning goes on; one that is only likely is asked back
("¿Quiere anular un pedido?"); of two that are equally near, the caller chooses; the rest is not understood.
Whoever answers with something else ("no, quiero pagar") is understood anew, and what they have
denied is not believed again; "no, lo otro" has the next likely one asked back. `title` is how an intent is
read back: what somebody wants to do.

`intents` are those of the training examples (`dialogs/nlu`); `out_of_scope` among them is what nobody serves.
`phrases` at an intent are what callers say for it, as at a `menu`: for what is in no training example. A
sentence that is such a phrase and no more is sure; one with more in it is asked back, unless the engine is
sure of something else.

`things` are what callers name without a word of what they want with it ("lo de mi pedido"): they choose among
two or three intents. `things: {order: {phrases: {es: [pedido]}, may_mean: [where, cancel]}}`.

`answers_ahead` names questions (`ask`) that come later in the call: if the sentence answers one ("quiero
saber dónde está mi pedido siete ocho cero tres cuatro seis"), it is taken, or asked back, and not asked.
`entities` are slots that are filled with what the engine of understanding finds by itself, such as a product:
give them a value with `set` before, or ask for them later.

Two matters in one sentence ("quiero anular un pedido y saber cuánto debo") are done one after the other: the
first now, and the second when the call comes back to this step; then the question is not put. What is taken
back in the same breath ("quiero anular un pedido, no, perdón, quiero saber dónde está"), or refused ("no
quiero anularlo, quiero saber dónde está"), is not done. Of "anular el pedido o saber dónde está" the caller
chooses.
```yaml test
- test: understood at once
  outside: {understand: {anular mi pedido: cancel, anul·lar la comanda: cancel, cancel my order: cancel}}
  steps:
    - say: {es: anular mi pedido, ca: anul·lar la comanda, en: cancel my order}
    - expect: {understand: reason, step: cancel, slots: {reason: cancel}}
- test: likely, and asked back
  outside:
    understand:
      pedido: {intents: {cancel: 0.6}}
      comanda: {intents: {cancel: 0.6}}
      order: {intents: {cancel: 0.6}}
  steps:
    - say: {es: pedido, ca: comanda, en: order}
    - expect: {said: {es: anular un pedido, ca: anul·lar una comanda, en: cancel an order}}
    - key: 1
    - expect: {step: cancel}
- test: asked back, and corrected in the same breath
  outside:
    understand:
      pedido: {intents: {cancel: 0.6}}
      comanda: {intents: {cancel: 0.6}}
      order: {intents: {cancel: 0.6}}
      saber dónde está: {intents: {cancel: 0.8, where: 0.75}}
      saber on és: {intents: {cancel: 0.8, where: 0.75}}
      find out where it is: {intents: {cancel: 0.8, where: 0.75}}
  steps:
    - say: {es: pedido, ca: comanda, en: order}
    - say: {es: "no, saber dónde está", ca: "no, saber on és", en: "no, find out where it is"}
    - expect: {step: where}
- test: two that are near, and the caller chooses
  outside: {understand: {mi pedido: [cancel, where], la comanda: [cancel, where], my order: [cancel, where]}}
  steps:
    - say: {es: mi pedido, ca: la comanda, en: my order}
    - expect: {said: {es: marque dos, ca: premi dos, en: press two}}
    - key: 2
    - expect: {step: where}
- test: two that are near, and the caller says which
  outside: {understand: {mi pedido: [cancel, where], la comanda: [cancel, where], my order: [cancel, where]}}
  steps:
    - say: {es: mi pedido, ca: la comanda, en: my order}
    - say: {es: lo segundo, ca: la segona, en: the second one}
    - expect: {step: where}
- test: two matters, the first comes first
  outside:
    understand:
      anular mi pedido y saber dónde está el otro: cancel
      anular mi pedido: cancel
      saber dónde está el otro: where
      anul·lar la comanda i saber on és l'altra: cancel
      anul·lar la comanda: cancel
      saber on és l'altra: where
      cancel my order and find the other: cancel
      cancel my order: cancel
      find the other: where
  steps:
    - say:
        es: anular mi pedido y saber dónde está el otro
        ca: anul·lar la comanda i saber on és l'altra
        en: cancel my order and find the other
    - expect: {step: cancel, slots: {reason: cancel}}
- test: asked back, and the other one is meant
  outside:
    understand:
      pedido: {intents: {cancel: 0.6, where: 0.4}}
      comanda: {intents: {cancel: 0.6, where: 0.4}}
      order: {intents: {cancel: 0.6, where: 0.4}}
  steps:
    - say: {es: pedido, ca: comanda, en: order}
    - say: {es: "no, lo otro", ca: "no, l'altre", en: "no, the other one"}
    - expect: {said: {es: saber dónde está su pedido, ca: saber on és la seva comanda, en: find your order}}
    - key: 1
    - expect: {step: where}
- test: taken back in the same breath
  outside:
    understand:
      anular mi pedido no perdón saber dónde está: cancel
      saber dónde está: where
      anul·lar la comanda no perdó saber on és: cancel
      saber on és: where
      cancel my order no sorry find out where it is: cancel
      find out where it is: where
  steps:
    - say:
        es: anular mi pedido no perdón saber dónde está
        ca: anul·lar la comanda no perdó saber on és
        en: cancel my order no sorry find out where it is
    - expect: {step: where, slots: {reason: where}}
- test: not understood
  steps:
    - say: {es: llueve, ca: plou, en: it rains}
    - expect: {said: {es: No le he entendido, ca: No l'he entès, en: I did not understand}}
    - say: {es: llueve, ca: plou, en: it rains}
    - say: {es: llueve, ca: plou, en: it rains}
    - expect: {step: main_menu}
- test: nobody understands just now
  outside: {understand: failed}
  steps:
    - say: {es: dónde está, ca: on és, en: where is it}
    - expect: {step: main_menu}
```
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue, ValueType
from dialogs.effects import Effect, Prompt
from dialogs.effects import Understand as UnderstandEffect
from dialogs.expressions import Template
from dialogs.flow import Name
from dialogs.nodes.courtesies import only_greets
from dialogs.nodes.matters import ANEW, MARGIN, OTHER, SURE, as_heard, likely
from dialogs.nodes.named_matters import Intent, named, together
from dialogs.nodes.named_things import MOST_WAYS, Thing, thing_named
from dialogs.nodes.one_breath import OneBreath, in_one_breath
from dialogs.nodes.open_question import open_question, told_more
from dialogs.nodes.question import Misses, Question, asked_once
from dialogs.nodes.step import NEXT, Exit, Run, Way, unexpected
from dialogs.nodes.which_matter import Meant, confirmed, which
from dialogs.results import Failed, Match, NoInput, NoMatch, Result, Slow, Understood
from dialogs.slots.choice import Phrases

MOST_TURNS = 4
"""Times that a caller may say something else when asked back, before it counts as not understood."""
MOST_ASKED_BACK = 2
"""Likely meanings that are asked back one after the other, if the caller says "no, the other one"."""

Matters = Generator[Effect, Result, tuple[str, ...]]


class NobodyUnderstands(Exception):
    """No engine answers now."""


class Understand(Question):
    """An open question; what the answer means decides the way."""

    type_name: ClassVar[str] = "understand"
    performer: ClassVar[str] = "understanding"

    understand: Name = Field(description="The slot that holds the intent")
    intents: dict[Name, Intent] = Field(
        min_length=1, max_length=40, description="What callers may want, each by its name"
    )
    things: dict[Name, Thing] = Field(
        default_factory=dict,
        max_length=20,
        description="What callers name without saying what they want with it",
    )
    entities: dict[Name, ValueType] = Field(
        default_factory=dict, description="Slots that are filled if they were said, with their types"
    )
    answers_ahead: list[Name] = Field(
        default_factory=list,
        max_length=12,
        description="Questions that the same sentence may answer; they are not put then",
    )
    error: Name | None = Field(None, description="Where to go if nobody understands just now; as `failed`")
    deadline: float = Field(2.0, gt=0, le=10, description="Seconds to wait for the meaning")

    def run(self, call: Call) -> Run:
        waiting = call.to_come.pop(self.understand, ())
        if waiting and not waiting[0].startswith(ANEW):
            return self._taken(call, waiting)
        waiting = waiting or told_more(call)
        asked = open_question(call, self, self.prompt)
        misses = Misses(call, asked)
        denied: list[str] = []
        prompt: Prompt = asked.say()
        greeted = False
        try:
            meant = yield from self._said_before(call, waiting)
            while not meant:
                heard = yield from asked_once(call, asked, misses, prompt)
                if isinstance(heard, Match) and not greeted and only_greets(heard.value, call.language):
                    greeted = True  # nothing has been said yet that could be misunderstood
                    continue
                if isinstance(heard, Match):
                    meant = yield from self._said(call, heard, denied)
                if not meant:
                    if misses.used_up_by(heard if isinstance(heard, NoInput) else NoMatch()):
                        return "failed"
                    prompt = misses.prompt()
        except NobodyUnderstands:
            return "error" if self.error else "failed"
        return self._taken(call, meant)

    def _taken(self, call: Call, meant: Sequence[str]) -> str:
        """Goes on with the first matter; the others wait until the call comes back."""
        call.fill(self.understand, meant[0])
        if meant[1:]:
            call.to_come[self.understand] = tuple(meant[1:])
        return meant[0]

    def _said_before(self, call: Call, parts: Sequence[str]) -> Matters:
        """The matters of what waits to be asked about, since it was said beside what is done by now."""
        for place, part in enumerate(parts):
            said = part.removeprefix(ANEW)
            if meant := (yield from self._said(call, Match(said, said, "voice", 1.0), [])):
                return (*meant, *parts[place + 1 :])
        return ()

    def _said(self, call: Call, heard: Match, denied: list[str]) -> Matters:
        """The matters of what the caller has said, in their order; empty: not understood."""
        text, others = heard.value, heard.others
        for _ in range(MOST_TURNS):
            parts = yield from self._in_one_breath(call, text, denied)
            if parts.matters and not parts.either:
                self._keep(call, text, heard.confidence, parts.entities)
                return parts.matters
            if parts.either:
                entities = parts.entities
                told = yield from which(call, self, self._titles(call, parts.matters))
            else:
                result = parts.instead or (yield from self._understood(call, text, others))
                ranked = likely(result.intents, tuple(self.intents), denied)
                if parts.partly and not (ranked and ranked[0][1] >= SURE):
                    self._keep(call, text, heard.confidence, parts.entities)
                    return parts.partly
                told, entities = (yield from self._meant(call, result, denied)), result.entities
            if told is None or told == OTHER:
                return ()
            if not told.startswith(ANEW):
                self._keep(call, text, heard.confidence, entities)
                return (told,)
            text, others = told.removeprefix(ANEW), ()
        return ()

    def take(self, call: Call, text: str, intent: str) -> None:
        """Takes what was said at a later question as the answer to this one."""
        self._keep(call, text, 1.0, {})
        call.to_come.pop(self.understand, None)
        call.fill(self.understand, intent)

    def _keep(self, call: Call, text: str, confidence: float, entities: Mapping[str, str]) -> None:
        for name, value in entities.items():
            if name in self.entities:
                call.fill(name, value)
        call.said = dict.fromkeys(self.answers_ahead, as_heard(text, confidence))

    def _understood(
        self, call: Call, text: str, others: tuple[str, ...] = ()
    ) -> Generator[Effect, Result, Understood]:
        phrases = {name: intent.phrases for name, intent in self.intents.items() if intent.phrases}
        by_name = named(phrases, text, call.language)
        if by_name is not None and by_name.intents[0][1] >= SURE:
            return by_name
        if (thing := thing_named(self.things, text, call.language)) is not None:
            return thing
        intents, entities = tuple(self.intents), tuple(self.entities)
        result = yield UnderstandEffect(
            self.understand, text, call.language, intents, entities, call.step, self.deadline, others
        )
        if isinstance(result, Slow | Failed):
            if by_name is None:
                raise NobodyUnderstands
            return by_name
        if not isinstance(result, Understood):
            unexpected(self, result)
        return together(by_name, result)

    def _in_one_breath(
        self, call: Call, text: str, denied: Sequence[str]
    ) -> Generator[Effect, Result, OneBreath]:
        return in_one_breath(
            text,
            call.language,
            lambda part: self._understood(call, part),
            lambda intents: likely(intents, tuple(self.intents), denied),
        )

    def _meant(self, call: Call, result: Understood, denied: list[str]) -> Meant:
        """The intent, once it is certain; what is to be understood anew; `None`: not understood."""
        ranked = likely(result.intents, tuple(self.intents), denied)
        if not ranked:
            return None
        best, sure = ranked[0]
        near = [name for name, confidence in ranked[:MOST_WAYS] if sure - confidence < MARGIN]
        if len(near) > 1:
            return (yield from which(call, self, self._titles(call, near)))
        if sure >= SURE:
            return best
        told: str | None = OTHER
        for name, _ in ranked[:MOST_ASKED_BACK]:
            if told == OTHER:
                denied.append(name)
                told = yield from confirmed(call, self, self._titles(call, (name,)))
        return told

    def _titles(self, call: Call, names: Sequence[str]) -> dict[str, str]:
        return {name: " ".join(part.text for part in call.prompt(self.intents[name].title)) for name in names}

    def exits(self) -> Iterator[Exit]:
        for name, intent in self.intents.items():
            yield Exit(name, intent.then, ("intents", name, "then"))
        yield self.failed_exit()
        if self.error:
            yield Exit("error", self.error, ("error",))

    @override
    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        yield from super().prompts()
        for name, intent in self.intents.items():
            yield ("intents", name, "title"), intent.title

    @override
    def fills(self, catalogue: Catalogue, label: str) -> Mapping[str, ValueType]:
        return {self.understand: "text"} if label in self.intents else {}

    @override
    def may_fill(self) -> Mapping[str, ValueType]:
        return self.entities

    @override
    def lacks(self, languages: Sequence[str]) -> Iterator[tuple[Way, str]]:
        named_here: dict[Way, Mapping[str, Phrases]] = {
            **{("intents", name): intent.phrases for name, intent in self.intents.items()},
            **{("things", name): thing.phrases for name, thing in self.things.items()},
        }
        for way, phrases in named_here.items():
            for language in languages if phrases else ():
                if language not in phrases:
                    yield (*way, "phrases"), f'no phrases in `{language}`: add `{language}: ["…"]`'

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.then is not None:
            yield ("then",), "the step goes on by its intents: remove `then`"
        for name in {"failed", "error", NEXT} & set(self.intents):
            yield ("intents", name), f"`{name}` is an exit of its own: give the intent another name"
        for thing, one in self.things.items():
            for at, name in enumerate(one.may_mean):
                if name not in self.intents or name in one.may_mean[:at]:
                    remedy = "name one of its intents, each once"
                    yield ("things", thing, "may_mean", at), f"`{name}` cannot be meant here: {remedy}"
        for at, name in enumerate(self.answers_ahead):
            if name in self.answers_ahead[:at] or name in self.entities or name == self.understand:
                yield (
                    ("answers_ahead", at),
                    f"`{name}` stands here twice: one place fills it, remove the other",
                )
