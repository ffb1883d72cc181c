"""The disk of the prompts is full: callers hear them all the same, and it is told once."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from speech.cached_synthesizer import CachedSynthesizer
from speech.errors import PromptNotKept, SynthesizerLost
from speech.prompts import PromptLibrary
from speech.sound import is_whole, read_wav
from speech.spare import Spare
from tests.small_disk import small_disk_at
from tests.speech.test_prompts import CountingSpeaker, counting

__all__ = ["counting"]


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A file system of 192 kB that somebody else has filled, but for the folders of the prompts."""
    with small_disk_at(tmp_path / "full", size="192k", mode="0755") as folder:
        yield folder


def fill(folder: Path) -> Path:
    theirs = folder / "somebody-elses"
    with theirs.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))
    return theirs


def memory(tmp_path: Path) -> Path:
    folder = tmp_path / "memory"
    folder.mkdir()
    return folder


def halves(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.name.endswith(".part")]


def test_a_prompt_that_cannot_be_kept_is_heard(
    counting: CountingSpeaker, tmp_path: Path, full: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Out of memory, made once while it may be wanted again; what was kept before is untouched. No half file
    stays, and one line tells it, and one that it is over."""
    there = memory(tmp_path)
    spare = Spare(there, enough=100_000)
    synthesizer = CachedSynthesizer(counting, full / "cache", spare=spare)
    library = PromptLibrary(synthesizer, recordings=tmp_path, converted=full / "studio", spare=spare)
    kept = synthesizer.render("uno", language="es")
    theirs = fill(full)
    for text in ("dos", "tres", "dos"):
        file = synthesizer.render(text, language="es")
        assert file.parent == there and is_whole(file) and len(read_wav(file)) == 16_000
        assert synthesizer.has(text, language="es")
    assert synthesizer.render("uno", language="es") == kept
    assert library.rest_of([kept], 0.4).parent == there
    assert counting.spoken == ["uno", "dos", "tres"]
    assert halves(full) == [] and halves(there) == []
    (told,) = [record.getMessage() for record in caplog.records]
    assert "cannot be written (No space left on device)" in told and str(full) in told
    with theirs.open("rb+") as file:
        file.truncate(theirs.stat().st_size - 60_000)  # room for three, and not for many
    assert synthesizer.render("cuatro", language="es").is_relative_to(full)
    assert len(caplog.records) == 1
    theirs.unlink()
    assert synthesizer.render("cinco", language="es").is_relative_to(full)
    assert [record.getMessage() for record in caplog.records][1:] == [
        f"{full / 'cache'} can be written again: prompts are kept"
    ]
    synthesizer.close()
    assert list(there.iterdir()) == []


def test_a_sensitive_answer_and_the_rest_of_a_prompt_are_heard(
    counting: CountingSpeaker, tmp_path: Path, full: Path
) -> None:
    """The one is a file of the caller's own, to be removed as ever; the other is cut from what is there."""
    there = memory(tmp_path)
    spare = Spare(there)
    synthesizer = CachedSynthesizer(counting, full / "cache", spare=spare)
    library = PromptLibrary(synthesizer, recordings=tmp_path, converted=full / "studio", spare=spare)
    whole = library.file_of("uno", language="es")
    fill(full)
    private = synthesizer.speak_into(full / "private-1.wav", "4821", language="es")
    assert private == there / "private-1.wav" and is_whole(private)
    assert not (full / "private-1.wav").exists() and halves(full) == []
    rest = library.rest_of([whole], 0.4)
    assert rest.parent == there and len(read_wav(rest)) == round(16_000 * 0.6)


def test_without_room_anywhere_it_is_said_plainly(
    counting: CountingSpeaker, tmp_path: Path, full: Path
) -> None:
    """The memory takes so much and no more, while what is in it may still sound."""
    now = [1e9]
    spare = Spare(memory(tmp_path), most=40_000, kept=120.0, clock=lambda: now[0])
    synthesizer = CachedSynthesizer(counting, full / "cache", spare=spare)
    fill(full)
    first = synthesizer.render("uno", language="es")
    now[0] += 1
    synthesizer.render("dos", language="es")
    with pytest.raises(SynthesizerLost, match=r"No space left on device; and .*memory: No space"):
        synthesizer.render("tres", language="es")
    assert first.exists()
    now[0] += 119.5
    assert synthesizer.render("tres", language="es").exists()
    assert not first.exists()


def test_a_disk_that_was_made_read_only_still_gives_what_it_has(
    counting: CountingSpeaker, tmp_path: Path, full: Path
) -> None:
    """As systems do after a fault of the disk: nothing can be noted there any more."""
    there = memory(tmp_path)
    synthesizer = CachedSynthesizer(counting, full / "cache", spare=Spare(there))
    kept = synthesizer.render("uno", language="es")
    subprocess.run(["mount", "-o", "remount,ro", str(full)], check=True)
    assert synthesizer.render("uno", language="es") == kept
    assert synthesizer.render("dos", language="es").parent == there


def test_what_is_made_ahead_takes_no_room_from_callers(
    counting: CountingSpeaker, tmp_path: Path, full: Path
) -> None:
    """It says that it is not kept; a caller who wants it while it is being made hears it all the same."""
    there = memory(tmp_path)
    synthesizer = CachedSynthesizer(counting, full / "cache", spare=Spare(there))
    fill(full)
    with pytest.raises(PromptNotKept, match=r"cache: cannot write a prompt \(No space left on device\)"):
        synthesizer.make("uno", language="es")
    assert list(there.iterdir()) == []
    counting.allowed.clear()
    ahead = gevent.spawn(synthesizer.make, "dos", language="es")
    caller = gevent.spawn(synthesizer.render, "dos", language="es")
    gevent.sleep(0)
    gevent.sleep(0)
    counting.allowed.set()
    assert is_whole(caller.get(timeout=5)) and caller.value.parent == there
    with pytest.raises(PromptNotKept):
        ahead.get(timeout=5)
