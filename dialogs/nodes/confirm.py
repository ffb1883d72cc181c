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
from dialogs.nodes.question import Asked, Question, listen
from dialogs.nodes.step import Exit, Run, Way
from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.yes_no import YesNo, corrects_a_number


class Confirm(Question):
    """Reads something back and goes two ways."""

    type_name: ClassVar[str] = "confirm"
    confirm: Name = Field(description="The slot that is read back")
    yes: Name | None = Field(None, description="Where to go if it is right; without it, the next on the page")
    no: Name = Field(description="Where to go if it is wrong")

    @override
    def own_name(self, at: int) -> str:
        # The slot's question has the slot's name already.
        return f"confirm_{self.confirm}"

    def run(self, call: Call) -> Run:
        kind, asking, language = YesNo(), call.asking, call.language

        def judge(answer: Heard | Keyed) -> Match | NoMatch:
            verdict = kind.judge(answer, asking)
            if isinstance(answer, Keyed) or isinstance(verdict, Match):
                return verdict
            if corrects_a_number(answer, language):
                return Match("no", verdict.said, "voice", answer.alternatives[0].confidence)
            return verdict

        asked = Asked(
            step=self,
            kind=kind.name,
            say=lambda: call.prompt(self.prompt),
            phrases=kind.phrases(language),
            words=kind.words(language),
            keys=kind.keys(),
            judge=judge,
            keypad=kind.keypad_wording,
            final_silence=kind.final_silence,
            # Also when a retry's words leave the value out: "no, it is 4 5 7 1 8" is an answer, too.
            sensitive=self.confirm in call.flows.sensitive,
        )
        answer = yield from listen(call, asked)
        return answer.value if answer else "failed"

    def exits(self) -> Iterator[Exit]:
        yield Exit("yes", self.yes, ("yes",))
        yield Exit("no", self.no, ("no",))
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
