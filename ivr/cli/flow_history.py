"""`ivr flow history`, `show` and `status`: what was live when, and what is live now."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from data.errors import SchemaMissing
from data.releases import Switch
from data.store import Store
from ivr.cli import pass_settings
from ivr.cli.from_call import store_of
from ivr.cli.shown import json_option
from ivr.config import Settings
from ivr.publishing.folder import write_folder


def last_switch(store: Store, *, create: bool = False) -> Switch | None:
    """The end of the log; a database that is not there yet has none, and is made if asked for."""
    try:
        return store.releases.last()
    except SchemaMissing:
        if create:
            store.upgrade()
        return None


def signed(switch: Switch) -> str:
    return f"{switch.action} by {switch.who}: {switch.why}"


def row_of(switch: Switch) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(switch).items()
    }


@click.command("history")
@json_option
@pass_settings
def history(settings: Settings, as_json: bool) -> None:
    """What was live when, who switched, and why; newest first.

    \b
    Examples:
      ivr flow history
      ivr flow history --json
    """
    with store_of(settings) as store:
        lines = store.releases.history()
    for line in lines:
        click.echo(
            f"{line.n:>4}  {line.effective_at:%Y-%m-%d %H:%M:%S} UTC  {line.action:<8}  "
            f"release {line.release:<4}  {line.who}: {line.why}"
        )
    if not lines:
        click.echo("nothing was published yet: flows come from the folder")
    if as_json:
        click.echo(json.dumps({"switches": [row_of(line) for line in lines]}, ensure_ascii=False))


@click.command("show")
@click.argument("version", type=click.IntRange(1))
@click.option("--to", "folder", type=click.Path(path_type=Path), help="Write the files into this new folder.")
@json_option
@pass_settings
def show(settings: Settings, version: int, folder: Path | None, as_json: bool) -> None:
    """A release: who, when, why, its files; with --to, the files themselves.

    \b
    Examples:
      ivr flow show 12
      ivr flow show 12 --to old-flows/
    """
    with store_of(settings) as store:
        release = store.releases.release(version)
        files = store.releases.files(version)
    click.echo(f"release {release.number}  {release.at:%Y-%m-%d %H:%M:%S} UTC  {release.who}: {release.why}")
    for path, content in files.items():
        click.echo(f"  {path}  ({len(content):,} bytes)")
    if folder is not None:
        write_folder(files, folder)
        click.echo(f"written to {folder}")
    if as_json:
        told = {**asdict(release), "at": release.at.isoformat(), "files": sorted(files)}
        click.echo(json.dumps(told, ensure_ascii=False))


@click.command("status")
@json_option
@pass_settings
def status(settings: Settings, as_json: bool) -> None:
    """What new calls take now: which release, since when, by whom; and what comes next.

    \b
    Examples:
      ivr flow status
      ivr flow status --json
    """
    with store_of(settings) as store:
        now = datetime.now(UTC)
        last = last_switch(store)
        live = store.releases.live(now) if last is not None else None
    if live is None:
        click.echo(f"flows come from the folder {settings.flows_folder}: nothing was published yet")
    else:
        since = f"{live.effective_at:%Y-%m-%d %H:%M:%S} UTC"
        click.echo(f"release {live.release} is live since {since} ({signed(live)})")
    coming = last if last is not None and last != live else None
    if coming is not None:
        click.echo(f"release {coming.release} comes at {coming.effective_at:%H:%M:%S} UTC ({signed(coming)})")
    if as_json:
        told = {
            "source": "folder" if live is None else "release",
            "folder": str(settings.flows_folder),
            "live": None if live is None else row_of(live),
            "coming": None if coming is None else row_of(coming),
        }
        click.echo(json.dumps(told, ensure_ascii=False))
