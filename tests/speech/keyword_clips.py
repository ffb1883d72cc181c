"""Answers, and whatever is none, as the recogniser gets them: what `tests.speech.train_keywords` learns from.

Rules:
1. A clip is what a question hears: the line is spoilt, end-pointing cuts the utterance out of it, and the
   encoder's frames are those of the stretch that the worker looks at.
2. It is labelled by what the dialogs would take it for, not by who said it: yes, no, a universal or nothing.
   What nobody can tell from these ("no lo sé", a made-up word that sounds like one) is no lesson in that.
3. "Anything else" is other words, made-up ones, other languages, people behind and noise. All of it is in
   other voices and other words than those of `ivr.evaluation.nothing`; the room behind is the same.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dialogs.slots.yes_no import YesNo
from ivr.evaluation.calibrating import Tape
from ivr.evaluation.hearing import recognised
from ivr.evaluation.material import Item
from ivr.evaluation.menus import menu_kind
from ivr.evaluation.nothing import talk_behind
from speech.clips import Clip, clips_of, cut, within
from speech.espeak_phones import EspeakPhones
from speech.in_front import loudness
from speech.phone_frames import PAUSE, PhoneNet
from speech.sound import SAMPLE_RATE, Samples, has_voice, read_wav, resample, to_pcm, to_samples
from speech.whisper_decoding import Ear, plain
from tests.speech.keyword_noises import noise
from tests.speech.keyword_phrases import (
    COMMON,
    LONE,
    answers,
    asked_anywhere,
    doubtful,
    near_misses,
    often_asked,
    phrases,
    sense,
)
from tests.speech.phone_times import Stretch, TimedEspeak
from tests.speech.train_phones import BASES, LANGUAGES, VARIANTS, laid, sounding, spoilt, texts

Kind = Literal["said", "made_up", "foreign", "behind", "noise"]

FOREIGN = (  # noqa: SIM905 - as a list it would fill the page
    "gmw/nl gmq/sv gmq/da gmq/nb zlw/pl zlw/cs zlw/sk roa/ro itc/la grk/el trk/tr urj/fi urj/hu"
).split()
"""Voices of languages that no flow speaks; the evaluation's are others."""
SHARES: Mapping[str, Mapping[str, float]] = {
    "all": {
        **{"lone": 0.26, "answer": 0.16, "common": 0.03, "words": 0.21},
        **{"made_up": 0.09, "foreign": 0.14, "behind": 0.06, "noise": 0.05},
    },
    "common": {"common": 0.8, "words": 0.1, "behind": 0.06, "noise": 0.04},
    "asked": {
        **{"asked": 0.4, "often_asked": 0.14, "common": 0.12, "near": 0.14},
        **{"words": 0.11, "behind": 0.05, "noise": 0.04},
    },
    "recorded": {"recorded": 1.0},
}
"""How often each of what `Sayings` draws."""
_SYLLABLES = {
    "es": ("p t k b d g m n l r f s ch j ll ñ y c ", "a e i o u ai ei ue ie au", "   s n l r"),
    "ca": ("p t k b d g m n l r f s x j ll ny ", "a e i o u ai ei au è ò", "  s n l r t c"),
    "en": ("p t k b d g m n l r f s sh ch j th w y h ", "a e i o u ee oo ai ow oa er", "  s n l t k d m"),
}
"""What a syllable begins with, its vowel and its end, each perhaps nothing."""
LEAD = 10
"""Frames of silence that the encoder sees before a clip."""
_LONGEST = 350
"""Frames of 20 ms; no answer takes seven seconds."""


@dataclass(frozen=True)
class KeywordClip:
    """What the net sees of one utterance, and what it is to make of it."""

    kind: Kind
    language: str
    phrase: str
    """The phrase that it is; empty: none of `tests.speech.keyword_phrases`."""
    sense: str
    """What that means: `yes`, `no`, a universal, or nothing."""
    clear: bool
    """Whether that can be told; if not, only the phones are a lesson."""
    frames: NDArray[np.float16]
    loudness: NDArray[np.float32]
    phones: Sequence[str]
    """Of each frame; empty where nobody knows."""


@dataclass(frozen=True)
class Saying:
    """A sound before the line, and what it holds."""

    kind: Kind
    text: str
    sound: Samples
    stretches: Sequence[Stretch] | None
    """Its phones; None: nobody knows."""


class Labels:
    """What a saying is a lesson in."""

    def __init__(self) -> None:
        self._phonetics = EspeakPhones()
        self._phrases = {language: frozenset(phrases(language)) for language in LANGUAGES}
        self._sounds = {
            language: self._pronounced(known, language) for language, known in self._phrases.items()
        }

    def of(self, kind: Kind, text: str, language: str) -> tuple[str, str, bool]:
        """Phrase, sense and whether they are clear, as `KeywordClip` has them."""
        if kind == "foreign":
            return "", "", not any(sense(text, one) or doubtful(text, one) for one in LANGUAGES)
        if kind in ("behind", "noise"):
            return "", "", True
        meaning = sense(text, language)
        if kind == "said":
            known = text in self._phrases[language]
            return text if known else "", meaning, known or bool(meaning) or not doubtful(text, language)
        alike = not self._sounds[language].isdisjoint(self._pronounced([text], language))
        return "", meaning, bool(meaning) or not alike

    def _pronounced(self, said: Iterable[str], language: str) -> set[object]:
        return {way for text in said for way in self._phonetics.pronounced(text, language)}


