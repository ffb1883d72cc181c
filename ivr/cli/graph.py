"""`ivr graph`: a flow as a picture, with what calls did in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dialogs.diagram.mermaid import mermaid
from dialogs.diagram.picture import Traffic, picture
from dialogs.diagram.svg import svg
from dialogs.errors import FlowsInvalid
from dialogs.loader import ENDING
from dialogs.source import parse
from ivr.cli import pass_settings
from ivr.cli.flows import CannotBeDone, Chosen, catalogue_option, chosen_flow, write
from ivr.clock import Clock
from ivr.config import Settings

if TYPE_CHECKING:
    from data.store import Store
    from data.traffic import RanOn

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
    Examples:
      ivr graph main                                      Mermaid, for a wiki
      ivr graph main --out main.svg --language ca         a picture
      ivr graph main --out main.svg --calls 7d            with the calls of the last week
      ivr graph my-flows/main.flow.yaml                   by its file

    With --calls every arrow tells how many calls took it, and every step how many ended there: calls
    that ran on this flow as it is drawn. Those that ran on another version are named at the foot.
    """
    form = _form(form, out)
    drawn_set = chosen_flow(flow, folder, settings.flows_folder, catalogue_file)
    chosen = drawn_set.flow
    flow = chosen.name
    language = language or chosen.languages[0]
    if language not in chosen.languages:
        raise CannotBeDone(f"{flow} does not speak {language}: choose one of {', '.join(chosen.languages)}")
    traffic = None
    if since is not None:
        traffic = _traffic(settings, drawn_set, None if since == ALL else since_when(since, Clock().utc()))
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


def _traffic(settings: Settings, chosen: Chosen, since: datetime | None) -> Traffic:
    """What the calls in the database did in this very flow. Raises `CannotBeDone`, `DataError`."""
    from data.store import Store  # noqa: PLC0415 - only where calls are asked for

    flow = chosen.flow.name
    store = Store(settings.database_url)
    try:
        store.check()
        ran_on = store.traffic.ran_on(flow, since)
        same = {one for one in ran_on if _is_drawn(store, one, chosen)}
        found = store.traffic.of(flow, since, on=same)
    finally:
        store.close()
    left_out = sum(count for one, count in ran_on.items() if one not in same)
    if not ran_on:
        raise CannotBeDone(f"no call has gone through {flow} in that time: leave --calls out")
    if not same:
        raise CannotBeDone(
            f"no call has gone through this version of {flow} in that time, and {left_out} through others:"
            " draw the flows of that release (ivr flow history), or leave --calls out"
        )
    return Traffic(found.calls, found.visits, found.exits, found.ended, left_out)


def _is_drawn(store: Store, ran_on: RanOn, chosen: Chosen) -> bool:
    """Whether those calls ran on the flow as it is drawn. Of a release only this flow has to be the same."""
    if ran_on.flow_version == chosen.flows.version:
        return True
    if ran_on.release is None:
        return False
    name = f"{chosen.flow.name}{ENDING}"
    for path, content in store.releases.files(ran_on.release).items():
        if path.rpartition("/")[2] == name:
            try:
                return bool(parse(content.decode(), path).content == chosen.flow.source.content)
            except (FlowsInvalid, UnicodeDecodeError):
                return False
    return False


commands: list[click.Command] = [graph]
"""For the root command group."""
