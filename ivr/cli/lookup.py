"""`ivr lookup`: asks one look-up as a call would, and shows what a flow would be told."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data.errors import DataError
from data.store import Store
from dialogs.results import Failed, Found, Missing, Slow
from dialogs.source import nearest
from ivr.back_ends import declared_in
from ivr.back_ends.port import BackEnds
from ivr.call_record import masked
from ivr.cli import pass_settings
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, show_json
from ivr.cli.who import noted
from ivr.config import Settings
from ivr.lookups import Lookups
from ivr.moments import MASK

Asked = tuple[Found | Missing | Slow | Failed, float]


@click.command("lookup")
@click.argument("name")
@click.argument("given", nargs=-1, metavar="KEY=VALUE…")
@click.option("--sensitive", multiple=True, metavar="KEY", help="That value is secret: not kept, not shown.")
@click.option("--times", default=1, show_default=True, type=click.IntRange(1, 1000), help="Asked in a row.")
@click.option("--deadline", default=4.0, show_default=True, type=click.FloatRange(0.1, 30), help="Seconds.")
@json_option
@pass_settings
def lookup(
    settings: Settings,
    name: str,
    given: tuple[str, ...],
    sensitive: tuple[str, ...],
    times: int,
    deadline: float,
    as_json: bool,
) -> None:
    """Ask a look-up as a call would: fields, time, and how its system stands.

    Exit status 0 if it was found, 1 if it is missing, 2 if there was no answer.

    \b
    Examples:
      ivr lookup account customer_number=45716
      ivr lookup loyalty dni=12345678Z --sensitive dni
      ivr lookup loyalty number=45716 --times 10      to see the breaker at work
    """
    zone = ZoneInfo(settings.calls.zone)
    store = Store(settings.database_url)
    back_ends = BackEnds(
        Lookups(
            store,
            lambda: datetime.now(UTC).astimezone(zone),
            settings.working_days.of_site(settings.calls.region),
        ),
        declared_in(settings.back_ends_file),
        zone=zone,
    )
    try:
        by = _asked_by(back_ends, name, given, sensitive)
        asked: list[Asked] = []
        for _ in range(times):
            began = time.monotonic()
            result = back_ends.ask(name, by, deadline=deadline, sensitive=bool(sensitive))
            asked.append((result, time.monotonic() - began))
        secrets = [by[key] for key in sensitive]
        _note(store, name, by, secrets, asked[-1][0])
        _show(back_ends, name, asked, secrets, as_json=as_json)
    finally:
        back_ends.close()
        store.close()
    last = asked[-1][0]
    sys.exit(0 if isinstance(last, Found) else 1 if isinstance(last, Missing) else 2)


def _note(store: Store, name: str, by: Mapping[str, str], secrets: list[str], result: object) -> None:
    """That somebody has read what was found. A company's system may be asked without a database of ours."""
    if not isinstance(result, Found):
        return
    number = by.get("customer_number", "")
    entry = replace(
        noted("read", what=f"{name}: {', '.join(result.record)}", why="ivr lookup"),
        customer_number="" if number in secrets else number,
    )
    try:
        store.audit.note(entry)
    except DataError as lost:
        raise CannotBeDone(f"nothing is shown that cannot be put on record: {lost}") from lost


def _asked_by(
    back_ends: BackEnds, name: str, given: tuple[str, ...], sensitive: tuple[str, ...]
) -> dict[str, str]:
    """What it is asked by. Raises `CannotBeDone`."""
    schema = back_ends.schemas.lookups.get(name)
    if schema is None:
        raise CannotBeDone(f"there is no look-up `{name}`: {nearest(name, back_ends.schemas.lookups)}")
    by: dict[str, str] = {}
    for one in given:
        key, sign, value = one.partition("=")
        if not sign:
            raise CannotBeDone(f"`{one}` is no KEY=VALUE: write {schema.by[0]}=45716")
        by[key] = value
    for key in (*by, *sensitive):
        if key not in schema.by:
            raise CannotBeDone(f"`{name}` is not asked by `{key}`: {nearest(key, schema.by)}")
    if missing := [key for key in schema.by if key not in by]:
        raise CannotBeDone(f"`{name}` is asked by `{missing[0]}` too: add {missing[0]}=…")
    return by


def _show(back_ends: BackEnds, name: str, asked: list[Asked], secrets: list[str], *, as_json: bool) -> None:
    result, _ = asked[-1]
    system = back_ends.system_of(name)
    shown: Mapping[str, object] = masked(result.record, secrets) if isinstance(result, Found) else {}
    seconds = sorted(took for _, took in asked)
    report = {
        "lookup": name,
        "result": type(result).__name__.lower(),
        "reason": result.reason if isinstance(result, Failed) else "",
        "fields": shown,
        "seconds": round(seconds[len(seconds) // 2], 4),
        "times": len(asked),
        "system": "own database" if system is None else system.name,
        "breaker": None if system is None else system.breaker.state,
    }
    if as_json:
        show_json(report)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    types = back_ends.schemas.lookups[name].fields
    for field, value in shown.items():
        table.add_row(
            field, escape(MASK if value == MASK else str(value)), f"[dim]{types.get(field, '')}[/dim]"
        )
    Console().print(table)
    breaker = "" if system is None else f", breaker {system.breaker.state}"
    reason = f" ({report['reason']})" if report["reason"] else ""
    took = f"{seconds[len(seconds) // 2] * 1000:.0f} ms"
    click.echo(f"{report['result']}{reason} in {took}, {report['system']}{breaker}")


commands = [lookup]