class Sayings:
    """What is said or sounds, drawn by one seed."""

    def __init__(self, seed: int, recorded: Mapping[str, Sequence[Saying]] | None = None) -> None:
        """`recorded`: by language, what others have said."""
        self.draw, self._chance = random.Random(seed), np.random.default_rng(seed)
        self._phonetics = EspeakPhones()  # before the voices: see `clips`
        self._espeak, self._recorded = TimedEspeak(), recorded or {}
        self._texts = {language: texts(language, seed) for language in LANGUAGES}
        self._near: dict[str, list[str]] = {}
        self._sources: Mapping[str, Callable[[str], Saying]] = {
            "lone": lambda language: self._said(self.draw.choice(LONE[language]), language),
            "answer": lambda language: self._said(self.draw.choice(answers(language)), language),
            "asked": lambda language: self._said(self.draw.choice(asked_anywhere(language)), language),
            "often_asked": lambda language: self._said(self.draw.choice(often_asked(language)), language),
            "near": self._near_miss,
            "common": lambda language: self._said(self.draw.choice(COMMON[language]), language),
            "words": lambda language: self._said(self.draw.choice(self._texts[language]), language),
            "made_up": self._made_up,
            "foreign": self._foreign,
            "behind": self._behind,
            "noise": lambda _language: Saying("noise", "", noise(self.draw, self._chance), ()),
            "recorded": self._again,
        }

    def one(self, language: str, shares: Mapping[str, float]) -> Saying:
        """One of the sources, each as often as `shares` says."""
        return self._sources[self.draw.choices(list(shares), list(shares.values()))[0]](language)

    def babblers(self, language: str) -> list[Samples]:
        """Other people, who go on for a while."""
        said = (" ".join(self.draw.sample(self._texts[language], 6)) for _each in range(16))
        return [self._voiced(text, self._voice(language))[0] for text in said]

    def _voice(self, language: str) -> str:
        return f"{self.draw.choice(BASES[language])}+{self.draw.choice(VARIANTS)}"

    def _voiced(self, text: str, voice: str) -> tuple[Samples, list[Stretch]]:
        """At any pace and pitch, mostly by another throat, and by every second telephone another."""
        draw = self.draw
        pace, pitch = draw.randint(105, 235), draw.randint(15, 90)
        sound, stretches = self._espeak.say(text, voice, words_per_minute=pace, pitch=pitch)
        if draw.random() < 0.65:
            sound, stretches = longer(sound, stretches, draw.randint(88, 112))
        return (telephone(sound, draw) if draw.random() < 0.5 else sound), stretches

    def _said(self, text: str, language: str) -> Saying:
        return Saying("said", plain(text), *self._voiced(text, self._voice(language)))

    def _near_miss(self, language: str) -> Saying:
        if language not in self._near:
            self._near[language] = near_misses(language, self._texts[language], self._phonetics)
        return self._said(self.draw.choice(self._near[language]), language)

    def _made_up(self, language: str) -> Saying:
        begins, vowels, ends = (part.split(" ") for part in _SYLLABLES[language])
        syllables = (
            self.draw.choice(begins) + self.draw.choice([v for v in vowels if v]) + self.draw.choice(ends)
            for _syllable in range(self.draw.choice((1, 1, 2)))
        )
        said = self._said("".join(syllables), language)
        return Saying("made_up", said.text, said.sound, said.stretches)

    def _foreign(self, language: str) -> Saying:
        """Words of any of our languages in the mouth of another, or another of ours."""
        if self.draw.random() < 0.7:
            spoken, voice = (
                self.draw.choice(LANGUAGES),
                f"{self.draw.choice(FOREIGN)}+{self.draw.choice(VARIANTS)}",
            )
        else:
            spoken = self.draw.choice([other for other in LANGUAGES if other != language])
            voice = self._voice(spoken)
        text = self.draw.choice(self._texts[spoken])
        return Saying("foreign", plain(text), *self._voiced(text, voice))

    def _behind(self, language: str) -> Saying:
        """One to three people in the room, of whom a part is heard."""
        draw = self.draw
        said = [" ".join(draw.sample(self._texts[language], 2)) for _one in range(draw.choice((1, 2, 3)))]
        whole = talk_behind([self._voiced(text, self._voice(language))[0] for text in said], 1.0)
        length = min(len(whole), draw.randint(SAMPLE_RATE, 7 * SAMPLE_RATE // 2))
        begin = draw.randrange(len(whole) - length + 1)
        return Saying("behind", "", whole[begin : begin + length], None)

    def _again(self, language: str) -> Saying:
        one = self.draw.choice(self._recorded[language])
        sound, stretches = longer(one.sound, one.stretches or (), self.draw.randint(90, 110))
        return Saying(one.kind, one.text, sound, stretches)


def longer(sound: Samples, stretches: Sequence[Stretch], percent: int) -> tuple[Samples, list[Stretch]]:
    """Played slower or faster, and by that lower or higher: the throat of somebody else."""
    share = percent / 100
    said = [Stretch(one.begin * share, one.end * share, one.phone) for one in stretches]
    return resample(sound, SAMPLE_RATE, SAMPLE_RATE * percent // 100), said


def telephone(sound: Samples, draw: random.Random) -> Samples:
    """By a telephone that passes another band, and its low or high tones more loudly."""
    tilt, low, high = draw.uniform(-5, 5), draw.uniform(80, 450), draw.uniform(2500, 3900)
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    louder = 10 ** (tilt * np.log2(np.maximum(hertz, 100) / 1000) / 20)
    band = np.sqrt(1 + (low / np.maximum(hertz, 1)) ** 6) * np.sqrt(1 + (hertz / high) ** 12)
    passed: Samples = np.fft.irfft(np.fft.rfft(sound) * louder / band, len(sound))
    return passed


def recordings(listed: Sequence[Path], ear: Ear) -> dict[str, list[Saying]]:
    """What others have said, by language, with its phones; `listed` as `natural_voices` writes them."""
    net, phonetics = PhoneNet(), EspeakPhones()
    found: dict[str, list[Saying]] = {language: [] for language in LANGUAGES}
    for file in listed:
        for line in file.read_text(encoding="utf-8").splitlines():
            one = json.loads(line)
            sound = to_samples(read_wav(file.parent / one["file"]))
            stretches = laid(one["text"], one["language"], sound, ear, net, phonetics)
            if stretches:
                found[one["language"]].append(Saying("said", plain(one["text"]), sound, stretches))
    return found


def clips(
    seed: int, count: int, ear: Ear, shares: Mapping[str, float], recorded: Mapping[str, Sequence[Saying]]
) -> Iterator[KeywordClip]:
    """Those of `count` sayings in which somebody is heard."""
    labels = Labels()  # before the voices: espeak-ng tells no times once it has been set up for phones
    sayings, chance = Sayings(seed, recorded), np.random.default_rng(seed)
    behind = {language: sayings.babblers(language) for language in LANGUAGES}
    draw = sayings.draw
    for number in range(count):
        language = LANGUAGES[number % 3]
        saying = sayings.one(language, shares)
        room = behind[language if draw.random() < 0.75 else draw.choice(LANGUAGES)]
        others = draw.sample(room, draw.choice((1, 2, 3, 4, 6, 6)))
        if np.abs(saying.sound).max(initial=0.0) >= 0.01:
            clip = heard(saying, language, labels, ear, chance, others)
            if clip is not None:
                yield clip


def heard(
    saying: Saying, language: str, labels: Labels, ear: Ear, chance: Generator, others: Sequence[Samples]
) -> KeywordClip | None:
    """A saying on a line, as the recogniser gets it; None where it would not listen."""
    before = 0.4 if chance.random() < 0.67 else float(chance.uniform(0.05, 0.8))
    after = 2.0 if chance.random() < 0.5 else float(chance.uniform(0.8, 2.5))
    room = [round(seconds * SAMPLE_RATE) for seconds in (before, after)]
    line = to_pcm(spoilt(np.pad(saying.sound, room), chance, others))
    tape, kind = Tape(), YesNo() if chance.random() < 0.7 else menu_kind()
    item = Item("", "", language, saying.text, "", kind, "", human=False, sound=lambda: saying.sound)
    if recognised(tape, item, line) is None:
        return None
    pcm = bytes(tape.sound)
    found = clips_of(pcm)
    if not found or not has_voice(pcm) or found[-1].end - found[0].start > _LONGEST:
        return None
    span = Clip(found[0].start, found[-1].end)
    frames = ear.frames(ear.listen(cut(pcm, span)))
    # By the clock of the words: where the utterance begins on the line, and the clip within it.
    begin = (line.index(pcm) / 2 - room[0]) / SAMPLE_RATE - within((0, 0), span)[0] * 0.02
    said = [one for one in saying.stretches or () if one.phone != PAUSE]
    if saying.stretches is None:
        said = [Stretch(0.0, len(saying.sound) / SAMPLE_RATE, "")]
    return KeywordClip(
        saying.kind,
        language,
        *labels.of(saying.kind, saying.text, language),
        frames.astype(np.float16),
        loudness(pcm, span.start, span.end, before=LEAD, count=len(frames)),
        sounding(len(frames), said, begin),
    )
