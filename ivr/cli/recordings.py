"""`ivr recordings`: what was recorded, to be listed, played and taken elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import Progress

from data.store import Store
from ivr.cli import pass_settings
from ivr.cli.shown import json_option, local_seconds, show_json, show_table
from ivr.cli.who import noted
from ivr.config import Settings
from ivr.errors import CannotPlay, NotWritable, RecordingUnreadable
from ivr.recordings.library import Library, Recording, shown_number
from ivr.recordings.sound import Side, read, side_of, trimmed

PLAYERS = (
    ("ffplay", "-loglevel", "error", "-autoexit", "-nodisp"),
    ("aplay", "-q"),
    ("paplay",),
    ("pw-play",),
    ("play", "-q"),
    ("afplay",),
)
"""Programs that play a WAV file, the first one that is there."""

_AGO = re.compile(r"([0-9]{1,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

full_numbers = click.option(
    "--full-numbers", is_flag=True, help="Callers' whole numbers instead of their last digits."
)


@click.group("recordings")
def recordings() -> None:
    """Recordings of whole calls: caller left, system right.

    \b
    Examples:
      ivr recordings list --since 2d
      ivr recordings play last
      ivr recordings export 019ac0de-… --format mp3 --to /tmp
    """


class Moment(click.ParamType[str]):
    """A date, a date with time, or how long ago: `2026-11-22`, `2026-11-22T10:30`, `3h`."""

    name = "when"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not _AGO.fullmatch(value):
            try:
                datetime.fromisoformat(value)
            except ValueError:
                self.fail(f"{value!r} is no moment: write 2026-11-22, 2026-11-22T10:30 or 3h", param, ctx)
        return value


def _moment(text: str | None, zone: ZoneInfo, *, end: bool = False) -> datetime | None:
    """The moment that is meant, on the site's clock; a date alone as an end includes that day."""
    if text is None:
        return None
    if ago := _AGO.fullmatch(text):
        return datetime.now(zone) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment + timedelta(days=1) if end and len(text) == len("2026-11-22") else moment


def _library(settings: Settings) -> Library:
    store = Store(settings.database_url)
    store.check()
    return Library(store, settings.recordings_folder)


@recordings.command("list")
@click.option("--since", type=Moment(), help="From then on: 2026-11-22, 2026-11-22T10:30, 3h, 2d.")
@click.option("--until", type=Moment(), help="Before then; a date alone includes that day.")
@click.option("--caller", default="", help="A number, or how it ends.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@full_numbers
@json_option
@pass_settings
def list_(
    settings: Settings,
    since: str | None,
    until: str | None,
    caller: str,
    limit: int,
    full_numbers: bool,
    as_json: bool,
) -> None:
    """Which calls have a recording, newest first.

    A call without consent, or whose recording the switch refused, has none and is not listed. `cut`: the call
    was recorded for longer than there is sound; time on hold counts for nothing.

    \b
    Examples:
      ivr recordings list
      ivr recordings list --since 2026-11-01 --until 2026-11-15
      ivr recordings list --caller 600111222 --json
    """
    zone = ZoneInfo(settings.calls.zone)
    library = _library(settings)
    what = "recordings: list" + (", caller" if full_numbers else ", caller's last digits")
    library.store.audit.note(noted("read", what=what, why="ivr recordings list"))
    found = library.find(
        since=_moment(since, zone), until=_moment(until, zone, end=True), caller=caller, most=limit
    )
    rows = [_row(recording, full=full_numbers) for recording in found]
    if as_json:
        show_json({"recordings": rows})
        return
    if not rows:
        click.echo("no recordings; see `calls.record` in ivr.yaml, or take away a filter")
        return
    headings = ("began", "call", "caller", "language", "outcome", "length", "state")
    lines = [
        (
            local_seconds(datetime.fromisoformat(row["started_at"]), zone),
            row["call_id"],
            row["caller_number"],
            row["language"],
            row["outcome"],
            _length(row["seconds"]),
            row["state"],
        )
        for row in rows
    ]
    show_table(headings, lines, ids=True)


def _row(recording: Recording, *, full: bool) -> dict[str, Any]:
    condition = recording.look()
    seconds = condition.seconds
    call = recording.call
    return {
        "call_id": recording.call_id,
        "started_at": call.started_at.isoformat(),
        "caller_number": shown_number(call.caller_number, full=full),
        "language": call.language,
        "outcome": call.outcome or "",
        "seconds": None if seconds is None else round(seconds, 2),
        "state": condition.state,
        "lacks_seconds": round(condition.lacks, 2),
        "file": str(recording.file),
    }


def _length(seconds: float | None) -> str:
    return "" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02}"


