"""`ivr caller`: who a number is taken for, and numbers that are not welcome.

\b
Examples:
  ivr caller explain 600111222            who would it be taken for now, and why
  ivr caller calls 600111222              its last calls, each with its segment and the reason
  ivr caller block 600111222 --why "threatens our agents"
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data.store import Store
from dialogs.flow import FlowSet
from dialogs.loader import load_flows
from dialogs.segments.rules import Tried
from ivr.callers.explaining import Explained, explained, meaning_of
from ivr.callers.numbers import CallerNumber, caller_number
from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, local, show_json, show_table
from ivr.cli.who import noted
from ivr.config import Settings
from ivr.rooms import catalogue_of

_number = click.argument("number")
_WITHHELD = frozenset({"anonymous", "private", "restricted", "unavailable", "unknown", "withheld"})
"""How switches write a number that is not shown; nothing else stands for one."""


@click.group(help=__doc__)
def caller() -> None:
    pass


@caller.command()
@_number
@click.option("--language", type=click.Choice(["es", "ca", "en"]), help="Of the reason; default: the site's.")
@json_option
@pass_settings
def explain(settings: Settings, number: str, language: str | None, as_json: bool) -> None:
    """Show who a number would be taken for now: facts, the rules that were tried, the reason, the effects.

    By the segments of the folder of flows. That somebody looked is noted in the audit log.

    \b
    Examples:
      ivr caller explain 600111222
      ivr caller explain "+34 600 111 222" --json
    """
    _insist_on_number(settings, number)
    with store_of(settings) as store:
        found = explained(
            number,
            store=store,
            flows=_flows(settings),
            now=datetime.now(UTC).astimezone(ZoneInfo(settings.calls.zone)),
            region=settings.calls.region,
            language=language or settings.calls.language,
        )
        _audit(store, found.number.e164, "read", "callers: history, segments", "ivr caller explain")
    if as_json:
        show_json(_row(found))
    else:
        _show(found)


@caller.command()
@_number
@click.option("--most", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@json_option
@pass_settings
def calls(settings: Settings, number: str, most: int, as_json: bool) -> None:
    """List a number's last calls: when, how they ended, the segment, and why.

    \b
    Examples:
      ivr caller calls 600111222 --most 20
    """
    known = _insist_on_number(settings, number)
    zone = ZoneInfo(settings.calls.zone)
    with store_of(settings) as store:
        found = store.callers.calls(known.written, most=most)
        _audit(store, known.e164, "read", "calls: outcome, segment", "ivr caller calls")
    if as_json:
        told = [{**row, "started_at": row["started_at"].isoformat()} for row in found]
        show_json({"calls": told})
        return
    if not found:
        click.echo("no calls from this number")
        return
    rows = [
        (
            local(row["started_at"], zone),
            row["outcome"] or "",
            row["language"],
            row["segment"],
            row["segment_reason"],
        )
        for row in found
    ]
    show_table(("when", "outcome", "language", "segment", "reason"), rows)


@caller.command()
@_number
@click.option("--why", required=True, help="For whoever asks later.")
@pass_settings
def block(settings: Settings, number: str, why: str) -> None:
    """Calls from this number are not welcome any more: `number.blocked` in the segments.

    \b
    Examples:
      ivr caller block 600111222 --why "threatens our agents"
    """
    e164 = _e164(settings, number)
    with store_of(settings) as store:
        changed = store.callers.block(e164, at=datetime.now(UTC), why=why)
        _audit(store, e164, "write", "phone_numbers: blocked_at", f"ivr caller block: {why}")
    click.echo(f"{e164} is blocked" if changed else f"{e164} was blocked already: nothing was changed")


@caller.command()
@_number
@pass_settings
def unblock(settings: Settings, number: str) -> None:
    """Calls from this number are welcome again.

    \b
    Examples:
      ivr caller unblock 600111222
    """
    e164 = _e164(settings, number)
    with store_of(settings) as store:
        changed = store.callers.unblock(e164)
        _audit(store, e164, "write", "phone_numbers: blocked_at", "ivr caller unblock")
    click.echo(f"{e164} is welcome again" if changed else f"{e164} was not blocked: nothing was changed")


def _flows(settings: Settings) -> FlowSet:
    return load_flows([settings.flows_folder], catalogue_of(settings))


def _insist_on_number(settings: Settings, text: str) -> CallerNumber:
    """The number, also an extension or one of no plan, which call us as well. Raises `CannotBeDone`."""
    known = caller_number(text, settings.calls.region)
    if text.strip().lower() in _WITHHELD:
        return known
    if known.withheld or (text.strip().startswith("+") and known.e164 is None):
        raise CannotBeDone(f"{text[:40]!r} is no telephone number: write it as +34600111222")
    return known


def _e164(settings: Settings, number: str) -> str:
    """Raises `CannotBeDone`."""
    e164 = caller_number(number, settings.calls.region).e164
    if e164 is None:
        raise CannotBeDone(f"{number!r} is no telephone number: write it as +34600111222")
    return e164


def _audit(store: Store, e164: str | None, action: str, what: str, why: str) -> None:
    people = () if e164 is None else store.customers.by_phone_number(e164)
    whose: list[UUID | None] = [person.id for person in people]
    for customer_id in whose or [None]:
        store.audit.note(noted(action, what=what, why=why, customer_id=customer_id))


def _row(found: Explained) -> dict[str, object]:
    decision, segment = found.decision, found.decision.segment
    return {
        "number": found.number.e164,
        "segment": segment.name,
        "reason": found.reason,
        "facts": found.known,
        "tried": [vars(one) for one in decision.tried],
        "effects": _effects(found),
        "earlier": [
            {"at": one.at.isoformat(), "segment": one.segment, "reason": one.reason} for one in found.earlier
        ],
    }


def _effects(found: Explained) -> dict[str, object]:
    decision, segment = found.decision, found.decision.segment
    effects: dict[str, object] = {
        "greeting": segment.greeting[language].source
        if (language := next(iter(segment.greeting), ""))
        else "",
        "greeted_in": decision.language,
        "shortcuts": [one.name for one in decision.shortcuts],
        "menu_first": list(segment.menu_first),
        "human_first": segment.human_first,
        "queue": dict(segment.queue),
        "priority": segment.priority,
    }
    return {name: value for name, value in effects.items() if value}


def _show(found: Explained) -> None:
    console = Console()
    e164 = found.number.e164
    who = e164 or (f"extension {found.number.internal}" if found.number.internal else "no number")
    console.print(f"[bold]{escape(who)}[/bold]: {escape(found.decision.segment.name or 'no segment')}")
    console.print(escape(found.reason), style="italic")
    facts = Table("fact", "value", "meaning", title="What is known", title_justify="left")
    for name, value in found.known.items():
        facts.add_row(escape(name), escape(str(value)), escape(meaning_of(name)))
    console.print(facts)
    rules = Table("segment", "condition", "", title="What was tried", title_justify="left")
    for one in found.decision.tried:
        rules.add_row(escape(one.segment), escape(one.condition), _verdict(one))
    console.print(rules)
    for name, effect in _effects(found).items():
        console.print(f"  {name}: {escape(str(effect))}")
    for earlier in found.earlier:
        at = f"{earlier.at:%Y-%m-%d %H:%M} UTC"
        console.print(f"  since {at}: {escape(earlier.segment)} ({escape(earlier.reason)})", style="dim")


def _verdict(tried: Tried) -> str:
    return {"holds": "[green]holds[/green]", "default": "[green]everybody else[/green]"}.get(
        tried.verdict, tried.verdict
    )


commands: list[click.Command] = [caller]
"""For the root command group."""
