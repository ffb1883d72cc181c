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
from dialogs.slots.digits import Digits
from dialogs.slots.kind import SlotKind
from dialogs.slots.yes_no import YesNo
from dialogs.spoken import say
from dialogs.universals import BACK, HELP, PERSON, REPEAT, SLOWER
from ivr.errors import MeasurementImpossible
from ivr.evaluation.menus import MENU, OTHER_MENUS, answers, menu_kind
from ivr.evaluation.nothing import Speak, unasked
from speech.sound import SAMPLE_RATE, Samples, read_wav, to_samples

Split = Literal["tuning", "test"]

SETS = ("digits", "amounts", "yes_no", "menu", "nothing", "again", "wishes", "other_menus")
_FEW_PHRASES = frozenset({"yes_no", "menu", "again", "wishes", "other_menus"})
VOICES: Mapping[str, tuple[str, ...]] = {
    "es": ("roa/es", "roa/es-419", "roa/es+klatt4", "roa/es+f2"),
    "ca": ("roa/ca", "roa/ca+klatt4", "roa/ca+f2"),
    "en": ("gmw/en-US", "gmw/en", "gmw/en-US+klatt4", "gmw/en-US+f2"),
    "ko": ("ko", "ko+f2", "ko+klatt4", "ko+m3"),
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
    "ko": (("네", "yes"), ("아니요", "no")),
}
AGAIN: Mapping[str, tuple[str, ...]] = {
    "es": ("¿cómo?", "¿qué?", "¿perdón?", "¿qué ha dicho?", "¿cómo dice?", "¿mande?"),
    "ca": ("com?", "què?", "perdó?", "què ha dit?", "com diu?"),
    "en": ("what?", "sorry?", "pardon?", "come again?", "excuse me?", "what was that?"),
}
"""What callers say who have not heard a question for yes or no, which must not answer it."""
WISHES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "es": {
        PERSON: ("operadora", "una persona", "agente"),
        REPEAT: ("repita", "otra vez", "no le oigo"),
        **{HELP: ("ayuda",), BACK: ("volver atrás",), SLOWER: ("más despacio",)},
    },
    "ca": {
        PERSON: ("operadora", "una persona", "un agent"),
        REPEAT: ("repeteixi", "una altra vegada", "no el sento"),
        **{HELP: ("ajuda",), BACK: ("enrere",), SLOWER: ("més a poc a poc",)},
    },
    "en": {
        PERSON: ("operator", "a person", "agent"),
        REPEAT: ("repeat", "once more", "say that again"),
        **{HELP: ("help",), BACK: ("go back",), SLOWER: ("slower",)},
    },
}
"""What callers may ask for anywhere, here at the menu."""


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
    pace: float | None = None
    """How fast a synthetic voice speaks; 1.0 is its own pace. None: a person, or what is no answer."""

    @property
    def split(self) -> Split:
        """The half that it belongs to, for ever."""
        return "test" if sha256(self.name.encode()).digest()[0] % 2 else "tuning"


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
    language: str,
    sets: Sequence[str],
    count: int,
    seed: int,
    speak: Speak,
    *,
    studios: Mapping[str, Path] | None = None,
) -> Iterator[Item]:
    """`count` utterances of each set, each in any voice at any pace; of few phrases, as many as there are.

    `studios`: folders of studio speakers by language, for what is no answer.
    """
    chance = random.Random(f"{seed}/{language}/synthetic")  # noqa: S311 - guards nothing
    speakers = [(voice, pace) for voice in VOICES[language] for pace in PACES]
    for name in sets:
        if name == "nothing":
            yield from _unasked(language, count, chance, speak, studios or {})
            continue
        says = list(_said(name, language, count, chance))  # first, so that speakers change no numbers
        if name in _FEW_PHRASES:  # each in every voice at every pace before one comes twice
            whole = [(said, speaker) for said in says for speaker in speakers]
            chance.shuffle(whole)
            chosen = whole[:count]
        else:
            chosen = [(said, chance.choice(speakers)) for said in says]
        for (text, value, kind), (voice, pace) in chosen:
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
                pace=pace,
            )


def _unasked(
    language: str, count: int, chance: random.Random, speak: Speak, studios: Mapping[str, Path]
) -> Iterator[Item]:
    for one in unasked(
        language, count, chance, speak, menu=menu_kind(), voices=VOICES, paces=PACES, studios=studios
    ):
        yield Item(
            name=f"nothing/{language}/{one.name}",
            set="nothing",
            language=language,
            text=one.text,
            value="",
            kind=one.kind,
            speaker=one.speaker,
            human=one.human,
            sound=one.sound,
        )


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
            yield from ((text, value, YesNo()) for text, value in YES_NO[language])
        case "again":
            yield from ((text, REPEAT, YesNo()) for text in AGAIN[language])
        case "wishes":
            asked = menu_kind()
            yield from ((text, wish, asked) for wish, texts in WISHES[language].items() for text in texts)
        case "menu":
            kind = menu_kind()
            yield from ((text, value, kind) for text, value in answers(MENU, language))
        case "other_menus":
            for menu in OTHER_MENUS:
                kind = menu_kind(menu)
                yield from ((text, value, kind) for text, value in answers(menu, language))


def _no_sound() -> Samples:
    return np.zeros(0)


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
