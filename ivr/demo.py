"""Two callers on the embedded switch: one speaks and asks for the balance, one keys and asks for a person.

Rules:
1. Only the callers are played. They hear and speak through the switch, in real time; what they answer
   depends on what they are asked, and nothing tells the server what was said but the sound.
2. The goal is checked from outside: the amount is recognised again in what the caller *heard*, and
   compared with the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import gevent
from gevent.queue import Empty, Queue

from esl.embedded.caller import ScriptedCaller
from esl.embedded.measure import first_loud, spans_of_sound
from ivr.living.audible import amount_in_words, likeness
from ivr.moments import MASK, CallerAnswered, CallOver, HandedOver, Moment, SystemSpoke

CALL_DEADLINE = 120.0
"""Seconds until a played call is given up."""
TOLD_LATE = 8000 * 3
"""Samples by which a moment may come after the sound that it tells of."""
CLEARLY_HEARD = 0.9
"""Likeness from which a prompt has reached the caller's ear (1.0 on an undisturbed line)."""
GAP_BEFORE_SPEAKING = 0.6
"""Seconds of quiet that tell the caller that it is their turn."""


DIGITS = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
PromptOf = Callable[[str, str], bytes]
"""A sentence of a language as the system plays it: 8 kHz samples."""


@dataclass(frozen=True)
class Reply:
    """What a caller answers to a question of the flow: words to say, or keys to press."""

    step: str
    words: str = ""
    keys: str = ""
    after: float | None = None
    """Seconds into the question at which it is given, as by somebody who knows what is coming; `None`: as the
    persona does."""


@dataclass(frozen=True)
class Persona:
    """A caller: who calls, and what they answer. Replies to the same step are given in their order."""

    name: str
    number: str
    language: str
    replies: Sequence[Reply]
    agreement: str = "sí"
    """What is said to "did you say ...?"."""
    interrupts_after: float | None = None
    """Seconds into a question at which this caller begins to speak; None waits for the end."""


def one_by_one(number: str) -> str:
    """A number as people read it out in Spanish: digit by digit, with a breath between them."""
    return ", ".join(DIGITS[int(digit)] for digit in number)


def shown_keys(reply: Reply) -> str:
    """What a screen shows of keys: a PIN that is masked everywhere is not shown here."""
    return MASK if reply.step == "pin" else reply.keys


@dataclass(frozen=True)
class PlayedTurn:
    """One spoken answer and what came of it, in seconds. `whole`: from the end of the caller's speech to the
    first changed sample that they heard; it is the sum of the others."""

    step: str
    kind: str
    """Of the answer: `yes_no`, `digits`, ..."""
    result: str
    """`match`, `no_match` or `no_input`."""
    whole: float
    pause: float
    """Until it was decided that they had ended."""
    recognition: float
    """Until their words were understood."""
    dialog: float
    """Until the next prompt was ordered: the dialog, look-ups, the record, the switch's word on it."""
    line: float
    """The rest: the way to us and back, and the silence with which a prompt begins."""


@dataclass
class PlayedCall:
    """What became of one call."""

    persona: Persona
    moments: list[Moment] = field(default_factory=list)
    turn_seconds: list[float] = field(default_factory=list)
    """From the end of the caller's speech to the first changed sample that the caller heard."""
    turns: list[PlayedTurn] = field(default_factory=list)
    """Those of `turn_seconds` whose parts are known."""
    stop_seconds: list[float] = field(default_factory=list)
    """From the onset of speech over a prompt until the prompt had stopped at the caller's ear."""
    heard: bytes = b""
    heard_at: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Step → where its prompt lies in `heard` (samples, first and last)."""

    @property
    def over(self) -> CallOver | None:
        """The last moment."""
        last = self.moments[-1] if self.moments else None
        return last if isinstance(last, CallOver) else None

    def heard_of(self, step: str) -> bytes:
        """What was heard from the beginning of a step's prompt to the next thing that was said."""
        first, last = self.heard_at.get(step, (0, 0))
        return self.heard[first * 2 : last * 2]

    @property
    def handed_over(self) -> bool:
        """Whether a person answered."""
        return any(isinstance(moment, HandedOver) and moment.result == "handed" for moment in self.moments)


