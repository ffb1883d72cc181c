"""`queue`: hands the caller to people, with what is known.

```yaml
- id: person
  queue: billing
  say:
    es: "Le paso con una persona."
    ca: "Passo la seva trucada a una persona."
    en: "I will put you through."
  busy: all_busy                 # nobody is free, or the wait was too long
  closed: after_hours            # optional: outside hours; else as `busy`
  left: main                     # optional: the caller left by key; else as `busy`
  error: all_busy                # optional: the queue does not work; else as `busy`
```
Instead of a step, `busy` may offer that somebody calls back:
```yaml
- queue: billing
  busy: {offer: callback, keep_place: true, declined: goodbye}
```
While callers wait they may go elsewhere by a key, and are sent elsewhere when it takes too long:
```yaml
- queue: billing
  waiting:
    say:
      es: "Para que le llamemos, marque uno."
      ca: "Perquè li truquem, premi u."
      en: "To be called back, press one."
    keys: {1: all_busy, 2: main}         # a key → a step
  overflow:                              # the first that holds; asked on the way in, and all the time
    - if: queue.agents == 0
      then: after_hours
    - if: queue.wait > 600 and caller.segment != "vip"
      then: all_busy
  busy: all_busy
```
`queue.wait` and `queue.waited` are seconds; there are `queue.length`, `queue.position`, `queue.agents`
(logged in), `queue.free` and `queue.on_time` (percent answered in time lately), too. Position and wait are
said as `queues.yaml` declares. It goes on to another queue, a callback, a message, a menu, a transfer to a
number of the catalogue.

Nobody who has waited is told that all lines are busy and hung up on. Every way out of a queue without a
person (`busy`, `closed`, `left`, `error`, an overflow, a key) is followed, also into other flows: before the
call ends there must be an offer, that is, a callback, a message, a question, another queue, a transfer, a
case, a notification or a `write`. `busy: {offer: callback, declined: goodbye}` is the shortest. Whoever says
no to the offer may be told goodbye.

Whoever accepts hears the number at which they are called, may name another, and with `choose_time: true`
says when; then this call ends (outcome `callback_booked`). Who does not goes to `declined`; without it, they
wait on at their place; if nobody is free then either, they may leave a message (outcome `message_left`).

After the conversation with a person the call is over, unless `then` says otherwise.
```yaml test
- test: a person takes the call
  agents: free
  steps:
    - expect: {queue: billing, outcome: handed_over, hangup: true}
- test: all are busy
  agents: busy
  steps:
    - expect: {queue: billing, step: all_busy}
- test: nobody is there
  agents: closed
  steps:
    - expect: {queue: billing, step: after_hours}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag
from typing_extensions import override

from dialogs.call import Call
from dialogs.catalogue import Catalogue
from dialogs.effects import Enqueue, Play, Record, SetOutcome
from dialogs.errors import ConditionUndecidable
from dialogs.expressions import Template
from dialogs.flow import Name
from dialogs.nodes.arranging import ANY, OTHER, Wanted, arranged, number_question, own_number, yes_or_no
from dialogs.nodes.branch import If
from dialogs.nodes.question import listen
from dialogs.nodes.step import END, Exit, Run, Shape, Step, Way, unexpected
from dialogs.prompts import Words
from dialogs.queue_facts import QUEUE_TYPES, QueueFacts
from dialogs.results import Failed, Handed, NobodyFree, Recorded
from dialogs.source import nearest


def _by_key(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    for key in value:
        if str(key) not in set("0123456789*#"):
            raise ValueError(f"`{key}` is no key of a telephone: write one of 0 to 9, `*` or `#`")
    return {str(key): step for key, step in value.items()}


class Offer(BaseModel):
    """What a caller is offered while nobody is free."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    offer: Literal["callback"] = Field(description="That somebody calls back")
    keep_place: bool = Field(False, description="Whether the caller keeps their place in the queue")
    choose_time: bool = Field(False, description="Whether the caller may choose when")
    declined: Name | None = Field(None, description="Where to go if they do not want it; they wait on")


