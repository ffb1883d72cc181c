"""`ivr identity`: what proves callers, and who is locked out."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from data.store import Store
from data.verification import Scope
from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.shown import json_option, local, show_json, show_table
from ivr.cli.who import noted, operator
from ivr.config import Settings
from ivr.errors import CustomerUnknown, ProofUnfit
from ivr.identity.pins import SHORTEST, Hashing, PinRefused, checked
from ivr.identity.proofs import is_national_id, normalised

TRIES_AT_A_PIN = 100
"""Of random ones, fewer than one in fifty is refused."""


@click.group()
def identity() -> None:
    """What proves callers, and who is locked out after wrong answers.

    \b
    Examples:
      ivr identity set-pin 45716
      ivr identity locks
      ivr identity unlock --customer 45716 --why "came to the shop with her ID"
    """


@identity.command("set-pin")
@click.argument("customer")
@click.option("--generate", is_flag=True, help="Draw one, and show it this once.")
@click.option("--digits", type=click.IntRange(SHORTEST, 12), default=SHORTEST, help="Of a drawn one.")
@pass_settings
def set_pin(settings: Settings, customer: str, generate: bool, digits: int) -> None:
    """Give a customer a PIN instead of the one before. It is asked for, and never an argument.

    Only its argon2id hash is kept. Standard input may be a pipe of two equal lines.

    \b
    Examples:
      ivr identity set-pin 45716
      ivr identity set-pin 45716 --generate
    """
    pin = _drawn(digits) if generate else click.prompt("PIN", hide_input=True, confirmation_prompt=True)
    hashing = Hashing()
    try:
        kept = hashing.hashed(checked(pin.strip()))
    except PinRefused as refused:
        raise ProofUnfit(f"This PIN is not taken: {refused}", "Choose another, or --generate one") from None
    finally:
        hashing.close()
    with store_of(settings) as store:
        _insist(store.verifications.set_secret(customer, "pin", kept, at=_now(), by=operator()), customer)
    click.echo(f"{customer}: the PIN is set" + (f" to {pin}; it is shown this once" if generate else ""))


@identity.command("set-dni")
@click.argument("customer")
@click.argument("dni")
@pass_settings
def set_dni(settings: Settings, customer: str, dni: str) -> None:
    """Note a customer's DNI or NIE, by which they can be found and prove who they are.

    \b
    Examples:
      ivr identity set-dni 45716 12345678Z
    """
    plain = normalised({"dni": dni})["dni"]
    if not is_national_id(plain):
        raise ProofUnfit(
            "This is no DNI or NIE: the letter does not fit", "Write it as 12345678Z or X1234567L"
        )
    with store_of(settings) as store:
        _insist(store.verifications.set_value(customer, "dni", plain, at=_now(), by=operator()), customer)
    click.echo(f"{customer}: the DNI is noted")


@identity.command()
@json_option
@pass_settings
def locks(settings: Settings, as_json: bool) -> None:
    """Who is locked out now, since when, and why.

    Whom a lock of a person is about is kept as a hash: unlock them by their customer number.

    \b
    Examples:
      ivr identity locks
      ivr identity locks --json
    """
    with store_of(settings) as store:
        found = store.verifications.lockouts(at=_now())
        store.audit.note(noted("read", what="lockouts: callers' numbers", why="ivr identity locks"))
    if as_json:
        show_json({"locks": [asdict(one) for one in found]})
        return
    if not found:
        click.echo("nobody is locked out")
        return
    zone = ZoneInfo(settings.calls.zone)
    lines = []
    for one in found:
        whose = f"{one.subject[:12]}…" if one.scope == "subject" else one.subject or "all callers"
        until = "somebody lifts it" if one.until is None else local(one.until, zone)
        scope = "person" if one.scope == "subject" else one.scope
        lines.append((scope, whose, local(one.since, zone), until, one.reason))
    show_table(("scope", "of", "since", "until", "why"), lines)


@identity.command()
@click.option("--customer", help="A customer number: the person may try again.")
@click.option("--caller", help="A telephone number, as `ivr identity locks` shows it; `withheld` for those.")
@click.option("--all", "everybody", is_flag=True, help="The lock that a wave of wrong answers has set off.")
@click.option("--why", required=True, help="For the audit log.")
@pass_settings
def unlock(settings: Settings, customer: str | None, caller: str | None, everybody: bool, why: str) -> None:
    """Lift a lock, and forgive the wrong answers until now. Exit status 1 if there was none.

    \b
    Examples:
      ivr identity unlock --customer 45716 --why "came to the shop with her ID"
      ivr identity unlock --caller +34600111222 --why "our own test telephone"
    """
    if sum((customer is not None, caller is not None, everybody)) != 1:
        raise click.UsageError("write one of --customer, --caller and --all")
    with store_of(settings) as store:
        scope, subject = _locked(store, customer, caller)
        lifted = store.verifications.lift(scope, subject, at=_now(), by=operator(), why=why)
    click.echo("unlocked" if lifted else "there was no such lock: see `ivr identity locks`")
    raise click.exceptions.Exit(0 if lifted else 1)


def _locked(store: Store, customer: str | None, caller: str | None) -> tuple[Scope, str]:
    if customer is not None:
        known = store.verifications.person("customer_number", customer)
        whom = ("customer_number", customer) if known is None else ("customer", str(known.customer_id))
        return "subject", store.verifications.subject(*whom)
    if caller is not None:
        return "caller", "" if caller == "withheld" else caller
    return "all", ""


def _drawn(digits: int) -> str:
    for _ in range(TRIES_AT_A_PIN):
        try:
            return checked("".join(secrets.choice("0123456789") for _ in range(digits)))
        except PinRefused:
            continue
    raise ProofUnfit("No PIN could be drawn", "Try again")


def _insist(found: bool, customer: str) -> None:
    if not found:
        raise CustomerUnknown(f"There is no customer {customer}", "Look the number up: ivr db …")


def _now() -> datetime:
    return datetime.now(UTC)


commands: list[click.Command] = [identity]
