"""`ivr flow`: publish the flows, go back, and see who has published what and why.

\b
Examples:
  ivr flow publish --why "the new balance menu"     check everything, then all servers change over
  ivr flow publish --dry-run                        only tell what would change
  ivr flow status                                   what is live, and since when
  ivr flow rollback --why "callers hang up"         back to the release before
  ivr flow history                                  everything that was ever live

Exit status: 0 done, 1 the answer is no (mistakes, or somebody else was quicker), 2 it could not be done.
"""

from __future__ import annotations

import getpass
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import click

from data.errors import FlowsSwitched
from data.releases import Intent, Switch, checksum_of
from data.store import Store
from dialogs.errors import Problem
from dialogs.flow import FlowSet
from dialogs.loader import read_flows
from dialogs.static import static_prompts
from ivr.back_ends import live_schemas
from ivr.cli import pass_settings
from ivr.cli.bars import calls_bar
from ivr.cli.flow_history import history, last_switch, row_of, show, status
from ivr.cli.flows import CannotBeDone
from ivr.cli.from_call import from_call, store_of
from ivr.cli.shown import json_option
from ivr.config import Settings
from ivr.errors import FolderUnfit
from ivr.publishing.catalogues import catalogue_in
from ivr.publishing.checkup import Checked, checked
from ivr.publishing.differences import differences
from ivr.publishing.folder import read_folder, write_folder
from ivr.publishing.served import refusals

LEAD = 5.0
"""Seconds from a publish until servers change over, at least: they look each second, and start a process."""
SYNTHESIS = 0.15
"""Seconds that a server takes for a new prompt, about; the lead grows by it."""
LONGEST_LEAD = 120.0

_why = click.option("--why", metavar="TEXT", help="The reason, for the history.")
_who = click.option("--who", metavar="NAME", help="Who does it; default: your login name.")


@click.group(help=__doc__)
def flow() -> None:
    pass


def _signed(who: str | None, why: str | None) -> tuple[str, str]:
    if not (why or "").strip():
        raise CannotBeDone('say why, for those who read the history: --why "the new balance menu"')
    return who or getpass.getuser(), str(why)


def _intent(who: str, why: str, after: int, lead: float) -> Intent:
    now = datetime.now(UTC)
    return Intent(who=who, why=why, at=now, effective_at=now + timedelta(seconds=lead), after=after)


@flow.command("publish")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@_why
@_who
@click.option("--without-tests", is_flag=True, help="Do not run the tests beside the flows.")
@click.option("--dry-run", is_flag=True, help="Check, tell what would change, and change nothing.")
@click.option(
    "--lead",
    type=click.FloatRange(0, 3600),
    help="Seconds until all servers change over; default: 5 or more.",
)
@json_option
@pass_settings
def publish(
    settings: Settings,
    path: Path | None,
    why: str | None,
    who: str | None,
    without_tests: bool,
    dry_run: bool,
    lead: float | None,
    as_json: bool,
) -> None:
    """Check the flows of a folder, and make them live on every server.

    PATH is the folder; without it, the one that the settings name. Live calls stay on their version.

    \b
    Examples:
      ivr flow publish --why "the new balance menu"
      ivr flow publish my-flows/ --dry-run
    """
    who, why = ("", "") if dry_run else _signed(who, why)
    folder = path or settings.flows_folder
    files, left_out = read_folder(folder)
    began = time.monotonic()
    found = _looked_through(settings, folder, with_tests=not without_tests)
    reading = time.monotonic() - began
    if found.flows is None or not found.sound:
        _refuse(found, as_json=as_json)
    if read_folder(folder)[0] != files:
        raise FolderUnfit(f"Files in {folder} were changed while they were checked", "Publish again")
    with store_of(settings) as store:
        live = last_switch(store, create=not dry_run)
        before = _published(store, live)
        lines = differences(before.flows, found.flows, before.files, files)
        spoken = found.flows if live is None and folder == settings.flows_folder else before.flows
        seconds = _lead(spoken, found.flows, reading) if lead is None else lead
        _tell(lines, left_out, found, live)
        for queue in _new_queues(settings, folder, before.flows, found.flows):
            click.echo(f"  note: {queue}")
        if live is not None and live.checksum == checksum_of(files):
            _end("nothing to publish: these files are live already", {"published": False}, as_json=as_json)
            return
        if dry_run:
            _end("dry run: nothing was changed", {"published": False, "changes": lines}, as_json=as_json)
            return
        try:
            switch = store.releases.publish(files, _intent(who, why, live.n if live else 0, seconds))
        except FlowsSwitched as quicker:
            _overtaken(quicker, as_json=as_json)
    _end(_done(switch), {"published": True, **row_of(switch), "changes": lines}, as_json=as_json)


def _looked_through(settings: Settings, folder: Path, *, with_tests: bool) -> Checked:
    """All that is asked of flows that are to be live."""
    return checked(
        folder,
        main=settings.calls.flow,
        play_with=calls_bar if with_tests else None,
        live=live_schemas(settings.back_ends_file),
        studio=settings.prompts_folder / "studio",
        queues=settings.queues_file,
        besides=settings.freeswitch.queue_names,
        strategies=settings.path(settings.strategies),
    )


def _refuse(found: Checked, *, as_json: bool) -> NoReturn:
    """Ends with status 1."""
    for problem in found.problems:
        click.echo(str(problem))
    for call in found.failed:
        click.echo(call.report())
    played = f", {len(found.failed)} of {found.tests} scripted calls failed" if found.tests else ""
    what = f"{len(found.problems)} mistake(s){played}"
    problems = [str(problem) for problem in found.problems]
    failed = [call.title for call in found.failed]
    figures = {"published": False, "problems": problems, "failed": failed}
    _end(f"not published, nothing was changed: {what}", figures, as_json=as_json)
    sys.exit(1)