@recordings.command("play")
@click.argument("call_id")
@click.option("--channel", type=click.Choice(["caller", "system"]), help="Only what this side said.")
@click.option("--no-trim", is_flag=True, help="With the silence before and after.")
@pass_settings
def play(settings: Settings, call_id: str, channel: Side | None, no_trim: bool) -> None:
    """Plays a recording on this machine's sound device. CALL_ID may be `last`.

    \b
    Examples:
      ivr recordings play last
      ivr recordings play 019ac0de-7b52-7c4a-9e0f-0123456789ab --channel caller
    """
    library = _library(settings)
    recording = library.get(call_id)
    _note(library, recording, "play")
    _warn(recording)
    sound = read(recording.file)
    sound = sound if no_trim else trimmed(sound)
    if channel is not None:
        sound = side_of(sound, channel)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "call.wav"
        sound.export(str(file), format="wav").close()
        play_file(file)


def _warn(recording: Recording) -> None:
    """Whoever hears a call to its end must know that it is not the end."""
    if warning := recording.look().warning:
        click.echo(f"ivr: the recording of call {recording.call_id} is {warning}", err=True)


def _note(library: Library, recording: Recording, action: str) -> None:
    """Before: what is not on record must not be heard."""
    call = recording.call
    library.store.audit.note(
        noted(
            action,
            what="recordings: sound",
            why=f"ivr recordings {action}",
            customer_id=call.customer_id,
            call_id=call.call_id,
        )
    )


def play_file(file: Path) -> None:
    """Plays a WAV file on this machine's sound device. Raises `CannotPlay`."""
    player = next((found for found in PLAYERS if shutil.which(found[0])), None)
    if player is None:
        names = ", ".join(found[0] for found in PLAYERS)
        raise CannotPlay(
            f"No program that plays sound is here (looked for {names})",
            "Install one, such as alsa-utils, or take the file elsewhere: ivr recordings export",
        )
    done = subprocess.run([*player, str(file)], capture_output=True, check=False)  # noqa: S603 - one of PLAYERS
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise CannotPlay(
            f"{player[0]} cannot play{': ' + said[-1] if said else ''}",
            "Is there a sound device? Else: ivr recordings export",
        )


@recordings.command("export")
@click.argument("call_ids", metavar="CALL_ID...", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["wav", "mp3", "opus"]), help="Default: as it is stored.")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), default=Path(), help="The folder; default: this one."
)
@click.option("--no-trim", is_flag=True, help="With the silence before and after.")
@full_numbers
@pass_settings
def export(
    settings: Settings,
    call_ids: tuple[str, ...],
    form: str | None,
    folder: Path,
    no_trim: bool,
    full_numbers: bool,
) -> None:
    """Copies recordings out, trimmed, converted, and tagged with their call. A CALL_ID may be `last`.

    The tags are call id, date, caller (last digits only), language and outcome. Of a list, what can be
    exported is; what cannot is named, and the status is then 2.

    \b
    Examples:
      ivr recordings export last
      ivr recordings export 019ac0de-7b52-7c4a-9e0f-0123456789ab --format mp3 --to /tmp
      ivr recordings export last --format opus --no-trim --full-numbers
    """
    library, zone = _library(settings), ZoneInfo(settings.calls.zone)
    chosen = [library.get(call_id) for call_id in dict.fromkeys(call_ids)]
    _insist_on_folder(folder)
    failed: list[RecordingUnreadable] = []
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        for recording in progress.track(chosen, description="exporting"):
            ending: Any = form or recording.file.suffix.lower().removeprefix(".")
            target = folder / recording.name_outside(ending, zone)
            _note(library, recording, "export")
            try:
                _copy(recording, target, ending, trim=not no_trim, full_numbers=full_numbers)
            except RecordingUnreadable as damaged:
                failed.append(damaged)
            else:
                click.echo(target)
                _warn(recording)
    for fault in failed[:-1]:
        click.echo(f"ivr: {fault}", err=True)
    if failed:
        raise failed[-1]


def _copy(recording: Recording, target: Path, ending: Any, *, trim: bool, full_numbers: bool) -> None:
    """Raises `RecordingUnreadable`, `NotWritable`."""
    from ivr.recordings.encoding import encode  # noqa: PLC0415 - loads FFmpeg's libraries

    try:
        sound = read(recording.file)
        tags = recording.tags(full_numbers=full_numbers)
        encode(trimmed(sound) if trim else sound, target, ending, tags)
    except OSError as refused:
        raise NotWritable(
            f"{target} cannot be written ({refused.strerror})", "Make room there, or name another with --to"
        ) from refused


def _insist_on_folder(folder: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as refused:
        raise NotWritable(
            f"{folder} cannot be written ({refused.strerror})", "Make it, or name another folder with --to"
        ) from refused


commands: list[click.Command] = [recordings]