class CallerMind:
    """Plays one persona: hears what is asked, waits for its turn, answers."""

    def __init__(
        self,
        persona: Persona,
        caller: ScriptedCaller,
        speak: Callable[[str, str], bytes],
        tell: Callable[[str, str, str], None] = lambda _name, _number, _words: None,
        deadline: float = CALL_DEADLINE,
    ) -> None:
        """`speak` turns words of a language to samples; `tell` is told what the caller does: who, from
        which number, what. `deadline`: seconds until the call is given up."""
        self._deadline = deadline
        self._persona = persona
        self._caller = caller
        self._tell = tell
        self._words = {
            text: speak(text, persona.language)
            for text in {persona.agreement, *(reply.words for reply in persona.replies)}
            if text
        }
        self._left = list(persona.replies)
        self._moments: Queue[Moment] = Queue()
        self.played = PlayedCall(persona)
        self._told_at: list[float] = []
        """When each of `played.moments` was told: seconds of the machine's clock."""
        self._prompts: dict[str, tuple[int, int]] = {}

    def watch(self, moment: Moment) -> None:
        """Takes a moment of this caller's call."""
        self._told_at.append(time.monotonic())
        self.played.moments.append(moment)
        self._moments.put(moment)

    def play(self) -> PlayedCall:
        """Calls, answers until the call is over, and returns what became of it."""
        with self._caller:
            gevent.with_timeout(self._deadline, self._converse, timeout_value=None)
        self.played.heard = self._caller.heard
        self.played.heard_at = dict(self._prompts)
        return self.played

    def _converse(self) -> None:
        while not isinstance(moment := self._next(), CallOver | None):
            if isinstance(moment, SystemSpoke):
                self._listen_and_answer(moment)

    def _next(self) -> Moment | None:
        try:
            return self._moments.get(timeout=self._deadline)
        except Empty:
            return None

    def _listen_and_answer(self, spoke: SystemSpoke) -> None:
        caller = self._caller
        # The moment is told when the prompt has begun; under load it may have been heard for a while.
        began = max(0, caller.position - TOLD_LATE)
        if not spoke.listening:
            gevent.spawn(self._note_end, spoke.step, began)
            return
        reply = self._reply_to(spoke)
        if reply is None:
            return
        asked = len(self.played.moments)
        after = self._persona.interrupts_after if reply.after is None else reply.after
        if not self._wait_for_turn(after):
            return
        if reply.keys:
            self._tell(self._persona.name, self._persona.number, f"keys {shown_keys(reply)}")
            caller.key(reply.keys)
            return
        self._tell(self._persona.name, self._persona.number, f"says «{reply.words}»")
        sound = self._words[reply.words]
        utterance = caller.speak(sound)
        if utterance.end < 0:
            return
        if after is not None:
            onset = utterance.start + (first_loud(sound) or 0)
            if (stopped := caller.barge_in_latency(onset)) is not None:
                self.played.stop_seconds.append(stopped)
        gevent.spawn(self._time_answer, utterance.start + _end_of(sound), spoke, asked)

    def _wait_for_turn(self, after: float | None) -> bool:
        """Until this caller speaks; False if the call has ended first."""
        caller = self._caller
        if after is None:
            return caller.wait_until_quiet(GAP_BEFORE_SPEAKING)
        if not caller.wait_for_sound():
            return False
        caller.silent(after)
        return not caller.hung_up.is_set()

    def _note_end(self, step: str, began: int) -> None:
        """Remembers where a prompt lies in what was heard, up to the next thing that is said."""
        before = len(self.played.moments)
        while len(self.played.moments) == before and not self._caller.hung_up.is_set():
            self._caller.silent(0.02)
        self._prompts[step] = (began, self._caller.position)

    def _time_answer(self, end: int, spoke: SystemSpoke, asked: int) -> None:
        """`end`: the sample behind the caller's speech; `asked`: how many moments there were before it."""
        deadline = self._caller.position + 8000 * 8
        while self._caller.position < deadline and not self._caller.hung_up.is_set():
            if (latency := self._caller.response_latency(end)) is not None:
                self.played.turn_seconds.append(latency)
                if (turn := self._parts(latency, spoke, asked)) is not None:
                    self.played.turns.append(turn)
                return
            self._caller.silent(0.1)

    def _parts(self, whole: float, spoke: SystemSpoke, asked: int) -> PlayedTurn | None:
        """Where the time of a turn went; None if what was heard was no answer to it."""
        since = list(zip(self.played.moments, self._told_at, strict=True))[asked:]
        answers = [
            (place, answer, at)
            for place, (answer, at) in enumerate(since)
            if isinstance(answer, CallerAnswered) and answer.step == spoke.step
        ]
        if not answers:
            return None
        place, answer, answered_at = answers[0]
        spoken = next((at for moment, at in since[place:] if isinstance(moment, SystemSpoke)), None)
        if spoken is None:
            return None
        pause, dialog = answer.latency - answer.recognition, spoken - answered_at
        line = whole - answer.latency - dialog
        return PlayedTurn(
            spoke.step, spoke.kind, answer.result, whole, pause, answer.recognition, dialog, line
        )

    def _reply_to(self, spoke: SystemSpoke) -> Reply | None:
        for place, reply in enumerate(self._left):
            if reply.step == spoke.step:
                return self._left.pop(place)
        if spoke.kind == "yes_no":
            return Reply(spoke.step, words=self._persona.agreement)
        return None


