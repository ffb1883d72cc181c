"""From scores to readings: what the caller probably said, given what the question expects. Pure rules.

Rules:
1. Sound without a voice in it has no reading, whatever a decoder makes of it.
2. An expected phrase must be sayable in the time that the sound took ("no" does not last 1.5 s).
3. It must be likely by itself (mean log probability per token), and like what free decoding wrote;
   either can carry the other, because a synthetic or foreign voice spoils the one more than the other.
4. Words that the caller parts by pauses are recognised one by one and put together.
5. The free text is always among the readings, so that a name, a number in figures or a sentence
   around the expected word is not lost. What is far from everything expected stays below 0.5.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Protocol

from speech.sound import has_voice, voiced_seconds
from speech.whisper_decoding import Clip, Scored, Text, clips_of, cut, plain
from speech.written_numbers import JOINERS, with_figures_joined

_LEAST_CONFIDENCE = 0.12
_SHORTEST_IN_SPEECH = 0.04
"""Seconds of voice that a word has at least; among words that are speech, less proof is needed."""
_ONE_WORD = 0.8
"""Seconds: a longer clip between pauses may hold several words."""
_LONGEST_PHRASE = 7.0
_LONGEST_ASIDE = 1.6
_ALIKE = 0.4
"""Likeness from which a stretch of the free text may be an expected phrase."""
_MISHEARD = 0.65
"""Likeness from which a whole text is taken for an expected phrase, badly spelt."""
_SHORTEST_MENDED = 4
"""Letters: "no" and "sí" sound like a part of anything."""
_MOST_MENDED = 10
"""A menu may have two hundred phrases, and short ones are like much: of 6, "mi saldo" was not one."""
_MENDABLE = 9.0
"""Log probability that a sentence with an expected phrase may lack to the free text."""
_MOST_READINGS = 5
_LIKENESS = 8.0
"""What full likeness to the free text is worth, in log probability, where the prior is not taken off."""
_PRIOR_OF_PHRASES = 0.3
"""Measured on menus and yes/no in five voices: 155 of 165 right, 149 without; single digits lose by it."""
_PRIOR_OF_SENTENCES = 0.7
_SENTENCE = 5
"""Words from which a phrase is a sentence."""
_MOST_SEQUENCES = 24
"""Combinations of words parted by pauses: the question's length and check digit choose among them."""


@dataclass(frozen=True)
class Guess:
    """A reading and how far to trust it, 0 to 1."""

    text: str
    confidence: float


class Listener(Protocol):
    """What is needed of a model: `speech.whisper_decoding.Ear`."""

    def listen(self, pcm: bytes) -> tuple[object, int]: ...

    def free(self, heard: tuple[object, int], language: str) -> Text: ...

    def choose(self, heard: tuple[object, int], language: str, phrases: Sequence[str]) -> list[Scored]: ...

    def spell(
        self,
        heard: tuple[object, int],
        language: str,
        words: Sequence[str],
        *,
        possible: Callable[[str], bool],
    ) -> list[Scored]: ...


