"""Who speaks in an evaluation: synthetic voices, started when they speak, and the items drawn from all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ivr.errors import MeasurementImpossible
from ivr.evaluation.material import Item, studio_items, synthetic_items
from ivr.evaluation.studio_voices import PACKAGES, voice_of
from speech.pyttsx3 import Pyttsx3, Voice
from speech.sound import Samples, to_samples

Told = Callable[[str], None]


class Callers:
    """Synthetic voices, started when the first one speaks."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = languages
        self._engines: dict[str, Pyttsx3] = {}
        self._said: dict[tuple[str, str, str, float], Samples] = {}

    def speak(self, text: str, language: str, voice: str, pace: float) -> Samples:
        """The sound, kept for the other lines."""
        key = (text, language, voice, pace)
        if key not in self._said:
            if voice not in self._engines:
                self._engines[voice] = Pyttsx3(voices={language: Voice(voice)}, timeout=60, patience=60)
            self._said[key] = to_samples(self._engines[voice].speak(text, language=language, pace=pace))
        return self._said[key]

    def close(self) -> None:
        """Ends the workers."""
        for engine in self._engines.values():
            engine.close()


def drawn(
    callers: Callers,
    languages: Sequence[str],
    sets: Sequence[str],
    count: int,
    seed: int,
    voices: str,
    split: str,
    *,
    told: Told,
) -> list[Item]:
    """The items of that half: twice as many are made, and about half of them belong to it.

    `told` hears what cannot be had. Raises `MeasurementImpossible`.
    """
    found: list[Item] = []
    for language in languages:
        if voices != "synthetic" and language in PACKAGES and {"digits", "amounts"} & set(sets):
            try:
                found += studio_items(language, voice_of(language), sets, 2 * count, seed)
            except MeasurementImpossible as fault:
                if voices == "human":
                    raise
                told(f"no human {language}: {fault}")
        if voices != "human":
            studios = _studios(told) if "nothing" in sets and voices == "both" else {}
            found += synthetic_items(language, sets, 2 * count, seed, callers.speak, studios=studios)
    kept: dict[str, Item] = {item.name: item for item in found if item.split == split}
    counted: dict[tuple[str, str, bool, bool], int] = {}
    chosen = []
    for item in kept.values():
        key = (item.set, item.language, item.human, bool(item.text))
        counted[key] = counted.get(key, 0) + 1
        if counted[key] <= count:
            chosen.append(item)
    if not chosen:
        raise MeasurementImpossible(
            "there is nothing to measure", "People say only digits and amounts, in es and en: choose others"
        )
    return chosen


def _studios(told: Told) -> dict[str, Path]:
    """The studio speakers that can be had, who say what is no answer as well."""
    found = {}
    for language in PACKAGES:
        try:
            found[language] = voice_of(language)
        except MeasurementImpossible as fault:
            told(f"no human {language}: {fault}")
    return found


def babblers(callers: Callers, language: str, conditions: Sequence[str]) -> list[Samples]:
    """What other people say in the background, in the caller's language: sentences that are no item's own."""
    if not any(condition.startswith("babble") for condition in conditions):
        return []
    voice = {"es": "roa/es+f2", "ca": "roa/ca+f2", "en": "gmw/en-US+f2", "ko": "ko+f2"}[language]
    sentences = {
        "es": "Y entonces le dije que no podía ser, porque el martes ya estaba cerrado y no había nadie.",
        "ca": "I llavors li vaig dir que no podia ser, perquè el dimarts ja era tancat i no hi havia ningú.",
        "en": "And then I told her that it could not be, because they were closed and nobody was there.",
        "ko": "그래서 내가 안 된다고 말했어, 화요일에 이미 문을 닫았고 아무도 없었거든.",
    }
    return [
        callers.speak(sentences[language], language, voice, pace) for pace in (0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
    ]
