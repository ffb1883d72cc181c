"""`ivr campaign check`: every mistake of the strategies' files, before anybody is called or written to."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from dialogs.errors import FlowsInvalid, Problem
from dialogs.source import nearest
from ivr.campaigns.surroundings import known_strategies, mistakes
from ivr.cli import pass_settings
from ivr.cli.flows import show_problems
from ivr.cli.shown import json_option, show_json
from ivr.config import Settings


@click.command()
@click.argument("strategies", nargs=-1)
@json_option
@pass_settings
def check(settings: Settings, strategies: tuple[str, ...], as_json: bool) -> None:
    """Check strategies, or all: their keys, outcomes, templates in every language, providers, secrets,
    and by the contact rules of today the numbers that they show, how long they ring, and a person to be had.
    Exit status 1 if there are mistakes: file, line and column, and what to do.

    \b
    Examples:
      ivr campaign check
      ivr campaign check fees
    """
    folder = settings.path(settings.strategies)
    known = known_strategies(settings)
    for name in strategies:
        if name not in known:
            message = f"there is no strategy `{name}`: {nearest(name, known)}"
            raise FlowsInvalid([Problem(str(folder), 0, 0, message)])
    today = datetime.now(ZoneInfo(settings.calls.zone)).date()
    found = list(mistakes(settings, strategies, on=today))
    if as_json:
        show_json([asdict(one) for one in found])
    elif found:
        show_problems(found)
    else:
        checked = len(strategies or known)
        click.echo(f"{checked} {'strategy' if checked == 1 else 'strategies'}: no mistakes")
    sys.exit(1 if found else 0)
