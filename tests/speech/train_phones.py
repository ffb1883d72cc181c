"""Learns `speech/phones.npz`: which phone sounds when, read off Whisper's encoder. A program, not a test.

    python -m tests.speech.train_phones clips --seed 1 --count 2000 --out clips.1
    python -m tests.speech.natural_voices --voices KOKORO_VOICES --count 400 --out natural
    python -m tests.speech.train_phones clips --seed 2 --recordings natural/said.jsonl --out clips.2
    python -m tests.speech.train_phones learn clips.1 clips.2 --out new.npz
    python -m tests.speech.train_phones join speech/phones.npz new.npz --out speech/phones.npz

`clips` lets espeak-ng say texts of the training examples and of all questions in three languages, in
sixty voices that no evaluation uses, at any pace and pitch; spoils each as lines do (people behind,
traffic, codecs, losses) with up to a second of line around it; and keeps the encoder's frames with the
phone of each, which espeak-ng itself tells. `--recordings` does the same with sound of others (one line
of JSON each: language, text, voice, file), along which the phones of the text are laid by the net that
there is. `join` makes one net of several, wider by their number. The evaluation's voices, its babble, its
menu, its courtesies and its other sentences are left out; a lone "sí" is not, for there is no other. GSM
needs sox.
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from num2words import num2words
from numpy.random import Generator

from dialogs.slots.yes_no import YesNo
from dialogs.universals import universal_phrases
from ivr.evaluation.material import YES_NO
from ivr.evaluation.menus import MENU, OTHER_MENUS, answers
from ivr.evaluation.nothing import OTHER_WORDS
from ivr.evaluation.spoiling import CONDITIONS, babble, lossy, street
from speech.espeak_phones import EspeakPhones
from speech.models import ModelStore
from speech.phone_frames import PAUSE, PhoneNet
from speech.sound import SAMPLE_RATE, Samples, read_wav, to_pcm, to_samples
from speech.whisper_decoding import Ear
from tests.speech.phone_learning import Clip, joined, learnt, saved
from tests.speech.phone_times import Stretch, TimedEspeak, along

LANGUAGES = ("es", "ca", "en")
BASES = {
    "es": ("roa/es", "roa/es-419"),
    "ca": ("roa/ca",),
    "en": ("gmw/en-US", "gmw/en", "gmw/en-US", "gmw/en-GB-x-rp"),
}
VARIANTS = tuple(
    (  # noqa: SIM905 - as a list it would fill the page
        "f1 f3 f4 f5 m1 m2 m3 m4 m5 m6 m7 m8 klatt klatt2 klatt3 klatt5 klatt6 croak Annie Andrea "
        "Alicia Alex Andy Diogo antonio anika belinda benjamin boris caleb david ed edward grandpa "
        "grandma gustave iven john linda marcelo max michel miguel norbert pablo paul pedro quincy "
        "rob robert sandro shelby steph travis victor Mario Michael Denis Gene Henrique Hugo Jacky "
        "Lee Marco Reed adam aunty kaukovalta mike2 zac "
    ).split()
)
"""Of espeak-ng's; the evaluation's callers are the plain voices, `klatt4` and `f2`."""
LONGEST_TEXT = 32
_OFTEN, _SOMETIMES = 60, 15
SHORT_ANSWERS: Mapping[str, Sequence[tuple[str, int]]] = {
    language: [
        *((text, _OFTEN) for text in often.split("|")),
        *((text, _SOMETIMES) for text in sometimes.split("|")),
    ]
    for language, often, sometimes in (
        (
            "es",
            "sí|no",
            "sí sí|no no|sí sí sí|no no no|vale|vale vale|correcto|claro|eso es|no señor|sí señora",
        ),
        (
            "ca",
            "sí|no",
            "sí sí|no no|sí sí sí|no no no|val|val val|correcte|clar|això és|no senyor|sí senyora",
        ),
        ("en", "yes|no", "yes yes|no no|yes yes yes|no no no|yeah|okay|correct|right|sure|nope|yep|no sir"),
    )
}
"""What most callers say to most questions, and how often."""
ROOM = 0.8, 1.0
"""Seconds of line before and after each text, of which a part is kept."""
_WORST_FIT = -1.0
"""For each frame: a recording along which its text does not lie is no lesson."""


def texts(language: str, seed: int) -> list[str]:
    """What is said: sentences and single words of the training examples, numbers, universals, yes and no."""
    chance = random.Random(f"{seed}{language}")
    offered = evaluated(language)
    sentences = sorted(_examples(language))
    words = sorted({word for text in sentences for word in text.split() if len(word) > 1})
    chance.shuffle(sentences)
    said = [_part(text.split(), chance) for text in sentences[:1600]]
    said += [chance.choice(words) for _ in range(900)]
    said += [" ".join(chance.sample(words, 2)) for _ in range(300)]
    said += [
        num2words(chance.choice((chance.randint(0, 30), chance.randint(0, 999))), lang=language)
        for _ in range(200)
    ]
    said += [" ".join(num2words(chance.randint(0, 9), lang=language) for _ in range(4)) for _ in range(100)]
    asked = [*universal_phrases(language, LANGUAGES), *YesNo().phrases(language)]
    said += [text.lower() for text in asked] * 3
    said += [text for text, times in SHORT_ANSWERS[language] for _time in range(times)]
    said = [text for text in said if text and text not in offered and len(text) <= LONGEST_TEXT]
    chance.shuffle(said)
    return said


def evaluated(language: str) -> frozenset[str]:
    """What `ivr eval` says in that language, but for lone words of yes and no."""
    courtesies = (text for text, _value in YES_NO[language] if " " in text)
    menus = (text for menu in (MENU, *OTHER_MENUS) for text, _choice in answers(menu, language))
    return frozenset((*menus, *courtesies, *OTHER_WORDS[language]))


def _examples(language: str) -> Iterator[str]:
    for file in Path("dialogs/nlu", language).glob("*.yml"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if found := re.match(r"\s*- (?!intent)(.*)", line):
                bare = re.sub(r"\[([^\]]*)\](\([^)]*\)|\{[^}]*\})", r"\1", found[1])
                yield " ".join(re.sub(r"[^\w\s'’·-]", " ", bare).lower().split())


def _part(words: list[str], chance: random.Random) -> str:
    if len(words) <= 6:
        return " ".join(words)
    begin = chance.randrange(len(words) - 4)
    return " ".join(words[begin : begin + chance.randint(2, 5)])


def spoilt(samples: Samples, chance: Generator, others: Sequence[Samples]) -> Samples:
    """The sound at some loudness on some line."""
    loud = samples * (0.7 * 10 ** (chance.uniform(-12, 0) / 20) / max(1e-6, float(np.abs(samples).max())))
    loud = loud + chance.normal(size=len(loud)) * 3e-4
    kind = chance.random()
    if kind < 0.18:
        return loud
    if kind < 0.60:
        loud = babble(float(chance.choice((20, 15, 10, 10, 7, 5))))(loud, chance, others)
    elif kind < 0.78:
        loud = street(float(chance.choice((20, 15, 10, 7, 5))))(loud, chance, others)
    elif kind < 0.84:
        loud = lossy(float(chance.choice((0.01, 0.03, 0.05))))(loud, chance, others)
    else:
        coder = str(chance.choice(("pcmu", "pcma", "g729-like", "gsm")))
        return gsm(loud) if coder == "gsm" else CONDITIONS[coder](loud, chance, others)
    # Noise and losses come over a line that codes, mostly.
    return CONDITIONS[str(chance.choice(("clean", "pcmu", "pcma")))](loud, chance, others)


def gsm(samples: Samples) -> Samples:
    """There and back through GSM 06.10 full rate, by sox."""
    raw = ["-t", "raw", "-r", str(SAMPLE_RATE), "-e", "signed", "-b", "16", "-c", "1"]
    coded = ["-t", "gsm", "-r", str(SAMPLE_RATE), "-c", "1"]
    there = ["sox", "-q", *raw, "-", *coded, "-"]
    back = ["sox", "-q", *coded, "-", *raw, "-"]
    sound = to_pcm(samples)
    for command in (there, back):
        sound = subprocess.run(command, input=sound, capture_output=True, check=True).stdout
    heard = to_samples(sound)[: len(samples)]
    return np.pad(heard, (0, len(samples) - len(heard)))


def on_a_line(
    samples: Samples, stretches: Sequence[Stretch], ear: Ear, chance: Generator, others: Sequence[Samples]
) -> Clip:
    """The encoder's frames of the sound, spoilt and cut as end-pointing might, and what sounds in each."""
    said = [one for one in stretches if one.phone != PAUSE]
    before = chance.choice((chance.uniform(0.02, 0.16), chance.uniform(0.1, 0.6)))
    after = chance.choice((chance.uniform(0.02, 0.16), chance.uniform(0.1, 0.9)))
    begin, end = said[0].begin - before + ROOM[0], said[-1].end + after + ROOM[0]
    padded = np.pad(samples, [round(room * SAMPLE_RATE) for room in ROOM])
    line = spoilt(padded, chance, others)[max(0, int(begin * SAMPLE_RATE)) : int(end * SAMPLE_RATE)]
    frames = ear.frames(ear.listen(to_pcm(line)))
    return frames.astype(np.float16), sounding(len(frames), said, begin - ROOM[0])


