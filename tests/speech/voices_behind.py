"""How end-pointing tells callers from others who speak behind them: `python -m tests.speech.voices_behind`.

Studio speakers (Debian's packages, fetched by apt): the Spanish one's sentences are callers, the English one
speaks all the time as a television. A minute and more.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ivr.evaluation.spoiling import CONDITIONS
from ivr.evaluation.studio_voices import voice_of
from speech.endpointing import Endpointer, SpeechEnded, SpeechResumed
from speech.sound import (
    FRAME_BYTES,
    FRAME_SECONDS,
    SAMPLE_RATE,
    Samples,
    frames_of,
    read_wav,
    speech_level,
    to_pcm,
    to_samples,
)

CALLER = 10 ** (-22 / 20)
LEAD, TAIL, NEVER = 1.0, 6.0, 9.0
THOUGHT = 0.9
"""Seconds after which somebody goes on."""


def sentences(language: str, least: float, most: float, count: int) -> list[Samples]:
    """So many of a studio speaker's, in chance's order, all equally loud."""
    files = sorted(file for file in voice_of(language).rglob("*.wav"))
    found: list[Samples] = []
    for place in np.random.default_rng(1).permutation(len(files)):
        if len(found) == count:
            break
        sound = _trimmed(files[place])
        if sound is not None and least <= len(sound) / SAMPLE_RATE <= most:
            found.append(sound)
    return found


def _trimmed(file: Path) -> Samples | None:
    samples = to_samples(read_wav(file))
    levels = np.sqrt(np.convolve(samples**2, np.ones(160) / 160, "same"))
    loud = np.flatnonzero(levels > 0.03 * np.percentile(levels, 95))
    if not len(loud) or not (level := speech_level(samples)):
        return None
    trimmed: Samples = samples[loud[0] : loud[-1] + 1] * (CALLER / level)
    return trimmed


def lower(samples: Samples, decibels: float) -> Samples:
    """Softer by that."""
    softer: Samples = samples * 10 ** (-decibels / 20)
    return softer


class Lines:
    """Callers on lines with others behind; every line from the same chance."""

    def __init__(self) -> None:
        self.chance = np.random.default_rng(2)
        gaps = [np.zeros(round(gap * SAMPLE_RATE)) for gap in self.chance.uniform(0.1, 0.3, 40)]
        news = sentences("en", 1.5, 6, 40)
        self.television = np.concatenate([part for pair in zip(news, gaps, strict=True) for part in pair])
        self.others = [news[at] for at in range(8)]

    def line(self, words: Samples, behind: str) -> Samples:
        """Quiet, the words, quiet; and all the time what is behind."""
        start, length = round(LEAD * SAMPLE_RATE), round((LEAD + TAIL) * SAMPLE_RATE) + len(words)
        line = self.chance.normal(size=length) * 3e-4
        line[start : start + len(words)] += words
        if behind.startswith("tv-"):
            at = int(self.chance.integers(len(self.television) - length))
            return line + lower(self.television[at : at + length], float(behind[3:]))
        return CONDITIONS[behind](line, self.chance, self.others)


def heard(line: Samples, final_silence: float) -> tuple[Endpointer, Iterator[bytes], SpeechEnded | None]:
    """The ear, the frames that it has not heard, and how the utterance ended."""
    ear = Endpointer(final_silence=final_silence, initial_timeout=None, longest=14.0)
    frames = iter(frames_of(to_pcm(line)))
    for frame in frames:
        for event in ear.push(frame):
            if isinstance(event, SpeechEnded):
                return ear, frames, event
    return ear, frames, None


def ends_late(lines: Lines, callers: list[Samples], behind: str) -> str:
    """Seconds from the last word to the end of the answer; who ended before they spoke is left out."""
    late = []
    for words in callers:
        _, _, end = heard(lines.line(words, behind), 0.5)
        if end is None:
            late.append(NEVER)
        elif end.speech_end > LEAD + 0.1:
            late.append(end.at - LEAD - len(words) / SAMPLE_RATE)
    late.sort()
    within, middle, tail = sum(one < 1.0 for one in late), late[len(late) // 2], late[len(late) * 9 // 10]
    return f"{within} of {len(late)} within 1 s, p50 {middle:.2f} p90 {tail:.2f}"


def cut(lines: Lines, callers: list[Samples], decibels: float, final_silence: float) -> int:
    """Callers who say two things, the second softer by that, and are not heard to the end."""
    lost = 0
    for place, first in enumerate(callers):
        second = lower(callers[(place + 7) % len(callers)], decibels)
        words = np.concatenate([first, np.zeros(round(0.15 * SAMPLE_RATE)), second])
        _, _, end = heard(lines.line(words, "clean"), final_silence)
        lost += end is None or end.speech_end < LEAD + len(words) / SAMPLE_RATE - 0.3
    return lost


def goes_on(lines: Lines, callers: list[Samples], behind: str, decibels: float | None) -> str:
    """Of how many answers it was heard that they went on, softer by that (None: they did not)."""
    resumed = count = 0
    for place, words in enumerate(callers):
        line, over = lines.line(words, behind), LEAD + len(words) / SAMPLE_RATE
        if decibels is not None:
            more, at = (
                lower(callers[(place + 7) % len(callers)], decibels),
                round((over + THOUGHT) * SAMPLE_RATE),
            )
            line[at : at + len(more)] += more[: len(line) - at]
        ear, frames, end = heard(line, 0.5)
        if end is None or not over - 0.3 < end.speech_end < over + THOUGHT - 0.5:
            continue
        count += 1
        ear.reopen()
        listened = [next(frames, bytes(FRAME_BYTES)) for _ in range(round(1.0 / FRAME_SECONDS))]
        resumed += any(isinstance(event, SpeechResumed) for frame in listened for event in ear.push(frame))
    return f"{resumed} of {count}"


def main() -> None:
    """Prints the figures."""
    lines, callers = Lines(), sentences("es", 0.3, 2.5, 100)
    for behind in ("clean", "tv-12", "tv-15", "tv-20", "tv-25", "babble-10", "street-10"):
        print(f"{behind:10} answers end: {ends_late(lines, callers, behind)}", flush=True)
    for final_silence in (0.3, 0.5):
        softer = ", ".join(
            f"{dB} dB: {cut(lines, callers, dB, final_silence)}" for dB in (0, 6, 9, 12, 15, 18)
        )
        print(f"cut of {len(callers)}, the second half softer by ({final_silence} s of silence): {softer}")
    for behind in ("clean", "tv-10", "tv-12", "tv-15", "babble-10", "street-10"):
        print(f"{behind:10} nobody goes on, and it is heard: {goes_on(lines, callers, behind, None)}")
    for decibels in (0.0, 6.0, 9.0):
        print(f"they go on, softer by {decibels:g} dB: {goes_on(lines, callers, 'clean', decibels)}")


if __name__ == "__main__":
    main()
