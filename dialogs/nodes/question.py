"""Asking and listening, shared by every node that waits for an answer.

Rules:
1. No-input and no-match are counted apart, each with its own words and its own number of retries.
2. The way down: say it again, then (at the last retry of two or more) keypad only, then give up; the
   node decides what giving up means, by default a person.
3. Repeat, help and slower are answered here; person, back and language by the engine. None of them is a
   miss, but nobody can circle on them for ever (`MOST_DETOURS`).
4. Whoever does not have the number that is asked for is no miss either (`dialogs.nodes.not_at_hand`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from dialogs.call import SLOW, SLOWEST, Call
from dialogs.effects import Collect, Effect, Keys, Prompt
from dialogs.errors import UnexpectedResult
from dialogs.expressions import Template
from dialogs.flow import DEFAULT_RETRIES, Flow, Name, Retries
from dialogs.nodes.not_at_hand import TIME_TO_LOOK, find_not_at_hand, not_at_hand_phrases
from dialogs.nodes.step import NEXT, PERSON, Exit, Step, Way
from dialogs.plain_values import as_list_of_words
from dialogs.prompts import Words
from dialogs.results import Heard, Keyed, Match, NoInput, NoMatch, Result
from dialogs.slots.words import words_of
from dialogs.universals import (
    FASTER,
    HELP,
    NOT_AT_HAND,
    REPEAT,
    SLOWER,
    find_universal,
    universal_phrases,
    wanted_instead,
)

MOST_DETOURS = 6
"""Repeats, helps and slowers at one question; more count as no-match."""
MOST_WORDS_ALONE = 4
"""Words of an utterance in free speech that may be a universal."""

Judge = Callable[[Heard | Keyed], Match | NoMatch]
Listening = Generator[Effect, Result, Match | None]
Once = Generator[Effect, Result, Match | NoMatch | NoInput]


_WORDS_SCHEMA = {"type": "object", "additionalProperties": {"type": ["string", "number"]}, "minProperties": 1}

Reprompts = Annotated[
    list[Words],
    BeforeValidator(as_list_of_words),
    Field(max_length=5),
    WithJsonSchema(
        {
            "description": "What to say the first, second … time; one text, or a list",
            "anyOf": [_WORDS_SCHEMA, {"type": "array", "items": _WORDS_SCHEMA, "maxItems": 5}],
        }
    ),
]


class Question(Step):
    """The keys of every node that asks."""

    takes_input: ClassVar[bool] = True

    prompt: Words = Field(description="The question, in each language")
    no_input: Reprompts = Field(
        default_factory=list, description="What is said after silence: one text, or one for each time"
    )
    no_match: Reprompts = Field(
        default_factory=list, description="What is said after no answer to it: one text, or one for each time"
    )
    help: Reprompts = Field(
        default_factory=list,
        description="What is said to somebody who asks for help: one text, or one for each time",
    )
    retries: Retries | None = Field(None, description="How often it is asked again; as the flow says")
    failed: Name | None = Field(None, description="Where to go when all retries are used up; a person")
    timeout: float = Field(6.0, ge=1.0, le=30.0, description="Seconds of silence after the prompt")
    barge_in: bool = Field(
        True,
        description="Whether the caller may speak into the prompt; if not, an answer counts from its last "
        "half second on",
    )

    def exits(self) -> Iterator[Exit]:
        yield Exit(NEXT, self.then, ("then",))
        yield self.failed_exit()

    def failed_exit(self) -> Exit:
        return Exit("failed", self.failed or PERSON, ("failed",))

    def prompts(self) -> Iterator[tuple[Way, Mapping[str, Template]]]:
        yield ("prompt",), self.prompt
        for name in ("no_input", "no_match", "help"):
            for at, words in enumerate(getattr(self, name)):
                yield (name, at), words

    def misses(self, flow: Flow) -> Mapping[str, int]:
        allowed = self.allowed_in(flow)
        return {"no_input": allowed.no_input or 0, "no_match": allowed.no_match or 0}

    def allowed_in(self, flow: Flow) -> Retries:
        """The retries that hold here: the node's over the flow's over the default."""
        return (self.retries or Retries()).over(flow.retries.over(DEFAULT_RETRIES))


@dataclass(frozen=True)
class Asked:
    """One question as it is put: what to say, what answers it, and how long to listen."""

    step: Question
    kind: str
    say: Callable[[], Prompt]
    phrases: tuple[str, ...]
    words: tuple[str, ...]
    keys: Keys
    judge: Judge
    keypad: str
    """The built-in sentence that asks for keys."""
    final_silence: float = 0.7
    longest_utterance: float = 8.0
    own_words: bool = True
    """Whether the step's own reprompts belong to this question (not to a "did you say …?")."""
    sensitive: bool = False
    keypad_at_last: bool = True
    """Whether the last retry takes keys only: where keys can answer."""
    offers: str = ""
    """What a yes brings about (`Collect.offers`)."""
    free_speech: bool = False
    """Anything may be said: no grammar, and a universal counts only where it stands alone."""
    looked_up: bool = False
    """Whether the answer stands written somewhere, so that callers may not have it at hand."""
    keep: str = ""
    """Why the sound of the answer is kept (`Collect.keep`)."""
    name: str = ""
    """What records call it, where it is no step of the flow."""
    behind: Callable[[], Prompt] = tuple
    """What is said behind the step's own reprompts: what is on offer, where only the call knows it."""


