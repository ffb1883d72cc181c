"""What pyttsx3 does behind our back, and that it reaches nobody."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

import gevent
import pytest

from speech.errors import SynthesizerLost
from speech.pyttsx3 import Pyttsx3, Voice
from speech.sound import frame_levels, to_samples
from speech.speaking import Patience, SpeakingPool
from speech.worker_pyttsx3 import spoken_text


def test_pace_and_voice_count_from_the_very_text(speaker: Pyttsx3) -> None:
    """espeak-ng takes settings late: without waiting, every second prompt has its neighbour's pace."""
    durations: dict[tuple[str, float], set[int]] = {}
    for turn in range(40):
        language, pace = ("es", "ca")[turn % 2], (1.0, 0.8)[turn // 3 % 2]
        pcm = speaker.speak("quiero saber mi saldo", language=language, pace=pace)
        durations.setdefault((language, pace), set()).add(len(pcm))
    assert len(durations) == 4
    for language in ("es", "ca"):
        assert min(durations[language, 0.8]) > 1.12 * max(durations[language, 1.0])


def test_the_shortest_texts_always_sound(speaker: Pyttsx3) -> None:
    """A file read before espeak-ng's thread has written it is empty: one text in a few hundred was."""
    for turn in range(120):
        text = ("sí", "no", "uno")[turn % 3]
        assert len(speaker.speak(text, language=("es", "ca")[turn // 3 % 2])) > 1600


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_synthesiser_that_dies_or_hangs_costs_no_prompt(how: signal.Signals) -> None:
    """The text is said again to the worker that takes its place, before two seconds are over on a quiet
    machine; the one that hung is gone."""
    engine = Pyttsx3(voices={"es": Voice("roa/es")})
    try:
        engine.wait_ready(20)
        said = engine.speak("hola", language="es")
        (first,) = engine.worker_pids()
        os.kill(first, how)
        again = engine.speak("hola", language="es")
        # Two workers' sounds are alike, and not always the same to the last bit, nor to the last millisecond.
        assert len(again) == pytest.approx(len(said), rel=0.01)
        first_levels, second_levels = (frame_levels(to_samples(one)) for one in (said, again))
        both = min(len(first_levels), len(second_levels))
        assert second_levels[:both] == pytest.approx(first_levels[:both], abs=0.05)
        (second,) = engine.worker_pids()
        assert second != first
    finally:
        engine.close()
    assert _gone(first) and _gone(second)


def test_a_killed_synthesiser_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that runs for a year and replaces hanging workers would fill the disk with their sentences."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    engine = Pyttsx3(voices={"es": Voice("roa/es")})
    try:
        assert engine.speak("hola", language="es")
        (pid,) = engine.worker_pids()
        os.kill(pid, signal.SIGKILL)
        assert _gone(pid)
        assert engine.speak("hola", language="es")
    finally:
        engine.close()
    assert list(tmp_path.iterdir()) == []


def _gone(pid: int) -> bool:
    """Whether the process ends within the time that it is given."""
    with gevent.Timeout(10, False):
        while Path(f"/proc/{pid}").exists():
            gevent.sleep(0.05)
    return not Path(f"/proc/{pid}").exists()


def _silent_for(patience: Patience, text: str) -> float:
    """Seconds until a pool whose workers all hang gives that text up."""
    pool = SpeakingPool(
        "mute",
        "tests.speech.echo_worker",
        {},
        workers=1,
        timeout=20.0,
        patience=patience,
        start_timeout=20.0,
        progress=None,
    )
    try:
        pool.wait_ready(20)
        began = time.monotonic()
        with pytest.raises(SynthesizerLost, match="did not answer"):
            pool.render(text=text)
        return time.monotonic() - began
    finally:
        pool.close()


def test_a_synthesiser_that_hangs_for_ever_is_given_up() -> None:
    """Whatever takes its place hangs as well, and is given as long as the first: callers wait in silence."""
    assert _silent_for(Patience(0.2), "hola") < 8


def test_a_long_text_is_waited_for_longer() -> None:
    """A voice that takes longer for it is not hung."""
    assert _silent_for(Patience(0.1, a_sign=0.02), "hola " * 10) > 2 * (0.1 + 0.02 * 50)


def test_after_close_there_is_no_voice() -> None:
    """A closed synthesiser says so at once."""
    engine = Pyttsx3()
    engine.close()
    with pytest.raises(SynthesizerLost, match="closed"):
        engine.speak("hola", language="es")


def test_the_same_texts_sound_the_same() -> None:
    """Also in a voice that breathes: else what an evaluation found could not be heard again.

    espeak-ng's own thread now and then begins in another state (a twentieth of all workers, in voices without
    breath, too), and its texts differ from then on: most of eight workers give one sound. Left alone, chance
    begins with the second of the clock at their start, which no five of them share.
    """

    def said() -> tuple[bytes, ...]:
        engine = Pyttsx3(voices={"es": Voice("roa/es+f2")}, timeout=20.0, patience=20.0)
        try:
            return tuple(engine.speak(text, language="es") for text in ("no", "sí", "no"))
        finally:
            engine.close()

    assert Counter(said() for _ in range(8)).most_common(1)[0][1] >= 5


@pytest.mark.parametrize(
    ("text", "spoken"),
    [("[[h@'loU]]", "h@'loU"), ("a\0b\x1b[31m", "a b [31m"), ("  uno\n dos ", "uno dos"), ("ñ·ç€", "ñ·ç€")],
)
def test_no_text_commands_the_synthesiser(text: str, spoken: str) -> None:
    """Phoneme brackets and control characters in a name are words at most."""
    assert spoken_text(text) == spoken
