"""`ivr recordings`: what a supervisor types and sees, and one line with the remedy for what cannot be."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from ivr.cli import main
from ivr.recordings.converting import Converter
from ivr.recordings.encoding import FORMATS, Format
from ivr.recordings.sound import read
from tests.ivr.recorded import OLD, Site
from tests.ivr.tags import tags_of

Ivr = Callable[..., tuple[int, str, str]]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for variable in list(os.environ):
        if variable.startswith("IVR_"):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("IVR_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    one = Site(tmp_path)
    yield one
    one.store.close()


@pytest.fixture
def ivr(site: Site, capsys: pytest.CaptureFixture[str]) -> Ivr:
    """Runs the command line; gives its status, output and complaints."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["recordings", *arguments])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def listed(ivr: Ivr, *arguments: str) -> list[str]:
    status, said, _ = ivr("list", "--json", *arguments)
    assert status == 0
    return [row["call_id"] for row in json.loads(said)["recordings"]]


def test_the_list_shows_calls_newest_first(site: Site, ivr: Ivr) -> None:
    """Id whole, number masked, site's own clock, length; calls without a recording are not in it."""
    older = site.call(started_at=datetime(2026, 11, 23, 9, tzinfo=UTC), caller_number="+34600111222")
    newer = site.call(started_at=datetime(2026, 11, 23, 23, 30, tzinfo=UTC), language="ca")
    site.call(recorded=False)
    status, said, _ = ivr("list")
    assert status == 0
    assert said.index(str(newer)) < said.index(str(older))
    assert "2026-11-24 00:30:00" in said
    assert "•••222" in said
    assert "600111222" not in said
    assert "0:06" in said
    assert "+34600111222" in ivr("list", "--full-numbers")[1]


def test_the_list_can_be_narrowed(site: Site, ivr: Ivr) -> None:
    """By time on the site's clock (a day as an end is included), by number, by count."""
    days = [site.call(started_at=datetime(2026, 11, day, 22, 30, tzinfo=UTC)) for day in (20, 21, 22)]
    mine = site.call(started_at=datetime(2026, 11, 19, 9, tzinfo=UTC), caller_number="+34600000333")
    assert listed(ivr, "--since", "2026-11-21", "--until", "2026-11-21") == [str(days[1])]
    assert listed(ivr, "--since", "2026-11-22T23:00") == [str(days[2])]
    assert listed(ivr, "--caller", "333") == [str(mine)]
    assert listed(ivr, "--caller", "%") == []
    assert listed(ivr, "--limit", "2") == [str(days[2]), str(days[1])]
    now = site.call(started_at=datetime.now(UTC))
    ancient = site.call(started_at=datetime(2001, 1, 1, tzinfo=UTC))
    assert str(now) in listed(ivr, "--since", "5m")
    assert str(ancient) not in listed(ivr, "--since", "5m")


def test_the_list_tells_each_file_s_state(site: Site, ivr: Ivr) -> None:
    """Whole, being written, gone, damaged: seen without opening one by one."""
    whole, gone = site.call(), site.call(b"")
    open_, damaged = site.call(), site.call()
    content = bytearray(site.file(open_).read_bytes())
    content[40:44] = bytes(4)
    site.file(open_).write_bytes(content)
    site.file(damaged).write_bytes(b"noise")
    rows = {row["call_id"]: row for row in json.loads(ivr("list", "--json")[1])["recordings"]}
    states = {name: rows[str(call)]["state"] for name, call in
              (("whole", whole), ("gone", gone), ("open", open_), ("damaged", damaged))}  # fmt: skip
    assert states == {"whole": "whole", "gone": "missing", "open": "open", "damaged": "damaged"}
    assert rows[str(whole)]["seconds"] == 6.0
    assert rows[str(gone)]["seconds"] is None


CUT = 20_000
"""Milliseconds that were recorded, of which six seconds are there."""


def test_the_list_tells_what_a_full_disk_has_cut(site: Site, ivr: Ivr) -> None:
    """Shorter than what was recorded, by more than what a busy machine may lose; time on hold is not in what
    was recorded, masked spans are in the file, and of a call whose server died nobody knows."""
    cut, nearly, whole = (
        site.call(recorded_ms=CUT),
        site.call(recorded_ms=9_900),
        site.call(recorded_ms=6_000),
    )
    longer, unknown = site.call(recorded_ms=2_000), site.call()
    masked = site.call(bytes(20 * 32_000), recorded_ms=CUT)
    rows = {row["call_id"]: row for row in json.loads(ivr("list", "--json")[1])["recordings"]}
    assert (rows[str(cut)]["state"], rows[str(cut)]["lacks_seconds"]) == ("cut", 14.0)
    for other in (nearly, whole, longer, unknown, masked):
        assert (rows[str(other)]["state"], rows[str(other)]["lacks_seconds"]) == ("whole", 0.0)
    line = next(line for line in ivr("list")[1].splitlines() if str(cut) in line)
    assert line.rstrip(" │").endswith(" cut")


