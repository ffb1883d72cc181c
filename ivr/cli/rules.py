"""`ivr rules`: whether and when somebody may be contacted, by which law, and why not."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from data.exchange import sheets
from data.exchange.mapping import Mapping, Source
from data.records import AuditEntry
from ivr.campaigns.contact_rules.contact import Allowed, Blocked
from ivr.campaigns.contact_rules.gate import Wish
from ivr.campaigns.contact_rules.reading import PRESETS, load_rulebook, read_rules
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.contact_rules.words import moment_in
from ivr.campaigns.contact_rules.written import CHANNELS
from ivr.campaigns.explaining import look_at_all
from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone, show_problems
from ivr.cli.shown import json_option, show_json, show_table
from ivr.cli.who import noted, operator
from ivr.config import Settings
from ivr.numbers import NotCalled, checked

_ANSWERS = {"yes": True, "si": True, "sí": True, "1": True, "x": True, "no": False, "0": False, "": False}


@click.group()
def rules() -> None:
    """When people may be contacted, by law and practice: docs/contact-rules.md.

    \b
    Examples:
      ivr rules list
      ivr rules explain --number +573001234567 --at "2026-11-21 21:30" --purpose collection
    """


def rulebook_of(settings: Settings) -> Rulebook:
    """The presets and the company's own rules. Raises `FlowsInvalid`."""
    return load_rulebook(settings.path(settings.contact_rules))


@rules.command("list")
@json_option
@pass_settings
def list_rules(settings: Settings, as_json: bool) -> None:
    """Every rule: whose, what for, whether it is law, from which source, and when that was looked at.

    \b
    Examples:
      ivr rules list
      ivr rules list --json
    """
    found = sorted(rulebook_of(settings).rules, key=lambda one: (one.id, one.valid_from))
    if as_json:
        show_json([one.model_dump(mode="json") for one in found])
        return
    headings = ("rule", "country", "purpose", "status", "verified", "source")
    show_table(
        headings,
        [
            (
                one.id,
                ", ".join(one.jurisdictions),
                ", ".join(one.purposes),
                one.status,
                one.verified_on.isoformat(),
                one.source,
            )
            for one in found
        ],
        ids=True,
    )
    click.echo("Not legal advice: have your counsel check what you rely on.")


@rules.command()
@click.argument("rule")
@pass_settings
def show(settings: Settings, rule: str) -> None:
    """All that a rule says, each of its versions as JSON. Exit status 1 if there is none of that name.

    \b
    Example:
      ivr rules show co.collection
    """
    found = rulebook_of(settings).named(rule)
    if not found:
        click.echo(f"no rule is called {rule}: see `ivr rules list`", err=True)
        sys.exit(1)
    for one in found:
        click.echo(one.model_dump_json(indent=2, exclude_defaults=True))


@rules.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@json_option
@pass_settings
def check(settings: Settings, files: tuple[Path, ...], as_json: bool) -> None:
    """Check your own rule files: every mistake with line and remedy. Exit status 1 if there is one.

    \b
    Examples:
      ivr rules check
      ivr rules check contact_rules/summer.yaml
    """
    presets, problems = read_rules(sorted(PRESETS.glob("*.yaml")))
    chosen = files or tuple(sorted(settings.path(settings.contact_rules).glob("*.yaml")))
    own, wrong = read_rules(chosen, taken=frozenset(one.id for one in presets))
    problems = [*problems, *wrong]
    if as_json:
        show_json({"problems": [asdict(one) for one in problems], "rules": len(own)})
    else:
        show_problems(problems)
        if not problems:
            click.echo(f"{len(own)} own rules beside {len(presets)} presets, no mistakes")
    sys.exit(1 if problems else 0)


@rules.command()
@click.option("--number", required=True, help="Whom: +573001234567.")
@click.option(
    "--at", "at_text", default="", help="When, by the site's clock: 2026-11-21 15:30; default: now."
)
@click.option("--purpose", required=True, type=click.Choice(["collection", "commercial", "service"]))
@click.option("--actor", default="creditor", type=click.Choice(["creditor", "third_party"]))
@click.option("--channel", default="call", type=click.Choice(CHANNELS))
@click.option("--customer", default="", help="Which customer, where several have the number.")
@click.option("--caller-id", default=None, help="The number that they are shown; without it, none.")
@click.option("--by-a-person", is_flag=True, help="No machine speaks.")
@json_option
@pass_settings
def explain(  # noqa: PLR0913, PLR0917 -- one per option, named by click
    settings: Settings,
    number: str,
    at_text: str,
    purpose: str,
    actor: str,
    channel: str,
    customer: str,
    caller_id: str | None,
    by_a_person: bool,
    as_json: bool,
) -> None:
    """Whether somebody may be contacted then: each rule that forbids it, and the next lawful moment. All that
    is on record of them counts: also a dispute, a promise or another hold, and a number that is retired. Exit
    status 0 allowed, 1 blocked.

    \b
    Examples:
      ivr rules explain --number +573001234567 --at "2026-11-21 21:30" --purpose collection
      ivr rules explain --number 600111222 --purpose commercial --caller-id +34910000000 --json
    """
    at = _moment(at_text, settings)
    e164 = _called(number, settings)
    rulebook = rulebook_of(settings)
    with store_of(settings) as store:
        person = store.customers.by_number(customer) if customer else None
        if customer and person is None:
            raise CannotBeDone(f"there is no customer {customer}: give a customer number")
        wish = Wish(
            to=e164,
            channel=channel,  # type: ignore[arg-type]  # click has made sure
            purpose=purpose,  # type: ignore[arg-type]  # click has made sure
            actor=actor,  # type: ignore[arg-type]  # click has made sure
            customer_id=person.id if person else None,
            caller_id=caller_id,
            automated=not by_a_person,
        )
        what = "contacts: whether one may be made"
        store.audit.note(noted("read", what=what, why="rules explain", customer_id=wish.customer_id))
        decision = look_at_all(store, rulebook, wish, at, settings.calls.zone)
    zone = checked(e164, region=None, countries=None).zones[0]
    if as_json:
        show_json({"allowed": isinstance(decision, Allowed), "at": at.isoformat(), **asdict(decision)})
    else:
        click.echo("\n".join(_told(decision, zone, at)))
    sys.exit(0 if isinstance(decision, Allowed) else 1)


