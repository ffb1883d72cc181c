"""`ivr campaign preview`, `sample`, `report`: whom a campaign would call, and whom not, for which reason."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from data.campaigns import Sample
from data.exchange import sheets
from ivr.campaigns import cutting
from ivr.campaigns.samples import EXCLUSIONS, Tally
from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.db_lists import told_progress
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, local, show_json
from ivr.cli.who import noted, operator
from ivr.config import Settings

where_option = click.option(
    "--where", default=None, help="Who is meant; default: `sample` of the strategy's file. See `facts`."
)


@click.command()
@click.argument("strategy")
@click.argument("name")
@where_option
@click.option("--quick", is_flag=True, help="Only how many the condition meets, by stage.")
@json_option
@pass_settings
def preview(
    settings: Settings, strategy: str, name: str, where: str | None, quick: bool, as_json: bool
) -> None:
    """How many a sample would have, and how many would be left out for which reason. Nothing is kept. Exit
    status 1 if nobody would be in it.

    \b
    Examples:
      ivr campaign preview fees reminder --quick
      ivr campaign preview fees reminder --where 'account.balance >= 2000 and not promise.running'
    """
    wanted = cutting.declared(settings, strategy, name)
    text, _ = cutting.condition(where, wanted)
    on = cutting.today(settings, datetime.now(UTC))
    with store_of(settings) as store:
        if quick:
            counts = cutting.count(store, wanted, where, on)
            _show_counts(text, counts, as_json=as_json)
            sys.exit(0 if counts else 1)
        with told_progress() as told:
            tally = cutting.preview(settings, store, wanted, where, on, told)
    _show_tally(text, tally, as_json=as_json)
    sys.exit(0 if tally.included else 1)


def _show_counts(condition: str, counts: Mapping[str, int], *, as_json: bool) -> None:
    if as_json:
        show_json({"condition": condition, "matched": sum(counts.values()), "by_stage": counts})
        return
    click.echo(f"{sum(counts.values())} of the base are met by: {condition}")
    for stage, count in counts.items():
        click.echo(f"  {stage}: {count}")


def _show_tally(condition: str, tally: Tally, *, as_json: bool) -> None:
    if as_json:
        by_rule = [{"reason": reason, "rule": rule, "people": n} for (reason, rule), n in tally.rules.items()]
        record = {"condition": condition, "matched": tally.matched, "included": tally.included}
        more = {"excluded": dict(tally.excluded), "rules": by_rule, "numbers": tally.numbers}
        show_json({**record, **more, "shared_numbers": tally.shared})
        return
    click.echo(f"{tally.included} of {tally.matched} are in it, with {tally.numbers} numbers: {condition}")
    if tally.shared:
        click.echo(
            f"  {tally.shared} numbers are also somebody else's of the sample: the flow asks who answers"
        )
    for reason, count in tally.excluded.most_common():
        rules = ", ".join(sorted(rule for (of, rule) in tally.rules if of == reason))
        click.echo(f"  left out {count}: {EXCLUSIONS.get(reason, reason)}{f' ({rules})' if rules else ''}")


@click.command()
@click.argument("strategy")
@click.argument("name")
@click.argument("sample_name", metavar="SAMPLE")
@where_option
@json_option
@pass_settings
def sample(
    settings: Settings, strategy: str, name: str, sample_name: str, where: str | None, as_json: bool
) -> None:
    """Cut a sample and freeze it, with the reason of everybody who is left out (`report --left-out`). Exit
    status 1 if there is one of that name already.

    \b
    Examples:
      ivr campaign sample fees reminder monday
      ivr campaign sample fees reminder big --where 'account.balance >= 50000'
    """
    wanted = cutting.declared(settings, strategy, name)
    on, asked = cutting.today(settings, datetime.now(UTC)), cutting.Cut(sample_name, where, operator())
    with store_of(settings) as store, told_progress() as told:
        made = cutting.cut(settings, store, wanted, asked, on, told)
    if made is None:
        click.echo(f"{name} has a sample {sample_name} already: choose another name", err=True)
        sys.exit(1)
    kept, tally = made
    _show_tally(kept.condition, tally, as_json=as_json)


@click.command()
@click.argument("strategy")
@click.argument("name")
@click.option(
    "--left-out", type=click.Path(path_type=Path), help="A file for whom the newest sample left out."
)
@json_option
@pass_settings
def report(settings: Settings, strategy: str, name: str, left_out: Path | None, as_json: bool) -> None:
    """A campaign's samples: who is in them, and who was left out for which reason. Its calls: `status`, and
    `ivr report campaigns`.

    \b
    Examples:
      ivr campaign report fees reminder
      ivr campaign report fees reminder --left-out out.csv
    """
    with store_of(settings) as store:
        created = cutting.created(store, strategy, name)
        samples = [(one, store.campaigns.figures(one.id)) for one in store.campaigns.samples(created.id)]
        size = store.campaigns.size(created.base_id)
        if left_out is not None:
            if not samples:
                raise CannotBeDone(f"{name} has no sample yet: ivr campaign sample {strategy} {name} NAME")
            what = f"samples: everybody left out of {samples[0][0].name}"
            store.audit.note(noted("export", what=what, why=f"campaign {name}"))
            lines = store.campaigns.left_out(samples[0][0].id)
            header = ["customer_number", "reason", "rule", "why"]
            rows = sheets.write(left_out, header, lines)
            click.echo(f"{left_out}: {rows} who are left out of {samples[0][0].name}", err=as_json)
    zone = ZoneInfo(settings.calls.zone)
    if as_json:
        shown = [{**_sample_row(one), **cutting.figures(figures)} for one, figures in samples]
        show_json({"campaign": name, "state": created.state, "base": size, "samples": shown})
        return
    since = local(created.created_at, zone)
    click.echo(f"{name}, {created.state} {since} by {created.created_by}, on {size} customers")
    for one, figures in samples:
        counted = cutting.figures(figures)
        click.echo(f"{one.name}, cut {local(one.cut_at, zone)}: {counted['included']} in it, {one.condition}")
        for reason, count in Counter(counted["excluded"]).most_common():
            click.echo(f"  left out {count}: {EXCLUSIONS.get(reason, reason)}")


def _sample_row(one: Sample) -> dict[str, Any]:
    names = ("name", "condition", "rules_version", "cut_at", "cut_by")
    return {name: getattr(one, name) for name in names}