@pytest.mark.parametrize("form", FORMATS)
def test_trimming_and_converting_neither_hide_a_cut_nor_make_one(site: Site, ivr: Ivr, form: Format) -> None:
    """The converted file is shorter either way: what the switch had written counts."""
    cut, whole = site.call(recorded_ms=CUT), site.call(recorded_ms=6_000)
    assert Converter(site.store, site.folder, form, clock=lambda: OLD + 60).look() == 2
    rows = {row["call_id"]: row for row in json.loads(ivr("list", "--json")[1])["recordings"]}
    assert (rows[str(cut)]["state"], rows[str(cut)]["lacks_seconds"]) == ("cut", 14.0)
    assert rows[str(whole)]["state"] == "whole"
    assert rows[str(cut)]["seconds"] < 4
    assert "cut: 14 s missing" in tags_of(site.file(cut))["comment"]
    assert "cut" not in tags_of(site.file(whole))["comment"]


def test_export_says_what_is_missing(site: Site, ivr: Ivr, out: Path) -> None:
    """To whoever exports it, and in the file for whoever gets it; of a whole one nothing is said."""
    cut, whole = site.call(recorded_ms=CUT), site.call(recorded_ms=6_000)
    status, _, complaint = ivr("export", str(cut), str(whole), "--to", str(out), "--format", "mp3")
    assert status == 0
    assert complaint.count("is cut") == 1
    assert f"the recording of call {cut} is cut: its last 14 s are missing" in complaint
    comments = sorted("cut: 14 s" in tags_of(file)["comment"] for file in out.glob("*.mp3"))
    assert comments == [False, True]


def test_an_empty_list_says_so(ivr: Ivr) -> None:
    """And where to look."""
    assert ivr("list")[:2] == (0, "no recordings; see `calls.record` in ivr.yaml, or take away a filter\n")


def test_export_trims_converts_and_tags(site: Site, ivr: Ivr, out: Path) -> None:
    """One file for each call, named by time and id; numbers leave the house masked."""
    calls = [site.call(caller_number="+34600111222"), site.call()]
    status, said, _ = ivr("export", *map(str, calls), "--format", "mp3", "--to", str(out))
    assert status == 0
    files = [Path(line) for line in said.splitlines()]
    assert [file.name for file in files] == [f"2026-11-23_100000_{call}.mp3" for call in calls]
    assert len(read(files[0])) == pytest.approx(3100, abs=50)
    tags = tags_of(files[0])
    assert tags["call_id"] == str(calls[0])
    assert tags["date"] == "2026-11-23T09:00:00Z"
    assert tags["language"] == "es"
    assert tags["caller"] == "•••222"
    assert "600111222" not in repr(tags)
    assert "outcome balance_told" in tags["comment"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o640


def test_export_as_it_is(site: Site, ivr: Ivr, out: Path) -> None:
    """No trimming, whole numbers, the stored format: only if asked."""
    site.call(caller_number="+34600111222")
    status, said, _ = ivr("export", "last", "--no-trim", "--full-numbers", "--to", str(out))
    assert status == 0
    (file,) = [Path(line) for line in said.splitlines()]
    assert file.suffix == ".wav"
    assert len(read(file)) == 6000
    assert "+34600111222" in tags_of(file)["comment"]


def test_export_goes_on_past_a_damaged_one(site: Site, ivr: Ivr, out: Path) -> None:
    """What can be had is had; the rest is named, and the status says that it is not all."""
    damaged, sound = site.call(), site.call()
    site.file(damaged).write_bytes(b"noise")
    status, said, complaint = ivr("export", str(damaged), str(sound), "--to", str(out))
    assert status == 2
    assert said.splitlines() == [str(out / f"2026-11-23_100000_{sound}.wav")]
    assert str(damaged) in complaint
    assert len(complaint.strip().splitlines()) == 1


UNKNOWN = "019ac0de-7b52-7c4a-9e0f-0123456789ab"


@pytest.mark.parametrize("command", ["play", "export"])
@pytest.mark.parametrize(
    ("which", "what"),
    [
        (UNKNOWN, f"There is no call {UNKNOWN}. `ivr recordings list` shows which there are"),
        ("../../etc/passwd", "'../../etc/passwd' is no call id. `ivr recordings list`"),
        ("unrecorded", "was not recorded"),
        ("gone", "Was it moved or deleted? See recordings.folder"),
    ],
)
def test_what_is_not_there_is_one_line(
    site: Site, ivr: Ivr, out: Path, player: Path, command: str, which: str, what: str
) -> None:
    """With the remedy, status 2."""
    calls: dict[str, UUID] = {"unrecorded": site.call(recorded=False), "gone": site.call(b"")}
    more = ["--to", str(out)] if command == "export" else []
    status, _, complaint = ivr(command, str(calls.get(which, which)), *more)
    assert status == 2
    assert what in complaint
    assert len(complaint.strip().splitlines()) == 1


def test_before_any_call_last_is_nothing(ivr: Ivr, out: Path) -> None:
    """A fresh installation."""
    assert "No call has a recording yet" in ivr("export", "last", "--to", str(out))[2]


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_a_folder_that_cannot_be_written_is_found_before_any_work(
    site: Site, ivr: Ivr, tmp_path: Path, kind: str
) -> None:
    """One line, and the way out."""
    site.call()
    target = tmp_path / "nowhere"
    if kind == "file":
        target.write_text("a file")
    status, said, complaint = ivr("export", "last", "--to", str(target))
    assert (status, said) == (2, "")
    assert f"{target} cannot be written" in complaint
    assert "--to" in complaint


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "3w"])
def test_a_moment_that_is_none_is_refused(ivr: Ivr, text: str) -> None:
    """With an example of one."""
    status, _, complaint = ivr("list", "--since", text)
    assert status == 2
    assert "write 2026-11-22, 2026-11-22T10:30 or 3h" in complaint


