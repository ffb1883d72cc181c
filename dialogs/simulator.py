"""Plays a caller who types: what is typed is said, `/key 1` is keyed, `/silence`, `/hangup`.

The conversation is the real one; look-ups are answered from data on paper (see `rehearsal`).
"""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.effects import Collect
from dialogs.engine import Conversation
from dialogs.results import Alternative, Heard, Keyed, Match, NoInput, NoMatch
from dialogs.stand_in import Agents, Data, StandIn

HELP = (
    "type what the caller says; /key 1 presses keys; /silence says nothing; /hangup hangs up;"
    " /state shows where the call is; /help shows this"
)


class TextCaller:
    """A call in the terminal. `start` and `feed` give lines to print: `(who, what)`.

    `who` is `ivr`, `caller`, `system` or `note`.
    """

    def __init__(self, conversation: Conversation, data: Data, agents: Agents = "busy") -> None:
        self._conversation = conversation
        self._call = StandIn(conversation, data, agents)
        self._shown = 0

    @property
    def finished(self) -> bool:
        return self._call.waiting is None

    def start(self) -> list[tuple[str, str]]:
        self._call.start()
        return list(self._news())

    def feed(self, line: str) -> list[tuple[str, str]]:
        """One line of the person at the keyboard."""
        question = self._call.waiting
        if question is None:
            return [("note", "the call is over")]
        command, _, rest = line.strip().partition(" ")
        if command.startswith("/") or not command:
            return self._command(question, command or "/silence", rest.strip())
        said = line.strip()
        if not question.voice:
            return [("note", "only keys are taken now"), *self._answered(NoInput(), f"“{said}”")]
        return self._judged(question.judge(Heard((Alternative(said, 0.95),))), f"“{said}”")

    def _command(self, question: Collect, command: str, rest: str) -> list[tuple[str, str]]:
        if command == "/silence":
            return self._answered(NoInput(), "is silent")
        if command == "/hangup":
            self._call.hang_up()
            return list(self._news())
        if command == "/state":
            return list(self._state())
        if command != "/key":
            return [("note", HELP)]
        if not rest or set(rest) - set("0123456789*#"):
            return [("note", "write the keys behind it: /key 1")]
        return self._judged(question.judge(Keyed(rest.removesuffix("#"))), f"keys {rest}")

    def _judged(self, result: Match | NoMatch, said: str) -> list[tuple[str, str]]:
        if isinstance(result, NoMatch):
            note = ("note", "not understood")
        else:
            note = ("note", f"understood {result.value} ({result.band})")
        return [note, *self._answered(result, said)]

    def _answered(self, result: Match | NoMatch | NoInput, said: str) -> list[tuple[str, str]]:
        self._call.answer(result, said)
        return list(self._news())

    def _news(self) -> Iterator[tuple[str, str]]:
        """What has happened since the last call, without what the caller did."""
        transcript = self._call.transcript
        yield from (entry for entry in transcript[self._shown :] if entry[0] != "caller")
        self._shown = len(transcript)
        for fault in self._conversation.faults:
            yield "note", f"the flow broke at {fault.flow}/{fault.step}: {fault.reason}"

    def _state(self) -> Iterator[tuple[str, str]]:
        position = self._conversation.position
        yield "note", f"{position.flow}/{position.step} in {self._conversation.language}"
        for name, value in self._conversation.public_slots.items():
            yield "note", f"{name} = {value}"
