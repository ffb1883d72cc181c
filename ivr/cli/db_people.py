"""`ivr db erase`, `ivr db expire`, and one person's data shown: what data protection asks for."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import click

from data.protection.erasing import erase
from data.protection.expiring import expire
from data.protection.files import Folders
from data.protection.persons import find
from data.protection.retention import Retention
from data.protection.showing import show
from data.records import AuditEntry
from ivr.cli.asking import be_sure
from ivr.cli.database import database_option, opened, report
from ivr.cli.shown import json_option
from ivr.cli.who import noted
from ivr.config import Settings


def settings_of(context: click.Context) -> Settings:
    """The configuration; its defaults where a command runs alone."""
    return context.find_object(Settings) or Settings()


def _folders() -> Folders:
    settings = settings_of(click.get_current_context())
    return Folders(
        recordings=settings.recordings_folder,
        messages=settings.messages_folder,
        spool=settings.spool_folder,
        prompts=settings.prompts_folder / "cache",
    )


def _entry(action: str, why: str) -> AuditEntry:
    return noted(action, what="", why=why)


def show_person(url: str, person: str, folder: Path, *, as_json: bool) -> None:
    """Writes what is kept of a person into a new folder."""
    with opened(url, as_json=as_json) as store:
        store.check()
        shown = show(store, person, folder, _folders(), _entry("export", "ivr db export --person"))
    rows = {name: count for name, count in shown.rows.items() if count}
    lines = [
        f"{shown.file}: {sum(rows.values())} rows of {len(rows)} tables, {shown.recordings} recordings,"
        f" {shown.messages} messages in files, {shown.spooled} records in the spool"
    ]
    lines += [f"  {name}: {count}" for name, count in sorted(rows.items())]
    record = {"file": str(shown.file), "rows": rows, "recordings": shown.recordings}
    record |= {"messages": shown.messages, "spooled": shown.spooled}
    report("\n".join(lines), record, as_json=as_json)


@click.command(name="erase")
@click.argument("person")
@click.option("--why", required=True, help="Kept in the audit log: who asked for it, and when.")
@click.option(
    "--contact-again", is_flag=True, help="Do not note their numbers and identity as not to be contacted."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
@json_option
def erase_command(person: str, why: str, contact_again: bool, yes: bool, url: str, as_json: bool) -> None:
    """Forget one person: in the database, recordings, voice notes, written messages, and the spool.

    PERSON is a customer number, or a telephone number with + and country code. Calls stay as figures, without
    number, name and words. The audit log stays. What a back-up or a log file holds is yours to deal with.

    \b
    Examples:
      ivr db erase 45716 --why "letter of 3 December"
      ivr db erase +34600111222 --why "asked in a call" --yes
    """
    with opened(url, as_json=as_json) as store:
        store.check()
        with store.database.reading() as connection:
            find(connection, person)  # who is nobody need not be asked about
        if not yes:
            be_sure(f"Forget {person}?")
        done = erase(store, person, _folders(), _entry("erase", why), suppress=not contact_again)
    rows = {name: count for name, count in done.rows.items() if count}
    lines = [
        f"{sum(rows.values())} rows, {done.files} files and {done.spooled} lines of the spool forgotten;"
        f" {done.suppressed} numbers and identities are not to be contacted"
    ]
    lines += [f"  {name}: {count}" for name, count in sorted(rows.items())]
    report("\n".join(lines), {**asdict(done), "rows": rows}, as_json=as_json)


@click.command(name="expire")
@click.option("--dry-run", is_flag=True, help="Count what would be forgotten, and leave it.")
@database_option
@json_option
def expire_command(dry_run: bool, url: str, as_json: bool) -> None:
    """Forget what is older than `retention` in the configuration says. To be run every night.

    \b
    Examples:
      ivr db expire --dry-run
      ivr db expire --json
    """
    settings = settings_of(click.get_current_context())
    retention = Retention(**settings.retention.model_dump())
    entry = _entry("expire", "ivr db expire")
    with opened(url, as_json=as_json) as store:
        store.check()
        done = expire(store, retention, _folders(), at=entry.at, dry_run=dry_run)
        if not dry_run and any(done.values()):
            what = ", ".join(f"{kind}: {count}" for kind, count in done.items() if count)
            store.audit.note(replace(entry, what=what))
    would = "would be " if dry_run else ""
    lines = [
        f"{kind}: {count} {would}forgotten (kept {getattr(retention, kind)} days)"
        if getattr(retention, kind) is not None
        else f"{kind}: kept for ever"
        for kind, count in done.items()
    ]
    report("\n".join(lines), {"dry_run": dry_run, **done}, as_json=as_json)


commands: list[click.Command] = [erase_command, expire_command]
