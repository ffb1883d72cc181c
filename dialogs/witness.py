"""The record of a call as a witness: it answers for look-ups, people and deeds, as they did in the call.

Where the flow asks for something else than the record has, the call cannot be told again (`NotRetold`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal, NoReturn, get_args

from dialogs.call import MASK
from dialogs.effects import (
    Deed,
    Enqueue,
    Lookup,
    Play,
    PromiseRefusal,
    SetOutcome,
    StartRecording,
    Understand,
    Write,
)
from dialogs.engine import Conversation
from dialogs.errors import DialogError
from dialogs.flow import FlowSet
from dialogs.made_up import made_up_entities, substituted, within
from dialogs.outside import Outside
from dialogs.results import Alternative, Failed, Found, Handed, Locked, Missing, NobodyFree, Result, Slow
from dialogs.stand_in import Agents, Answer, StandIn

Scalar = str | int | bool | None


class NotRetold(DialogError):
    """The record does not fit these flows, or is not enough; the message says where."""

    code = "not_retold"


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One turn of a call's record (see `docs/database.md`, `turns`)."""

    kind: Literal["said", "answer", "lookup", "queue", "deed"]
    flow: str
    step: str
    result: str = ""
    by: Literal["", "voice", "keys"] = ""
    band: str = ""
    universal: str = ""
    heard: Sequence[Alternative] = ()
    keys: str | None = None
    hidden: bool = False
    asked: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Past:
    """A call as its record tells it."""

    flow: str
    language: str
    now: datetime
    """In the site's zone."""
    caller: Mapping[str, Scalar]
    happenings: Sequence[Happening]
    ended_by: str
    """`caller`, `system`, `agent`, `unknown`."""
    region: str = "ES"
    """The site's country (ISO 3166)."""
    history: Mapping[str, Scalar] = field(default_factory=dict)
    """What was known of the caller when it began."""


class CallerGone(Exception):
    """The record ends while the flow does something: the caller has hung up meanwhile."""