class Waiting(BaseModel):
    """What callers may do while they wait."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    say: Words | None = Field(None, description="What is said about the keys, now and then")
    keys: Annotated[dict[str, Name], BeforeValidator(_by_key)] = Field(
        min_length=1, description="A key → the step where it leads; their place is given up"
    )


class Overflow(BaseModel):
    """Where to go when it takes too long."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    condition: If = Field(alias="if", description="A condition, such as `queue.wait > 600`")
    then: Name = Field(description="Where to go if it holds")


def _kind(value: object) -> str:
    return "[offer]" if isinstance(value, (dict, Offer)) else "[step]"


StepOrOffer = Annotated[
    Annotated[Name, Tag("[step]")] | Annotated[Offer, Tag("[offer]")], Discriminator(_kind)
]


class Queue(Step):
    """Hands the caller to people, with what is known."""

    type_name: ClassVar[str] = "queue"
    hands_over: ClassVar[bool] = True
    drawn_as: ClassVar[Shape | None] = "people"
    queue: Name = Field(description="A queue of the catalogue")
    say: Words | None = Field(None, description="What is said before")
    busy: StepOrOffer = Field(
        description="Where to go if nobody is free, or the wait was too long; or what is offered then"
    )
    closed: Name | None = Field(None, description="Where to go if nobody is there; as `busy`")
    left: Name | None = Field(None, description="Where to go if the caller left by key; as `busy`")
    waiting: Waiting | None = Field(None, description="Keys while they wait: `say`, and `keys`")
    overflow: list[Overflow] = Field(
        default_factory=list,
        max_length=10,
        description="Where to go when it takes too long, the first that holds",
    )
    error: Name | None = Field(None, description="Where to go if the queue does not work; as `busy`")
    outcome: Name = Field("handed_over", description="How the contact ended, if a person took it")

    @override
    def performers(self) -> Iterator[tuple[Way, str]]:
        if isinstance(self.busy, Offer):
            yield ("busy", "offer"), "callbacks"

    def run(self, call: Call) -> Run:
        label = yield from self._queued(call)
        if label == "busy" and isinstance(self.busy, Offer):
            label = yield from offered(call, self.queue, self.busy)
            if label == "declined" and self.busy.declined is None:
                label = yield from self._waits_on(call)
        return label

    def _waits_on(self, call: Call) -> Run:
        """Back in the queue, at their place; nothing is offered twice."""
        label = yield from self._queued(call, again=True)
        return (yield from nobody_free(call, self.queue)) if label == "busy" else label

    def _queued(self, call: Call, *, again: bool = False) -> Run:
        if self.say and not again:
            yield Play(call.prompt(self.say), call.step)
        result = yield self._enqueue(call)
        match result:
            case Handed():
                yield SetOutcome(self.outcome, call.step)
                return "handed"
            case NobodyFree():
                return self._left_by(result)
            case Failed():
                return "error" if self.error else "busy"
        unexpected(self, result)

    def _left_by(self, back: NobodyFree) -> str:
        """The exit of a caller whom the queue gave back."""
        if back.reason == "overflow":
            return back.chosen or "busy"
        if back.reason == "left" and self.waiting and back.chosen in self.waiting.keys:
            return f"key {back.chosen}"
        if back.reason in ("closed", "left") and getattr(self, back.reason):
            return back.reason
        return "busy"

    def _enqueue(self, call: Call) -> Enqueue:
        waiting = self.waiting
        said = call.prompt(waiting.say, "waiting") if waiting and waiting.say else ()
        return Enqueue(
            self.queue,
            call.step,
            context(call),
            keys="".join(waiting.keys) if waiting else "",
            invitation=said,
            overflow=(lambda facts: self._overflowing(facts, call)) if self.overflow else None,
        )

    def _overflowing(self, facts: QueueFacts, call: Call) -> str:
        values = {**call.values(), **facts.values()}
        for at, one in enumerate(self.overflow, 1):
            try:
                if one.condition.holds(values):
                    return f"overflow {at}"
            except ConditionUndecidable:  # something about the caller is not known: it does not hold
                continue
        return ""

    def exits(self) -> Iterator[Exit]:
        yield Exit("handed", self.then or END, ("then",))
        for key, target in self.waiting.keys.items() if self.waiting else ():
            yield Exit(f"key {key}", target, ("waiting", "keys", key))
        for at, one in enumerate(self.overflow):
            yield Exit(f"overflow {at + 1}", one.then, ("overflow", at, "then"))
        if isinstance(self.busy, Offer):
            yield Exit("offered", END, ("busy",))
            yield Exit("declined", self.busy.declined or END, ("busy", "declined"))
        else:
            yield Exit("busy", self.busy, ("busy",))
        for label in ("closed", "left", "error"):
            target = getattr(self, label)
            if target:
                yield Exit(label, target, (label,))

    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        if self.say:
            yield ("say",), self.say
        if self.waiting and self.waiting.say:
            yield ("waiting", "say"), self.waiting.say

    def mistakes(self, catalogue: Catalogue) -> Iterator[tuple[Way, str]]:
        if self.queue not in catalogue.queues:
            yield ("queue",), f"unknown queue `{self.queue}`: {nearest(self.queue, catalogue.queues)}"
        types = {**QUEUE_TYPES, **{f"caller.{name}": kind for name, kind in catalogue.caller.items()}}
        for at, one in enumerate(self.overflow):
            way: Way = ("overflow", at, "if")
            unknown = [name for name in one.condition.names if name not in types]
            for name in unknown:
                yield (
                    way,
                    f"an overflow knows no `{name}`, only the queue and the caller: {nearest(name, types)}",
                )
            mistake = None if unknown else one.condition.mistake(types)
            if mistake:
                yield way, mistake


