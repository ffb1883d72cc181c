"""Sentences with values joined from recordings, the index of what was recorded, and slower recordings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gevent
import numpy as np
import pytest

from speech.cached_synthesizer import CachedSynthesizer
from speech.joining import in_recordings, pause_after, value_file
from speech.pace import stretched
from speech.prompt_cache import PromptCache
from speech.prompts import PromptLibrary
from speech.pyttsx3 import Pyttsx3
from speech.recorded import Entry, Recorded
from speech.sound import read_wav, seconds_of, to_samples, write_wav
from speech.studio import Conversion
from tests.speech.conftest import tones
from tests.speech.test_prompts import CountingSpeaker

PIECES = (("Debe", "f/s/es-v1a"), ("ciento dos euros,", None), ("gracias.", "f/s/es-v1b"))
TEXT = "Debe ciento dos euros, gracias."


class Studio:
    """A studio's folder whose recordings are tones, each of its own pitch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "studio"
        self.folder.mkdir()
        self.speaker = CountingSpeaker()
        self.library = PromptLibrary(
            CachedSynthesizer(self.speaker, folder / "cache"),
            recordings=self.folder,
            converted=folder / "converted",
            patience=30.0,
        )

    def record(self, name: str, hertz: float, seconds: float = 0.5) -> Path:
        """A recording; returns its file."""
        file = self.folder / f"{name}.wav"
        write_wav(file, tones(hertz, seconds=seconds))
        return file

    def record_all(self) -> None:
        """Everything that the sentence needs."""
        names = ("f/s/es-v1a", "es/values/ciento", "es/values/dos", "es/values/euros", "f/s/es-v1b")
        for place, name in enumerate(names):
            self.record(name, 400.0 + 300 * place)
        self.library.prepare()

    def said(self, pace: float = 1.0, text: str = TEXT) -> bytes:
        """The sentence's samples."""
        return read_wav(self.library.file_of(text, language="es", pieces=PIECES, pace=pace))


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """An empty studio."""
    return Studio(tmp_path)


def pitches(pcm: bytes) -> list[int]:
    """The tones in their order, rounded to 100 Hz."""
    samples = to_samples(pcm)
    found: list[int] = []
    for at in range(0, len(samples) - 800, 800):
        part = samples[at : at + 800]
        if np.abs(part).mean() > 0.02:
            hertz = round(float(np.abs(np.fft.rfft(part * np.hanning(800))).argmax()) * 10, -2)
            if not found or found[-1] != hertz:
                found.append(int(hertz))
    return found


def test_a_sentence_is_joined_where_everything_was_recorded(studio: Studio) -> None:
    """Fixed part, the value's words, fixed part, in order; nothing is synthesised."""
    studio.record_all()
    assert pitches(studio.said()) == [400, 700, 1000, 1300, 1600]
    assert studio.speaker.spoken == []
    assert studio.library.file_of(TEXT, language="es", pieces=PIECES) == studio.library.file_of(
        TEXT, language="es", pieces=PIECES
    )


def test_a_value_without_recordings_is_synthesised_between_them(studio: Studio) -> None:
    """One word is missing: the whole value is synthesised, never half of it."""
    studio.record_all()
    (studio.folder / "es/values/dos.wav").unlink()
    studio.said()
    assert studio.speaker.spoken == ["ciento dos euros,"]


def test_without_a_fixed_part_the_whole_sentence_is_synthesised(studio: Studio) -> None:
    """A sentence that changes its speaker in the middle for want of a recording is worse."""
    studio.record_all()
    (studio.folder / "f/s/es-v1b.wav").unlink()
    studio.said()
    assert studio.speaker.spoken == [TEXT]


def test_nobody_waits_for_ten_conversions(studio: Studio) -> None:
    """Recordings that are not converted yet are converted beside the call, which hears the synthesiser."""
    for name, hertz in (("f/s/es-v1a", 400.0), ("f/s/es-v1b", 700.0)):
        studio.record(name, hertz)
    first = studio.said()
    assert studio.speaker.spoken == ["ciento dos euros,", TEXT] and pitches(first) != [400]
    converting = studio.library._converting
    assert converting is not None
    converting.join(timeout=20)
    assert pitches(studio.said())[0] == 400


def test_nobody_waits_for_a_batch(studio: Studio) -> None:
    """A server starts with a studio's work of weeks: the caller who needs one recording gets it meanwhile."""
    for place in range(80):
        studio.record(f"f/s/{place}", 400.0, seconds=4.0)
    wanted = studio.record("f/wanted/es", 700.0)
    preparing = gevent.spawn(studio.library.prepare)
    while not studio.library._turn.locked():
        gevent.sleep(0)
    file = studio.library.file_of("Hola.", language="es", recording_name="f/wanted/es")
    there_first = not preparing.ready()
    preparing.kill()
    assert pitches(read_wav(file)) == [700] and file != wanted and studio.speaker.spoken == []
    assert there_first


def test_a_recording_that_takes_long_is_synthesised_until_it_is_there(studio: Studio) -> None:
    """A caller's silence is worth more than the studio's voice; the next one hears that."""
    studio.library._patience = 0.0
    studio.record("f/wanted/es", 700.0)
    studio.library.file_of("Hola.", language="es", recording_name="f/wanted/es")
    assert studio.speaker.spoken == ["Hola."]
    for converting in list(studio.library._urgent.values()):
        converting.join(timeout=30)
    file = studio.library.file_of("Hola.", language="es", recording_name="f/wanted/es")
    assert pitches(read_wav(file)) == [700]


