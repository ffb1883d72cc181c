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
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from speech.clips import Clip, clips_of, cut, within
from speech.evidence import Evidence
from speech.expected_phrases import (
    Candidates,
    Guess,
    believed,
    mended,
    merged,
    nearest,
    respelled,
    sayable,
    similarity,
    trusted_as_keyword,
    verdicts,
    weighed,
)
from speech.in_front import Loudness, in_front, loudness
from speech.keyword_spotting import Spotted
from speech.phone_alignment import Course, courses, fits
from speech.phone_frames import Sounding
from speech.phonetics import Phonetics, Spelling
from speech.sound import FRAME_SECONDS, has_voice, voiced_seconds
from speech.whisper_decoding import Scored, Text, plain
from speech.written_numbers import JOINERS, with_figures_joined

_LEAST_CONFIDENCE = 0.12
_SHORTEST_IN_SPEECH = 0.04
"""Seconds of voice that a word has at least; among words that are speech, less proof is needed."""
_ONE_WORD = 0.8
"""Seconds: a longer clip between pauses may hold several words."""
_LONGEST_PHRASE = 7.0
_LONGEST_ASIDE = 1.6
_MISHEARD = 0.65
"""Likeness from which a whole text is taken for an expected phrase, badly spelt."""
_MENDABLE = 9.0
"""Log probability that a sentence with an expected phrase may lack to the free text."""
_MENDED = 0.24
"""The most that a mended sentence is trusted: it is asked back, and asks for no person."""
_PRIOR_OF_PHRASES = 0.3
"""Measured on menus and yes/no in five voices: 155 of 165 right, 149 without; single digits lose by it."""
_PRIOR_OF_SENTENCES = 0.7
"""Also of phrases that were laid along the phones."""
_SENTENCE = 5
"""Words from which a phrase is a sentence."""
_MOST_SEQUENCES = 24
"""Combinations of words parted by pauses: the question's length and check digit choose among them."""


