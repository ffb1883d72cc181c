"""Recordings are converted once their call is over and their file is finished, whatever dies in between."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import gevent
import pytest
import structlog

from ivr.config import DatabaseSettings, LogSettings, RecordingSettings, Settings
from ivr.recordings import converting, upkeep
from ivr.recordings.converting import SETTLED, Converter
from ivr.recordings.encoding import FORMATS, Format
from ivr.recordings.muting import ABANDONED
from ivr.recordings.sound import read
from ivr.recordings.upkeep import Upkeep
from tests.ivr.recorded import OLD, Site, a_call, write_wav
from tests.ivr.tags import tags_of


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    one = Site(tmp_path)
    yield one
    one.store.close()


def converter(site: Site, form: Format = "mp3", *, after: float = 60.0) -> Converter:
    """A converter `after` so many seconds from the last write to any file."""
    return Converter(site.store, site.folder, form, clock=lambda: OLD + after)


def recording_of(site: Site, call: UUID) -> str:
    record = site.store.calls.get(call)
    assert record is not None
    assert record.recording
    return record.recording


@pytest.mark.parametrize("form", FORMATS)
def test_a_call_that_is_over_is_converted_once(site: Site, form: Format) -> None:
    """Trimmed, tagged, the record names the new file, the old one is gone; and it stays at that."""
    call = site.call(caller_number="+34600111222")
    raw = site.file(call)
    assert converter(site, form).look() == 1
    file = site.file(call)
    assert file.name == (f"{call}-trimmed.wav" if form == "wav" else f"{call}.{form}")
    assert not raw.exists()
    assert len(read(file)) == pytest.approx(3100, abs=50)
    assert f"Call {call}" in tags_of(file)["title"]
    assert "600111222" not in repr(tags_of(file))
    assert converter(site, form).look() == 0
    assert site.file(call) == file


def test_a_call_under_way_is_left_alone(site: Site) -> None:
    """Its record has no end."""
    call = site.call(over=False)
    assert converter(site).look() == 0
    assert site.file(call).exists()


def test_a_file_that_grows_after_the_call_s_end_is_left_alone(site: Site) -> None:
    """A caller whom we let go of is in the fallback queue, and the switch records on."""
    call = site.call()
    assert converter(site, after=SETTLED - 1).look() == 0
    content = bytearray(site.file(call).read_bytes())
    content[40:44] = bytes(4)  # as it stands until the switch closes it
    site.file(call).write_bytes(content)
    os.utime(site.file(call), (OLD, OLD))
    assert converter(site, after=ABANDONED - 60).look() == 0
    assert converter(site, after=ABANDONED + 60).look() == 1
    assert len(read(site.file(call))) == pytest.approx(3100, abs=50)


def test_what_is_not_a_call_s_recording_is_left_alone(site: Site) -> None:
    """Messages, studio work, somebody's copy, a link; and a file of another installation."""
    site.call()
    day = site.folder / "2026/11/23"
    for name in ("message.wav", f"{UUID(int=7)}.wav", f"{str(UUID(int=0xA)).upper()}.wav"):
        write_wav(day / name, a_call())
    (day / f"{UUID(int=9)}.wav").symlink_to(day / "message.wav")
    before = {file.name for file in day.iterdir()}
    assert converter(site).look() == 1
    assert len(before & {file.name for file in day.iterdir()}) == len(before) - 1


def test_what_a_killed_converter_left_half_made_goes(site: Site) -> None:
    """It holds voices that no record names, and nobody would find it; one that is being written stays."""
    day = site.file(site.call()).parent
    left, busy = day / ".tmpabc.part", day / ".tmpdef.part"
    for half in (left, busy):
        half.write_bytes(b"half a recording")
    os.utime(left, (OLD, OLD))
    os.utime(busy, (OLD + 60, OLD + 60))
    converter(site, after=ABANDONED - 1).look()
    assert left.exists() and busy.exists()
    converter(site, after=ABANDONED + 1).look()
    assert not left.exists() and busy.exists()


@pytest.mark.parametrize("step", ["encoded", "noted"])
def test_a_crash_between_any_two_steps_is_made_good(
    site: Site, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The next look ends with one file, which the record names."""
    call = site.call()
    raw = site.file(call)

    def dies(*_arguments: object, **_named: object) -> None:
        raise SystemExit

    with monkeypatch.context() as broken:
        if step == "encoded":
            broken.setattr(type(site.store.calls), "move_recording", dies)
        else:
            broken.setattr(Path, "unlink", dies)
        with pytest.raises(SystemExit):
            converter(site).look()
    assert raw.exists()
    converter(site).look()
    assert not raw.exists()
    assert recording_of(site, call).endswith(f"{call}.mp3")
    assert [file.name for file in raw.parent.iterdir()] == [f"{call}.mp3"]
    assert len(read(site.file(call))) == pytest.approx(3100, abs=50)


def test_a_damaged_recording_is_told_once_and_holds_up_nobody(site: Site) -> None:
    """It stays where it is, for somebody to look at."""
    damaged, sound = site.call(), site.call()
    site.file(damaged).write_bytes(b"RIFF noise")
    os.utime(site.file(damaged), (OLD, OLD))
    looker = converter(site)
    with structlog.testing.capture_logs() as logs:
        assert looker.look() == 1
        assert looker.look() == 0
    assert [entry["event"] for entry in logs].count("recording_not_converted") == 1
    assert site.file(damaged).exists()
    assert site.file(sound).suffix == ".mp3"


def test_a_full_disk_keeps_the_original_until_there_is_room(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost, the record still names what is there, it is told once, and done later."""

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    call, looker = site.call(), converter(site)
    with monkeypatch.context() as disk, structlog.testing.capture_logs() as logs:
        disk.setattr(converting, "encode", full)
        assert looker.look() == looker.look() == 0
    assert [entry["event"] for entry in logs] == ["recording_not_converted_yet"]
    assert site.file(call).suffix == ".wav"
    assert site.file(call).exists()
    assert looker.look() == 1
    assert site.file(call).suffix == ".mp3"


# --- the child ----------------------------------------------------------------------------------------


@pytest.fixture
def kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Upkeep]]:
    """Starts the server's side of it, looking often; ends it afterwards."""
    monkeypatch.setattr(upkeep, "_PATIENCE", (0.05, 0.2))
    started: list[Upkeep] = []

    def start() -> Upkeep:
        settings = Settings(
            home=site.home,
            database=DatabaseSettings(url=f"sqlite:///{site.home}/ivr.sqlite3"),
            recordings=RecordingSettings(format="opus"),
            log=LogSettings(level="warning"),
        )
        started.append(Upkeep(settings, every=0.1))
        started[-1].start()
        return started[-1]

    yield start
    for one in started:
        one.close()


def until(condition: Callable[[], bool], what: str) -> None:
    with gevent.Timeout(60, AssertionError(f"not within 60 s: {what}")):
        while not condition():
            gevent.sleep(0.05)


def test_the_child_converts_survives_a_kill_and_ends_with_the_server(
    site: Site, kept: Callable[[], Upkeep], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the server's own greenlets go on; a new child finds what the old one left."""
    monkeypatch.setattr(upkeep, "_FAREWELL", 60.0)  # whether it goes, not how fast this machine is
    first = site.call()
    one = kept()
    until(lambda: recording_of(site, first).endswith(".opus"), "the first recording converted")
    pid = one.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    second = site.call()
    until(lambda: recording_of(site, second).endswith(".opus"), "the second one, by another child")
    assert one.pid not in (None, pid)
    pid = one.pid
    assert pid is not None
    assert one.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
