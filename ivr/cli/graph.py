"""`ivr graph`: a flow as a picture, with what calls did in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from dialogs.diagram.mermaid import mermaid
from dialogs.diagram.picture import Traffic, picture
from dialogs.diagram.svg import svg
from ivr.cli import pass_settings
from ivr.cli.flows import CannotBeDone, catalogue_option, chosen_flow, write
from ivr.clock import Clock
from ivr.config import Settings

ALL = "all"
_AGO = re.compile(r"([0-9]{1,4})([hdw])")
_ENDINGS = {"svg": (".svg",), "mermaid": (".mmd", ".mermaid", ".md", ".txt")}
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@click.command("graph")
@click.argument("flow")
@click.option(
    "--format", "form", type=click.Choice(["mermaid", "svg"]), help="Default: as the ending of --out."
)
@click.option("--language", help="The language of the prompts; by default the flow's first.")
@click.option("--flows", "folder", type=click.Path(path_type=Path), help="The folder of the flows.")
@click.option(
    "--calls",
    "since",
    is_flag=False,
    flag_value=ALL,
    metavar="[SINCE]",
    help="Show what the recorded calls did; since then: 7d, 12h, 2w, 2026-11-01 or 2026-11-01T08:00.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file.")
@catalogue_option
@pass_settings
def graph(
    settings: Settings,
    flow: str,
    form: str | None,
    language: str | None,
    folder: Path | None,
    since: str | None,
    out: Path | None,
    catalogue_file: Path | None,
) -> None:
    """Draw a flow for people who do not read flows.

    \b
    ivr graph main                                      Mermaid, for a wiki
    ivr graph main --out main.svg --language ca         a picture
    ivr graph main --out main.svg --calls 7d            with the calls of the last week
    ivr graph my-flows/main.flow.yaml                   by its file

    With --calls every arrow tells how many calls took it, and every step how many ended there.
    """
    form = _form(form, out)
    chosen = chosen_flow(flow, folder, settings.flows_folder, catalogue_file).flow
    flow = chosen.name
    language = language or chosen.languages[0]
    if language not in chosen.languages:
        raise CannotBeDone(f"{flow} does not speak {language}: choose one of {', '.join(chosen.languages)}")
    traffic = None
    if since is not None:
        traffic = _traffic(settings, flow, None if since == ALL else since_when(since, Clock().utc()))
    drawn = picture(chosen, language, traffic)
    text = svg(drawn) if form == "svg" else mermaid(drawn)
    if out is None:
        click.echo(text, nl=False)
    else:
        write(out, text)
        click.echo(f"{flow} with {len(chosen.steps)} steps in {language}: {out}")


def _form(asked: str | None, out: Path | None) -> str:
    """What to draw: as asked, or as the file's ending says. Raises `CannotBeDone` for any other ending."""
    if out is None:
        return asked or "mermaid"
    ending = out.suffix.lower()
    form = next((form for form, endings in _ENDINGS.items() if ending in endings), None)
    if form is None or (asked or form) != form:
        what = (
            f"{asked} cannot be written to {out.name}" if asked else f"“{ending}” is no ending of a drawing"
        )
        raise CannotBeDone(f"{what}: write .svg or .mmd")
    return form


def since_when(text: str, now: datetime) -> datetime:
    """`7d` before `now`, or a date, or a moment; without a zone it is UTC. Raises `CannotBeDone`."""
    ago = _AGO.fullmatch(text)
    if ago:
        return now - timedelta(**{_UNITS[ago.group(2)]: int(ago.group(1))})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        raise CannotBeDone(f"“{text}” is no time: write 7d, 12h, 2w or 2026-11-01") from fault
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _traffic(settings: Settings, flow: str, since: datetime | None) -> Traffic:
    """What the calls in the database did. Raises `CannotBeDone`, `DataError`."""
    from data.store import Store  # noqa: PLC0415 - only where calls are asked for

    store = Store(settings.database_url)
    try:
        store.check()
        found = store.traffic.of(flow, since)
    finally:
        store.close()
    if not found.calls:
        raise CannotBeDone(f"no call has gone through {flow} in that time: leave --calls out")
    if found.versions > 1:
        click.echo(f"the calls ran on {found.versions} versions of the flows; this is one of them", err=True)
    return Traffic(found.calls, found.visits, found.exits, found.ended)


commands: list[click.Command] = [graph]
"""For the root command group."""
