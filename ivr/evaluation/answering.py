"""Answered calls, and who answered: people and machines, to be told apart (`ivr eval answering`)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from ivr.evaluation.material import PACES, VOICES, Split
from ivr.evaluation.nothing import Speak
from ivr.evaluation.spoiling import CONDITIONS
from speech.answering import AnswerDetector, Answering, ToneEnded
from speech.sound import FRAME_BYTES, SAMPLE_RATE, Samples, read_wav, to_pcm, to_samples

PEOPLE: Mapping[str, tuple[str, ...]] = {
    "es": (
        *("¿sí?", "diga", "dígame", "hola", "¿diga?", "sí, dígame", "hola, buenos días", "¿quién es?"),
        *("bueno", "aló", "sí, ¿quién es?", "hola, ¿quién habla?", "sí, soy yo", "un momento"),
    ),
    "ca": (
        *("sí?", "digui", "digui'm", "hola", "hola, bon dia", "qui és?", "mani'm", "sí, qui és?"),
        *("hola, qui parla?", "un moment"),
    ),
    "en": (
        *("hello?", "yes?", "hi", "hello, who is it?", "good morning", "this is Anna", "speaking"),
        *("hello, Anna speaking", "one moment"),
    ),
}
MACHINES: Mapping[str, tuple[str, ...]] = {
    "es": (
        "Ha llamado al seis uno cero, dos dos tres, tres cuatro cuatro. Deje su mensaje después de la señal.",
        "Hola, soy Ana. Ahora no puedo atenderte. Deja tu mensaje después de la señal y te llamaré.",
        "El teléfono al que llama está apagado o fuera de cobertura. Puede dejar un mensaje tras la señal.",
        "Este es el buzón de voz de la familia Pérez. En este momento no estamos en casa.",
        "En este momento no le podemos atender. Por favor, deje su nombre y su número de teléfono.",
    ),
    "ca": (
        "Ha trucat al sis u zero, dos dos tres, tres quatre. Deixi el seu missatge després del senyal.",
        "Hola, soc l'Anna. Ara no puc atendre't. Deixa el teu missatge i et trucaré.",
        "Aquesta és la bústia de veu de la família Puig. En aquest moment no som a casa.",
        "El telèfon al qual truca està apagat o fora de cobertura. Pot deixar un missatge ara.",
    ),
    "en": (
        "You have reached six one zero, two two three. Please leave a message after the tone.",
        "Hi, this is Anna. I cannot take your call right now. Leave a message and I will call you back.",
        "The person you are calling is not available. At the tone, please record your message.",
        "This is the voice mail of the Miller family. We are not at home at the moment.",
    ),
}
LINES = ("clean", "pcma", "babble-20", "street-20", "loss-3")
DECIDED_WITHIN = 3.0
"""Seconds since the answer, as promised."""


@dataclass(frozen=True)
class Answered:
    """A call that was answered."""

    name: str
    language: str
    text: str
    machine: bool
    speaker: str
    before: float
    """Seconds from the answer to the first word."""
    sound: Callable[[], Samples]

    @property
    def split(self) -> Split:
        """The half that it belongs to, for ever."""
        return "test" if sha256(self.name.encode()).digest()[0] % 2 else "tuning"


@dataclass(frozen=True)
class Told:
    """What the detector said."""

    call: Answered
    line: str
    verdict: Answering | None
    tone: ToneEnded | None
    tone_was_at: float
    """When the machine's tone ended; 0: there was none."""


def synthetic_answers(language: str, seed: int, speak: Speak) -> Iterator[Answered]:
    """Every text in every voice at every pace."""
    chance = random.Random(f"{seed}/{language}/answers")  # noqa: S311 - guards nothing
    for machine, texts in ((False, PEOPLE[language]), (True, MACHINES[language])):
        for text in texts:
            for voice in VOICES[language]:
                for pace in PACES:
                    yield Answered(
                        f"{language}/{voice}@{pace}/{text}",
                        language,
                        text,
                        machine,
                        f"{voice} at {pace}",
                        chance.uniform(0.1, 0.6) if machine else chance.uniform(0.2, 1.0),
                        _spoken(speak, text, language, voice, pace),
                    )


