"""Recordings as sound: trimmed with their timing kept, converted with tags, read in whatever state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivr.errors import RecordingUnreadable
from ivr.recordings.encoding import FORMATS, Format, encode, seconds_of
from ivr.recordings.library import Library, shown_number
from ivr.recordings.sound import MARGIN_MS, read, segment, side_of, trimmed, wav_shape
from tests.freeswitch.sound import strength, tone
from tests.ivr.recorded import CALLER_HZ, SYSTEM_HZ, Site, a_call, at, stereo, write_wav
from tests.ivr.tags import tags_of

TAGS = {"title": "Call 1", "date": "2026-11-23T09:00:00Z", "language": "ca", "comment": "perquè sí · 你"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    one = Site(tmp_path)
    yield one
    one.store.close()


def sound(samples: bytes) -> Any:
    return segment(samples, 8000, 2)


def onset(side: Any) -> float:
    """Seconds until the first sound."""
    loud = np.abs(np.frombuffer(side.raw_data, "<i2").astype(int)) > 1500
    return float(loud.argmax()) / side.frame_rate


def test_both_sides_are_cut_at_the_same_places() -> None:
    """Who spoke when stays; the margin stays; the tone's own samples are whole."""
    cut = trimmed(sound(a_call(10.0)))
    caller, system = side_of(cut, "caller"), side_of(cut, "system")
    assert onset(caller) == pytest.approx(MARGIN_MS / 1000, abs=0.02)
    assert onset(system) - onset(caller) == pytest.approx(1.5, abs=0.001)
    assert len(cut) == pytest.approx(2500 + 2 * MARGIN_MS, abs=30)
    assert strength(caller.raw_data[MARGIN_MS * 16 :][:16000], CALLER_HZ) > 0.9
    assert strength(system.raw_data, SYSTEM_HZ) > 0.1
    assert strength(caller.raw_data, SYSTEM_HZ) < 0.01


def test_silence_inside_stays_also_what_was_masked() -> None:
    """Ten seconds without a sound between two are ten seconds."""
    beep = tone(CALLER_HZ, 0.2)
    left = at(1.0, beep + bytes(160_000) + beep, 13.0)
    cut = trimmed(sound(stereo(left, bytes(len(left)))))
    assert len(cut) == pytest.approx(10_400 + 2 * MARGIN_MS, abs=30)


@pytest.mark.parametrize("seconds", [0.0, 0.1, 3.0])
def test_nothing_but_silence_stays_as_it_is(seconds: float) -> None:
    """A caller who said nothing, and a system that was broken: still a recording."""
    silent = sound(bytes(int(seconds * 8000) * 4))
    assert len(trimmed(silent)) == len(silent)


def test_what_begins_and_ends_with_sound_is_not_touched() -> None:
    """Nothing to trim, nothing trimmed."""
    full = stereo(tone(CALLER_HZ, 1.0), tone(SYSTEM_HZ, 1.0))
    assert trimmed(sound(full)).raw_data == full


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_keeps_sides_timing_and_tags(tmp_path: Path, form: Format) -> None:
    """What comes back: the same length, caller left, system right, each where it was."""
    file = tmp_path / f"call.{form}"
    encode(sound(a_call()), file, form, TAGS)
    back = read(file)
    assert len(back) == pytest.approx(6000, abs=30)
    caller, system = side_of(back, "caller"), side_of(back, "system")
    assert onset(caller) == pytest.approx(2.0, abs=0.03)
    assert onset(system) == pytest.approx(3.5, abs=0.03)
    assert strength(caller.raw_data[2 * 16100 : 2 * 23900], CALLER_HZ) > 0.9
    assert strength(system.raw_data[2 * 28100 : 2 * 35900], SYSTEM_HZ) > 0.9
    tags = tags_of(file)
    assert {name: tags[name] for name in TAGS} == TAGS
    assert form == "wav" or seconds_of(file) == pytest.approx(6.0, abs=0.1)
    assert not list(tmp_path.glob(".*"))