def _called(number: str, settings: Settings) -> str:
    """The number as it is dialled. Raises `CannotBeDone`."""
    try:
        return checked(number, region=settings.calls.region, countries=None).e164
    except NotCalled as refused:
        raise CannotBeDone(
            f"{number} is not called ({refused.reason}): write it as +573001234567"
        ) from refused


def _told(decision: Allowed | Blocked, zone: str, at: datetime) -> list[str]:
    if isinstance(decision, Allowed):
        return [f"allowed: {', '.join(decision.rules)}"]
    lines = []
    for n, one in enumerate(decision.why):
        source = f" ({one.source}; {one.status})" if one.source else ""
        lines.append(f"{'blocked' if n == 0 else 'and'}: {one.rule}, {one.told}{source}")
    later = decision.next_lawful
    lines.append(f"next: {moment_in(later, zone, at)}" if later else "next: never, as things stand")
    return lines


def _moment(text: str, settings: Settings) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise CannotBeDone(f"{text!r} is no moment: write 2026-11-21 15:30") from wrong
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(settings.calls.zone))


@rules.command("registry")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--number", "number_column", default="number", show_default=True, help="The numbers' column.")
@click.option(
    "--listed", "listed_column", default="listed", show_default=True, help="yes or no, in that column."
)
@click.option("--looked-up", default="", help="The day of the look-up, 2026-11-21; default: today.")
@json_option
@pass_settings
def registry_command(
    settings: Settings,
    name: str,
    file: Path,
    number_column: str,
    listed_column: str,
    looked_up: str,
    as_json: bool,
) -> None:
    """Keep what a registry (RNE, US_DNC …) answered for a list of numbers, CSV or Excel. Exit status 1 if
    rows were refused.

    \b
    Examples:
      ivr rules registry RNE answer.csv --number TELEFONO --listed EXCLUIDO
      ivr rules registry US_DNC scrubbed.xlsx --looked-up 2026-11-20
    """
    known = {one.name for rule in rulebook_of(settings).rules for one in rule.registries}
    if name not in known:
        raise CannotBeDone(f"no rule asks a registry {name}: there are {', '.join(sorted(known))}")
    at = _moment(looked_up, settings)
    if at > datetime.now(UTC):
        raise CannotBeDone(f"{looked_up} is to come: give the day of the look-up")
    answers, refused = _answers(file, number_column, listed_column, settings.calls.region)
    with store_of(settings) as store:
        kept = store.contacts.note_lookups(name, answers, at=at)
        what = f"registry_lookups: {kept} numbers of {name}"
        store.audit.note(
            AuditEntry(at=datetime.now(UTC), who=operator(), action="import", what=what, why=file.name)
        )
    if as_json:
        show_json({"registry": name, "kept": kept, "listed": sum(answers.values()), "refused": refused})
    else:
        click.echo(f"{name}: {kept} numbers, {sum(answers.values())} of them listed")
        for line in refused[:10]:
            click.echo(f"  {line}")
    sys.exit(1 if refused else 0)


def _answers(file: Path, number: str, listed: str, region: str) -> tuple[dict[str, bool], list[str]]:
    mapping = Mapping(columns={"customer_number": Source(column=(number,)), "name": Source(column=(listed,))})
    rows = sheets.read(file, mapping).rows
    _, header = next(rows, (0, ()))
    names = ["" if one is None else str(one).strip() for one in header]
    for column in (number, listed):
        if column not in names:
            raise CannotBeDone(f"{file} has no column {column!r}: there are {', '.join(filter(None, names))}")
    at, said_at = names.index(number), names.index(listed)
    answers: dict[str, bool] = {}
    refused: list[str] = []
    for n, row in rows:
        said = str(row[said_at] if said_at < len(row) and row[said_at] is not None else "").strip().lower()
        try:
            e164 = checked(str(row[at] if at < len(row) else ""), region=region, countries=None).e164
        except NotCalled as wrong:
            refused.append(f"row {n}: {number} is not called ({wrong.reason})")
            continue
        if said not in _ANSWERS:
            refused.append(f"row {n}: {listed} says neither yes nor no")
            continue
        answers[e164] = answers.get(e164, False) or _ANSWERS[said]
    return answers, refused


commands = [rules]
