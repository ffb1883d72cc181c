"""A change of mind in the middle of a question, and the way back: "wait, first tell me what I owe".

```yaml
asides:
  back:                                   # said when the call comes back to the question
    es: "Seguimos con su cita."
    ca: "Seguim amb la seva cita."
    en: "Back to your appointment."
  intents:                                # what callers may want in between, and the flow that does it
    balance: balance
    opening_hours: opening_hours
```
Rules:
1. Only what does not answer the question is looked at: an answer is an answer, and a universal a universal.
2. The meaning has to be sure. Who is only half understood hears the question again, as without asides.
3. The step waits where it is, with all that it has heard so far; the other flow runs as a subflow does, and
   then the step's question is put once more.
4. What was filled before is as before: an aside adds answers, and overwrites none.
5. One at a time, and `MOST` in a call: nobody is led from one to the next for ever.
6. What is said at a sensitive question goes to no engine of understanding.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field

from dialogs.call import Call
from dialogs.effects import Collect, Effect, Understand
from dialogs.flow import Name
from dialogs.nodes.matters import SURE
from dialogs.prompts import Words
from dialogs.results import Heard, Keyed, Match, NoMatch, Result, Understood
from dialogs.slots.words import plain

MOST = 5
"""Asides of one call."""
LEAST_WORDS = 2
"""Of what may be one: a single word is rather a bad answer."""
STEP = "asides"
"""What records call the question for the meaning, and the studio recording of the words of return."""

Running = Generator[Effect, Result, object]

_OPENINGS: Mapping[str, str] = {
    "es": r"no|oiga|oye|mire|perdone?|disculpe|espere?|espera|un momento|antes|primero|"
    r"digame|dime|por cierto",
    "ca": r"no|escolti?|escolta|miri?|perdoni?|perdo|esperi?|espera|un moment|abans|primer|digui'?m|digue'?m|"
    r"per cert",
    "en": r"no|sorry|excuse me|wait|hold on|hang on|one moment|a moment|before that|first|just|tell me|"
    r"by the way|actually",
}
"""How somebody begins who wants something else in between; it says nothing of what they want."""


class Asides(BaseModel):
    """What callers may want in the middle of a question, and what they hear on coming back to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    back: Words = Field(description="What is said when the call comes back to the question")
    intents: dict[Name, Name] = Field(
        min_length=1, max_length=20, description="What callers may want in between, each with its flow"
    )


@dataclass(frozen=True)
class Waiting:
    """A step that waits until an aside is over."""

    running: Running
    collect: Collect
    within: str
    slots: Mapping[str, str]
    depth: int
    """How many flows wait below the aside."""


def wish(call: Call, effect: Effect | None, result: Result, *, begun: int) -> Understand | None:
    """What has to be understood first: an answer that is none may be an aside. `begun`: asides so far."""
    asides = call.flow.asides
    if asides is None or begun >= MOST or not isinstance(effect, Collect) or not isinstance(result, NoMatch):
        return None
    if effect.sensitive or effect.kind == "understand" or result.reason:
        return None
    text = _without_opening(result.said, call.language)
    if len(text.split()) < LEAST_WORDS:
        return None
    return Understand(STEP, text, call.language, tuple(asides.intents), (), call.step)


def with_words(judged: Match | NoMatch, answer: Heard | Keyed) -> Match | NoMatch:
    """A miss that tells what was heard: not every judge writes it down."""
    if isinstance(judged, Match) or judged.said or not isinstance(answer, Heard) or not answer.alternatives:
        return judged
    return replace(judged, said=answer.alternatives[0].text)


def meant(asides: Asides, result: Result) -> str | None:
    """The flow that the caller wants in between; `None`: none, or nobody knows for sure."""
    if not isinstance(result, Understood) or not result.intents:
        return None
    name, sure = max(result.intents, key=lambda one: one[1])
    return asides.intents.get(name) if sure >= SURE else None


def resumed(call: Call, waiting: Waiting, asides: Asides) -> Running:
    """Goes on with the step that waited: its question is put once more, behind the words of return."""
    call.within = waiting.within
    call.slots.update(waiting.slots)
    back = call.prompt(asides.back, place=f"{call.flow.name}/{STEP}")
    effect: Effect = replace(waiting.collect, prompt=(*back, *waiting.collect.prompt))
    try:
        while True:
            result = yield effect
            effect = waiting.running.send(result)
    except StopIteration as done:
        return done.value


def _without_opening(said: str, language: str) -> str:
    """What is left behind "wait, first tell me"; all of it if nothing would be left."""
    text = plain(said)
    openings = _OPENINGS.get(language)
    if not openings:
        return text
    rest = re.sub(rf"^(?:(?:{openings})\s+)+", "", text)
    return rest if len(rest.split()) >= LEAST_WORDS else text
