"""Applications that play to the caller and take keys: playback, play_and_get_digits, record.

Sources: mod_dptools.c (`playback_function`, `on_dtmf`), switch_ivr_play_say.c
(`switch_play_and_get_digits`, `switch_ivr_read`), switch_ivr.c (`switch_ivr_collect_digits_count`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from esl.embedded.apps import APPLICATIONS, whole_number
from esl.embedded.playing import play
from esl.embedded.separated import cut_at_blanks
from esl.embedded.sounds import Played

if TYPE_CHECKING:
    from esl.embedded.session import Session

_MOST_DIGITS = 127
_SHORTEST_TIMEOUT = 1000
"""Milliseconds: play_and_get_digits takes less for this."""


def _ends_playback(session: Session, key: str) -> bool:
    """Whether a key is one of `playback_terminators` (`*` if not set)."""
    terminators = session.channel.get("playback_terminators") or "*"
    if terminators.lower() == "any":
        terminators = "1234567890*#"
    elif terminators.lower() == "none":
        terminators = ""
    if key not in terminators:
        return False
    session.channel.set("playback_terminator_used", key)
    return True


@APPLICATIONS.add("playback", needs_media=True)
def _playback(session: Session, argument: str) -> None:
    """`playback SOUND`; says how it went in Application-Response."""
    session.channel.set("playback_terminator_used", None)
    played = play(session, argument, on_key=lambda key: _ends_playback(session, key))
    session.respond(played.response)


@APPLICATIONS.add("endless_playback", needs_media=True)
def _endless_playback(session: Session, argument: str) -> None:
    while session.is_ready() and play(session, argument) is Played.WHOLE:
        pass


class _End(Enum):
    """How the collecting of keys came out."""

    SUCCESS = "success"
    TIMEOUT = "timeout"
    FAILURE = "failure"


@dataclass(frozen=True)
class _Question:
    """The arguments of play_and_get_digits; times in milliseconds."""

    shortest: int
    longest: int
    tries: int
    timeout: int
    terminators: str
    prompt: str
    bad_input: str
    variable: str
    pattern: str
    digit_timeout: int
    on_failure: str

    @classmethod
    def read(cls, text: str) -> _Question:
        words = [*cut_at_blanks(text, 32), *[""] * 11]
        shortest = max(whole_number(words[0]), 0)
        timeout = max(whole_number(words[3], _SHORTEST_TIMEOUT), _SHORTEST_TIMEOUT)
        return cls(
            shortest=shortest,
            longest=min(max(whole_number(words[1]), shortest), _MOST_DIGITS),
            tries=whole_number(words[2]),
            timeout=timeout,
            terminators=words[4] or "#",
            prompt=words[5],
            bad_input=words[6],
            variable=words[7],
            pattern=words[8],
            digit_timeout=whole_number(words[9]) or timeout,
            on_failure=words[10],
        )

    def fits(self, digits: str) -> bool:
        if not self.pattern:
            return True
        try:
            return re.search(self.pattern, digits) is not None
        except re.error:
            return False


@APPLICATIONS.add("play_and_get_digits", needs_media=True)
def _play_and_get_digits(session: Session, argument: str) -> None:
    """`play_and_get_digits MIN MAX TRIES TIMEOUT TERMINATORS FILE BAD_FILE VARIABLE REGEX DIGIT_TIMEOUT`."""
    question, channel = _Question.read(argument), session.channel
    invalid = f"{question.variable}_invalid" if question.variable and question.pattern else ""
    if invalid:
        channel.set(invalid, None)
    for _ in range(max(question.tries, 0)):
        if not session.is_ready():
            break
        end, digits = _ask(session, question)
        enough = len(digits) >= question.shortest
        if end is _End.TIMEOUT and enough:
            end = _End.SUCCESS
        if question.shortest == 0 and not digits and channel.get("read_terminator_used"):
            return
        if end is _End.SUCCESS and digits:
            if question.fits(digits):
                return
            channel.set(question.variable, None)
            if invalid:
                channel.set(invalid, digits)
        if not session.is_ready():
            break
        if question.bad_input:
            play(session, question.bad_input)
    if question.on_failure and session.is_ready():
        session.transfer(question.on_failure.split(" ", 1)[0])


def _ask(session: Session, question: _Question) -> tuple[_End, str]:
    channel, digits = session.channel, ""
    channel.set("read_result", None)
    channel.set("read_terminator_used", None)
    if question.variable:
        channel.set(question.variable, None)
    if question.prompt and question.prompt.lower() != "silence":
        pressed: list[str] = []

        def first_key(key: str) -> bool:
            pressed.append(key)
            return True

        played = play(session, question.prompt, on_key=first_key)
        digits = "".join(pressed)
        if played in (Played.MISSING, Played.FAILED):
            return _End.FAILURE, ""
    end, terminator = _End.SUCCESS, ""
    if len(digits) < question.longest:
        end, digits, terminator = _collect(session, question, digits)
    if terminator:
        channel.set("read_terminator_used", terminator)
        at = question.terminators.find(terminator)
        if at > 0 and question.terminators[at - 1] in "+x":
            digits += terminator
    elif question.terminators.startswith("=") and end is _End.SUCCESS:
        end = _End.FAILURE
    if len(digits) < question.shortest and end is not _End.TIMEOUT:
        end = _End.FAILURE
    if question.shortest and len(digits) < question.shortest:
        end = _End.FAILURE
    channel.set("read_result", end.value)
    if question.longest == 1 and digits and digits in question.terminators:
        digits = ""
    if question.variable and digits:
        channel.set(question.variable, digits)
    return end, digits


def _collect(session: Session, question: _Question, digits: str) -> tuple[_End, str, str]:
    """More keys until there are enough, one ends it, or the time is over."""
    if digits and digits[0] in question.terminators:
        return _End.SUCCESS, "", digits[0]
    clock = session.switch.clock
    until = clock.now() + (question.digit_timeout if digits else question.timeout) / 1000
    while session.is_ready():
        session.obey_queued()
        if not session.is_ready():
            break
        if clock.now() >= until:
            return _End.TIMEOUT, digits, ""
        while session.keys:
            until = clock.now() + question.digit_timeout / 1000
            key = session.take_key()
            if key in question.terminators:
                return _End.SUCCESS, digits, key
            digits += key
            if len(digits) >= question.longest:
                return _End.SUCCESS, digits, ""
        session.rest(until)
    return _End.FAILURE, digits, ""


@APPLICATIONS.add("record", needs_media=True)
def _record(session: Session, argument: str) -> None:
    """`record PATH [SECONDS] [THRESHOLD] [SILENCE_SECONDS]`: the caller, until a terminator or silence."""
    words = [*cut_at_blanks(argument, 4), *[""] * 4]
    name, longest = words[0], whole_number(words[1])
    channel = session.channel
    channel.set("playback_terminator_used", None)
    kept = {key: channel.variables.get(key) for key in ("RECORD_READ_ONLY", "RECORD_STEREO")}
    channel.variables["RECORD_READ_ONLY"] = "true"  # a message is what the caller says
    channel.variables.pop("RECORD_STEREO", None)
    try:
        started = bool(name) and session.recordings.start(name, longest=float(longest) if longest else None)
    finally:
        for key, value in kept.items():
            channel.variables.pop(key, None)
            if value is not None:
                channel.variables[key] = value
    if not started:
        return
    recording = session.media.recordings[name]
    recording.end_on_silence(threshold=whole_number(words[2]), seconds=whole_number(words[3]))
    while session.is_ready() and name in session.media.recordings and not session.take_break():
        session.obey_queued()
        if session.keys:
            if _ends_playback(session, session.take_key()):
                break
            continue
        session.rest()
    session.recordings.stop(name)
