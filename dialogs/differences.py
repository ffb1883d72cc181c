"""What a scripted call was expected to be, and what it was, side by side for a person to read.

A difference is shown in terminals, pages and build logs: of what is sensitive it tells that it differs, and
never what it was. What the test wanted is the test's own text, and is shown as it stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import product

from dialogs.call import MASK
from dialogs.errors import ValueUnspeakable
from dialogs.rehearsal_format import Expect, PerLanguage
from dialogs.slots.words import plain
from dialogs.spoken import say
from dialogs.stand_in import StandIn, Turn


@dataclass(frozen=True)
class Difference:
    """Where a call did not go as expected: the line of the test, what was wanted, and what was.

    `nearest` shows the passage that comes closest to wanted words, with what differs in brackets.
    """

    line: int
    what: str
    wanted: str
    was: str
    nearest: str = ""

    def __str__(self) -> str:
        lines = [self.what, f"    wanted:  {self.wanted}", f"    was:     {self.was}"]
        if self.nearest:
            lines.append(f"    nearest: {self.nearest}")
        return "\n".join(lines)


def text_in(text: PerLanguage, language: str) -> str | None:
    """The text of that language; `None` if there is none."""
    return text.get(language) if isinstance(text, dict) else text


def holds(heard: str, text: str) -> bool:
    """Whether those words were said, whatever their accents and case; signs alone as they stand."""
    words = plain(text)
    return f" {words} " in f" {plain(heard)} " if words else text in heard


_NUMBER = re.compile(r"[0-9]+")
_MOST_NUMBERS = 5
"""In one wanted text; each may be spoken in three ways, and all of them are tried."""


def readings(text: str, language: str) -> Iterator[str]:
    """The text, and how it sounds with its numbers spoken: as they stand, digit by digit, as a number.

    A passage with a masked value is known by its sound only; so a test may write "número doce, 28013".
    """
    yield text
    numbers = _NUMBER.findall(text)
    if not 0 < len(numbers) <= _MOST_NUMBERS:
        return
    frame = _NUMBER.split(text)
    for spoken in product(*(_spoken(number, language) for number in numbers)):
        yield "".join(part + word for part, word in zip(frame, (*spoken, ""), strict=True))


def _spoken(number: str, language: str) -> list[str]:
    found = [number]
    for form in ("digits", "number", "spell"):
        try:
            found.append(
                say(form, int(number) if form == "number" else number, name="", language=language)[0]
            )
        except ValueUnspeakable:
            continue  # that long a number is said in no language
    return list(dict.fromkeys(found))


def nearest_passage(heard: str, wanted: str) -> str:
    """The words of `heard` that come closest to the wanted ones: "Son [cinco → seis] cifras".

    Empty if nothing is at all alike.
    """
    said, words = heard.split(), wanted.split()
    there, sought = [plain(word) for word in said], [plain(word) for word in words]
    matcher = SequenceMatcher(None, there, sought, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks:
        return ""
    first = max(0, blocks[0].a - blocks[0].b)
    last = min(len(said), blocks[-1].a + len(sought) - blocks[-1].b)
    shown = []
    for tag, a, b, c, d in SequenceMatcher(None, there[first:last], sought, autojunk=False).get_opcodes():
        was, should = " ".join(said[first + a : first + b]), " ".join(words[c:d])
        shown.append(was if tag == "equal" else f"[{should or 'nothing'} → {was or 'nothing'}]")
    return " ".join(shown)


DEEDS = (
    "transfer",
    "record",
    "message",
    "verify",
    "understand",
    "callback",
    "notify",
    "promise",
    "case",
    "consent",
    "write",
)
"""What a test may expect by the node's own key."""


def done(turn: Turn, deed: str) -> str | None:
    """What was done of that kind since the caller's last turn."""
    return ", ".join(name for what, name in turn.deeds if what == deed) or None


def compare(call: StandIn, expect: Expect, line: int, language: str) -> Iterator[Difference]:
    """What differs from what is expected since the caller's last turn."""
    yield from _words_that_differ(call, expect, line, language)
    for what, wanted, was in _facts(call, expect):
        if wanted is not None and wanted != was:
            yield Difference(line, what, _words(wanted), _words(was))
    slots, public = call.conversation.slots, call.conversation.public_slots
    for name, value in expect.slots.items():
        if value != slots.get(name):
            yield Difference(line, f"slot {name}", value, _words(public.get(name)))


def _words_that_differ(call: StandIn, expect: Expect, line: int, language: str) -> Iterator[Difference]:
    """Nothing that is masked is shown: of such a sentence only its sound is compared."""
    turn, spoken = call.turn, call.conversation.language
    heard = " ".join((*turn.said, *turn.voiced))
    shown = " / ".join(turn.said) or "nothing"
    masked = any(MASK in said for said in turn.said)
    voiced_openly = (voiced for said, voiced in zip(turn.said, turn.voiced, strict=True) if MASK not in said)
    open_to_all = " ".join((*turn.said, *voiced_openly))

    def was_said(text: str) -> bool:
        return any(holds(heard, one) for one in (readings(text, spoken) if masked else (text,)))

    for wanted in expect.said:
        text = text_in(wanted, language)
        if text is None:
            yield Difference(line, "said", f"a text in {language}", "the test has none in that language")
        elif not was_said(text):
            yield Difference(line, "said", f"… {text} …", shown, nearest_passage(open_to_all, text))
    for unwanted in expect.not_said:
        text = text_in(unwanted, language)
        if text is not None and was_said(text):
            yield Difference(line, "said", f"not “{text}”", shown)


def _facts(call: StandIn, expect: Expect) -> list[tuple[str, object, object]]:
    """What a test may expect beside words: its name, what is wanted (`None`: anything), and what it was."""
    conversation, turn, position = call.conversation, call.turn, call.conversation.position
    return [
        ("step", expect.step, position.step),
        ("flow", expect.flow, position.flow),
        ("queue", expect.queue, ", ".join(turn.queues) or None),
        ("lookup", expect.lookup, ", ".join(name for name, _ in turn.lookups) or None),
        ("outcome", expect.outcome, conversation.outcome),
        ("language", expect.language, conversation.language),
        ("hangup", expect.hangup, conversation.finished),
        ("keypad_only", expect.keypad_only, call.waiting is not None and not call.waiting.voice),
        ("recorded", expect.recorded, call.recorded),
        ("faults", expect.faults, len(conversation.faults)),
        *((deed, getattr(expect, deed), done(turn, deed)) for deed in DEEDS),
        ("offered", expect.offered, call.waiting.offers if call.waiting else None),
    ]


def _words(value: object) -> str:
    if value is None:
        return "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
