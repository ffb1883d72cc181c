"""`ivr supervise`: listen, whisper, join, move a caller, force an agent's state; alerts and repairs."""

from __future__ import annotations

import sys
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from data.records import AgentState
from ivr.agents.desk import Desk, Who
from ivr.agents.roster import FORCED
from ivr.agents.supervising import Mode, Supervision
from ivr.cli import pass_settings
from ivr.cli.centre import line_if_any, line_of, now, staff
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, local_seconds, show_json, show_table
from ivr.cli.who import operator
from ivr.config import Settings


@click.group()
def supervise() -> None:
    """Supervisors: docs/agents.md. Whom somebody listened to, and why, is in the audit log.

    \b
    Examples:
      ivr supervise listen 2001 --phone 1050 --why "training of the first week"
      ivr supervise move LEG --to sales --why "was in the wrong queue"
      ivr supervise alerts
    """


phone_option = click.option("--phone", required=True, help="Your telephone: it rings, and you hear them.")
why_option = click.option("--why", required=True, help="The reason, for the audit log.")


def _on_the_line(settings: Settings, mode: Mode, agent: str, phone: str, why: str) -> None:
    _, roster = staff(settings)
    with store_of(settings) as store, line_of(settings) as line:
        supervision = Supervision(
            store, line, now=now, outside=roster.outside, allowed=settings.agents.outside
        )
        supervision.supervise(mode, agent, phone, by=operator(), why=why)
    click.echo(f"you hear {agent}; keys: 0 listen, 2 speak to the agent, 1 to the caller, 3 to both, * leave")


@supervise.command()
@click.argument("agent")
@phone_option
@why_option
@pass_settings
def listen(settings: Settings, agent: str, phone: str, why: str) -> None:
    """Hear both sides; nobody notices.

    \b
    Example:
      ivr supervise listen 2001 --phone 1050 --why "complaint 4571"
    """
    _on_the_line(settings, "listen", agent, phone, why)


@supervise.command()
@click.argument("agent")
@phone_option
@why_option
@pass_settings
def whisper(settings: Settings, agent: str, phone: str, why: str) -> None:
    """Hear both sides, and speak to the agent; the caller does not hear it.

    \b
    Example:
      ivr supervise whisper 2001 --phone 1050 --why "first week"
    """
    _on_the_line(settings, "whisper", agent, phone, why)


@supervise.command()
@click.argument("agent")
@phone_option
@why_option
@pass_settings
def join(settings: Settings, agent: str, phone: str, why: str) -> None:
    """Speak with both.

    \b
    Example:
      ivr supervise join 2001 --phone 1050 --why "the agent asks for help"
    """
    _on_the_line(settings, "join", agent, phone, why)


@supervise.command()
@click.argument("leg")
@click.option("--to", "queue", required=True, help="The queue in which they are to wait.")
@why_option
@pass_settings
def move(settings: Settings, leg: str, queue: str, why: str) -> None:
    """Move a caller who is waiting in one queue to another.

    The time that they have waited counts there, as if they had come to that queue at first.

    LEG is the caller: `ivr queue status --callers` lists who waits where, and the leg of each. Callers whom
    an agent has answered cannot be moved, nor those of the fallback queue, whom no server has in a call.

    \b
    Examples:
      ivr queue status --callers
      ivr supervise move 019aaf0e-5c1e-7d6a-b1e4-3f0c8a2d9b57 --to sales --why "asked for sales"
    """
    plan, _ = staff(settings)
    with store_of(settings) as store, line_of(settings) as line:
        supervision = Supervision(store, line, now=now)
        moved = supervision.move(leg, queue, queues=plan.queues, by=operator(), why=why)
    click.echo(
        f"moved from {moved.before} to {queue}, with the time that they have waited: "
        f"place {moved.place} of {moved.waiting} there"
    )


@supervise.command()
@click.argument("agent")
@click.argument("state", type=click.Choice(["in", "paused", "out"]))
@why_option
@pass_settings
def force(settings: Settings, agent: str, state: str, why: str) -> None:
    """Set an agent's state, whatever they have chosen.

    \b
    Example:
      ivr supervise force 2001 out --why "went home without checking out"
    """
    _, roster = staff(settings)
    with store_of(settings) as store, line_if_any(settings) as line:
        desk = Desk(store.agents, roster, centre=line.centre if line else None, now=now)
        who = Who(operator(), "supervisor", why)
        told = desk.force(agent, cast("AgentState", state), who, reason=FORCED)
    click.echo(f"{agent} is {told.presence.state}")


@supervise.command()
@click.option("--all", "everything", is_flag=True, help="Also those that are over.")
@json_option
@pass_settings
def alerts(settings: Settings, everything: bool, as_json: bool) -> None:
    """Alerts that stand. Exit status 1 if there is one.

    \b
    Example:
      ivr supervise alerts
    """
    zone = ZoneInfo(settings.calls.zone)
    with store_of(settings) as store:
        standing = store.alerts.standing()
        found = store.alerts.latest() if everything else standing
    if as_json:
        show_json([vars(one) for one in found])
    else:
        show_table(
            ("id", "raised", "rule", "queue", "value", "limit", "over", "taken by"),
            [
                (
                    str(one.id),
                    local_seconds(one.raised_at, zone),
                    one.rule,
                    one.queue,
                    f"{one.value:g}",
                    f"{one.threshold:g}",
                    local_seconds(one.cleared_at, zone) if one.cleared_at else "–",
                    one.acknowledged_by or "–",
                )
                for one in found
            ],
            ids=True,
        )
    sys.exit(1 if standing else 0)


@supervise.command()
@click.argument("alert", type=click.UUID)
@pass_settings
def acknowledge(settings: Settings, alert: UUID) -> None:
    """Say that you look after an alert, so that nobody else does. It stands until it is over.

    \b
    Example:
      ivr supervise acknowledge 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f
    """
    by = operator()
    with store_of(settings) as store:
        found = store.alerts.acknowledge(alert, at=now(), by=by)
    if found is None:
        raise CannotBeDone(f"there is no alert {alert}: see `ivr supervise alerts`")
    if not found.acknowledged_by:
        raise CannotBeDone("that alert is over: nobody needs to look after it")
    if found.acknowledged_by != by:
        raise CannotBeDone(f"{found.acknowledged_by} looks after it already")
    click.echo(f"you look after {found.rule} in {found.queue}")


@supervise.command()
@json_option
@pass_settings
def repairs(settings: Settings, as_json: bool) -> None:
    """What the watchdog found on the switch, and whether it could mend it; the newest first.

    \b
    Example:
      ivr supervise repairs
    """
    zone = ZoneInfo(settings.calls.zone)
    with store_of(settings) as store:
        found = store.alerts.repairs()
    if as_json:
        show_json([vars(one) for one in found])
        return
    show_table(
        ("when", "what", "mended", "detail"),
        [
            (local_seconds(one.at, zone), one.kind, "yes" if one.repaired else "no", one.detail)
            for one in found
        ],
    )


commands = [supervise]
