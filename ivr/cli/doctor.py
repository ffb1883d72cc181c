"""`ivr doctor`: what is missing here, and what to do about it."""

from __future__ import annotations

import dataclasses
import sys

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ivr.cli import pass_settings
from ivr.cli.shown import json_option, show_json
from ivr.config import Settings
from ivr.doctor import examine

SIGNS = {"good": "[green]✔[/green]", "note": "[yellow]•[/yellow]", "bad": "[red]✘[/red]"}


@click.command()
@json_option
@pass_settings
def doctor(settings: Settings, as_json: bool) -> None:
    """What is installed, reachable, misconfigured, and what to do about it.

    Exit status 1 if something is bad enough for calls to fail.

    \b
    Examples:
      ivr doctor
      ivr --config /etc/ivr/ivr.yaml doctor --json
    """
    findings = []
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in examine(settings):
        findings.append(finding)
        remedy = f"\n[dim]→ {escape(finding.remedy)}[/dim]" if finding.remedy else ""
        table.add_row(SIGNS[finding.state], finding.what, escape(finding.found) + remedy)
    bad = [finding for finding in findings if finding.state == "bad"]
    if as_json:
        show_json({"good": not bad, "findings": [dataclasses.asdict(one) for one in findings]})
    else:
        Console().print(table)
    sys.exit(1 if bad else 0)


commands = [doctor]