# --- playing ---------------------------------------------------------------------------------------


def write_program(file: Path, text: str) -> None:
    """By another process: one that a thread of ours forks just then would hold the file open for writing, and
    nothing can run such a file ("Text file busy").
    """
    subprocess.run(
        ["/bin/sh", "-c", '/bin/cat > "$0" && /bin/chmod 755 "$0"', str(file)],
        input=text,
        text=True,
        check=True,
    )


@pytest.fixture
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only player on PATH: it keeps what it is given."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "aplay"
    write_program(program, f'#!/bin/sh\n[ "$1" = -q ] && /bin/cp "$2" {tmp_path}/played.wav\n')
    monkeypatch.setenv("PATH", str(folder))
    return program


@pytest.mark.parametrize(("channel", "seconds"), [(None, 3100), ("caller", 3100), ("system", 3100)])
def test_play_gives_the_player_the_trimmed_call(
    site: Site, ivr: Ivr, player: Path, tmp_path: Path, channel: str | None, seconds: int
) -> None:
    """Both sides, or one of them; a converted recording just as well."""
    site.call()
    status, _, complaint = ivr("play", "last", *(["--channel", channel] if channel else []))
    assert (status, complaint) == (0, "")
    played = read(tmp_path / "played.wav")
    assert played.channels == (1 if channel else 2)
    assert len(played) == pytest.approx(seconds, abs=50)


def test_play_says_that_the_end_is_missing(site: Site, ivr: Ivr, player: Path, tmp_path: Path) -> None:
    """What there is, is played."""
    site.call(recorded_ms=CUT)
    status, _, complaint = ivr("play", "last")
    assert status == 0
    assert "cut: its last 14 s are missing" in complaint
    assert (tmp_path / "played.wav").exists()


def test_play_says_which_players_it_looked_for(
    site: Site, ivr: Ivr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server has no sound card; the way out is to export."""
    site.call()
    monkeypatch.setenv("PATH", str(tmp_path))
    status, _, complaint = ivr("play", "last")
    assert status == 2
    assert "looked for ffplay, aplay" in complaint
    assert "ivr recordings export" in complaint


def test_play_passes_on_what_the_player_says(site: Site, ivr: Ivr, player: Path) -> None:
    """Its last line, and what to do."""
    write_program(
        player, "#!/bin/sh\necho 'ALSA lib: no such device' >&2\necho 'cannot open audio' >&2\nexit 1\n"
    )
    site.call()
    status, _, complaint = ivr("play", "last")
    assert status == 2
    assert "aplay cannot play: cannot open audio. Is there a sound device?" in complaint
    assert len(complaint.strip().splitlines()) == 1
