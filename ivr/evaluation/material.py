"""What callers say, with what it means: sets of utterances by people and by synthetic callers.

Rules:
1. Every utterance knows whether a person said it, and belongs to the tuning or the test half by the hash of
   its name: what was once looked at while tuning never measures.
2. Everything is drawn from a seed: the same numbers give the same sets.
3. People: single words of a studio speaker, joined with pauses; there is no Catalan one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np

from dialogs.slots.amount import Amount
from dialogs.slots.choice import OneOf
from dialogs.slots.digits import Digits
from dialogs.slots.kind import SlotKind
from dialogs.slots.yes_no import YesNo
from dialogs.spoken import say
from ivr.errors import MeasurementImpossible
from speech.sound import SAMPLE_RATE, Samples, read_wav, resample, to_samples

Split = Literal["tuning", "test"]
Speak = Callable[[str, str, str, float], Samples]
"""Text, language, voice, pace → sound."""

SETS = ("digits", "amounts", "yes_no", "menu", "nothing")
VOICES: Mapping[str, tuple[str, ...]] = {
    "es": ("roa/es", "roa/es-419", "roa/es+klatt4", "roa/es+f2"),
    "ca": ("roa/ca", "roa/ca+klatt4", "roa/ca+f2"),
    "en": ("gmw/en-US", "gmw/en", "gmw/en-US+klatt4", "gmw/en-US+f2"),
}
"""espeak-ng's; each language has at least three."""
PACES = (0.85, 1.0, 1.15)

YES_NO: Mapping[str, tuple[tuple[str, str], ...]] = {
    "es": (
        *(("sí", "yes"), ("no", "no"), ("claro que sí", "yes"), ("no gracias", "no"), ("correcto", "yes")),
        *(("sí por favor", "yes"), ("de acuerdo", "yes"), ("para nada", "no")),
    ),
    "ca": (
        *(("sí", "yes"), ("no", "no"), ("és clar que sí", "yes"), ("no gràcies", "no"), ("correcte", "yes")),
        *(("sí si us plau", "yes"), ("d'acord", "yes"), ("de cap manera", "no")),
    ),
    "en": (
        *(("yes", "yes"), ("no", "no"), ("yes please", "yes"), ("no thank you", "no"), ("correct", "yes")),
        *(("that's right", "yes"), ("of course", "yes"), ("not at all", "no")),
    ),
}
MENU: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "balance": {
        "es": ("saldo", "quiero saber mi saldo", "cuánto debo"),
        "ca": ("saldo", "vull saber el meu saldo", "quant dec"),
        "en": ("balance", "what is my balance", "how much do i owe"),
    },
    "order": {
        "es": ("pedido", "dónde está mi pedido", "un paquete"),
        "ca": ("comanda", "on és la meva comanda", "un paquet"),
        "en": ("order", "where is my order", "a parcel"),
    },
    "ticket": {
        "es": ("incidencia", "cómo va mi incidencia", "una avería"),
        "ca": ("incidència", "com va la meva incidència", "una avaria"),
        "en": ("ticket", "how is my ticket going", "a fault"),
    },
    "hours": {
        "es": ("horario", "a qué hora abren", "horario de apertura"),
        "ca": ("horari", "a quina hora obren", "horari d'obertura"),
        "en": ("opening hours", "when do you open", "are you open"),
    },
}
NOBODY_ASKED: Mapping[str, tuple[str, ...]] = {
    "es": (
        "tengo hambre",
        "mañana lloverá en Sevilla",
        "el perro come pan",
        "pásame la sal",
        "vamos al cine",
    ),
    "ca": ("tinc gana", "demà plourà a Girona", "el gos menja pa", "passa'm la sal", "anem al cinema"),
    "en": ("i am hungry", "rain in the west", "the dog eats bread", "pass me the salt", "to the cinema"),
}
"""Speech that answers nothing: to somebody else in the room, on the television."""


@dataclass(frozen=True)
class Item:
    """One utterance."""

    name: str
    set: str
    language: str
    text: str
    """What is said, in words."""
    value: str
    """What it means; empty: nothing, it must not be taken for an answer."""
    kind: SlotKind
    speaker: str
    human: bool
    sound: Callable[[], Samples]

    @property
    def split(self) -> Split:
        """The half that it belongs to, for ever."""
        return "test" if sha256(self.name.encode()).digest()[0] % 2 else "tuning"


