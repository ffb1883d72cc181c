"""`ivr agent`: agents come, pause and go, close their contacts; who is there; the files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import click

from data.store import Store
from dialogs.catalogue import load_catalogue
from dialogs.errors import Problem
from dialogs.source import read
from ivr.agents.desk import Desk, Told, Who
from ivr.agents.live_state import LiveState
from ivr.agents.opening import way_out
from ivr.agents.outcomes_reading import read_outcomes
from ivr.agents.outcomes_written import OutcomesFile
from ivr.agents.reading import LEAST_WRAP_UP, hardly_wrap_up, read_roster
from ivr.agents.roster import Roster
from ivr.agents.written import AgentsFile
from ivr.cli import pass_settings
from ivr.cli.agent_contact import close, contact, extend
from ivr.cli.agent_preview import call, later, next_person, skip
from ivr.cli.centre import line_if_any, now, staff
from ivr.cli.database import store_of
from ivr.cli.flows import show_problems
from ivr.cli.shown import json_option, local, local_seconds, show_json, show_table
from ivr.cli.who import operator
from ivr.config import Settings
from ivr.errors import ProofUnfit
from ivr.identity.pins import Hashing, PinRefused, checked
from ivr.publishing.catalogues import CATALOGUE
from ivr.queueing.reading import load_plan


@click.group()
def agent() -> None:
    """Agents: who is there, and whom they have in hand. docs/agents.md.

    \b
    Examples:
      ivr agent in 2001
      ivr agent pause 2001 --reason lunch
      ivr agent list
    """


def _told(told: Told, *, as_json: bool) -> None:
    presence = told.presence
    if as_json:
        show_json(
            {
                "agent": presence.agent,
                "state": presence.state,
                "reason": presence.reason,
                "since": presence.since,
                "changed": told.changed,
                "on_switch": told.on_switch,
            }
        )
        return
    state = f"{presence.state}: {presence.reason}" if presence.reason else presence.state
    later = "" if told.on_switch else " (the server tells the switch as soon as it can)"
    click.echo(f"{presence.agent} is {state}{'' if told.changed else ', as before'}{later}")


def _at_desk(settings: Settings, work: Callable[[Desk], Told], *, as_json: bool) -> None:
    _, roster = staff(settings)
    with store_of(settings) as store, line_if_any(settings) as line:
        desk = Desk(store.agents, roster, centre=line.centre if line else None, now=now)
        _told(work(desk), as_json=as_json)


def _who(note: str) -> Who:
    return Who(operator(), "cli", note)


note_option = click.option("--note", default="", help="What is noted with it.")


@agent.command("in")
@click.argument("number")
@click.option(
    "--telephone", default="", help="Where they are called until they check out, such as user/1007."
)
@note_option
@json_option
@pass_settings
def check_in(settings: Settings, number: str, telephone: str, note: str, as_json: bool) -> None:
    """They take calls from now on.

    \b
    Examples:
      ivr agent in 2001
      ivr agent in 2001 --telephone user/1007
    """
    who = _who(note)
    _at_desk(settings, lambda desk: desk.check_in(number, who, telephone=telephone), as_json=as_json)


@agent.command("out")
@click.argument("number")
@note_option
@json_option
@pass_settings
def check_out(settings: Settings, number: str, note: str, as_json: bool) -> None:
    """They take no more calls; one that they are in goes on.

    \b
    Example:
      ivr agent out 2001
    """
    who = _who(note)
    _at_desk(settings, lambda desk: desk.check_out(number, who), as_json=as_json)


@agent.command()
@click.argument("number")
@click.option("--reason", required=True, help="One of the pauses in agents.yaml.")
@note_option
@json_option
@pass_settings
def pause(settings: Settings, number: str, reason: str, note: str, as_json: bool) -> None:
    """They take no calls for a while.

    \b
    Example:
      ivr agent pause 2001 --reason lunch
    """
    who = _who(note)
    _at_desk(settings, lambda desk: desk.pause(number, reason, who), as_json=as_json)


@agent.command()
@click.argument("number")
@json_option
@pass_settings
def resume(settings: Settings, number: str, as_json: bool) -> None:
    """They take calls again.

    \b
    Example:
      ivr agent resume 2001
    """
    who = _who("")
    _at_desk(settings, lambda desk: desk.resume(number, who), as_json=as_json)


def _by_the_database(roster: Roster, store: Store) -> list[dict[str, Any]]:
    """Everybody who is declared, and whoever has checked in; without a switch to ask what they do now."""
    known = store.agents.presences()
    out: dict[str, Any] = {"state": "out", "reason": "", "since": None}
    return [
        {"agent": name, **out}
        | ({} if (one := known.get(name)) is None else {key: getattr(one, key) for key in out})
        for name in sorted({*roster.agents, *known})
    ]


@agent.command("list")
@json_option
@pass_settings
def list_agents(settings: Settings, as_json: bool) -> None:
    """Who is there, what they do, and since when.

    \b
    Examples:
      ivr agent list
      ivr agent list --json
    """
    plan, roster = staff(settings)
    zone = ZoneInfo(settings.calls.zone)
    with store_of(settings) as store, line_if_any(settings) as line:
        if line is None:
            live = _by_the_database(roster, store)
        else:
            state = LiveState(store, plan, roster, line.centre, now=now, zone=zone)
            live = [vars(one) | {} for one in state.agents()]
    if as_json:
        show_json(live)
        return
    show_table(
        ("agent", "name", "state", "since", "doing", "queue", "answered", "missed"),
        [
            (
                one["agent"],
                roster.agents[one["agent"]].name if one["agent"] in roster.agents else "",
                f"{one['state']}: {one['reason']}" if one["reason"] else one["state"],
                local(one["since"], zone) if one["since"] else "–",
                one.get("doing") or "–",
                one.get("queue") or "–",
                str(one.get("answered", "–")),
                str(one.get("missed", "–")),
            )
            for one in live
        ],
    )


@agent.command()
@click.argument("number", required=False, default="")
@click.option("--most", default=50, show_default=True, help="How many.")
@json_option
@pass_settings
def history(settings: Settings, number: str, most: int, as_json: bool) -> None:
    """When somebody came, paused and went, why, and by whose hand; the newest first.

    \b
    Example:
      ivr agent history 2001
    """
    zone = ZoneInfo(settings.calls.zone)
    with store_of(settings) as store:
        changes = store.agents.state_changes(number, most=most)
    if as_json:
        show_json([vars(one) for one in changes])
        return
    show_table(
        ("when", "agent", "state", "by", "from", "note"),
        [
            (
                local_seconds(one.at, zone),
                one.agent,
                f"{one.state}: {one.reason}" if one.reason else one.state,
                one.by,
                one.source,
                one.note,
            )
            for one in changes
        ],
    )


# --- the files ----------------------------------------------------------------------------------------


@agent.command()
@json_option
@pass_settings
def check(settings: Settings, as_json: bool) -> None:
    """Check agents.yaml and outcomes.yaml: every mistake, with line and remedy. Exit status 1: there is one.

    \b
    Example:
      ivr agent check
    """
    plan = load_plan(settings.queues_file, load_catalogue(settings.flows_folder / CATALOGUE))
    problems: list[Problem] = []
    agents = 0
    hurried: list[str] = []
    if settings.agents_file is not None:
        roster, problems = read_roster(
            read(settings.agents_file), plan, allowed=settings.agents.outside, dial=way_out(settings)
        )
        agents = len(roster.agents)
        if settings.callbacks.enabled and settings.callbacks.first == "agent":
            hurried = hardly_wrap_up(roster, plan)
    if settings.outcomes_file is not None:
        problems += read_outcomes(read(settings.outcomes_file), plan, webhooks=settings.messages.webhooks)[1]
    if as_json:
        rows = [
            {"file": one.file, "line": one.line, "column": one.column, "message": one.message}
            for one in problems
        ]
        show_json({"problems": rows, "agents": agents, "hardly_wrap_up": hurried})
    else:
        show_problems(problems)
        if hurried:
            click.echo(
                f"note: callbacks call the agent first, and {', '.join(hurried)} are free within"
                f" {LEAST_WRAP_UP} s of a call: customers are rung in that time. Give them"
                f" `wrap_up: {LEAST_WRAP_UP}` or more"
            )
        if not problems:
            click.echo(f"{agents} agents, no mistakes")
    sys.exit(1 if problems else 0)


@agent.command()
@click.argument("which", type=click.Choice(["agents", "outcomes"]), default="agents")
def schema(which: str) -> None:
    """JSON Schema of agents.yaml or outcomes.yaml, for editors.

    \b
    Example:
      ivr agent schema > agents.schema.json
    """
    model = AgentsFile if which == "agents" else OutcomesFile
    click.echo(json.dumps(model.model_json_schema(), indent=2, ensure_ascii=False))


@agent.command("pin")
def pin() -> None:
    """Make the hash of a PIN for agents.yaml. The PIN is asked for, and never an argument.

    \b
    Example:
      ivr agent pin
    """
    chosen = click.prompt("PIN", hide_input=True, confirmation_prompt=True)
    hashing = Hashing()
    try:
        click.echo(hashing.hashed(checked(chosen.strip())))
    except PinRefused as refused:
        raise ProofUnfit(f"This PIN is not taken: {refused}", "Choose another") from None
    finally:
        hashing.close()


for _command in (contact, close, extend, next_person, call, skip, later):
    agent.add_command(_command)
commands = [agent]