def sounding(count: int, said: Sequence[Stretch], begin: float) -> list[str]:
    """The phone of each of the encoder's frames of a clip that begins at `begin` by the clock of `said`."""
    middles = (np.arange(count) + 0.5) * 0.02 - 0.2 + begin
    phones = [PAUSE] * count
    for one in said:
        for at in np.flatnonzero((middles >= one.begin) & (middles < one.end)):
            phones[at] = one.phone
    return phones


def synthetic(seed: int, count: int, ear: Ear) -> Iterator[Clip]:
    """`count` clips of espeak-ng's."""
    chance, draw = np.random.default_rng(seed), random.Random(seed)
    says = {language: texts(language, seed) for language in LANGUAGES}
    espeak = TimedEspeak()

    def said(language: str, text: str) -> tuple[Samples, list[Stretch]]:
        voice = f"{draw.choice(BASES[language])}+{draw.choice(VARIANTS)}"
        return espeak.say(text, voice, words_per_minute=draw.randint(120, 215), pitch=draw.randint(25, 80))

    behind = [said(language, " ".join(draw.sample(says[language], 6)))[0] for language in LANGUAGES * 13]
    for number in range(count):
        language = LANGUAGES[number % 3]
        sound, stretches = said(language, says[language][number // 3 % len(says[language])])
        if any(one.phone != PAUSE for one in stretches) and np.abs(sound).max() > 0.02:
            yield on_a_line(sound, stretches, ear, chance, behind)


def recorded(listed: Path, seed: int, ear: Ear, *, each: int = 3) -> Iterator[Clip]:
    """Clips of other voices, each on some lines."""
    chance, net, phonetics = np.random.default_rng(seed), PhoneNet(), EspeakPhones()
    lines = [json.loads(line) for line in listed.read_text(encoding="utf-8").splitlines()]
    sounds = [to_samples(read_wav(listed.parent / one["file"])) for one in lines]
    for one, sound in zip(lines, sounds, strict=True):
        stretches = laid(one["text"], one["language"], sound, ear, net, phonetics)
        for _line in range(each if stretches else 0):
            yield on_a_line(sound, stretches, ear, chance, sounds)


def laid(
    text: str, language: str, sound: Samples, ear: Ear, net: PhoneNet, phonetics: EspeakPhones
) -> list[Stretch]:
    """The phones of a text along its sound; none, where they do not lie well enough for a lesson."""
    heard = net.heard(ear.frames(ear.listen(to_pcm(sound))))
    found = along(heard, phonetics.pronounced(text, language))
    return found[0] if found and found[1] >= _WORST_FIT else []


def main() -> None:
    """As the module's docstring says."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    clips = commands.add_parser("clips")
    clips.add_argument("--seed", type=int, default=1)
    clips.add_argument("--count", type=int, default=2000)
    clips.add_argument("--recordings", type=Path)
    clips.add_argument("--out", type=Path, required=True)
    learn = commands.add_parser("learn")
    learn.add_argument("clips", type=Path, nargs="+")
    learn.add_argument("--out", type=Path, required=True)
    join = commands.add_parser("join")
    join.add_argument("nets", type=Path, nargs="+")
    join.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    if asked.command == "join":
        saved(joined([dict(np.load(file)) for file in asked.nets]), asked.out)
        return
    if asked.command == "learn":
        # Files of ours, made by the command above.
        known = [clip for file in asked.clips for clip in pickle.loads(file.read_bytes())]
        saved(learnt(known), asked.out)
        return
    ear = Ear(ModelStore().ensure("whisper-base").folder, parallel=1)
    made = (
        recorded(asked.recordings, asked.seed, ear)
        if asked.recordings
        else synthetic(asked.seed, asked.count, ear)
    )
    asked.out.write_bytes(pickle.dumps(list(made)))


if __name__ == "__main__":
    main()