def listen(call: Call, asked: Asked, lead: str = "") -> Listening:
    """Asks until there is an answer, or none can be had (`None`). `lead` is said first."""
    misses = Misses(call, asked)
    prompt = (*(call.built_in(lead) if lead else ()), *asked.say())
    while True:
        result = yield from asked_once(call, asked, misses, prompt)
        if isinstance(result, Match):
            if result.value != NOT_AT_HAND:
                return result
            call.last_miss = "not_at_hand"
            return None
        if misses.used_up_by(result):
            return None
        prompt = misses.prompt()


def answered(asking: Listening, heard: Match | None) -> Listening:
    """Listens, unless it was heard already: then it is not put, but asked back as any other answer is."""
    if heard is None:
        return (yield from asking)
    try:
        effect = next(asking)
        if isinstance(effect, Collect):
            effect = asking.send(heard)
        while True:
            result = yield effect
            effect = asking.send(result)
    except StopIteration as done:
        found: Match | None = done.value
        return found


def asked_once(call: Call, asked: Asked, misses: Misses, prompt: Prompt) -> Once:
    """Asks until there is an answer or a miss; what is no answer (repeat, help, slower) is done here.

    `NOT_AT_HAND` is an answer the second time: then the question is given up.
    """
    while True:
        result = yield _collect(call, asked, prompt, misses)
        if isinstance(result, Match) and result.value == NOT_AT_HAND and not misses.not_at_hand:
            misses.not_at_hand = True
            help_words = _help(call, asked.step.help[:1], 1) if asked.step.help else ()
            prompt = (*call.built_in("no_matter"), *help_words, *call.built_in("take_your_time"))
            continue
        if isinstance(result, Match) and result.value in (REPEAT, HELP, SLOWER, FASTER):
            misses.detours += 1
            if misses.detours <= MOST_DETOURS:
                misses.helps += result.value == HELP
                prompt = _detour(call, asked, result.value, misses.helps)
                continue
            result = NoMatch(result.said)
        if not isinstance(result, (Match, NoMatch, NoInput)):
            raise UnexpectedResult(f"a question cannot go on after {type(result).__name__}")
        return result


@lru_cache(maxsize=256)
def _beside_answers(
    language: str, languages: tuple[str, ...], *, slowed: bool, looked_up: bool
) -> Mapping[str, None]:
    """What the recogniser listens for beside the answers: hundreds of phrases, the same at each question."""
    told = universal_phrases(language, languages, slowed=slowed)
    told += not_at_hand_phrases(language) if looked_up else ()
    return dict.fromkeys(phrase.lower() for phrase in told)


