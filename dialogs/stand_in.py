"""Stands in for the world while a dialog is played on paper: look-ups, people, and a voice that is read.

It answers every effect but the questions; those are the caller's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dialogs.call import MASK
from dialogs.effects import (
    CallBack,
    Collect,
    Consent,
    Deed,
    Effect,
    Enqueue,
    Hangup,
    Lookup,
    MayCallBack,
    Notify,
    OpenCase,
    Play,
    Promise,
    Prompt,
    Record,
    SetOutcome,
    StartRecording,
    Transfer,
    Understand,
    Verify,
    Write,
)
from dialogs.engine import Conversation
from dialogs.errors import RehearsalStuck
from dialogs.outside import Meant, Outside
from dialogs.results import (
    Done,
    Failed,
    Found,
    Handed,
    Locked,
    Match,
    Missing,
    NobodyFree,
    NoInput,
    Played,
    Result,
    Slow,
    Understood,
)
from dialogs.universals import MARK

Scalar = str | int | bool | None
Answer = Mapping[str, Scalar] | Literal["missing", "slow", "error", "locked"]
Data = Mapping[str, Mapping[str, Answer | Sequence[Answer]]]
"""Look-up → what it is asked by (several values joined by ", ") → what it answers. `else` is the rest.
Several answers are given one after the other, the last one for ever."""
Agents = Literal["free", "busy", "closed", "left", "broken"]
Staff = Agents | Sequence[Agents]
"""How people take calls: always so, or one queue after the other, the last one for ever."""

MOST_TURNS = 2000
_SLOT = re.compile(r"^([a-z][a-z0-9_]*):(?=.)")
"""Before what it is corrected to; "17:30" has none."""


@dataclass
class Turn:
    """What happened since the caller last said or keyed something."""

    said: list[str] = field(default_factory=list)
    """As a person reads it."""
    voiced: list[str] = field(default_factory=list)
    """As it is spoken, in words."""
    queues: list[str] = field(default_factory=list)
    lookups: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    deeds: list[tuple[str, str]] = field(default_factory=list)
    """(node type, what): `("transfer", "shop")`, `("record", "complaint")` …"""


Understands = Callable[[Understand], Understood | Failed]
"""Tells what free speech means."""
MOST_SHOWN = 2
"""Meanings of a sentence that are shown."""
LEAST_SURE = 0.05
"""Of an intent that is written into a test; the others make no difference."""


class StandIn:
    """Plays a conversation from question to question."""

    def __init__(
        self,
        conversation: Conversation,
        data: Data,
        agents: Staff,
        outside: Outside | None = None,
        *,
        understands: Understands | None = None,
    ) -> None:
        """`understands`: tells what free speech means; without it, `outside` does."""
        self.conversation = conversation
        self.data = data
        self.outside = outside or Outside()
        self._understands = understands
        self.meant: dict[str, Meant] = {}
        """What `understands` has told, by the sentence in small letters, as a test file has it."""
        self._callbacks = 0
        self._staff: list[Agents] = [agents] if isinstance(agents, str) else list(agents)
        self.turn = Turn()
        self.waiting: Collect | None = None
        """The question that is open; `None` once the call is over."""
        self.stop_at = ""
        """A step at whose sentence the call stands still, because something is said while it is heard."""
        self.sounding: Play | None = None
        """The sentence at which it stands still."""
        self.sentences: list[str] = []
        """The steps that have said one since the caller's last turn, without the questions."""
        self.transcript: list[tuple[str, str]] = []
        """(who, what): `ivr`, `caller`, or `system`."""
        self.asked: list[tuple[str, str]] = []
        """Every look-up and identity check, and what it was asked by (as the keys of the data)."""
        self.judged: list[tuple[str, str]] = []
        """What the caller said or keyed, and how it was understood."""
        self.recorded = not conversation.recording_waits
        """Whether the call is recorded by now, where calls are recorded at all."""

    def start(self) -> None:
        self._play(self.conversation.start())

    def answer(self, result: Result, said: str) -> None:
        """The caller's answer to the open question."""
        self.transcript.append(("caller", said))
        self.judged.append((said, self._understood(result)))
        self.turn = Turn()
        self._play(self.conversation.send(result))

    def said_over_it(self, result: Match | None, said: str) -> None:
        """Somebody speaks while a sentence is heard: it is cut short, or goes on."""
        sentence = self.sounding
        assert sentence is not None
        self.transcript.append(("caller", f"{said}, over it"))
        self.judged.append((said, self._understood(result) if result else "no interruption"))
        self.turn = Turn()
        if result is None and self.stop_at == sentence.step:
            self.stop_at = ""
            return
        self.sounding = None
        self._play(self.conversation.send(result or Played()))

    def is_silent(self) -> None:
        """The caller lets the question's time pass."""
        self.answer(NoInput(), "is silent")

    def _understood(self, result: Result) -> str:
        if isinstance(result, Match):
            hidden = self.waiting is not None and self.waiting.sensitive
            value = result.value
            if value.startswith(MARK):  # a universal, or a correction with what it corrects, and to what
                name, colon, rest = value.removeprefix(MARK).partition(":")
                what = _SLOT.sub(r"\1: ", rest)
                value = f"{name.replace('_', ' ')}{colon and ', '}{what}"
            return f"understood {MASK if hidden else value} ({result.band})"
        return "silence" if isinstance(result, NoInput) else "not understood"

    def hang_up(self) -> None:
        self.transcript.append(("caller", "hangs up"))
        self.turn = Turn()
        self.waiting = self.sounding = None
        self.conversation.hang_up("NORMAL_CLEARING")

    def jump(self, flow: str, step: str) -> None:
        """Goes to a step as no caller can. Raises `DialogError`."""
        effect = self.conversation.jump(flow, step)
        self.transcript.append(("system", f"jumps to {flow}.{step}"))
        self.turn = Turn()
        self._play(effect)

    def _play(self, effect: Effect) -> None:
        """Performs effects until the caller is asked or the call is over."""
        self.sentences = []
        for _ in range(MOST_TURNS):
            self.turn.steps.append(effect.step)
            match effect:
                case Collect():
                    self._speak(effect.prompt)
                    self.waiting = effect
                    return
                case Hangup():
                    self.transcript.append(("system", "hangs up"))
                    self.waiting = None
                    return
                case Play() if self._stops(effect):
                    self._result(effect)
                    self.waiting, self.sounding, self.stop_at = None, effect, ""
                    return
                case _:
                    effect = self.conversation.send(self._result(effect))
        raise RehearsalStuck("the call goes on without ever asking or ending")

    def _stops(self, sentence: Play) -> bool:
        """Whether something is said over it."""
        return sentence.step == self.stop_at

    def _result(self, effect: Play | Lookup | StartRecording | Enqueue | SetOutcome | Deed) -> Result:
        match effect:
            case Play():
                self.sentences.append(effect.step)
                self._speak(effect.prompt)
                return Played()
            case Lookup():
                self.turn.lookups.append((effect.name, effect.by))
                self.transcript.append(("system", f"looks up {effect.name}"))
                return self._found(effect.name, ", ".join(effect.by.values()))
            case Enqueue():
                self.turn.queues.append(effect.queue)
                self.transcript.append(("system", f"queue {effect.queue}"))
                stands = self.outside.queue
                return (stands.result(effect) if stands else None) or self._people()
            case StartRecording():
                self.recorded = True
                self.transcript.append(("system", "starts to record"))
                return Done()
            case SetOutcome():
                self.transcript.append(("system", f"outcome {effect.code}"))
                return Done()
            case _:
                return self._done(effect)

    def _done(self, deed: Deed) -> Result:
        """What needs a performer on a live call: noted, and answered as `outside` says."""
        result: Result
        match deed:
            case Transfer():
                what, name = "transfer", deed.destination
                result = self.outside.transferred()
            case Record():
                what, name, result = deed.purpose, deed.name, self.outside.recorded(deed)
            case Verify():
                what, name = "verify", deed.identity
                result = self._found(deed.identity, ", ".join(deed.claims.values()))
            case Understand():
                what, name, result = "understand", deed.name, self._meaning(deed)
            case CallBack() | MayCallBack():
                self._callbacks += 1
                result = self.outside.called_back(deed, self._callbacks)
                if isinstance(deed, MayCallBack):
                    self.transcript.append(("system", f"looks at {deed.number} {deed.window}".rstrip()))
                    return result
                what, name = "callback", deed.queue
            case Notify():
                what, name, result = "notify", deed.channel, self.outside.ended(deed)
            case Promise():
                what, name, result = "promise", deed.name, self.outside.ended(deed)
            case Consent():
                what, name, result = "consent", deed.kind, self.outside.kept()
            case Write():
                what, name, result = "write", deed.name, self._written(deed)
            case OpenCase():
                what, name, result = "case", deed.name, self.outside.opened(deed)
        self.turn.deeds.append((what, name))
        self.transcript.append(("system", f"{what} {name}{_told(deed, result)}"))
        return result

    def _meaning(self, asked: Understand) -> Result:
        if self._understands is None:
            return self.outside.understood(asked)
        told = self._understands(asked)
        if isinstance(told, Understood):
            known = self.meant.get(asked.text.strip().lower(), Meant())
            intents = {name: round(sure, 3) for name, sure in told.intents if sure >= LEAST_SURE}
            self.meant[asked.text.strip().lower()] = Meant(
                intents={**known.intents, **intents}, entities={**known.entities, **told.entities}
            )
        return told

    def _written(self, write: Write) -> Result:
        schema = self.conversation.catalogue.writes.get(write.name)
        return self.outside.written(write, schema.fields if schema else {})

    def _found(self, name: str, by: str) -> Result:
        self.asked.append((name, by))
        answer = self.answer_to(name, by)
        if answer == "slow":
            return Slow()
        if answer == "error":
            return Failed("the look-up breaks")
        if answer == "locked":
            return Locked()
        if isinstance(answer, str):
            return Missing()
        return Found(dict(answer))

    def answer_to(self, lookup: str, by: str) -> Answer:
        """What the data say; `missing` where they say nothing."""
        answers = self.data.get(lookup, {})
        answer = answers.get(by, answers.get("else", "missing"))
        if isinstance(answer, str | Mapping):
            return answer
        return answer[max(0, min(self.asked.count((lookup, by)), len(answer)) - 1)]

    def _people(self) -> Result:
        agents = self._staff.pop(0) if len(self._staff) > 1 else self._staff[0]
        match agents:
            case "free":
                return Handed()
            case "busy":
                return NobodyFree("timeout")
            case "closed":
                return NobodyFree("closed")
            case "left":
                return NobodyFree("left")
            case "broken":
                return Failed("the queue breaks")

    def _speak(self, prompt: Prompt) -> None:
        shown = " ".join(part.shown or part.text for part in prompt)
        self.turn.said.append(shown)
        self.turn.voiced.append(" ".join(part.text for part in prompt))
        self.transcript.append(("ivr", shown))


def _told(deed: Deed, result: Result) -> str:
    """What an engine has made of a sentence, for the designer who reads along."""
    if not isinstance(deed, Understand) or not isinstance(result, Understood):
        return ""
    likely = [f"{name} {sure:.2f}" for name, sure in result.intents[:MOST_SHOWN] if sure >= LEAST_SURE]
    return f": “{deed.text}” is {', '.join(likely) or 'nothing that is served here'}"
