"""What a recording must not keep is silenced in it afterwards, whatever dies in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from data.ids import new_id
from ivr.errors import RecordingUnreadable
from ivr.recordings.converting import Converter
from ivr.recordings.library import Library
from ivr.recordings.muting import ABANDONED, list_of, look, mute, note
from ivr.recordings.sound import read
from tests.freeswitch.sound import tone
from tests.ivr.recorded import CALLER_HZ, OLD, SYSTEM_HZ, Site, stereo, write_wav

RATE = 8000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    one = Site(tmp_path)
    yield one
    one.store.close()


def full(seconds: float = 10.0) -> bytes:
    """A call in which both sides sound all the time."""
    return stereo(tone(CALLER_HZ, seconds), tone(SYSTEM_HZ, seconds))


def silent(file: Path) -> list[tuple[float, float]]:
    """Where both sides are silent, in tenths of a second."""
    samples = np.abs(np.frombuffer(file.read_bytes()[44:], "<i2").reshape(-1, 2).astype(int)).max(axis=1)
    quiet = [bool(samples[at : at + RATE // 10].max() == 0) for at in range(0, len(samples), RATE // 10)]
    found, begin = [], None
    for tenth, still in enumerate([*quiet, False]):
        if still and begin is None:
            begin = tenth
        elif not still and begin is not None:
            found.append((begin / 10, tenth / 10))
            begin = None
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A recording of ten seconds, as the switch has finished it."""
    there = tmp_path / "2026" / "11" / "23" / f"{new_id()}.wav"
    write_wav(there, full())
    return there


def unfinished(file: Path) -> None:
    """As the switch leaves the header while it writes."""
    content = bytearray(file.read_bytes())
    content[40:44] = bytes(4)
    file.write_bytes(bytes(content))


def at(seconds: float) -> Callable[[], float]:
    return lambda: seconds


def test_spans_are_silent_and_nothing_else_is_touched(file: Path) -> None:
    """Both sides, the time kept, the rest sample by sample as it was; and the list goes."""
    before, written = file.read_bytes(), file.stat().st_mtime
    note(file, begin=2.0, end=3.5)
    note(file, begin=7.0, end=7.5)
    note(file, lasted=10.0)
    assert mute(file)
    assert silent(file) == [(2.0, 3.5), (7.0, 7.5)]
    after = file.read_bytes()
    assert len(after) == len(before)
    assert after[: 44 + 2 * RATE * 4] == before[: 44 + 2 * RATE * 4]
    assert after[44 + int(7.5 * RATE) * 4 :] == before[44 + int(7.5 * RATE) * 4 :]
    assert file.stat().st_mtime == written, "who waits until it is left alone would wait again"
    assert not list_of(file).exists()
    assert mute(file), "there is nothing to be done any more"


def test_while_the_switch_writes_what_is_there_is_silenced(file: Path) -> None:
    """The list stays until the recording is finished."""
    whole = file.read_bytes()
    file.write_bytes(whole[: 44 + 5 * RATE * 4])
    unfinished(file)
    note(file, begin=1.0, end=2.0)
    note(file, begin=4.0, end=6.0)
    assert not mute(file, clock=at(file.stat().st_mtime))
    assert silent(file) == [(1.0, 2.0), (4.0, 5.0)]
    with file.open("ab") as more:
        more.write(whole[44 + 5 * RATE * 4 :])
    note(file, lasted=10.0)
    assert not mute(file, clock=at(file.stat().st_mtime))
    assert silent(file) == [(1.0, 2.0), (4.0, 6.0)]
    write_wav(file, file.read_bytes()[44:])
    assert mute(file)


def test_a_caller_on_hold_makes_the_recording_shorter(file: Path) -> None:
    """Nobody knows before which span: what is missing at the end is added before each."""
    note(file, begin=6.0, end=7.0)
    note(file, lasted=13.0)
    assert mute(file)
    assert silent(file) == [(3.0, 7.0)]


def test_a_server_that_died_told_no_length(file: Path) -> None:
    """The span is silenced at once, and the list goes after an hour."""
    note(file, begin=1.0, end=2.0)
    with list_of(file).open("a") as cut:
        cut.write('{"file": "2026/11')
    noted = list_of(file).stat().st_mtime
    root = file.parents[3]
    assert look(root, clock=at(noted + 10)) == 1
    assert silent(file) == [(1.0, 2.0)]
    assert look(root, clock=at(noted + ABANDONED + 10)) == 0
    assert not list_of(file).exists()


@pytest.mark.parametrize("below", ["../outside.wav", "/etc/passwd", ""])
def test_a_list_names_no_file_outside(tmp_path: Path, file: Path, below: str) -> None:
    """Whoever can write a list changes no other file."""
    outside = tmp_path.parent / "outside.wav"
    write_wav(outside, full(2.0))
    note(file, begin=0.0, end=2.0)
    listed = list_of(file)
    listed.write_text(listed.read_text().replace(str(file.relative_to(tmp_path)), below))
    assert look(tmp_path, clock=at(listed.stat().st_mtime)) == 1
    assert silent(outside) == []


def test_a_recording_that_is_gone_and_one_that_is_no_sound(tmp_path: Path, file: Path) -> None:
    """Neither keeps the others waiting; the list of what was deleted goes after an hour."""
    damaged, gone = (file.with_name(f"{new_id()}.wav") for _ in range(2))
    damaged.write_bytes(b"no sound")
    for one in (damaged, gone, file):
        note(one, begin=1.0, end=2.0)
        note(one, lasted=10.0)
    noted = list_of(gone).stat().st_mtime
    assert look(tmp_path, clock=at(noted + 10)) == 2
    assert silent(file) == [(1.0, 2.0)]
    assert look(tmp_path, clock=at(noted + ABANDONED + 10)) == 1
    assert list_of(damaged).exists() and not list_of(gone).exists()


def call_with_a_secret(site: Site) -> UUID:
    call = site.call(full(), caller_number="+34600111222")
    note(site.file(call), begin=4.0, end=6.0)
    return call


def test_nothing_is_converted_before_it_is_silenced(site: Site) -> None:
    """Where the length is not told yet, it waits; the converted file holds the silence."""
    call = call_with_a_secret(site)
    raw = site.file(call)
    converter = Converter(site.store, site.folder, "wav", clock=at(OLD + 60))
    assert converter.look() == 0
    assert raw.exists()
    note(raw, lasted=10.0)
    assert converter.look() == 1
    sound = read(site.file(call))
    assert sound[4000:6000].max == 0
    assert sound[3000:3900].max > 1000


def test_nobody_hears_it_before_the_server_has_looked(site: Site) -> None:
    """Whoever plays or exports mutes first; who may not write hears nothing at all."""
    call = call_with_a_secret(site)
    library = Library(site.store, site.folder)
    assert silent(library.get(str(call)).file) == [(4.0, 6.0)]
    other = call_with_a_secret(site)
    site.file(other).write_bytes(b"no sound")
    with pytest.raises(RecordingUnreadable):
        library.get(str(other))
