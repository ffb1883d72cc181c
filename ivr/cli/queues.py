"""`ivr queues`: the queues of people as they are declared, and a running switch in step with them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from dialogs.catalogue import load_catalogue
from dialogs.source import read
from esl.call_centre import CallCentre
from esl.inbound import InboundConnection
from ivr.agents.opening import staff_of, way_out
from ivr.agents.reading import FILE as AGENTS
from ivr.agents.reading import read_roster
from ivr.agents.roster import joined
from ivr.cli import pass_settings
from ivr.cli.flows import CannotBeDone, show_problems
from ivr.cli.freeswitch import switch_configuration
from ivr.cli.shown import json_option, show_json, show_table
from ivr.config import Settings
from ivr.publishing.catalogues import CATALOGUE
from ivr.queueing import sync as syncing
from ivr.queueing.reading import FILE, read_plan, segments_beside
from ivr.queueing.written import QueuesFile


@click.group()
def queues() -> None:
    """The queues of people: docs/queues.md.

    \b
    Examples:
      ivr queues check
      ivr queues list
      ivr queues sync --dry-run       what would change on the running switch
      ivr queues sync
    """


def _file_of(settings: Settings, named: Path | None) -> Path:
    file = named or settings.queues_file
    if file is None or not file.is_file():
        shown = file or settings.flows_folder / FILE
        raise CannotBeDone(f"{shown} is not there: copy the shipped one from dialogs/flows/{FILE}")
    return file


@queues.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@json_option
@pass_settings
def check(settings: Settings, file: Path | None, as_json: bool) -> None:
    """Check queues.yaml, and agents.yaml beside it: every mistake in one run, with line and remedy.

    Exit status 1 if there is one.

    \b
    Examples:
      ivr queues check
      ivr queues check my-flows/queues.yaml
    """
    file = _file_of(settings, file)
    beside = file.with_name(CATALOGUE)
    catalogue = load_catalogue(beside if beside.is_file() else settings.flows_folder / CATALOGUE)
    plan, problems = read_plan(read(file), catalogue, segments_beside(file), settings.freeswitch.queue_names)
    people = file.with_name(AGENTS)
    if people.is_file():
        allowed, dial = settings.agents.outside, way_out(settings)
        roster, more = read_roster(read(people), plan, allowed=allowed, dial=dial)
        plan, problems = joined(plan, roster), [*problems, *more]
    if as_json:
        rows = [
            {"file": one.file, "line": one.line, "column": one.column, "message": one.message}
            for one in problems
        ]
        show_json({"problems": rows, "queues": len(plan.queues), "agents": len(plan.agents)})
    else:
        show_problems(problems)
        if not problems:
            click.echo(f"{file}: {len(plan.queues)} queues, {len(plan.agents)} agents, no mistakes")
    sys.exit(1 if problems else 0)


@queues.command("list")
@json_option
@pass_settings
def list_queues(settings: Settings, as_json: bool) -> None:
    """The declared queues: who serves them, who helps and when, and what callers are promised.

    \b
    Examples:
      ivr queues list
      ivr queues list --json
    """
    _file_of(settings, None)
    plan, _ = staff_of(settings, load_catalogue(settings.flows_folder / CATALOGUE))
    tiers = list(plan.tiers())
    rows = []
    for name, queue in plan.queues.items():
        own = [one.agent for one in tiers if one.queue == name and not one.level]
        helpers = [one.agent for one in tiers if one.queue == name and one.level]
        rows.append((name, queue.written, own, helpers))
    if as_json:
        show_json(
            {
                name: {**written.model_dump(mode="json"), "agents": own, "helpers": helpers}
                for name, written, own, helpers in rows
            }
        )
        return
    show_table(
        ("queue", "hours", "agents", "helped by", "in time", "longest wait"),
        [
            (
                name,
                written.hours or "always",
                " ".join(own) or "–",
                f"{' '.join(written.overflow.to)} after {written.overflow.after} s"
                if written.overflow
                else "–",
                f"{written.service_level.share:.0%} in {written.service_level.within} s",
                f"{written.longest_wait} s" if written.longest_wait else "without end",
            )
            for name, written, own, _ in rows
        ],
    )


@queues.command()
@click.option(
    "--dry-run", is_flag=True, help="Show what differs and change nothing; exit status 1 if anything."
)
@click.option("--host", help="The switch's event socket; default: switch.event_host.")
@click.option("--port", type=click.IntRange(1, 65535), help="Its port; default: switch.event_port.")
@json_option
@pass_settings
def sync(settings: Settings, dry_run: bool, host: str | None, port: int | None, as_json: bool) -> None:
    """Bring the running switch in step with queues.yaml; what differs is shown. Twice changes nothing more.

    Agents keep their calls and callers their places. mod_callcenter reads queues from its files: after
    a new queue, first `ivr freeswitch init DIR --force`. Exit status 1: something could not be changed now.

    \b
    Examples:
      ivr queues sync --dry-run
      ivr queues sync
    """
    goal = syncing_goal(settings)
    with _switch_of(settings, host, port) as centre:
        if dry_run:
            differing = tuple(syncing.differences(centre, goal))
            outcome = syncing.Outcome(differing, (), differing)
        else:
            outcome = syncing.bring_in_step(centre, goal)
    if as_json:
        parts = {"changes": outcome.changes, "refused": outcome.refused, "left": outcome.left}
        show_json({name: [str(one) for one in part] for name, part in parts.items()})
    else:
        for change in outcome.changes:
            click.echo(str(change))
        for line in outcome.refused:
            click.echo(f"refused: {line}", err=True)
        if not outcome.changes:
            click.echo("in step")
    sys.exit(1 if outcome.left else 0)


@queues.command()
def schema() -> None:
    """JSON Schema of queues.yaml, for editors.

    \b
    Example:
      ivr queues schema > queues.schema.json
    """
    click.echo(json.dumps(QueuesFile.model_json_schema(), indent=2, ensure_ascii=False))


def syncing_goal(settings: Settings) -> syncing.Wanted:
    """What the switch should have: as `ivr freeswitch init` writes it. Raises `FlowsInvalid` and others."""
    configuration = switch_configuration(settings)
    return syncing.Wanted(configuration.queues, configuration.agents)


@contextmanager
def _switch_of(settings: Settings, host: str | None, port: int | None) -> Iterator[CallCentre]:
    switch = settings.switch
    if switch.event_password is None:
        raise CannotBeDone("no password of the switch is set: set switch.event_password in ivr.yaml")
    connection = InboundConnection(
        host or switch.event_host, port or switch.event_port, switch.event_password
    )
    connection.connect()
    try:
        yield CallCentre(connection.api)
    finally:
        connection.lose("closed by us")


commands = [queues]
