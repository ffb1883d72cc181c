"""Asks whoever types before something is done that cannot be taken back."""

from __future__ import annotations

import sys

import click


class NobodyAnswers(click.ClickException):
    """A program calls, or the input is at its end: one line with the remedy, status 2."""

    exit_code = 2


def be_sure(question: str) -> None:
    """Returns after a yes; a no ends the command with status 1. Raises `NobodyAnswers`, and `click.Abort` for
    whoever breaks off."""
    try:
        sure = click.confirm(f"{question} This cannot be taken back.", err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise NobodyAnswers("nobody is there to say yes: add --yes") from None
    if not sure:
        click.echo("nothing was done", err=True)
        sys.exit(1)
