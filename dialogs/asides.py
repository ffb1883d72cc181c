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
7. Asides hold in the flows below, too, that have none of their own. None leads to a flow that the call is
   in already: nobody proves who they are twice at once.
8. Whoever takes back what they wanted ("no, quería decir pagar") does not come back: where a flow above has
   an open question (`understand`) that knows the new matter, it goes on there with that one. So does whoever
   answers "anything else?" with what they want ("no me funciona internet").
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import BaseModel, ConfigDict, Field

from dialogs.call import Call
from dialogs.effects import Collect, Effect, Understand
from dialogs.flow import Flow, FlowSet, Name
from dialogs.graph import flows_within
from dialogs.nodes.matters import SURE, is_the_other
from dialogs.nodes.open_question import behind_yes
from dialogs.nodes.understand import Understand as OpenQuestion
from dialogs.prompts import Words
from dialogs.results import Heard, Keyed, Match, NoMatch, Result, Understood
from dialogs.slots.words import plain

MOST = 5
"""Asides of one call."""
LEAST_WORDS = 2
"""Of what may be one: a single word is rather a bad answer, unless it stands behind "no, I meant"."""
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
_INSTEAD: Mapping[str, str] = {
    "es": r"queria decir|queria decirle|lo que (?:quiero|queria|necesito)(?: es| era)?|en realidad|"
    r"me he equivocado|me equivoque|no era eso|no es eso|eso no|me referia a|mejor|olvidelo|dejelo",
    "ca": r"volia dir|el que (?:vull|volia|necessito)(?: es| era)?|en realitat|m'he equivocat|"
    r"no era aixo|no es aixo|aixo no|em referia a|millor|oblidi'?(?: ?ho)?|deixi'?(?: ?ho)?",
    "en": r"i meant|i mean|what i (?:want|need|wanted)(?: is| was)?(?: to)?|actually|i was wrong|"
    r"i got it wrong|"
    r"that'?s not it|that is not it|not that|i would rather|i'd rather|rather|forget (?:it|that)|"
    r"scrap that|never mind",
}
"""How somebody takes back what they wanted before."""


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
    back: Words
    place: str
    """The flow whose words of return these are."""


@dataclass(frozen=True)
class Wish:
    """What an answer may mean that is none: asked of an engine, and where each meaning leads."""

    asked: Understand
    flows: Mapping[str, str] = field(default_factory=dict)
    """In between, by intent."""
    back: Words = field(default_factory=dict)
    place: str = ""
    depth: int | None = None
    """Which of the flows above has the open question that it is the answer to, instead of in between."""
    question: str = ""
    """Its step."""


Above = Sequence[tuple[Flow, str]]
"""Flows that wait for the one below, each with its step."""


def heeded(call: Call, above: Above) -> bool:
    """Whether what is no answer to this flow's questions may be a wish."""
    return any(flow.asides or _open_question(flow) for flow, _ in ((call.flow, ""), *above))


def wish(call: Call, effect: Collect, result: NoMatch, above: Above, *, begun: int) -> Wish | None:
    """What has to be understood first: an answer that is none may be a wish. `begun`: asides so far."""
    if begun >= MOST or effect.sensitive or effect.kind == "understand" or result.reason:
        return None
    text, opened, taken_back = _without_opening(plain(result.said), call.language)
    if effect.kind == "yes_no" and _asks_for_more(call):
        # "No me funciona internet": here it is no opening, and nothing is taken back that was not done.
        text, taken_back = behind_yes(plain(result.said), call.language), True
    if len(text.split()) < (1 if taken_back else LEAST_WORDS) or is_the_other(text, call.language):
        return None

    def asked(intents: Sequence[str]) -> Understand:
        return Understand(STEP, text, call.language, tuple(intents), (), call.step)

    for depth in reversed(range(len(above) if taken_back else 0)):
        if found := _open_question(above[depth][0]):
            name, question = found
            return Wish(asked(tuple(question.intents)), depth=depth, question=name)
    flows = [call.flow, *(flow for flow, _ in reversed(above))]
    owner = next((flow for flow in flows if flow.asides), None)
    if owner is None or owner.asides is None or call.language not in owner.asides.back:
        return None
    entered = {flow.name for flow in flows}
    # "El pedido de ayer" answers badly which order; it is no wish for a flow that asks for the same.
    asked_here = None if opened else getattr(call.flow.steps[call.step], "ask", None)
    free = {
        intent: name
        for intent, name in owner.asides.intents.items()
        if not entered & (within := flows_within(call.flows, name))
        and not (asked_here and _asks(call.flows, within, asked_here))
    }
    return Wish(asked(tuple(free)), free, owner.asides.back, owner.name) if free else None


def _asks_for_more(call: Call) -> bool:
    kind = getattr(call.flow.steps.get(call.step), "kind", None)
    return bool(getattr(kind, "anything_else", False))


def _open_question(flow: Flow) -> tuple[str, OpenQuestion] | None:
    return next(((name, step) for name, step in flow.steps.items() if isinstance(step, OpenQuestion)), None)


def _asks(flows: FlowSet, names: set[str], slot: str) -> bool:
    steps = (step for name in names for step in flows.flows[name].steps.values())
    return any(getattr(step, "ask", None) == slot for step in steps)


def with_words(judged: Match | NoMatch, answer: Heard | Keyed) -> Match | NoMatch:
    """A miss that tells what was heard: not every judge writes it down."""
    if isinstance(judged, Match) or judged.said or not isinstance(answer, Heard) or not answer.alternatives:
        return judged
    return replace(judged, said=answer.alternatives[0].text)


def meant(result: Result) -> str | None:
    """The intent; `None`: nobody knows for sure."""
    if not isinstance(result, Understood) or not result.intents:
        return None
    name, sure = max(result.intents, key=lambda one: one[1])
    return name if sure >= SURE else None


def resumed(call: Call, waiting: Waiting) -> Running:
    """Goes on with the step that waited: its question is put once more, behind the words of return."""
    call.within = waiting.within
    call.slots.update(waiting.slots)
    back = call.prompt(waiting.back, place=f"{waiting.place}/{STEP}")
    effect: Effect = replace(waiting.collect, prompt=(*back, *waiting.collect.prompt))
    try:
        while True:
            result = yield effect
            effect = waiting.running.send(result)
    except StopIteration as done:
        return done.value


def _without_opening(text: str, language: str) -> tuple[str, bool, bool]:
    """What is left behind "wait, first tell me" (all of it if hardly a word would be), whether there was such
    an opening, and whether it was "no, I meant": behind that, one word is enough."""
    openings, instead = _OPENINGS.get(language), _INSTEAD.get(language)
    found = re.match(rf"(?:(?:{openings}|({instead}))\b\s*)+", text) if openings and instead else None
    if found is None:
        return text, False, False
    rest, taken_back = text[found.end() :].strip(), bool(found.group(1))
    enough = len(rest.split()) >= (1 if taken_back else LEAST_WORDS)
    return rest if enough else text, True, taken_back