def studio_answers(language: str, folder: Path, count: int, seed: int) -> Iterator[Answered]:
    """Greetings of Asterisk's voice mail: "the person at extension … is unavailable; leave a message"."""
    chance = random.Random(f"{seed}/{language}/studio answers")  # noqa: S311 - guards nothing
    for _at in range(count):
        number = "".join(chance.choice("0123456789") for _ in range(4))
        names = ["vm-theperson", *(f"digits/{digit}" for digit in number), "vm-isunavail", "vm-intro"]
        files = [folder / f"{name}.wav" for name in names]
        text = f"The person at {number} is unavailable…"
        yield Answered(
            f"{language}/studio/{number}", language, text, True, "studio", chance.uniform(0.1, 0.6),
            _read(files),
        )  # fmt: skip


def _spoken(speak: Speak, text: str, language: str, voice: str, pace: float) -> Callable[[], Samples]:
    return lambda: speak(text, language, voice, pace)


def _read(files: Sequence[Path]) -> Callable[[], Samples]:
    return lambda: np.concatenate([to_samples(read_wav(file)) for file in files])


def hear(call: Answered, line: str, others: Sequence[Samples] = ()) -> Told:
    """Plays one answer to a detector, on that line."""
    seed = int.from_bytes(sha256(f"{call.name}/{line}".encode()).digest()[:4], "big")
    chance = np.random.default_rng(seed)
    words = call.sound()
    parts = [np.zeros(round(call.before * SAMPLE_RATE)), words]
    tone_at = 0.0
    if call.machine:
        hertz, seconds = float(chance.choice((440, 800, 1000, 1400))), float(chance.uniform(0.25, 0.6))
        time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
        parts += [
            np.zeros(round(chance.uniform(0.3, 0.9) * SAMPLE_RATE)),
            0.2 * np.sin(2 * np.pi * hertz * time),
        ]
        tone_at = sum(len(part) for part in parts) / SAMPLE_RATE
    sound = np.concatenate([*parts, np.zeros(4 * SAMPLE_RATE)])
    sound = sound + chance.normal(size=len(sound)) * 3e-4
    pcm = to_pcm(CONDITIONS[line](sound, chance, others))
    detector, verdict, tone = AnswerDetector(), None, None
    for event in detector.push(pcm[: len(pcm) // FRAME_BYTES * FRAME_BYTES]):
        if isinstance(event, Answering):
            verdict = event
        elif isinstance(event, ToneEnded):
            tone = event
    return Told(call, line, verdict, tone, tone_at)


def report(told: Iterable[Told]) -> dict[str, Any]:
    """The figures: people taken for machines, machines found, tones found, and how soon."""
    results = list(told)
    people = [one for one in results if not one.call.machine]
    machines = [one for one in results if one.call.machine]
    at = sorted(one.verdict.after_seconds for one in results if one.verdict is not None)
    found = [one for one in machines if _is(one, "machine")]
    tones = [one for one in found if one.tone is not None and abs(one.tone.at - one.tone_was_at) < 0.3]
    return {
        "people": len(people),
        "machines": len(machines),
        "human_taken_for_machine": _share([one for one in people if _is(one, "machine")], people),
        "human_found": _share([one for one in people if _is(one, "human")], people),
        "machine_found": _share(found, machines),
        "tone_found": _share(tones, found),
        "decided_p50": round(at[len(at) // 2], 2) if at else None,
        "decided_p95": round(at[min(len(at) - 1, int(len(at) * 0.95))], 2) if at else None,
        "decided_latest": round(at[-1], 2) if at else None,
    }


def mistaken(told: Iterable[Told]) -> list[Told]:
    """Those with the wrong verdict, people first."""
    wrong = [one for one in told if not _is(one, "machine" if one.call.machine else "human")]
    return sorted(wrong, key=lambda one: one.call.machine)


def _is(told: Told, kind: str) -> bool:
    kinds = ("machine", "beep") if kind == "machine" else (kind,)
    return told.verdict is not None and told.verdict.kind in kinds


def _share(part: Sequence[Told], whole: Sequence[Told]) -> float | None:
    return round(len(part) / len(whole), 4) if whole else None