def _collect(call: Call, asked: Asked, prompt: Prompt, misses: Misses) -> Collect:
    language, languages = call.language, call.flow.languages
    call.told_more = None  # it was for this question, if for any
    one_key, slowed = asked.keys.longest <= 1, call.pace < 1.0

    def judge(answer: Heard | Keyed) -> Match | NoMatch:
        own = asked.judge(answer)
        if asked.free_speech and isinstance(answer, Heard):
            return _alone(answer, language, languages, slowed=slowed) or own
        wished = wanted_instead(own, answer, language, languages, one_key=one_key, slowed=slowed)
        if wished is None and asked.looked_up and isinstance(own, NoMatch):
            wished = find_not_at_hand(answer, language)
        return wished or own

    phrases: dict[str, None] = {}
    if not asked.free_speech:
        phrases = dict.fromkeys(phrase.lower() for phrase in asked.phrases if phrase)
        phrases |= _beside_answers(language, tuple(languages), slowed=slowed, looked_up=asked.looked_up)
    return Collect(
        prompt=prompt,
        step=asked.name or call.step,
        kind=asked.kind,
        language=language,
        phrases=tuple(phrases),
        words=asked.words,
        keys=asked.keys,
        judge=judge,
        voice=not misses.keypad_only,
        barge_in=asked.step.barge_in,
        initial_timeout=max(asked.step.timeout, TIME_TO_LOOK if misses.not_at_hand else 0.0),
        final_silence=asked.final_silence,
        longest_utterance=asked.longest_utterance,
        sensitive=asked.sensitive,
        offers=asked.offers,
        keep=asked.keep,
    )


def _alone(answer: Heard, language: str, languages: Sequence[str], *, slowed: bool) -> Match | None:
    """A universal that is all that was said: in free speech "una persona me dijo…" asks for nobody."""
    short = tuple(a for a in answer.alternatives[:1] if len(words_of(a.text)) <= MOST_WORDS_ALONE)
    return find_universal(Heard(short), language, languages, one_key=False, slowed=slowed)


def _detour(call: Call, asked: Asked, wanted: str, helps: int) -> Prompt:
    """Whoever asks for help again gets the step's next help, and at last what can always be said."""
    if wanted in (SLOWER, FASTER):
        said = "usual_pace"
        if wanted == SLOWER:
            said = "slower" if call.pace > SLOWEST else "slowest"
        call.pace = _pace_after(call.pace, wanted)
        return (*call.built_in(said), *asked.say())
    if wanted == HELP:
        return (*_help(call, asked.step.help, helps), *asked.say())
    return asked.say()


def _pace_after(pace: float, wanted: str) -> float:
    if wanted == FASTER:
        return 1.0
    return SLOW if pace > SLOW else SLOWEST


def _help(call: Call, own: Sequence[Mapping[str, Template]], time: int) -> Prompt:
    if time > len(own):
        return call.built_in("help")
    return call.prompt(own[time - 1], "help" if time == 1 else f"help_{time}")


class Misses:
    """Counts no-input and no-match apart, and knows what to say next."""

    def __init__(self, call: Call, asked: Asked) -> None:
        self.call, self.asked = call, asked
        self.allowed = asked.step.misses(call.flow)
        self.counted = {"no_input": 0, "no_match": 0}
        self.last = "no_match"
        self.reason = ""
        self.detours = self.helps = 0
        self.not_at_hand = False
        """Whether the caller has said that they do not have what is asked for."""

    def used_up_by(self, miss: NoMatch | NoInput) -> bool:
        self.last = "no_input" if isinstance(miss, NoInput) else "no_match"
        self.reason = miss.reason if isinstance(miss, NoMatch) else ""
        self.counted[self.last] += 1
        self.call.last_miss = self.last
        if self.asked.own_words:
            self.call.missed(self.last, self.counted[self.last])
        return self.counted[self.last] > self.allowed[self.last]

    @property
    def keypad_only(self) -> bool:
        return (
            self.asked.keypad_at_last
            and self.asked.keys.longest > 0
            and any(
                self.allowed[kind] >= 2 and self.counted[kind] >= self.allowed[kind] for kind in self.counted
            )
        )

    def prompt(self) -> Prompt:
        own = getattr(self.asked.step, self.last) if self.asked.own_words else []
        # Who was understood must not hear "I did not understand", nor a designer's words that say so.
        why = self.call.because(self.reason)
        if own and not why:
            at = min(self.counted[self.last], len(own))
            words = self.call.prompt(own[at - 1], f"{self.last}_{at}")
            # A designer's sentence that is shorter than the misses must still name the keys.
            if not self.keypad_only or at == self.counted[self.last]:
                return (*words, *self.asked.behind())
        lead = why or self.call.built_in("not_heard" if self.last == "no_input" else "not_understood")
        if not self.keypad_only:
            return (*lead, *self.asked.say())
        keypad = self.call.built_in(self.asked.keypad)
        if self.asked.keypad == "keypad_digits":
            return (*lead, *keypad)
        if self.asked.keypad == "keypad_menu":
            return (*lead, *keypad, *self.asked.say())
        return (*lead, *self.asked.say(), *keypad)