class Witness(StandIn):
    """Answers for the world as the record says, and notes what a test needs to do the same."""

    def __init__(self, conversation: Conversation, past: Past, flows: FlowSet, *, with_data: bool) -> None:
        super().__init__(conversation, {}, "free")
        self._left = deque(past.happenings)
        self._lived_to_its_end = past.ended_by == "system"
        self._today: date = past.now.date()
        self._flows = flows
        self._with_data = with_data
        self.known: dict[str, dict[str, list[Answer]]] = {}
        self.people: list[Agents] = []
        self.world: dict[str, Any] = {}
        self.notes: dict[str, None] = {}
        self.heard_all = True
        """Whether the last question was really put."""

    def put(self, step: str) -> None:
        """The flow speaks at that step; so did the call, unless the caller had typed ahead."""
        self.heard_all = self._is_next("said", step)
        if self.heard_all:
            self._left.popleft()

    def _stops(self, sentence: Play) -> bool:
        """The record has an answer at the sentence itself: somebody has cut it short."""
        if not self._is_next("said", sentence.step) or len(self._left) < 2:
            return False
        then = self._left[1]
        return (then.kind, then.step) == ("answer", sentence.step) and sentence.heeded is not None

    def _is_next(self, kind: str, step: str) -> bool:
        head = self._left[0] if self._left else None
        flow = self.conversation.position.flow
        return head is not None and (head.kind, head.flow or flow, head.step) == (kind, flow, step)

    def next(self, kind: str, step: str) -> Happening:
        """What the record has for this. Raises `CallerGone` at its end, `NotRetold` for something else."""
        # "One moment, please": what the live service says while a back end is slow, and no flow does.
        while kind != "said" and self._is_next("said", step):
            self._left.popleft()
        if not self._left:
            raise CallerGone
        if not self._is_next(kind, step):
            self._astray(kind, step)
        return self._left.popleft()

    def _astray(self, kind: str, step: str) -> NoReturn:
        head = self._left[0]
        was, now = (
            f"{head.kind} at {head.flow}/{head.step}",
            f"{kind} at {self.conversation.position.flow}/{step}",
        )
        raise NotRetold(
            f"the record goes on with {was}, and these flows with {now}: are they those that the call ran on?"
        )

    def _waited(self, step: str) -> None:
        """What the caller was told while it took long; in a test nothing does."""
        while self._is_next("said", step):
            self._left.popleft()

    @property
    def all_told(self) -> bool:
        return not self._left

    def _result(self, effect: Play | Lookup | StartRecording | Enqueue | SetOutcome | Deed) -> Result:
        match effect:
            case Play():
                # Who types ahead hears no good-bye, and yet the call has come to its end.
                if not self._left and not self._lived_to_its_end:
                    raise CallerGone
                self.put(effect.step)
            case Lookup():
                self._waited(effect.step)
                self._happening = self.next("lookup", effect.step)
            case Enqueue():
                self._happening = self.next("queue", effect.step)
            case StartRecording() | SetOutcome():
                pass
            case _:
                self._waited(effect.step)
                self._happening = self.next("deed", effect.step)
        return super()._result(effect)

    def _found(self, name: str, by: str) -> Result:
        happening = self._happening
        answer: Answer
        result: Result
        match happening.result:
            case "found":
                answer = self._record_of(name, happening)
                result = Found(answer)
            case "missing":
                answer, result = "missing", Missing()
            case "slow":
                answer, result = "slow", Slow()
            case "locked":
                answer, result = "locked", Locked()
            case _:
                answer, result = "error", Failed("the look-up broke")
        self.asked.append((name, by))
        self.known.setdefault(name, {}).setdefault(by, []).append(answer)
        return result

    def _record_of(self, name: str, happening: Happening) -> Mapping[str, Scalar]:
        found = within(name, happening.found, self._flows)
        masked = {key: value for key, value in found.items() if value == MASK}
        real = masked if self._with_data else found
        made = substituted(name, real, self._flows, self.conversation.values, today=self._today, hidden=MASK)
        if real:
            self.notes[f"what {name} found is made up, so that the flow goes the same way"] = None
        if made.stayed:
            self.notes[f"{name}: real, because conditions look at it: {', '.join(made.stayed)}"] = None
        return {**found, **made.record}

    def _people(self) -> Result:
        ways: Mapping[str, tuple[Agents, Result]] = {
            "handed": ("free", Handed()),
            "closed": ("closed", NobodyFree("closed")),
            "left": ("left", NobodyFree("left")),
            "failed": ("broken", Failed("the queue broke")),
        }
        for reason in ("left", "overflow"):
            chosen = self._happening.result.removeprefix(f"{reason} ")
            if chosen != self._happening.result:
                self.world["queue"] = {"key" if reason == "left" else "overflow": chosen}
                self.people.append("free")
                return NobodyFree(reason, chosen)
        agents, result = ways.get(self._happening.result, ("busy", NobodyFree("timeout")))
        self.people.append(agents)
        return result

    def _done(self, deed: Deed) -> Result:
        if isinstance(deed, Write) and self._happening.result == "written":
            answered = self._record_of(deed.name, self._happening)
            self._happening = replace(self._happening, found=answered)
        if isinstance(deed, Understand) and not self._with_data:
            at = self.conversation.position
            types = self._flows.flow(at.flow).steps[at.step].may_fill()
            found = made_up_entities(self._happening.found, types, self._flows)
            self._happening = replace(self._happening, found=found)
        world = dict(_world(deed, self._happening))
        writes = {**self.world.get("write", {}), **world.pop("write", {})}
        if any(writes[name] != ending for name, ending in self.world.get("write", {}).items()):
            raise NotRetold("one write ended in two ways in this call, and a test has one")
        if writes:
            self.world["write"] = writes
        for name, ending in world.items():
            if self.world.setdefault(name, ending) != ending:
                raise NotRetold(f"`{name}` ended in two ways in this call, and a test has one")
        self.outside = Outside.model_validate(self.world)
        return super()._done(deed)


def _world(deed: Deed, happening: Happening) -> Iterator[tuple[str, Any]]:
    """How `outside` says that the deed ended so."""
    name, ended = type(deed).__name__.lower(), happening.result
    match name:
        case "transfer":
            yield name, {"handed": "done", "busy": "busy", "no_answer": "no_answer"}.get(ended, "failed")
        case "record":
            purpose = str(getattr(deed, "purpose", name))
            yield purpose, {"recorded": "5s", "noinput": "silence"}.get(ended, "failed")
        case "understand":
            said = str(getattr(deed, "text", "")).strip().lower()
            if ended != "understood":
                yield name, "slow" if ended == "slow" else "failed"
            else:
                intents = {one.text: one.confidence for one in happening.heard}
                entities = {key: str(value) for key, value in happening.found.items()}
                yield name, {said: {"intents": intents, "entities": entities}}
        case "opencase":
            if ended != "caseopened":
                yield "case", "failed"
        case "consent":
            yield name, ended if ended == "done" else "failed"
        case "write":
            reason = str(happening.found.get("reason", "failed"))
            record: Any = {"done": dict(happening.found)} if happening.found else "done"
            ways = {"written": record, "noted": "later", "refused": reason}
            yield name, {str(getattr(deed, "name", "")): ways.get(ended, "failed")}
        case "promise" if ended == "refused":
            reason = str(happening.found.get("reason", ""))
            yield name, reason if reason in get_args(PromiseRefusal) else "refused"
        case "callback" | "notify" | "promise":
            yield name, ended if ended in ("done", "refused") else "failed"