class _Published:
    """What is live, as far as it can be read."""

    def __init__(self, flows: FlowSet | None, files: Mapping[str, bytes]) -> None:
        self.flows = flows
        self.files = files


def _published(store: Store, live: Switch | None) -> _Published:
    if live is None:
        return _Published(None, {})
    files = store.releases.files(live.release)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "release"
        write_folder(files, folder)
        flows, _ = read_flows([folder], catalogue_in(folder))
    return _Published(flows, files)


def _lead(before: FlowSet | None, after: FlowSet, reading: float) -> float:
    """Time enough for a server to read as much as we have read, and to synthesise what is new."""
    known = set() if before is None else {(one.text, one.language) for one in static_prompts(before)}
    new = {(one.text, one.language) for one in static_prompts(after)} - known
    return min(LONGEST_LEAD, LEAD + reading + SYNTHESIS * len(new))


def _tell(lines: list[str], left_out: list[str], found: Checked, live: Switch | None) -> None:
    against = "the first release" if live is None else f"against release {live.release}"
    played = f"{found.tests} scripted calls passed" if found.tests else "no scripted call was played"
    click.echo(f"no mistakes, {played}; {against}:")
    for line in lines:
        click.echo(f"  {line}")
    for path in left_out:
        click.echo(f"  left out: {path}")


def _new_queues(settings: Settings, folder: Path, before: FlowSet | None, after: FlowSet) -> Iterator[str]:
    """Queues that the switch may not know yet: it has those of the flows that it was set up with.

    The switch itself is not asked: a release may be published where none is within reach.
    """
    known = frozenset(queue.name for queue in settings.freeswitch.queues)
    if before is not None:
        known |= before.catalogue.queues
    elif folder.resolve() == settings.flows_folder.resolve():
        known |= after.catalogue.queues
    embedded = settings.switch.kind == "embedded"
    remedy = "restart `ivr serve`" if embedded else "ask your operator to add it to the switch"
    for queue in sorted(after.catalogue.queues - known):
        yield f"the queue `{queue}` is new: {remedy} before callers reach it"


def _overtaken(quicker: FlowsSwitched, *, as_json: bool) -> NoReturn:
    click.echo(f"ivr: {quicker}", err=True)
    if as_json:
        click.echo(json.dumps({"published": False, "error": quicker.code}))
    sys.exit(1)


def _done(switch: Switch) -> str:
    at = f"{switch.effective_at:%H:%M:%S} UTC"
    return f"release {switch.release}: every server takes it for new calls at {at}"


def _end(text: str, record: Mapping[str, Any], *, as_json: bool) -> None:
    click.echo(text)
    if as_json:
        click.echo(json.dumps(record, ensure_ascii=False))


@flow.command("rollback")
@click.argument("version", required=False, type=click.IntRange(1))
@_why
@_who
@click.option("--lead", type=click.FloatRange(0, 3600), default=LEAD, show_default=True, help="Seconds.")
@json_option
@pass_settings
def rollback(
    settings: Settings, version: int | None, why: str | None, who: str | None, lead: float, as_json: bool
) -> None:
    """Go back to an older release: VERSION, or the one that was live before this one.

    \b
    Examples:
      ivr flow rollback --why "callers hang up at the menu"
      ivr flow rollback 12 --why "the order look-up is back"
    """
    who, why = _signed(who, why)
    with store_of(settings) as store:
        history = store.releases.history()
        if not history:
            raise CannotBeDone("nothing was published yet: ivr flow publish")
        live = history[0]
        number = _before(history) if version is None else version
        if number == live.release:
            _end(f"release {number} is live already", {"switched": False}, as_json=as_json)
            return
        files = store.releases.files(number)  # a damaged release is not gone back to
        problems = refusals(
            files,
            number,
            settings.queues_file,
            live_schemas(settings.back_ends_file),
            settings.freeswitch.queue_names,
        )
        if problems:
            _not_switched(number, problems, as_json=as_json)
        try:
            switch = store.releases.go_back(number, _intent(who, why, live.n, lead))
        except FlowsSwitched as quicker:
            _overtaken(quicker, as_json=as_json)
    _end(_done(switch), {"switched": True, **row_of(switch)}, as_json=as_json)


def _not_switched(number: int, problems: list[Problem], *, as_json: bool) -> NoReturn:
    """Ends with status 1: servers that start today would not take that release."""
    told = [str(problem) for problem in problems]
    why = f"no server could start with release {number}: mend that, or go back to another (ivr flow history)"
    lines = "\n".join([*told, f"not switched, nothing was changed: {why}"])
    _end(lines, {"switched": False, "problems": told}, as_json=as_json)
    sys.exit(1)


def _before(history: tuple[Switch, ...]) -> int:
    """The release to go back to by default: what was live before, without what was gone back from."""
    stack: list[int] = []
    for line in reversed(history):
        if line.action == "rollback" and line.release in stack:
            stack = stack[: stack.index(line.release)]
        stack.append(line.release)
    if len(stack) < 2:
        raise CannotBeDone(f"there is no release before {stack[-1]}: see ivr flow history")
    return stack[-2]


for command in (history, show, status, from_call):
    flow.add_command(command)

commands: list[click.Command] = [flow]
"""For the root command group."""