class Listener(Protocol):
    """What is needed of a model: `speech.whisper_decoding.Ear`."""

    def listen(self, pcm: bytes) -> tuple[object, int]: ...

    def free(self, heard: tuple[object, int], language: str) -> Text: ...

    def write(self, heard: tuple[object, int], language: str) -> list[Text]: ...

    def sounding(self, heard: tuple[object, int], front: tuple[int, int]) -> Sounding | None: ...

    def spotted(self, heard: tuple[object, int], language: str, loud: Loudness) -> Spotted | None: ...

    def choose(
        self, heard: tuple[object, int], language: str, phrases: Sequence[str], *, besides: Sequence[str] = ()
    ) -> list[Scored]: ...

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
        self,
        listener: Listener,
        language: str,
        phrases: Sequence[str],
        words: Sequence[str] = (),
        *,
        phonetics: Phonetics | None = None,
    ) -> None:
        """`phonetics`: how words sound; without it, by their spelling."""
        self._listener = listener
        self._language = language
        self._phonetics = phonetics or Spelling()
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
        words, most = self.by_words, 1.0
        if words:
            guesses += self._sequence(pcm, clips)
        span = Clip(clips[0].start, clips[-1].end)
        heard = self._listener.listen(cut(pcm, span))
        if not self._phrases and not words:
            texts = self._listener.write(heard, self._language)
            return _ranked([guess for text in texts for guess in self._from_free(text, at_most=1.0)])
        free = self._free(heard)
        # Where a number is expected, a phrase is a short way out ("una persona"): no long scoring.
        if self._phrases and span.seconds <= (_LONGEST_ASIDE if words else _LONGEST_PHRASE):
            found = self._chosen(heard, pcm, span)
            known = verdicts(found, free, phonetics=self._phonetics, language=self._language)
            guesses += believed(known)
            most = trusted_as_keyword(free.text, known, found.spotted)
        if not words:
            guesses += self._mended(heard, free)
        best = max((guess.confidence for guess in guesses), default=0.0)
        # Below one half, and below an expected phrase that may well have been said.
        at_most = min(0.45, 0.8 * best) if best >= _LEAST_CONFIDENCE else 0.45
        guesses += self._from_free(free, at_most=at_most, most=most)
        return _ranked(guesses)

    def likeliest(self, pcm: bytes) -> tuple[str, Evidence] | None:
        """The likeliest phrase of a whole utterance and what speaks for it; None where none is looked for."""
        clips = clips_of(pcm)
        if (
            not clips
            or not has_voice(pcm)
            or clips[-1].end - clips[0].start > _LONGEST_PHRASE / FRAME_SECONDS
        ):
            return None
        span = Clip(clips[0].start, clips[-1].end)
        heard = self._listener.listen(cut(pcm, span))
        found = self._chosen(heard, pcm, span)
        known = verdicts(found, self._free(heard), phonetics=self._phonetics, language=self._language)
        return (known[0].scored.phrase, known[0].facts) if known else None

    def _chosen(self, heard: tuple[object, int], pcm: bytes, span: Clip) -> Candidates:
        """The phrases that can be it, with their scores; `heard` is the span of `pcm`."""
        sounding = self._listener.sounding(heard, within(in_front(pcm, span.start, span.end), span))
        seconds, fitting = span.seconds, dict[str, float]()
        if sounding is not None:
            # Behind whom others speak, sound is no measure of how long the words took.
            seconds = min(seconds, sounding.spoken)
            said = [self._phonetics.pronounced(phrase, self._language) for phrase in self._phrases]
            fitting = dict(zip(self._phrases, fits(sounding, said), strict=True))
        possible = [phrase for phrase in self._phrases if sayable(phrase, seconds)]
        likely = nearest(fitting)
        sentences = all(len(phrase.split()) >= _SENTENCE for phrase in possible)
        scored = self._listener.choose(
            heard, self._language, list(dict.fromkeys((*possible, *likely))), besides=likely
        )
        running = self._running(sounding, scored) if sounding is not None else {}
        loud = partial(loudness, pcm, span.start, span.end)
        spotted = self._listener.spotted(heard, self._language, loud)
        laid = [replace(one, fit=fitting.get(one.phrase), course=running.get(one.phrase)) for one in scored]
        return Candidates(
            laid if spotted is None else [_with_sense(one, spotted) for one in laid],
            seconds,
            _PRIOR_OF_SENTENCES if sentences or sounding is not None else _PRIOR_OF_PHRASES,
            spotted,
        )

    def _running(self, sounding: Sounding, scored: Sequence[Scored]) -> dict[str, Course | None]:
        said = [self._phonetics.pronounced(one.phrase, self._language) for one in scored]
        return dict(zip((one.phrase for one in scored), courses(sounding, said), strict=True))

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
        known = {*self._words, *" ".join(self._phrases).split()}
        spelt = respelled(free.text, self._words, known, phonetics=self._phonetics, language=self._language)
        return replace(free, text=with_figures_joined(spelt, self._language, self._words))

    def _all_expected(self, text: str) -> bool:
        known = {*self._words, *" ".join(self._phrases).split()}
        return all(word.isdigit() or word in known for word in text.split())

    def _mended(self, heard: tuple[object, int], free: Text) -> list[Guess]:
        """The free text with an expected phrase in the place that sounds like it, if the sound allows it.

        How much less likely than the free text it is decides. `_MENDABLE` was read off 18 sentences in 4
        synthetic voices: most said phrases lay within 9 (log probability), most others more than 10 below,
        and the two overlap, so what is mended is never sure.
        """
        sentences = [] if self._holds_a_phrase(free.text) else self._mendable(free.text)
        if not sentences:
            return []
        return [
            Guess(scored.phrase, _MENDED / (1 + math.exp(-(scored.logprob - free.logprob + _MENDABLE))))
            for scored in self._listener.choose(heard, self._language, sentences)
        ]

    def _mendable(self, text: str) -> list[str]:
        return mended(text, self._phrases, phonetics=self._phonetics, language=self._language)

    def _holds_a_phrase(self, text: str) -> bool:
        return any(f" {phrase} " in f" {text} " for phrase in self._phrases)

    def _misheard(self, text: str) -> bool:
        """Whether the whole text sounds like a phrase that it does not hold: "no raca", "no gracias"."""
        return any(
            similarity(text, phrase) >= _MISHEARD and f" {phrase} " not in f" {text} "
            for phrase in self._phrases
        )

    def _from_free(self, free: Text, *, at_most: float, most: float = 1.0) -> list[Guess]:
        """The text as it was written: trusted up to `most`, and where nobody expects it, up to `at_most`."""
        if not free.text:
            return []
        trust = math.exp(free.logprob / (free.tokens + 1))
        if free.no_speech > 0.8 and trust < 0.4:
            return []
        trust = min(trust, most)
        if not self._phrases and not self._words:
            return [Guess(free.text, trust)]
        if free.text in self._phrases or self._all_expected(free.text):
            return [Guess(free.text, trust)]
        if self._holds_a_phrase(free.text) and not self._misheard(free.text):
            return [Guess(free.text, trust)]
        return [Guess(free.text, min(at_most, trust))]


def _with_sense(one: Scored, spotted: Spotted) -> Scored:
    """A phrase with what keyword spotting makes of it."""
    chance = spotted.chance(one.phrase)
    return replace(one, keyword=chance is not None, sense=math.log(chance or spotted.other))


def same_clips(one: Sequence[Clip], other: Sequence[Clip]) -> bool:
    """Whether the same sound lies in both; edges may move by two frames as the noise level settles."""
    return len(one) == len(other) and all(
        abs(a.start - b.start) <= 2 and abs(a.end - b.end) <= 2 for a, b in zip(one, other, strict=True)
    )


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