def nobody_free(call: Call, queue: str) -> Run:
    """There is nobody, and they do not want to be called: a message, and the end of the call."""
    yield Play(call.built_in("leave_a_message"), call.step)
    message = Record(
        purpose="message",
        name=queue,
        step=call.step,
        longest=_MESSAGE,
        final_silence=3.0,
        initial_timeout=6.0,
        outcome="message_left",
    )
    if isinstance((yield message), Recorded):
        yield SetOutcome("message_left", call.step)
        yield Play(call.built_in("message_kept"), call.step)
    else:
        yield Play(call.built_in("nobody_free"), call.step)
        yield SetOutcome("nobody_free", call.step)
    return "declined"


_MESSAGE = 90.0
"""Seconds that a message may last."""


def offered(call: Call, queue: str, offer: Offer) -> Run:
    """ "Shall we call you?", and what comes of it."""
    own = own_number(call)
    if own:
        question = number_question(call, "shall_we_call", own, offers="callback")
    else:  # they withhold it
        question = yes_or_no(call, "shall_we_call_somewhere", offers="callback")
    answer = yield from listen(call, question)
    if answer is None or answer.value == "no":
        return "declined"
    wanted = Wanted(queue, offer.keep_place, offer.choose_time, context(call))
    if answer.value == "yes":
        booked = yield from arranged(call, wanted, agreed=own)
    elif answer.value == OTHER:
        booked = yield from arranged(call, wanted, proposed=ANY)
    else:
        booked = yield from arranged(call, wanted, proposed=answer.value)
    if not booked:
        return "declined"
    yield SetOutcome("callback_booked", call.step)
    yield Play(call.built_in("will_call"), call.step)
    return "offered"


def context(call: Call) -> dict[str, str]:
    """What travels with the caller: where they come from, what they said, sensitive answers left out, and who
    they are taken for."""
    slots = {name: value for name, value in call.slots.items() if name not in call.flows.sensitive}
    segment, reason = call.known.segment.name, call.reason
    known = {name: text for name, text in (("segment", segment), ("reason", reason)) if text}
    return {**known, "flow": call.flow.name, "step": call.step, "language": call.language, **slots}
