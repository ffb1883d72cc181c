"""`ivr campaign`: strategies, bases, campaigns and samples. Nobody is called: the dialler is not built."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from data.base_facts import FACTS, On
from data.campaigns import Campaign, Sample
from data.exchange import sheets
from data.exchange.loading import Terms
from data.exchange.loading import load as load_people
from data.exchange.mapping import load as load_mapping
from data.exchange.people import gather
from data.ids import new_id
from data.records import AuditEntry
from data.store import Store
from ivr.campaigns.conditions import read_condition
from ivr.campaigns.samples import EXCLUSIONS, Cutter, Tally
from ivr.campaigns.strategies import CampaignFile, StrategyFile, load_strategy
from ivr.cli import pass_settings
from ivr.cli.campaign_promises import payments, promises
from ivr.cli.database import store_of
from ivr.cli.db_lists import tell_import, told_progress, write_refused
from ivr.cli.flows import CannotBeDone
from ivr.cli.rules import rulebook_of
from ivr.cli.shown import json_option, local, show_json, show_table
from ivr.cli.who import operator
from ivr.config import Settings

NOT_BUILT = "the dialler is not built yet, and nobody is called: samples can be cut and looked at"


@click.group()
def campaign() -> None:
    """Strategies, customer bases, campaigns and samples: docs/campaigns.md.

    \b
    Examples:
      ivr campaign load fees students list.csv
      ivr campaign create fees reminder
      ivr campaign preview fees reminder --where 'account.stage == "early"'
      ivr campaign sample fees reminder monday
      ivr campaign report fees reminder
    """


def _strategy(settings: Settings, name: str) -> StrategyFile:
    return load_strategy(settings.path(settings.strategies), name)


def _declared(settings: Settings, strategy: str, name: str) -> tuple[StrategyFile, CampaignFile]:
    found = _strategy(settings, strategy)
    if name not in found.campaigns:
        known = ", ".join(found.campaigns)
        raise CannotBeDone(f"{strategy}.yaml declares no campaign {name}: there are {known}")
    return found, found.campaigns[name]


def _created(store: Store, strategy: str, name: str) -> Campaign:
    found = store.campaigns.of_name(strategy, name)
    if found is None:
        raise CannotBeDone(f"the campaign {name} is not created: ivr campaign create {strategy} {name}")
    return found


def _now(settings: Settings) -> On:
    at = datetime.now(UTC)
    return On(at=at, today=at.astimezone(ZoneInfo(settings.calls.zone)).date())


@campaign.command()
@click.argument("strategy")
@click.argument("base")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and compare, write nothing.")
@click.option("--errors", type=click.Path(path_type=Path), help="Refused rows; default: FILE.errors.csv.")
@json_option
@pass_settings
def load(
    settings: Settings,
    strategy: str,
    base: str,
    file: Path,
    dry_run: bool,
    errors: Path | None,
    as_json: bool,
) -> None:
    """Load a CSV or Excel list into a strategy's customer base. Done again, it changes nothing. Exit status 1
    if rows were refused; they are written to a report with their reasons.

    \b
    Examples:
      ivr campaign load fees students list.csv --dry-run
      ivr campaign load fees students list.xlsx
    """
    found = _strategy(settings, strategy)
    if base not in found.bases:
        raise CannotBeDone(f"{strategy}.yaml declares no base {base}: there are {', '.join(found.bases)}")
    mapping = load_mapping(settings.path(settings.strategies) / found.bases[base].mapping)
    on = _now(settings)
    with store_of(settings) as store, told_progress() as told:
        people = gather(file, mapping, today=on.today, seen=told("reading", None))
        terms = Terms(at=on.at, today=on.today, origin=mapping.origin, dry_run=dry_run)
        loaded = load_people(store, people.people.values(), terms, done=told("writing", len(people.people)))
        refused = sorted([*people.refused, *loaded.refused], key=lambda one: one.row)
        lost = {one.value.lower() for one in loaded.refused}
        added = 0
        if not dry_run:
            members = (one.customer_number for key, one in people.people.items() if key not in lost)
            added = store.campaigns.load(strategy, base, members, at=on.at)
            _note(
                store,
                on.at,
                "import",
                f"customers: {', '.join(mapping.columns)}",
                f"campaign load {file.name}",
            )
        written = write_refused(errors or file.with_name(f"{file.name}.errors.csv"), refused)
    tell_import(people, loaded, refused, written, dry_run=dry_run, as_json=as_json)
    if not as_json and not dry_run:
        click.echo(f"{added} customers are new in the base {base}")
    sys.exit(1 if refused else 0)


def _note(store: Store, at: datetime, action: str, what: str, why: str) -> None:
    store.audit.note(AuditEntry(at=at, who=operator(), action=action, what=what, why=why))


@campaign.command()
@click.argument("strategy")
@click.argument("name")
@pass_settings
def create(settings: Settings, strategy: str, name: str) -> None:
    """Create a campaign as its strategy's file declares it now. Exit status 1 if it is there already.

    \b
    Example:
      ivr campaign create fees reminder
    """
    found, declared = _declared(settings, strategy, name)
    flow = settings.flows_folder / f"{declared.flow}.flow.yaml"
    if not flow.is_file():
        raise CannotBeDone(f"there is no flow {declared.flow} in {settings.flows_folder}: write it first")
    with store_of(settings) as store:
        base = store.campaigns.base(strategy, declared.base)
        if base is None:
            raise CannotBeDone(
                f"the base {declared.base} is empty: ivr campaign load {strategy} {declared.base} FILE"
            )
        new = Campaign(
            id=new_id(),
            strategy=strategy,
            name=name,
            base_id=base,
            purpose=declared.purpose,
            declared={"actor": found.actor, **declared.model_dump(mode="json")},
            state="created",
            created_at=datetime.now(UTC),
            created_by=operator(),
        )
        made = store.campaigns.create(new)
        size = store.campaigns.size(base)
    click.echo(
        f"{name} is created on {size} customers" if made else f"{name} was created before: nothing is changed"
    )
    sys.exit(0 if made else 1)


where_option = click.option(
    "--where", default=None, help="Who is meant; default: `sample` of the strategy's file. See `facts`."
)


def _condition(where: str | None, declared: CampaignFile) -> tuple[str, Any]:
    text = declared.sample if where is None else where
    try:
        return text, read_condition(text)
    except ValueError as wrong:
        raise CannotBeDone(f"--where: {wrong}") from wrong


@campaign.command()
@json_option
def facts(as_json: bool) -> None:
    """What a condition may name, with its type. Money is in cents.

    \b
    Example:
      ivr campaign facts
    """
    if as_json:
        show_json({name: {"type": kind, "meaning": told} for name, (kind, told) in FACTS.items()})
        return
    show_table(("name", "type", "meaning"), [(name, *told) for name, told in FACTS.items()])


@campaign.command()
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
    found, declared = _declared(settings, strategy, name)
    text, test = _condition(where, declared)
    on = _now(settings)
    with store_of(settings) as store:
        base = _created(store, strategy, name).base_id
        if quick:
            counts = store.campaigns.count(base, test, on)
            _show_counts(text, counts, as_json=as_json)
            sys.exit(0 if counts else 1)
        with told_progress() as told:
            bar = told("looking", store.campaigns.size(base))
            cutter = Cutter(store.contacts, rulebook_of(settings), declared, found.actor, on=on, done=bar)
            for _ in cutter.cut(store.campaigns.candidates(base, test, on)):
                pass
    _show_tally(text, cutter.tally, as_json=as_json)
    sys.exit(0 if cutter.tally.included else 1)


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


@campaign.command()
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
    found, declared = _declared(settings, strategy, name)
    text, test = _condition(where, declared)
    on, rulebook = _now(settings), rulebook_of(settings)
    if len(sample_name) > 40 or not sample_name.strip():
        raise CannotBeDone("a sample's name has 1 to 40 characters: choose another")
    with store_of(settings) as store:
        created = _created(store, strategy, name)
        new = Sample(
            id=new_id(),
            campaign_id=created.id,
            name=sample_name,
            condition=text,
            rules_version=rulebook.version,
            cut_at=on.at,
            cut_by=operator(),
        )
        with told_progress() as told:
            bar = told("cutting", store.campaigns.size(created.base_id))
            cutter = Cutter(store.contacts, rulebook, declared, found.actor, on=on, done=bar)
            kept = store.campaigns.freeze(
                new, cutter.cut(store.campaigns.candidates(created.base_id, test, on))
            )
        if kept:
            _note(store, on.at, "write", f"samples: {cutter.tally.matched} customers", f"campaign {name}")
    if not kept:
        click.echo(f"{name} has a sample {sample_name} already: choose another name", err=True)
        sys.exit(1)
    _show_tally(text, cutter.tally, as_json=as_json)


@campaign.command()
@click.argument("strategy")
@click.argument("name")
@click.option(
    "--left-out", type=click.Path(path_type=Path), help="A file for whom the newest sample left out."
)
@json_option
@pass_settings
def report(settings: Settings, strategy: str, name: str, left_out: Path | None, as_json: bool) -> None:
    """A campaign's samples: who is in them, and who was left out for which reason. Figures of calls come with
    the dialler.

    \b
    Examples:
      ivr campaign report fees reminder
      ivr campaign report fees reminder --left-out out.csv
    """
    with store_of(settings) as store:
        created = _created(store, strategy, name)
        samples = [(one, store.campaigns.figures(one.id)) for one in store.campaigns.samples(created.id)]
        size = store.campaigns.size(created.base_id)
        if left_out is not None:
            if not samples:
                raise CannotBeDone(f"{name} has no sample yet: ivr campaign sample {strategy} {name} NAME")
            lines = store.campaigns.left_out(samples[0][0].id)
            header = ["customer_number", "reason", "rule", "why"]
            rows = sheets.write(left_out, header, lines)
            click.echo(f"{left_out}: {rows} who are left out of {samples[0][0].name}", err=as_json)
    zone = ZoneInfo(settings.calls.zone)
    if as_json:
        shown = [{**_sample_row(one), **_figures(figures)} for one, figures in samples]
        show_json({"campaign": name, "state": created.state, "base": size, "samples": shown})
        return
    since = local(created.created_at, zone)
    click.echo(f"{name}, {created.state} {since} by {created.created_by}, on {size} customers")
    for one, figures in samples:
        counted = _figures(figures)
        click.echo(f"{one.name}, cut {local(one.cut_at, zone)}: {counted['included']} in it, {one.condition}")
        for reason, count in Counter(counted["excluded"]).most_common():
            click.echo(f"  left out {count}: {EXCLUSIONS.get(reason, reason)}")


def _sample_row(one: Sample) -> dict[str, Any]:
    names = ("name", "condition", "rules_version", "cut_at", "cut_by")
    return {name: getattr(one, name) for name in names}


def _figures(figures: Mapping[str, int]) -> dict[str, Any]:
    return {
        "matched": sum(figures.values()),
        "included": figures.get("", 0),
        "excluded": {reason: n for reason, n in figures.items() if reason},
    }


@campaign.command("list")
@json_option
@pass_settings
def list_campaigns(settings: Settings, as_json: bool) -> None:
    """Every campaign that was created.

    \b
    Example:
      ivr campaign list
    """
    with store_of(settings) as store:
        found = store.campaigns.all()
    rows = [(one.strategy, one.name, one.purpose, one.state) for one in found]
    if as_json:
        names = ("strategy", "campaign", "purpose", "state")
        show_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    show_table(("strategy", "campaign", "purpose", "state"), rows)


def _to_come(name: str, what: str) -> click.Command:
    """A command of the contract whose work is not built: it says so, and fails."""

    def refuse(strategy: str, campaign: str) -> None:  # noqa: ARG001 -- taken, so that the line is the same later
        raise CannotBeDone(f"ivr campaign {name}: {NOT_BUILT}")

    text = f"{what} Not built yet: it says so and ends with status 2."
    text += f"\n\n\b\nExample:\n  ivr campaign {name} fees reminder"
    parameters: list[click.Parameter] = [
        click.Argument(["strategy"], required=False),
        click.Argument(["campaign"], required=False),
    ]
    return click.Command(name, callback=refuse, params=parameters, help=text)


for _name, _what in (
    ("start", "Begin to call a campaign's sample."),
    ("pause", "Stop calling for a while."),
    ("stop", "End a campaign."),
    ("status", "What a campaign does now."),
    ("simulate", "Play a campaign against a modelled population."),
):
    campaign.add_command(_to_come(_name, _what))
campaign.add_command(payments)
campaign.add_command(promises)
commands = [campaign]
