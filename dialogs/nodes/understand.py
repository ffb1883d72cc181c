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
  entities: {order_number: digits}
  failed: main_menu               # not understood after all retries
  error: main_menu                # optional: nobody understands just now; else as `failed`
```
The slot `reason` then holds the intent. A sure meaning goes on; one that is only likely is asked back
("¿Quiere anular un pedido?"); of two that are equally near, the caller chooses; the rest is not understood.
`title` is how an intent is read back: what somebody wants to do. `entities` are slots that are filled if they
were said: give them a value with `set` before, or ask for them later.
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
- test: two that are near, and the caller chooses
  outside: {understand: {mi pedido: [cancel, where], la comanda: [cancel, where], my order: [cancel, where]}}
  steps:
    - say: {es: mi pedido, ca: la comanda, en: my order}
    - expect: {said: {es: marque dos, ca: premi dos, en: press two}}
    - key: 2
    - expect: {step: where}
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
    - say: {es: hola, ca: hola, en: hello}
    - expect: {step: main_menu}
```
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue, ValueType
from dialogs.effects import Effect, Keys, Prompt, Spoken
from dialogs.effects import Understand as UnderstandEffect
from dialogs.expressions import Template
from dialogs.flow import Name
from dialogs.nodes.question import Asked, Misses, Question, asked_once, listen
from dialogs.nodes.step import NEXT, Exit, Run, Way, unexpected
from dialogs.prompts import Words
from dialogs.results import Failed, Heard, Keyed, Match, NoInput, NoMatch, Result, Slow, Understood
from dialogs.slots.choosing import Choice, choose
from dialogs.slots.kind import best_said
from dialogs.slots.yes_no import YesNo
from dialogs.wording import wording

SURE = 0.7
"""From this confidence a meaning is taken."""
CHECK = 0.4
"""From this confidence it is asked back; below, it is not understood."""
MARGIN = 0.15
"""Two meanings whose confidences lie closer than this are equally near: the caller chooses."""

Meant = Generator[Effect, Result, str | None]


class Intent(BaseModel):
    """Something that callers may want."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: Words = Field(description='How it is read back: what the caller wants to do ("cancel an order")')
    then: Name = Field(description="Where to go")


class Understand(Question):
    """An open question; what the answer means decides the way."""

    type_name: ClassVar[str] = "understand"
    performer: ClassVar[str] = "understanding"

    understand: Name = Field(description="The slot that holds the intent")
    intents: dict[Name, Intent] = Field(
        min_length=1, max_length=40, description="What callers may want, each by its name"
    )
    entities: dict[Name, ValueType] = Field(
        default_factory=dict, description="Slots that are filled if they were said, with their types"
    )
    error: Name | None = Field(None, description="Where to go if nobody understands just now; as `failed`")
    deadline: float = Field(2.0, gt=0, le=10, description="Seconds to wait for the meaning")

    def run(self, call: Call) -> Run:
        asked = self._asked(call)
        misses = Misses(call, asked)
        prompt: Prompt = asked.say()
        while True:
            heard = yield from asked_once(call, asked, misses, prompt)
            meant: str | None = None
            if isinstance(heard, Match):
                result = yield self._effect(call, heard.value)
                match result:
                    case Understood():
                        meant = yield from self._meant(call, result)
                        if meant:
                            self._fill(call, meant, result.entities)
                            return meant
                    case Slow() | Failed():
                        return "error" if self.error else "failed"
                    case _:
                        unexpected(self, result)
            if misses.used_up_by(heard if isinstance(heard, NoInput) else NoMatch()):
                return "failed"
            prompt = misses.prompt()

    def _asked(self, call: Call) -> Asked:
        def judge(answer: Heard | Keyed) -> Match | NoMatch:
            said = best_said(answer) if isinstance(answer, Heard) else ""
            return Match(said, said, "voice") if said.strip() else NoMatch()

        return Asked(
            step=self,
            kind="understand",
            say=lambda: call.prompt(self.prompt),
            phrases=(),
            words=(),
            keys=Keys(0, 1),
            judge=judge,
            keypad="keypad_menu",
            final_silence=1.0,
            longest_utterance=20.0,
            free_speech=True,
            keypad_at_last=False,
        )

    def _effect(self, call: Call, text: str) -> UnderstandEffect:
        return UnderstandEffect(
            self.understand,
            text,
            call.language,
            tuple(self.intents),
            tuple(self.entities),
            call.step,
            self.deadline,
        )

    def _fill(self, call: Call, meant: str, entities: Mapping[str, str]) -> None:
        call.fill(self.understand, meant)
        for name, value in entities.items():
            if name in self.entities:
                call.fill(name, value)

    def _meant(self, call: Call, result: Understood) -> Meant:
        """The intent, once it is certain; `None`: not understood."""
        ranked = [(name, sure) for name, sure in result.intents if name in self.intents and sure >= CHECK]
        if not ranked:
            return None
        (best, sure), *others = ranked
        if others and sure - others[0][1] < MARGIN:
            return (yield from self._which(call, (best, others[0][0])))
        if sure >= SURE:
            return best
        return best if (yield from self._confirmed(call, best)) else None

    def _title(self, call: Call, name: str) -> str:
        return " ".join(part.text for part in call.prompt(self.intents[name].title))

    def _question(self, call: Call, frame: str, titles: Sequence[str]) -> Prompt:
        text = wording(frame, call.language)
        for place, title in zip(("{answer}", "{other}"), titles, strict=False):
            text = text.replace(place, title)
        return (Spoken(text, call.language, varies=True, pace=call.pace),)

    def _confirmed(self, call: Call, name: str) -> Generator[Effect, Result, bool]:
        kind, asking = YesNo(), call.asking
        asked = Asked(
            step=self,
            kind=kind.name,
            say=lambda: self._question(call, "do_you_want", [self._title(call, name)]),
            phrases=kind.phrases(call.language),
            words=(),
            keys=kind.keys(),
            judge=lambda answer: kind.outright(answer, asking),
            keypad=kind.keypad_wording,
            final_silence=kind.final_silence,
            own_words=False,
        )
        answer = yield from listen(call, asked)
        return answer is not None and answer.value == "yes"

    def _which(self, call: Call, names: Sequence[str]) -> Meant:
        titles = [self._title(call, name) for name in names]
        language = call.language
        choices = [
            Choice(name, str(key), {language: [title]})
            for key, (name, title) in enumerate(zip(names, titles, strict=True), 1)
        ]
        asked = Asked(
            step=self,
            kind="menu",
            say=lambda: self._question(call, "which_of_two", titles),
            phrases=tuple(titles),
            words=(),
            keys=Keys(1, 1),
            judge=lambda answer: choose(choices, answer, language),
            keypad="keypad_menu",
            own_words=False,
        )
        answer = yield from listen(call, asked)
        return answer.value if answer else None

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
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.then is not None:
            yield ("then",), "the step goes on by its intents: remove `then`"
        for name in {"failed", "error", NEXT} & set(self.intents):
            yield ("intents", name), f"`{name}` is an exit of its own: give the intent another name"