def test_a_broken_recording_is_not_tried_for_each_caller(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a minute, and at once when somebody has put another file there."""
    tried: list[str] = []

    def converts(conversions: Sequence[Conversion]) -> None:
        tried.extend(one.studio.name for one in conversions)

    monkeypatch.setattr("speech.prompts._run", converts)
    studio.record("f/wanted/es", 700.0)
    for _ in range(3):
        studio.library.file_of("Hola.", language="es", recording_name="f/wanted/es")
    assert tried == ["es.wav"] and studio.speaker.spoken == ["Hola."]
    studio.record("f/wanted/es", 700.0, seconds=0.7)
    studio.library.file_of("Hola.", language="es", recording_name="f/wanted/es")
    assert tried == ["es.wav"] * 2


def test_a_run_of_words_in_one_file_is_preferred(tmp_path: Path) -> None:
    """ "cuarenta y dos" in one breath sounds better than three words."""
    there = {name: tmp_path / name for name in ("cuarenta", "y", "dos", "cuarenta-y-dos", "euros")}
    joins = in_recordings("cuarenta y dos euros, y dos.", there.get)
    assert joins is not None
    assert [join.file.name for join in joins] == ["cuarenta-y-dos", "euros", "y", "dos"]
    assert joins[1].pause > joins[0].pause and joins[3].pause > joins[1].pause


@pytest.mark.parametrize(
    ("words", "file"),
    [
        ("vint-i-dós", "vint-i-dos"),
        ("eñe", "enye"),
        ("ene", "ene"),
        ("man\u0303ana", "manyana"),
        ("Céntimos", "centimos"),
        ("d'euros", "deuros"),
        ("d’agost", "dagost"),
        ("../../etc", "etc"),
        ("año", "anyo"),
        ("col·lapse", "collapse"),
    ],
)
def test_a_word_s_file_is_plain(words: str, file: str) -> None:
    """Letters without marks and hyphens only: no system and no studio trips over them."""
    assert value_file(words) == file


def test_signs_make_pauses() -> None:
    """A comma parts, a full stop ends; nothing else does."""
    assert pause_after("hola") < pause_after("hola,") < pause_after("hola.") == pause_after("¿hola?»")


def test_a_recording_that_says_something_else_is_not_played(studio: Studio) -> None:
    """The designer changed "pulse uno": the old recording would tell the wrong key."""
    file = studio.record("f/menu/es", 500.0)
    index = Recorded(studio.folder)
    index.add(file, Entry("Para pagar, pulse uno.", file.stat().st_size, 0.5, "take3.wav"))
    index.save()
    for text in ("Para pagar, pulse uno.", "para pagar: pulse uno"):
        assert studio.library.recording_of("f/menu/es", "es", text) == file
    assert studio.library.recording_of("f/menu/es", "es", "Para pagar, pulse dos.") is None
    assert studio.library.file_of("Para pagar, pulse dos.", language="es", recording_name="f/menu/es")
    assert studio.speaker.spoken == ["Para pagar, pulse dos."]
    studio.record("f/menu/es", 500.0, seconds=0.9)  # by hand: the entry is about another file
    assert studio.library.recording_of("f/menu/es", "es", "Para pagar, pulse dos.") == file


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}', '{"a": {"text": 1}}'])
def test_a_broken_index_does_not_silence_the_studio(studio: Studio, content: str) -> None:
    """It is told in the log; the recordings are believed."""
    file = studio.record("f/menu/es", 500.0)
    (studio.folder / "recorded.json").write_text(content)
    assert studio.library.recording_of("f/menu/es", "es", "otra cosa") == file
    assert studio.library.file_of("otra cosa", language="es", recording_name="f/menu/es").exists()


def test_slower_holds_for_recordings_too(studio: Studio) -> None:
    """A caller who asked for slower hears the studio slower, at the same pitch."""
    studio.record_all()
    usual, slow = studio.said(), studio.said(pace=0.8)
    assert 1.15 < seconds_of(slow) / seconds_of(usual) < 1.35
    assert pitches(slow) == pitches(usual)


@pytest.mark.parametrize("pace", [0.5, 0.8, 1.25, 2.0])
def test_stretching_keeps_words_and_pitch(speaker: Pyttsx3, pace: float) -> None:
    """As long as asked for, the level and the voice's pitch as they were."""
    usual = to_samples(speaker.speak("Su saldo pendiente es de cien euros", language="es"))
    other = stretched(usual, pace)
    assert len(other) == pytest.approx(len(usual) / pace, rel=0.03)
    assert np.std(other) == pytest.approx(np.std(usual), rel=0.15)
    spectra = [np.abs(np.fft.rfft(sound, 65536)) for sound in (usual, other)]
    low = [np.average(np.arange(2400), weights=spectrum[:2400]) for spectrum in spectra]
    assert low[1] == pytest.approx(low[0], rel=0.08)


def test_a_file_that_was_given_out_stays_for_an_hour(tmp_path: Path) -> None:
    """However full the cache is, nobody's prompt is removed while it plays; later it may go."""
    now = [1_000_000.0]
    cache = PromptCache(tmp_path, limit=40_000, clock=lambda: now[0])
    first = cache.sound("first", lambda: bytes(16_000))
    for number in range(4):
        cache.sound(f"other {number}", lambda: bytes(16_000))
    assert first.exists()
    now[0] += 3700.0
    cache.sound("late", lambda: bytes(16_000))
    assert not first.exists()
    gevent.sleep(0)
