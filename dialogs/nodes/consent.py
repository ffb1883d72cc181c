"""`consent`: asks whether the caller agrees, and keeps what proves it.

```yaml
- consent: direct_debit
  terms: 2026-03                  # the version of the text
  prompt:
    es: "Domiciliaremos el recibo en su cuenta. Si está de acuerdo, diga: sí, acepto. Si no, diga no."
    ca: "Domiciliarem el rebut al seu compte. Si hi està d'acord, digui: sí, accepto. Si no, digui no."
    en: "We will take the bill from your account. If you agree, say: yes, I accept. If not, say no."
  yes: noted
  no: goodbye
  failed: person                  # also if the proof cannot be kept: a yes without it is none
```
What was read, in which language and version, when, what the caller said or keyed, and the sound of what they
said are kept (`ivr consent`). A no is kept, too. Nobody can speak into the text, unless `barge_in: true`. A
yes that only means it ("venga", "no hay problema") is asked back.
```yaml test
- test: they agree
  steps:
    - say: {es: "sí, acepto", ca: "sí, accepto", en: "yes, I accept"}
    - expect: {consent: direct_debit, hangup: true}
- test: they agree in a manner of speaking, and are asked
  steps:
    - say: {es: "venga", ca: "és clar", en: "sure"}
    - expect: {said: {es: "¿Ha dicho", ca: "Ha dit", en: "Did you say"}}
    - say: {es: "sí", ca: "sí", en: "yes"}
    - expect: {consent: direct_debit, hangup: true}
- test: they do not
  steps:
    - key: 2
    - expect: {consent: direct_debit, hangup: true}
- test: a yes that cannot be kept
  outside: {consent: failed}
  steps:
    - key: 1
    - expect: {queue: billing}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue
from dialogs.effects import Consent as ConsentEffect
from dialogs.effects import Play
from dialogs.flow import Name
from dialogs.nodes.asked_back import certain
from dialogs.nodes.question import Asked, Question
from dialogs.nodes.step import Exit, Run, Way, unexpected
from dialogs.plain_values import as_text
from dialogs.results import Done, Failed, Heard, Keyed, Match, NoMatch
from dialogs.slots.acceptance import judged, phrases
from dialogs.slots.yes_no import YesNo


class Consent(Question):
    """Asks whether the caller agrees, and keeps what proves it."""

    type_name: ClassVar[str] = "consent"
    performer: ClassVar[str] = "consents"

    consent: Name = Field(description="What is agreed to, by the name that it is kept under")
    terms: Annotated[str, BeforeValidator(as_text), Field(min_length=1, max_length=60)] = Field(
        description="The version of the text that is read"
    )
    yes: Name | None = Field(None, description="Where to go if they agree; without it, the next on the page")
    no: Name = Field(description="Where to go if they do not")
    barge_in: bool = Field(False, description="Whether the caller may speak into the text")

    @override
    def own_name(self, at: int) -> str:
        return f"consent_{self.consent}"

    def run(self, call: Call) -> Run:
        kind, asking, language = YesNo(), call.asking, call.language

        def judge(answer: Heard | Keyed) -> Match | NoMatch:
            return judged(answer, asking)

        def read_back(value: str) -> tuple[str, str]:
            return kind.read_back(value, asking), kind.shown(value, asking)

        text = call.in_writing(self.prompt)
        asked = Asked(
            step=self,
            kind=kind.name,
            say=lambda: call.prompt(self.prompt),
            phrases=(*phrases(language), *kind.phrases(language)),
            words=kind.words(language),
            keys=kind.keys(),
            judge=judge,
            keypad=kind.keypad_wording,
            final_silence=kind.final_silence,
            keep="consent",
        )
        answer = yield from certain(call, asked, read_back)
        if answer is None:
            return "failed"
        given = answer.value == "yes"
        result = yield ConsentEffect(
            kind=self.consent,
            given=given,
            terms=self.terms,
            text=text,
            answer=answer.said,
            by=answer.by,
            clip=answer.clip,
            language=language,
            step=call.step,
        )
        match result:
            case Done():
                return answer.value
            case Failed() if given:
                yield Play(call.built_in("apology"), call.step)
                return "failed"
            case Failed():
                return "no"
        unexpected(self, result)

    def exits(self) -> Iterator[Exit]:
        yield Exit("yes", self.yes, ("yes",))
        yield Exit("no", self.no, ("no",))
        yield self.failed_exit()

    @override
    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.then is not None:
            yield ("then",), "a consent goes on by `yes` and `no`: remove `then`"
