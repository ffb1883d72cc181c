"""Texts said in voices near to people's, for `--recordings` of the programs that learn. No test.

    python -m tests.speech.natural_voices --voices KOKORO_VOICES --count 400 --out natural

Kokoro-82M (the model store's "kokoro") says the training's texts in the voices of a folder (`*.bin` of
the npm package kokoro-js, Apache-2.0: 510 × 256 numbers each), two of them mixed for each text, so that
hardly any voice comes twice. It was trained without Catalan: there it reads espeak-ng's phones in the
accents that it knows. `--answers` says yes and no instead, mostly alone (`tests.speech.train_keywords`).
`--festival` adds English by festival's voices that are installed. Voices of the evaluation are left out.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import wave
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speech.espeak_library import TIED, EspeakLibrary
from speech.kokoro import VOICES
from speech.models import ModelStore
from speech.sound import SAMPLE_RATE, Samples, finished_prompt, read_wav, to_pcm, to_samples
from speech.worker_kokoro import Speaker, in_letters
from tests.speech.keyword_phrases import LONE, answers
from tests.speech.train_phones import LANGUAGES, texts

ACCENTS = {"es": ("es", "es-419"), "ca": ("ca",), "en": ("en-us", "en-us", "en-gb")}
NEAR = {"es": ("if_sara", "im_nicola", "ff_siwis"), "ca": ("if_sara", "im_nicola", "ff_siwis"), "en": ()}
"""Voices of neighbouring languages, of which one is in each mix; English has many of its own."""
SAME_SPEAKERS = ("pf_dora", "pm_alex", "pm_santa")
"""By their names the evaluation's Spanish speakers, in Portuguese."""
FESTIVAL = ("voice_kal_diphone", "voice_ked_diphone", "voice_cmu_us_slt_arctic_hts")
Numbers = NDArray[np.float32]


def voices_of(folder: Path) -> dict[str, Numbers]:
    """Kokoro's voices in a folder, without those of the evaluation and of far languages."""
    left_out = {*SAME_SPEAKERS, *(name for names in VOICES.values() for name in names)}
    return {
        file.stem: np.fromfile(file, dtype="<f4").reshape(-1, 256)
        for file in sorted(folder.glob("*.bin"))
        if file.stem not in left_out and file.stem[0] in "abif"
    }


def mixed(voices: Mapping[str, Numbers], language: str, draw: random.Random) -> Numbers:
    """A voice between two that are there."""
    near = draw.choice(NEAR[language] or sorted(name for name in voices if name[0] in "ab"))
    far = draw.choice(sorted(name for name in voices if name != near))
    share = np.float32(draw.uniform(0.5, 0.9))
    return share * voices[near] + (1 - share) * voices[far]


def by_kokoro(
    voices: Path, count: int, seed: int, *, only_answers: bool = False
) -> Iterator[tuple[str, str, Samples]]:
    """Language, text and sound, `count` of them."""
    draw, there = random.Random(seed), voices_of(voices)
    speaker, library = Speaker(ModelStore().ensure("kokoro").folder), EspeakLibrary()
    says = {
        language: replies(language, count, draw) if only_answers else texts(language, seed)
        for language in LANGUAGES
    }
    for number in range(count):
        language = LANGUAGES[number % len(LANGUAGES)]
        text = says[language][number // len(LANGUAGES)]
        ipa = library.ipa(text, draw.choice(ACCENTS[language]), separator="^", mode=TIED)
        phones = in_letters(ipa, english=language == "en")
        yield language, text, speaker.said(phones, mixed(there, language, draw), draw.uniform(0.8, 1.25))


def replies(language: str, count: int, draw: random.Random) -> list[str]:
    """Yes and no: more often than not the word alone, else any phrase of theirs."""
    phrases = answers(language)
    return [draw.choice(LONE[language] if draw.random() < 0.6 else phrases) for _each in range(count)]


def by_festival(folder: Path, count: int, seed: int) -> Iterator[tuple[str, str, Samples]]:
    """The same in English, all in one run of festival."""
    says = [text.replace("’", "'") for text in texts("en", seed) if text.isascii()][:count]
    lines = []
    for number, text in enumerate(says):
        if number % (count // len(FESTIVAL) + 1) == 0:
            lines.append(f"({FESTIVAL[number // (count // len(FESTIVAL) + 1)]})")
        said = text.replace("\\", "").replace('"', "")
        lines.append(f'(utt.save.wave (utt.synth (Utterance Text "{said}")) "festival-{number}.wav" \'riff)')
    (folder / "say.scm").write_text("\n".join(lines), encoding="ascii")
    subprocess.run(["festival", "-b", "say.scm"], cwd=folder, check=True, capture_output=True)
    for number, text in enumerate(says):
        sound = to_samples(read_wav(folder / f"festival-{number}.wav"))
        yield "en", text, finished_prompt(sound)


def main() -> None:
    """As the module's docstring says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voices", type=Path, required=True)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--answers", action="store_true")
    parser.add_argument("--festival", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    made = [("kokoro", by_kokoro(asked.voices, asked.count, asked.seed, only_answers=asked.answers))]
    if asked.festival:
        made.append(("festival", by_festival(asked.out, asked.festival, asked.seed)))
    with (asked.out / "said.jsonl").open("w", encoding="utf-8") as listed:
        for engine, sounds in made:
            for number, (language, text, sound) in enumerate(sounds):
                name = f"{engine}-said-{number}.wav"
                with wave.open(str(asked.out / name), "wb") as file:
                    file.setnchannels(1)
                    file.setsampwidth(2)
                    file.setframerate(SAMPLE_RATE)
                    file.writeframes(to_pcm(sound))
                line = {"language": language, "text": text, "voice": engine, "file": name}
                listed.write(json.dumps(line, ensure_ascii=False) + "\n")
                listed.flush()


if __name__ == "__main__":
    main()