class Utterance:
    """One question's answer as it grows. Clips that are over are recognised once and kept."""

    def __init__(
        self, listener: Listener, language: str, phrases: Sequence[str], words: Sequence[str] = ()
    ) -> None:
        self._listener = listener
        self._language = language
        self._phrases = tuple(dict.fromkeys(phrase for phrase in map(plain, phrases) if phrase))
        self._words = tuple(dict.fromkeys(word for word in map(plain, words) if word))
        self._known: list[tuple[Clip, list[Guess]]] = []

    @property
    def by_words(self) -> bool:
        """Whether the answer may be a row of expected words, as a number is."""
        return bool(self._words)

    def early(self, pcm: bytes) -> bool:
        """Recognises one clip that is certainly over, while the caller goes on. False: none left."""
        if not self.by_words:
            return False
        for clip in clips_of(pcm)[:-1]:
            if self._kept(clip) is None:
                self._one(pcm, clip)
                return True
        return False

    def readings(self, pcm: bytes) -> tuple[Guess, ...]:
        """What the whole utterance says, best first; none for noise and silence."""
        clips = clips_of(pcm)
        if not clips or not has_voice(pcm):
            return ()
        guesses: list[Guess] = []
        words = self.by_words
        if words:
            guesses += self._sequence(pcm, clips)
        span = Clip(clips[0].start, clips[-1].end)
        heard = self._listener.listen(cut(pcm, span))
        free = self._free(heard)
        # Where a number is expected, a phrase is a short way out ("una persona"): no long scoring.
        if self._phrases and span.seconds <= (_LONGEST_ASIDE if words else _LONGEST_PHRASE):
            possible = [phrase for phrase in self._phrases if sayable(phrase, span.seconds)]
            sentences = all(len(phrase.split()) >= _SENTENCE for phrase in possible)
            guesses += weighed(
                self._listener.choose(heard, self._language, possible),
                free,
                prior=_PRIOR_OF_SENTENCES if sentences else _PRIOR_OF_PHRASES,
            )
        if not words:
            guesses += self._mended(heard, free)
        best = max((guess.confidence for guess in guesses), default=0.0)
        # Below one half, and below an expected phrase that may well have been said.
        at_most = min(0.45, 0.8 * best) if best >= _LEAST_CONFIDENCE else 0.45
        guesses += self._from_free(free, at_most=at_most)
        return _ranked(guesses)

    def _sequence(self, pcm: bytes, clips: list[Clip]) -> list[Guess]:
        """The clips' words in a row, the likeliest combinations first.

        Confidence is the geometric mean over the clips, so that long numbers are not punished; a
        combination with a second-best word has its share of that.
        """
        each = [guesses[:3] for clip in clips if (guesses := self._one(pcm, clip))]
        if not each:
            return []
        rows: list[tuple[float, tuple[str, ...]]] = [(0.0, ())]
        for guesses in each:
            grown = [
                (score + math.log(max(guess.confidence, 1e-3)), (*said, guess.text))
                for score, said in rows
                for guess in guesses
            ]
            rows = sorted(grown, key=lambda row: -row[0])[:_MOST_SEQUENCES]
        top = rows[0][0]
        sure = math.exp(top / len(each))
        return [
            Guess(
                with_figures_joined(" ".join(said), self._language, self._words),
                sure * math.exp((score - top) / 2),
            )
            for score, said in rows
        ]

    def _kept(self, clip: Clip) -> list[Guess] | None:
        return next((guesses for known, guesses in self._known if same_clips([known], [clip])), None)

    def _one(self, pcm: bytes, clip: Clip) -> list[Guess]:
        kept = self._kept(clip)
        if kept is None:
            kept = self._recognised(cut(pcm, clip), clip.seconds)
            self._known.append((clip, kept))
        return kept

    def _recognised(self, sound: bytes, seconds: float) -> list[Guess]:
        """The expected words of one clip; for a longer clip several in a row."""
        if voiced_seconds(sound, shortest=_SHORTEST_IN_SPEECH) < _SHORTEST_IN_SPEECH:
            return []  # a breath or a click between two words
        heard = self._listener.listen(sound)
        possible = [word for word in self._words if sayable(word, seconds) and word not in JOINERS]
        scored = self._listener.choose(heard, self._language, possible)
        if seconds <= _ONE_WORD:
            return weighed(scored, None)
        free = self._free(heard)
        trust = math.exp(free.logprob / (free.tokens + 1))
        if free.text and self._all_expected(free.text) and trust > 0.55:
            return [Guess(free.text, trust)]  # a clear voice: no need to search
        spelt = self._listener.spell(
            heard, self._language, self._words, possible=lambda said: sayable(said, seconds)
        )
        return weighed(merged(scored, spelt), free)

    def _free(self, heard: tuple[object, int]) -> Text:
        free = self._listener.free(heard, self._language)
        if not self.by_words:
            return free
        return replace(free, text=with_figures_joined(free.text, self._language, self._words))

    def _all_expected(self, text: str) -> bool:
        known = {*self._words, *" ".join(self._phrases).split()}
        return all(word.isdigit() or word in known for word in text.split())

    def _mended(self, heard: tuple[object, int], free: Text) -> list[Guess]:
        """The free text with an expected phrase in the place that sounds like it, if the sound allows it.

        How much less likely than the free text it is decides. `_MENDABLE` was read off 18 sentences in 4
        synthetic voices: most said phrases lay within 9 (log probability), most others more than 10 below,
        and the two overlap. It is tuned on that set and tested on no other yet.
        """
        sentences = [] if self._holds_a_phrase(free.text) else mended(free.text, self._phrases)
        if not sentences:
            return []
        return [
            Guess(scored.phrase, 0.95 / (1 + math.exp(-(scored.logprob - free.logprob + _MENDABLE))))
            for scored in self._listener.choose(heard, self._language, sentences)
        ]

    def _holds_a_phrase(self, text: str) -> bool:
        return any(f" {phrase} " in f" {text} " for phrase in self._phrases)

    def _misheard(self, text: str) -> bool:
        """Whether the whole text sounds like a phrase that it does not hold: "no raca", "no gracias"."""
        return any(
            similarity(text, phrase) >= _MISHEARD and f" {phrase} " not in f" {text} "
            for phrase in self._phrases
        )

    def _from_free(self, free: Text, *, at_most: float) -> list[Guess]:
        if not free.text:
            return []
        trust = math.exp(free.logprob / (free.tokens + 1))
        if free.no_speech > 0.8 and trust < 0.4:
            return []
        if not self._phrases and not self._words:
            return [Guess(free.text, trust)]
        if free.text in self._phrases or self._all_expected(free.text):
            return [Guess(free.text, trust)]
        if self._holds_a_phrase(free.text) and not self._misheard(free.text):
            return [Guess(free.text, trust)]
        return [Guess(free.text, min(at_most, trust))]


def same_clips(one: Sequence[Clip], other: Sequence[Clip]) -> bool:
    """Whether the same sound lies in both; edges may move by two frames as the noise level settles."""
    return len(one) == len(other) and all(
        abs(a.start - b.start) <= 2 and abs(a.end - b.end) <= 2 for a, b in zip(one, other, strict=True)
    )


