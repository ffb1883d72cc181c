"""Plays a caller who types: what is typed is said, `/key 1` is keyed, `/silence` says nothing.

The conversation is the real one; look-ups are answered from data on paper (see `rehearsal`). Because the
same turns always give the same call, taking one back is to play the others again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from dialogs.by_hand import given
from dialogs.call import MASK
from dialogs.engine import Conversation
from dialogs.errors import DialogError
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.nodes.step import Step
from dialogs.outside import seconds
from dialogs.play import key, say, say_over
from dialogs.position import Fault
from dialogs.slots.words import plain
from dialogs.source import nearest
from dialogs.stand_in import Agents, Answer, Data, StandIn, Understands
from dialogs.typed import COMMANDS, HELP, are_keys, file_and_name, keys_in
from dialogs.written import WrittenCall, add_test

CONFIDENCE = 0.9
"""Of what is typed, as of what a test says."""
_OVER = "the call is over: /back takes the last turn back, and then you can jump"

ShownLine = tuple[str, str]
"""(who, what): `ivr`, `caller`, `system` or `note`."""


class TextCaller:
    """A call in the terminal. `start` and `feed` give lines to print."""

    def __init__(
        self,
        flows: FlowSet,
        flow: str,
        facts: Facts,
        data: Data,
        agents: Agents = "busy",
        *,
        understands: Understands | None = None,
    ) -> None:
        """`understands`: tells what free speech means; without it, nothing is understood.

        Raises `UnknownFlow`."""
        self._understands = understands
        self._flows, self._flow, self._facts = flows, flow, facts
        self._data, self._agents = data, agents
        self._typed: list[str] = []
        """What the caller did, and what led the call elsewhere (`/jump`, `/set`), for `/back`."""
        self._commands: dict[str, Callable[[str], list[ShownLine]]] = {
            "/state": self._state,
            "/over": self._over,
            "/jump": self._jump,
            "/set": self._set,
            "/back": self._back,
            "/save": self._save,
            "/help": lambda _rest: [("note", line) for line in HELP.splitlines()],
        }
        self._dial()

    def _dial(self) -> None:
        conversation = Conversation(self._flows, self._flow, self._facts)
        self._call = StandIn(conversation, self._data, self._agents, understands=self._understands)
        self._written = WrittenCall(self._flow, self._facts, self._agents, {})
        self._shown = self._faults = self._asked = 0
        self._led = ""
        """The command by which the call left what a caller can do; such a call is no test."""

    @property
    def finished(self) -> bool:
        return self._call.waiting is None

    @property
    def names(self) -> list[str]:
        """What can be completed: the commands, and the steps that `/jump` knows."""
        own = self._flows.flow(self._flow)
        others = [f"{flow.name}.{step}" for flow in self._flows.flows.values() for step in flow.steps]
        return [*COMMANDS, *own.steps, *others]

    def start(self, then: str = "") -> list[ShownLine]:
        """`then`: what the caller does next, where that is known."""
        self._call.stop_at = _over_which(then)
        self._call.start()
        self._written.happened(self._call)
        return list(self._news())

    def feed(self, line: str) -> list[ShownLine]:
        """One line of the person at the keyboard."""
        typed = line.strip()
        command, _, rest = typed.partition(" ")
        if command in self._commands:
            return self._commands[command](rest.strip())
        if command.startswith("/") and command not in COMMANDS:
            return [("note", f"unknown command {command}: {nearest(command, COMMANDS)}")]
        if self.finished:
            return [("note", "the call is over: /save keeps it, /back takes the last turn back")]
        wrong = self._wrong(command, rest, typed)
        if wrong:
            return [("note", wrong)]
        self._typed.append(typed)
        return self._turn(command, rest.strip(), typed)

    def _wrong(self, command: str, rest: str, typed: str) -> str:
        """What is wrong with it, and what to type; empty if nothing is."""
        if command == "/key":
            return "" if are_keys(rest) else "write the keys behind it: /key 1"
        if command == "/silence" and rest.strip():
            try:
                lasts = seconds(rest.strip())
            except ValueError as fault:
                return f"{fault}: /silence 3s, or /silence alone"
            wait = self._call.waiting.initial_timeout if self._call.waiting else 0.0
            return f"the question waits for {wait:g}s, and goes on waiting" if lasts < wait else ""
        if set(typed) & {"*", "#"} and are_keys(typed):
            return f"nobody says that: to press keys, type /key {typed}"
        return ""

    def _turn(self, command: str, rest: str, typed: str, then: str = "") -> list[ShownLine]:
        """The caller does something; `typed` is said if it is no command."""
        call, written, question = self._call, self._written, self._call.waiting
        call.stop_at = _over_which(then)
        if command == "/over" and call.sounding is not None:
            written.steps.append({"say": rest.partition(" ")[2], "during": call.sounding.step})
            say_over(call, rest.partition(" ")[2], CONFIDENCE)
        elif question is None:
            return []
        elif command == "/hangup":
            written.did("hang_up", what=True)
            call.hang_up()
        elif command == "/key":
            rest = keys_in(rest)
            keys = rest if len(rest) <= 1 else rest.removesuffix(question.keys.terminator)
            written.did("key", keys)
            key(call, keys)
        elif command in ("/silence", ""):
            written.did("silence", f"{question.initial_timeout:g}s")
            call.is_silent()
        else:
            written.did("say", typed)
            say(call, typed, CONFIDENCE)
        written.happened(call)
        return list(self._news())

    # --- what is shown ---

    def _news(self) -> Iterator[ShownLine]:
        """What has happened since the last time, without what the caller did."""
        transcript = self._call.transcript
        yield from self._understood()
        yield from (entry for entry in transcript[self._shown :] if entry[0] != "caller")
        self._shown = len(transcript)
        for lookup, by in self._call.asked[self._asked :]:
            if by not in self._data.get(lookup, {}):
                answer = _short(self._call.answer_to(lookup, by))
                hidden = lookup in self._flows.catalogue.identities or self._tells(by.split(", "))
                shown = MASK if hidden else by
                yield "note", f"the data say nothing about {lookup} “{shown}”: answered {answer}"
        self._asked = len(self._call.asked)
        faults = self._call.conversation.faults[self._faults :]
        self._faults += len(faults)
        for fault in faults:
            yield "note", f"the flow broke at {fault.flow}/{fault.step}: {_in_words(fault)}"

    def _understood(self) -> Iterator[ShownLine]:
        for said, result in self._call.judged:
            yield "note", f"{said}: {result}"
        self._call.judged.clear()

    def _state(self, _rest: str) -> list[ShownLine]:
        conversation, question = self._call.conversation, self._call.waiting
        position = conversation.position
        where = f"{position.flow}.{position.step} in {conversation.language}"
        lines = [f"{where}, the call is over" if question is None else where]
        if question is not None:
            by = (
                "by key only"
                if not question.voice
                else "by voice or key"
                if question.keys.longest
                else "by voice"
            )
            lines.append(f"waits for {question.kind}, {by}")
        visit = conversation.trace.here(*position)
        if visit is not None and visit.misses:
            lines.append(", ".join(f"{kind}: {count}" for kind, count in sorted(visit.misses.items())))
        lines += [f"{name} = {value}" for name, value in conversation.public_slots.items()]
        secret = self._flows.sensitive
        for lookup, record in conversation.found.items():
            for name, value in record.items():
                hidden = f"{lookup}.{name}" in secret or lookup in secret or self._tells([value])
                lines.append(f"{lookup}.{name} = {MASK if hidden else value}")
        if conversation.outcome:
            lines.append(f"outcome = {conversation.outcome}")
        return [("note", line) for line in lines]

    def _tells(self, values: Iterable[object]) -> bool:
        """Whether one of them is a sensitive answer under another name."""
        secrets = {plain(secret) for secret in self._call.conversation.secrets}
        return any(isinstance(value, str | int) and plain(str(value)) in secrets for value in values)

    # --- commands ---

    def _over(self, rest: str) -> list[ShownLine]:
        """The call goes back to that sentence, and something is said while it is heard."""
        sentences = self._call.sentences
        step, _, words = rest.partition(" ")
        if step not in sentences:
            step, words = (sentences or [""])[-1], rest
        if not sentences:
            return [("note", "no sentence was said since your last turn: what you type answers the question")]
        if not words.strip():
            return [("note", "write the words behind it: /over no me llamen más")]
        typed = f"/over {step} {words.strip()}"
        self._replay(self._typed, typed)
        self._typed.append(typed)
        return self._turn("/over", typed.removeprefix("/over "), typed)

    def _jump(self, rest: str) -> list[ShownLine]:
        flow, dot, step = rest.rpartition(".")
        flow = flow if dot else self._call.conversation.position.flow
        if not step:
            return [("note", "write the step behind it: /jump main_menu")]
        if self.finished:
            return [("note", _OVER)]
        there = self._flows.flows.get(flow)
        lacking = self._lacking(there.steps[step]) if there and step in there.steps else []
        if lacking:
            return [("note", f"not yet: `{step}` needs {'; '.join(lacking)}")]
        before = len(self._call.conversation.faults)
        try:
            self._call.jump(flow, step)
        except DialogError as fault:
            return [("note", str(fault))]
        broken = self._call.conversation.faults[before:]
        if broken:
            self._replay(self._typed)
            first = broken[0]
            why = f"the flow would break at {first.flow}.{first.step} ({_in_words(first)})"
            return [("note", f"not yet: {why}; /set what it needs, or jump to a step before it")]
        self._typed.append(f"/jump {flow}.{step}")
        self._led = "/jump"
        return list(self._news())

    def _lacking(self, step: Step) -> list[str]:
        """What the step names and nobody knows yet, each with what to type."""
        conversation = self._call.conversation
        names = [name for _, name in step.needs()]
        names += [
            name
            for _, words in (*step.prompts(), *step.written())
            for text in words.values()
            for name in text.names
        ]
        names += [name for _, template in step.templates() for name in template.names]
        names += [name for _, condition in step.conditions() for name in condition.names]
        own = step.filled_before()
        lacking: dict[str, None] = {}
        for name in names:
            source, dot, _ = name.rpartition(".")
            if name in own or source == "caller":
                continue
            if dot and source not in conversation.found:
                lacking[f"`{name}` of a look-up (jump to {self._asks(source)} instead)"] = None
            elif not dot and conversation.values.get(name) is None:
                lacking[f"`{name}` (/set {name} …)"] = None
        return list(lacking)

    def _asks(self, source: str) -> str:
        """The steps that ask that look-up, to jump to."""
        return (
            " or ".join(
                f"`{flow.name}.{name}`"
                for flow in self._flows.flows.values()
                for name, step in flow.steps.items()
                if getattr(step, step.type_name, None) == source and not step.takes_input
            )
            or "the step that asks it"
        )

    def _set(self, rest: str) -> list[ShownLine]:
        slot, _, value = rest.partition(" ")
        known = {name for name in self._flows.types if "." not in name}
        if slot not in known:
            return [("note", f"there is no slot `{slot}`: {nearest(slot, known)}")]
        if not value.strip():
            return [("note", f"write the value behind it: /set {slot} 45716")]
        if self.finished:
            return [("note", _OVER)]
        hidden = slot in self._flows.sensitive
        filled, wanted = given(self._flows, slot, value.strip(), self._call.conversation.asking)
        if not filled:
            shown = MASK if hidden else value.strip()
            return [("note", f"`{shown}` is no value for `{slot}`: {wanted}")]
        for name, one in filled.items():
            self._call.conversation.fill(name, one)
        self._typed.append(f"/set {slot} {value.strip()}")
        self._led = "/set"
        return [("note", f"{slot} = {MASK if hidden else filled[slot]}")]

    def _back(self, _rest: str) -> list[ShownLine]:
        if not self._typed:
            return [("note", "there is no turn to take back")]
        *before, last = self._typed
        self._replay(before)
        command, _, rest = last.partition(" ")
        if command == "/set":
            shown = f"/set {rest.partition(' ')[0]}"
        elif command == "/jump":
            shown = last
        else:
            shown = MASK if self._call.waiting is not None and self._call.waiting.sensitive else last
        asked = self._call.turn.said[-1:]
        return [("note", f"taken back: {shown or '/silence'}"), *(("ivr", said) for said in asked)]

    def _replay(self, turns: list[str], then: str = "") -> None:
        """The call from its beginning with these turns, and `then` to come; without showing anything."""
        self._dial()
        self._typed = []
        turns = [*turns, then]
        self.start(turns[0])
        for typed, following in pairwise(turns):
            command, _, rest = typed.partition(" ")
            if command in ("/jump", "/set"):
                self._call.stop_at = _over_which(following)
                self._commands[command](rest)
            else:
                self._typed.append(typed)
                self._turn(command, rest.strip(), typed, following)

    def _save(self, rest: str) -> list[ShownLine]:
        file, name = file_and_name(rest.strip())
        if not file:
            return [("note", "write the file behind it: /save main.test.yaml a caller asks for the balance")]
        if self._led:
            return [
                (
                    "note",
                    f"a call with {self._led} is no test, because no caller can do that: /back takes it back",
                )
            ]
        self._written.data = self._data_used()
        title = name or f"a call of {len(self._typed)} turns"
        try:
            add_test(Path(file), title, self._written, self._flows)
        except DialogError as fault:
            return [("note", f"not saved: {fault}")]
        lines: list[ShownLine] = [("note", f"saved “{title}” in {file}: ivr test {file}")]
        beside = Path(self._flows.flow(self._flow).source.file).resolve().parent
        if Path(file).resolve().parent != beside:
            lines.append(("note", f"a test is found beside its flow: move it to {beside}"))
        if any(name in self._flows.sensitive for name in self._call.conversation.slots):
            lines.append(
                ("note", "the test holds sensitive answers as you typed them: use made-up ones only")
            )
        return lines

    def _data_used(self) -> Data:
        used: dict[str, dict[str, Answer | Sequence[Answer]]] = {}
        for lookup, by in self._call.asked:
            answers = self._data.get(lookup, {})
            answer = answers.get(by, answers.get("else", "missing"))
            # Several answers, given one after the other, are kept as such.
            whole = answer if isinstance(answer, str | Mapping) else list(answer)
            used.setdefault(lookup, {})[by] = whole
        return used


def _over_which(typed: str) -> str:
    """The step whose sentence is spoken over by that turn; empty: it is another turn."""
    command, _, rest = typed.partition(" ")
    return rest.partition(" ")[0] if command == "/over" else ""


def _in_words(fault: Fault) -> str:
    """The reason without the name that the program has for it."""
    return fault.reason.partition(": ")[2] or fault.reason


def _short(answer: Answer) -> str:
    return answer if isinstance(answer, str) else "found"
