"""`ivr consent`: what people agreed to, with what proves it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from data.records import Consent
from data.store import Store
from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.recordings import play_file
from ivr.cli.shown import json_option, local_seconds, show_json, show_table
from ivr.cli.who import noted
from ivr.config import Settings
from ivr.errors import ConsentUnknown, EvidenceDamaged, NotWritable
from ivr.evidence import sha256_of


@click.group()
def consent() -> None:
    """What people agreed to, or not: the text, the answer, its sound.

    \b
    Examples:
      ivr consent list --customer 45716
      ivr consent show 019ac0de-7b52-7c4a-9e0f-0123456789ab
      ivr consent export 019ac0de-7b52-7c4a-9e0f-0123456789ab --to /tmp
    """


_id = click.argument("consent_id", metavar="ID", type=click.UUID)


@consent.command("list")
@click.option("--customer", help="A customer number.")
@click.option("--number", help="A telephone number in E.164: +34600111222.")
@click.option("--call", type=click.UUID, help="The id of a call.")
@json_option
@pass_settings
def list_(
    settings: Settings, customer: str | None, number: str | None, call: UUID | None, as_json: bool
) -> None:
    """What a person, a number or a call has agreed to, newest first.

    \b
    Examples:
      ivr consent list --customer 45716
      ivr consent list --call 019ac0de-7b52-7c4a-9e0f-0123456789ab --json
    """
    if sum(one is not None for one in (customer, number, call)) != 1:
        raise click.UsageError("write one of --customer, --number and --call")
    with store_of(settings) as store:
        found = _found(store, customer, number, call)
        for one in found:
            _note(store, one, "read")
    if as_json:
        show_json({"consents": [_told(one) for one in found]})
        return
    if not found:
        click.echo("nobody has said anything")
        return
    zone = ZoneInfo(settings.calls.zone)
    lines = [
        (
            str(one.id),
            local_seconds(one.at, zone),
            one.kind,
            one.terms_version,
            f"{'yes' if one.given else 'no'} (“{one.answer}”)",
            "yes" if one.clip else "keyed",
        )
        for one in found
    ]
    show_table(("id", "at", "consent", "terms", "answer", "clip"), lines, ids=True)


def _found(store: Store, customer: str | None, number: str | None, call: UUID | None) -> tuple[Consent, ...]:
    if call is not None:
        return store.consents.of_call(call)
    if number is not None:
        return store.consents.of(e164=number)
    person = store.customers.by_number(customer or "")
    return () if person is None else store.consents.of(customer_id=person.id)


@consent.command()
@_id
@json_option
@pass_settings
def show(settings: Settings, consent_id: UUID, as_json: bool) -> None:
    """Show one, with its text word for word, and whether its sound is as it was kept.

    Exit status 1 if the sound is gone, or was changed.

    \b
    Examples:
      ivr consent show 019ac0de-7b52-7c4a-9e0f-0123456789ab
    """
    with store_of(settings) as store:
        one = _get(store, consent_id, "read")
    state = _state(settings, one)
    if as_json:
        show_json({**_told(one), "clip_state": state})
    else:
        for name, value in {**_told(one), "clip_state": state}.items():
            click.echo(f"{name}: {value}")
    raise click.exceptions.Exit(0 if state in ("whole", "none") else 1)


@consent.command()
@_id
@pass_settings
def play(settings: Settings, consent_id: UUID) -> None:
    """Play the answer on this machine's sound device.

    \b
    Examples:
      ivr consent play 019ac0de-7b52-7c4a-9e0f-0123456789ab
    """
    with store_of(settings) as store:
        one = _get(store, consent_id, "play")
    play_file(_clip(settings, one))


@consent.command()
@_id
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), default=Path(), help="The folder; default: this one."
)
@pass_settings
def export(settings: Settings, consent_id: UUID, folder: Path) -> None:
    """Copy the evidence out: all that is known as JSON, and the sound beside it, unchanged.

    \b
    Examples:
      ivr consent export 019ac0de-7b52-7c4a-9e0f-0123456789ab --to /tmp
    """
    with store_of(settings) as store:
        one = _get(store, consent_id, "export")
    files = {f"consent-{consent_id}.json": json.dumps(_told(one), ensure_ascii=False, indent=1).encode()}
    if one.clip is not None:
        files[f"consent-{consent_id}.wav"] = _clip(settings, one).read_bytes()
    for name, content in files.items():
        try:
            (folder / name).write_bytes(content)
        except OSError as refused:
            raise NotWritable(
                f"{folder / name} cannot be written ({refused.strerror})", "Name another folder with --to"
            ) from refused
        click.echo(folder / name)


def _get(store: Store, consent_id: UUID, action: str) -> Consent:
    one = store.consents.by_id(consent_id)
    if one is None:
        raise ConsentUnknown(f"There is no consent {consent_id}", "ivr consent list tells those of a person")
    _note(store, one, action)
    return one


def _note(store: Store, one: Consent, action: str) -> None:
    store.audit.note(
        noted(
            action,
            what="consents: all" + (", clip" if action in ("play", "export") else ""),
            why=f"ivr consent, {one.kind}",
            customer_id=one.customer_id,
            call_id=one.call_id,
        )
    )


def _state(settings: Settings, one: Consent) -> str:
    """`whole`, `none` (it was keyed), `missing` or `changed`."""
    if one.clip is None:
        return "none"
    try:
        digest = sha256_of(settings.recordings_folder / one.clip)
    except OSError:
        return "missing"
    return "whole" if digest == one.clip_sha256 else "changed"


def _clip(settings: Settings, one: Consent) -> Path:
    """The sound, as it was kept. Raises `EvidenceDamaged`."""
    match _state(settings, one):
        case "none":
            raise EvidenceDamaged(
                "The answer was keyed: there is no sound of it", "ivr consent show tells it"
            )
        case "missing":
            raise EvidenceDamaged(f"The clip {one.clip} is not there", "Bring it back from a backup")
        case "changed":
            raise EvidenceDamaged(
                f"The clip {one.clip} is not the one that was kept: its checksum differs",
                "Bring it back from a backup",
            )
    return settings.recordings_folder / str(one.clip)


def _told(one: Consent) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "consent": one.kind,
        "given": one.given,
        "terms_version": one.terms_version,
        "text": one.text,
        "answer": one.answer,
        "language": one.language,
        "at": one.at.isoformat(),
        "call_id": None if one.call_id is None else str(one.call_id),
        "customer_id": None if one.customer_id is None else str(one.customer_id),
        "number": one.e164,
        "clip": one.clip,
        "clip_sha256": one.clip_sha256,
    }


commands: list[click.Command] = [consent]