def sayable(phrase: str, seconds: float) -> bool:
    """Whether a person can need this long for the phrase: 5 to 30 letters a second, and a margin."""
    letters = len(phrase.replace(" ", ""))
    return letters / 30 <= seconds <= letters / 5 + 0.55


def similarity(one: str, other: str) -> float:
    """0 to 1: how alike two texts sound, roughly (Ratcliff-Obershelp on folded spelling)."""
    return SequenceMatcher(None, sounded(one), sounded(other), autojunk=False).ratio()


def mended(text: str, phrases: Sequence[str]) -> list[str]:
    """The sentence as it would be with an expected phrase in the place that sounds most like it.

    "quiero saber mi palmo" may be "quiero saber mi saldo": the decoder is asked which of the two the
    sound is. Only sentences longer than the phrase; the likest few.
    """
    words = text.split()
    found: list[tuple[float, str]] = []
    for phrase in phrases:
        if len(phrase) < _SHORTEST_MENDED:
            continue
        size = len(phrase.split())
        places = range(len(words) - size + 1) if size < len(words) else range(0)
        alike = [(similarity(" ".join(words[at : at + size]), phrase), at) for at in places]
        best, at = max(alike, default=(0.0, 0))
        if _ALIKE <= best < 1.0:
            found.append((best, " ".join((*words[:at], phrase, *words[at + size :]))))
    return list(dict.fromkeys(sentence for _best, sentence in sorted(found, reverse=True)))[:_MOST_MENDED]


_FOLDS = (
    *((re.compile(f), t) for f, t in ((r"ll", "y"), (r"qu(?=[ei])", "k"), (r"gu(?=[ei])", "g"))),
    *((re.compile(f), t) for f, t in ((r"c(?=[ei])", "s"), (r"g(?=[ei])", "j"), (r"ch", "x"))),
    *((re.compile(f), t) for f, t in ((r"[cq]", "k"), (r"[zç]", "s"), (r"v", "b"), (r"h", ""))),
    (re.compile(r"(.)\1+"), r"\1"),
)
_LETTERS = {"c": "si", "s": "es", "n": "ene", "d": "de", "b": "be", "v": "be", "k": "ka", "q": "ku"}


def sounded(text: str) -> str:
    """A spelling in which what sounds alike in Spanish and Catalan looks alike: `c` and `sé`."""
    bare = "".join(
        c for c in unicodedata.normalize("NFD", text.replace("ñ", "ny")) if c.isalnum() or c == " "
    )
    folded = "".join(_LETTERS.get(word, word) for word in bare.split())
    for pattern, by in _FOLDS:
        folded = pattern.sub(by, folded)
    return folded


def weighed(scored: list[Scored], free: Text | None, *, prior: float = 0.0) -> list[Guess]:
    """Log probabilities to confidences: the share among the candidates, times how well it fits.

    `prior` (0 to 1): how much of what the model expects by itself is taken off. Without it a phrase that
    Whisper has read often wins over the one that was said (pointwise mutual information, Church and Hanks
    1990; here it told 23 of 28 amounts from their neighbours, 12 without it).
    """
    if not scored:
        return []
    total: list[float] = []
    fits: list[float] = []
    for one in scored:
        mean = one.logprob / max(1, one.tokens)
        like = similarity(free.text, one.phrase) if free is not None and free.text else 0.5
        expected = prior * one.prior if one.prior is not None else 0.0
        total.append(one.logprob - expected + (1 - prior) * one.tokens + _LIKENESS * (1 - prior) * like)
        fits.append(1 / (1 + math.exp(-(1.5 * (mean + 3.0) + 5.0 * (like - 0.5)))))
    top = max(total)
    shares = [math.exp((value - top) / 1.5) for value in total]
    whole = sum(shares)
    guesses = [
        Guess(one.phrase, fit * share / whole) for one, share, fit in zip(scored, shares, fits, strict=True)
    ]
    return sorted(guesses, key=lambda guess: -guess.confidence)[:_MOST_READINGS]


def merged(one: list[Scored], other: list[Scored]) -> list[Scored]:
    """Both lists, each phrase with its better score, best first."""
    best: dict[str, Scored] = {}
    for scored in (*one, *other):
        if scored.phrase not in best or scored.logprob > best[scored.phrase].logprob:
            best[scored.phrase] = scored
    return sorted(best.values(), key=lambda scored: -scored.logprob)


def _ranked(guesses: list[Guess]) -> tuple[Guess, ...]:
    best: dict[str, Guess] = {}
    for guess in guesses:
        known = best.get(guess.text)
        if known is None:
            best[guess.text] = guess
        else:  # two ways to the same words: each takes its share of the other's doubt away
            together = 1 - (1 - known.confidence) * (1 - guess.confidence)
            best[guess.text] = Guess(guess.text, together)
    kept = [guess for guess in best.values() if guess.confidence >= _LEAST_CONFIDENCE]
    return tuple(sorted(kept, key=lambda guess: -guess.confidence)[:_MOST_SEQUENCES])