def menu_kind() -> OneOf:
    """The menu that callers answer."""
    choices = {
        name: {"phrases": {language: list(phrases) for language, phrases in texts.items()}}
        for name, texts in MENU.items()
    }
    return OneOf.model_validate({"choices": choices})


# --- people --------------------------------------------------------------------------------------


def studio_items(language: str, folder: Path, sets: Sequence[str], count: int, seed: int) -> Iterator[Item]:
    """`count` utterances of each set that a studio speaker's words allow: digits and amounts."""
    chance = random.Random(f"{seed}/{language}/studio")  # noqa: S311 - guards nothing
    if "digits" in sets:
        for number in _numbers(chance, count):
            pauses = [chance.uniform(0.04, 0.2) for _ in number]
            files = [folder / "digits" / f"{digit}.wav" for digit in number]
            yield _digits_item(language, number, "studio", human=True, sound=_joined(files, pauses))
    if "amounts" in sets:
        for amount in _amounts(chance, count):
            names = _spanish_amount(amount) if language == "es" else _english_amount(amount)
            files = [folder / "digits" / f"{name}.wav" for name in (*names, "dollars")]
            pauses = [chance.uniform(0.0, 0.08) for _ in files]
            yield _amount_item(language, amount, "studio", "USD", human=True, sound=_joined(files, pauses))


def _joined(files: Sequence[Path], pauses: Sequence[float]) -> Callable[[], Samples]:
    def sound() -> Samples:
        parts: list[Samples] = []
        for file, pause in zip(files, pauses, strict=True):
            if not file.is_file():
                raise MeasurementImpossible(f"{file} is not there", "Remove that folder; it is fetched again")
            parts += [_trimmed(to_samples(read_wav(file))), np.zeros(round(pause * SAMPLE_RATE))]
        return np.concatenate(parts)

    return sound


def _trimmed(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples) > np.abs(samples).max(initial=0.0) * 0.02)
    return samples[max(0, loud[0] - 160) : loud[-1] + 160] if len(loud) else samples