def test_a_short_sound_survives_every_format(tmp_path: Path) -> None:
    """Shorter than one frame of any codec; no sound at all is told as that."""
    forms: tuple[Format, ...] = ("wav", "mp3", "opus")
    for form in forms:
        for length in (1, 100):
            file = tmp_path / f"{length}.{form}"
            encode(sound(bytes(4 * length)), file, form, {})
            assert file.stat().st_size > 0
        with pytest.raises(RecordingUnreadable, match="no sound"):
            encode(sound(b""), tmp_path / f"0.{form}", form, {})
        assert not (tmp_path / f"0.{form}").exists()


def test_an_encoder_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a file is worse than none: what was there stays."""
    file = tmp_path / "call.mp3"
    file.write_bytes(b"before")

    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        encode(sound(a_call()), file, "mp3", TAGS)
    assert [path.name for path in tmp_path.iterdir()] == ["call.mp3"]
    assert file.read_bytes() == b"before"


@pytest.mark.parametrize(
    ("told", "there", "closed"),
    [
        (None, 4000, True),
        (0, 4000, False),
        (0xFFFFFFFF, 4000, False),
        (100_000, 4000, False),
        (None, 3998, True),
    ],
)
def test_a_header_that_nobody_finished_is_read_to_the_end(
    tmp_path: Path, told: int | None, there: int, closed: bool
) -> None:
    """What a crash left: length 0, or more than there is, or half a frame at the end."""
    file = tmp_path / "call.wav"
    write_wav(file, a_call()[:4000])
    content = bytearray(file.read_bytes())
    if told is not None:
        content[40:44] = told.to_bytes(4, "little")
    file.write_bytes(bytes(content[: 44 + there]))
    shape = wav_shape(file)
    assert shape.closed is (closed and there == 4000)
    assert shape.length == there - there % 4
    assert read(file).raw_data == a_call()[: shape.length]


def test_chunks_before_the_samples_are_skipped(tmp_path: Path) -> None:
    """Tags, padding and what else stands there, also of odd length."""
    file = tmp_path / "call.wav"
    write_wav(file, a_call())
    content = file.read_bytes()
    file.write_bytes(content[:36] + b"LIST\x03\0\0\0abc\0" + content[36:])
    assert read(file).raw_data == a_call()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"RIFF\0\0\0\0WAVE",
        b"RIFF\0\0\0\0WAVEdata\x04\0\0\0abcd",
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0",
        b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff\x01\0\x02\0\x40\x1f\0\0\0\x7d\0\0\x04\0\x10\0",
        b"ID3\x04" + b"\0" * 600,
    ],
)
@pytest.mark.parametrize("ending", ["wav", "mp3", "opus"])
def test_a_damaged_file_is_one_clear_fault(tmp_path: Path, content: bytes, ending: str) -> None:
    """Whatever it holds, and whatever it is called."""
    file = tmp_path / f"call.{ending}"
    file.write_bytes(content)
    with pytest.raises(RecordingUnreadable, match=r"call\."):
        read(file)


def test_a_wav_with_a_codec_inside_is_no_recording_of_ours(tmp_path: Path) -> None:
    """Both switches write plain samples."""
    file = tmp_path / "call.wav"
    file.write_bytes(
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x07\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x04\0\0\0abcd"
    )
    with pytest.raises(RecordingUnreadable, match="16-bit PCM"):
        read(file)


def test_one_channel_has_no_sides() -> None:
    """Said so, instead of half of it."""
    with pytest.raises(RecordingUnreadable, match="not apart"):
        side_of(segment(tone(440, 0.1), 8000, 1), "caller")


def test_the_database_never_leads_out_of_the_folder(site: Site) -> None:
    """Whoever can write a row cannot have any file played or copied out."""
    for path in ("../secret.wav", "/etc/passwd"):
        call_id = site.call(recorded=False)
        site.store.calls.move_recording(call_id, path)
        with pytest.raises(RecordingUnreadable, match="outside"):
            Library(site.store, site.folder).get(str(call_id))


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+34600111222", "•••222"), ("", "withheld"), ("1234", "•••"), ("anonymous", "•••ous")],
)
def test_numbers_are_masked(number: str, shown: str) -> None:
    """The last three digits are enough to tell two calls apart."""
    assert shown_number(number, full=False) == shown
    assert shown_number(number, full=True) == (number or "withheld")