def _end_of(sound: bytes) -> int:
    """The sample after the last that can be heard."""
    spans = spans_of_sound(sound)
    return spans[-1][1] if spans else len(sound) // 2


@dataclass(frozen=True)
class Verdict:
    """Whether a call reached its goal, and why not."""

    played: PlayedCall
    goal: str
    """What the caller wanted, for people to read."""
    reached: bool
    why: str


def spoken_goal(played: PlayedCall, cents: int, currency: str, prompt_of: PromptOf) -> Verdict:
    """The balance was told: the sentence with the amount of the database is what the caller heard.

    `prompt_of` gives the samples of a sentence as it is played.
    """
    goal = "hear the balance"
    language = played.persona.language
    told = [one for one in played.moments if isinstance(one, SystemSpoke) and one.step == "tell"]
    if played.over is None:
        return Verdict(played, goal, reached=False, why="the call did not end")
    if not told:
        return Verdict(played, goal, reached=False, why="the balance was never said")
    words = amount_in_words(cents, language, currency)
    sentence = next((stretch for stretch in told[-1].words if words in stretch), None)
    if sentence is None:
        return Verdict(played, goal, reached=False, why=f"another amount was said than {words}")
    alike = likeness(played.heard_of("tell"), prompt_of(sentence, language))
    if alike < CLEARLY_HEARD:
        why = f"the amount did not reach the caller's ear (likeness {alike:.2f})"
        return Verdict(played, goal, reached=False, why=why)
    why = f"«{sentence}» reached the caller's ear (likeness {alike:.2f}), and is what the database says"
    return Verdict(played, goal, reached=True, why=why)


def person_goal(played: PlayedCall) -> Verdict:
    """A person answered."""
    reached = played.handed_over
    why = "a person answered" if reached else "nobody answered"
    return Verdict(played, "talk to a person", reached=reached, why=why)


def median_turn_ms(verdicts: Sequence[Verdict]) -> int | None:
    """Milliseconds from the end of the caller's speech to the first changed sample heard, the median."""
    turns = [seconds for verdict in verdicts for seconds in verdict.played.turn_seconds]
    return round(median(turns) * 1000) if turns else None