def _spanish_amount(amount: int) -> list[str]:
    """The studio's files for 1 to 9,999 in Spanish."""
    files: list[str] = []
    thousands, rest = divmod(amount, 1000)
    if thousands:
        files += [] if thousands == 1 else [str(thousands)]
        files.append("thousand")
    hundreds, rest = divmod(rest, 100)
    if hundreds:
        one = "100-and" if rest else "hundred"
        files.append(one if hundreds == 1 else str(hundreds * 100))
    if rest and (rest < 30 or rest % 10 == 0):
        files.append(str(rest))
    elif rest:
        files += [str(rest // 10 * 10), "and", str(rest % 10)]
    return files


def _english_amount(amount: int) -> list[str]:
    """The studio's files for 1 to 9,999 in English."""
    files: list[str] = []
    thousands, rest = divmod(amount, 1000)
    if thousands:
        files += [str(thousands), "thousand"]
    hundreds, rest = divmod(rest, 100)
    if hundreds:
        files += [str(hundreds), "hundred"]
    if rest and (rest <= 20 or rest % 10 == 0):
        files.append(str(rest))
    elif rest:
        files += [str(rest // 10 * 10), str(rest % 10)]
    return files


# --- synthetic callers ---------------------------------------------------------------------------


def synthetic_items(
    language: str, sets: Sequence[str], count: int, seed: int, speak: Speak
) -> Iterator[Item]:
    """`count` utterances of each set, each in any voice at any pace."""
    chance = random.Random(f"{seed}/{language}/synthetic")  # noqa: S311 - guards nothing
    speakers = [(voice, pace) for voice in VOICES[language] for pace in PACES]
    for name in sets:
        says = list(_said(name, language, count, chance))  # first, so that speakers change no numbers
        for text, value, kind in says:
            voice, pace = chance.choice(speakers)
            yield Item(
                name=f"{name}/{language}/{voice}@{pace}/{text}",
                set=name,
                language=language,
                text=text,
                value=value,
                kind=kind,
                speaker=f"{voice} at {pace}",
                human=False,
                sound=_spoken(speak, text, language, voice, pace),
            )
    if "nothing" in sets:
        yield from _sounds(language, max(1, count // 2), chance)


def _spoken(speak: Speak, text: str, language: str, voice: str, pace: float) -> Callable[[], Samples]:
    return lambda: speak(text, language, voice, pace)


def _said(name: str, language: str, count: int, chance: random.Random) -> Iterator[tuple[str, str, SlotKind]]:
    match name:
        case "digits":
            for number in _numbers(chance, count):
                item = _digits_item(language, number, "", human=False, sound=_no_sound)
                yield item.text, item.value, item.kind
        case "amounts":
            for amount in _amounts(chance, count):
                item = _amount_item(language, amount, "", "EUR", human=False, sound=_no_sound)
                yield item.text, item.value, item.kind
        case "yes_no":
            for at in range(count):
                text, value = YES_NO[language][at % len(YES_NO[language])]
                yield text, value, YesNo()
        case "menu":
            phrases = [(text, name) for name, texts in MENU.items() for text in texts[language]]
            for at in range(count):
                yield (*phrases[at % len(phrases)], menu_kind())
        case "nothing":
            for at in range(count):
                kind = YesNo() if at % 2 else menu_kind()
                yield NOBODY_ASKED[language][at % len(NOBODY_ASKED[language])], "", kind


def _no_sound() -> Samples:
    return np.zeros(0)


# --- sounds that are no speech -------------------------------------------------------------------


def _sounds(language: str, count: int, chance: random.Random) -> Iterator[Item]:
    """Noise and music, which must not be taken for an answer."""
    makers: tuple[tuple[str, Callable[[int], Samples]], ...] = (
        ("white noise", lambda seed: _noise(seed, 0)),
        ("pink noise", lambda seed: _noise(seed, 1)),
        ("music", _music),
        ("ring-back", lambda _seed: _tone(425, 1.5)),
        ("clicks", _clicks),
    )
    for at in range(count):
        what, make = makers[at % len(makers)]
        seed = chance.randrange(1 << 30)
        yield Item(
            name=f"nothing/{language}/{what}/{seed}",
            set="nothing",
            language=language,
            text="",
            value="",
            kind=YesNo() if at % 2 else menu_kind(),
            speaker=what,
            human=False,
            sound=lambda make=make, seed=seed: make(seed),  # type: ignore[misc] # bound now, not at the call
        )


def _noise(seed: int, fall: int) -> Samples:
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=2 * SAMPLE_RATE))
    noise: Samples = np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 1) ** (fall / 2))
    noise *= 0.05 / noise.std()
    return noise


def _music(seed: int) -> Samples:
    """Chords on a plucked string, with a melody above: what plays on hold."""
    chance = np.random.default_rng(seed)
    out = np.zeros(3 * SAMPLE_RATE)
    time = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    for beat in range(6):
        root = 110 * 2 ** (chance.choice((0, 3, 5, 7)) / 12)
        for ratio in (1, 1.26, 1.5, 2 * 2 ** (chance.integers(8) / 12)):
            tone = sum(np.sin(2 * np.pi * root * ratio * n * time) / n**1.5 for n in range(1, 8))
            out[beat * len(time) : (beat + 1) * len(time)] += tone * np.exp(-4 * time)
    out *= 0.3 / np.abs(out).max()
    return out


def _tone(hertz: float, seconds: float) -> Samples:
    return 0.1 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE)


def _clicks(seed: int) -> Samples:
    out = np.zeros(2 * SAMPLE_RATE)
    out[np.random.default_rng(seed).integers(0, len(out), 12)] = 0.8
    return resample(resample(out, SAMPLE_RATE, 6000), 6000, SAMPLE_RATE)


# --- numbers -------------------------------------------------------------------------------------


def _numbers(chance: random.Random, count: int) -> Iterator[str]:
    for at in range(count):
        yield "".join(chance.choice("0123456789") for _ in range(4 + at % 6))


def _amounts(chance: random.Random, count: int) -> Iterator[int]:
    for at in range(count):
        yield chance.randint(1, (100, 1000, 10_000)[at % 3] - 1)


def _digits_item(
    language: str, number: str, speaker: str, *, human: bool, sound: Callable[[], Samples]
) -> Item:
    return Item(
        name=f"digits/{language}/{speaker}/{number}",
        set="digits",
        language=language,
        text=say("digits", number, name="number", language=language)[0],
        value=number,
        kind=Digits.model_validate({"length": len(number)}),
        speaker=speaker,
        human=human,
        sound=sound,
    )


def _amount_item(
    language: str, amount: int, speaker: str, currency: str, *, human: bool, sound: Callable[[], Samples]
) -> Item:
    cents = amount * 100
    return Item(
        name=f"amounts/{language}/{speaker}/{amount}",
        set="amounts",
        language=language,
        text=say("money", cents, name="amount", language=language, currency=currency)[0],
        value=str(cents),
        kind=Amount.model_validate({"currency": currency}),
        speaker=speaker,
        human=human,
        sound=sound,
    )
