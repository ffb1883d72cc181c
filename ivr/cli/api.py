"""`ivr token`: who may use the HTTP API."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import click

from data.records import ApiToken, NewToken
from ivr.api.roles import Role
from ivr.cli import pass_settings
from ivr.cli.centre import declared_agents
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, local, show_json, show_table
from ivr.cli.who import noted, operator
from ivr.config import Settings

_SPAN = re.compile(r"([1-9][0-9]{0,3})([hd])")
_UNITS = {"h": "hours", "d": "days"}
_AGENT = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,59}")


class Span(click.ParamType[timedelta]):
    """How long: `12h`, `90d`."""

    name = "span"

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = _SPAN.fullmatch(value)
        if found is None:
            self.fail(f"{value!r} is no span: write 12h or 90d", param, ctx)
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


@click.group("token")
def token() -> None:
    """Tokens of the HTTP API: docs/api.md.

    \b
    Examples:
      ivr token create "wallboard" --role supervisor --expires 365d
      ivr token list
      ivr token revoke 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f
    """


@token.command("create")
@click.argument("name")
@click.option(
    "--role", "roles", type=click.Choice([role.value for role in Role]), multiple=True, required=True
)
@click.option("--agent", help="Whose token it is: their telephone in queues.yaml; with the role agent.")
@click.option("--expires", type=Span(), default="90d", show_default=True, help="For how long it is good.")
@click.option("--never-expires", is_flag=True, help="Until it is revoked.")
@json_option
@pass_settings
def create(
    settings: Settings,
    name: str,
    roles: tuple[str, ...],
    agent: str | None,
    expires: timedelta,
    never_expires: bool,
    as_json: bool,
) -> None:
    """Makes a token and shows it, once: it is kept as a hash. NAME says who or what has it.

    \b
    Examples:
      ivr token create "Marta" --role agent --agent 1001 --expires 12h
      ivr token create "prometheus" --role monitor --never-expires
    """
    if (Role.AGENT in roles) != (agent is not None):
        raise CannotBeDone("an agent's token has both: --role agent --agent TELEPHONE")
    if agent is not None and not _AGENT.fullmatch(agent):
        raise CannotBeDone(f"{agent[:60]!r} is no agent: write their telephone, such as 1001")
    if agent is not None:
        declared_agents(settings, agent)
    now = datetime.now(UTC)
    try:
        new = NewToken(
            name=name,
            roles=roles,
            agent=agent,
            created_at=now,
            created_by=operator(),
            expires_at=None if never_expires else now + expires,
        )
    except ValueError as unfit:
        raise CannotBeDone(str(unfit)) from unfit
    with store_of(settings) as store:
        kept, secret = store.api_tokens.create(new)
        store.audit.note(noted("token", what=f"api token {kept.id} given out", why="ivr token create"))
    if as_json:
        show_json({**_row(kept), "token": secret})
        return
    click.echo(secret)
    until = (
        "until it is revoked" if kept.expires_at is None else f"until {kept.expires_at:%Y-%m-%d %H:%M} UTC"
    )
    click.echo(f"id {kept.id}, {', '.join(kept.roles)}, good {until}; it is not shown again", err=True)


@token.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that are expired or revoked.")
@json_option
@pass_settings
def list_(settings: Settings, everything: bool, as_json: bool) -> None:
    """Which tokens there are, who has them, and when they were last used.

    \b
    Examples:
      ivr token list
      ivr token list --all --json
    """
    now, zone = datetime.now(UTC), ZoneInfo(settings.calls.zone)
    with store_of(settings) as store:
        found = [one for one in store.api_tokens.all() if everything or one.state(now) == "good"]
    if as_json:
        show_json({"tokens": [{**_row(one), "state": one.state(now)} for one in found]})
        return
    rows = [
        (
            str(one.id),
            one.name,
            ", ".join(one.roles),
            one.agent or "",
            "never" if one.expires_at is None else local(one.expires_at, zone),
            "never" if one.last_used_at is None else f"{local(one.last_used_at, zone)} {one.last_used_from}",
            one.state(now),
        )
        for one in found
    ]
    show_table(("id", "name", "roles", "agent", "expires", "last used", "state"), rows, ids=True)


@token.command("revoke")
@click.argument("token_id", metavar="ID", type=click.UUID)
@pass_settings
def revoke(settings: Settings, token_id: UUID) -> None:
    """Makes a token good for nothing, at once.

    \b
    Example:
      ivr token revoke 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f
    """
    with store_of(settings) as store:
        if not store.api_tokens.revoke(token_id, at=datetime.now(UTC), who=operator()):
            raise CannotBeDone(f"no token that is not revoked has the id {token_id}: see `ivr token list`")
        store.audit.note(noted("token", what=f"api token {token_id} revoked", why="ivr token revoke"))
    click.echo("it is good for nothing from now on")


def _row(one: ApiToken) -> dict[str, object]:
    return {name: getattr(one, name) for name in ApiToken.__dataclass_fields__}


commands = [token]
