"""`ivr campaign …`: the group. A command's module is loaded when it is asked for: whoever stops a campaign
does not wait for what cuts samples."""

from __future__ import annotations

import click

from ivr.cli import loaded

_ROOMS = {
    "load": "bases",
    "create": "bases",
    "facts": "bases",
    "list": "bases",
    "preview": "samples",
    "sample": "samples",
    "report": "samples",
    "payments": "promises",
    "promises": "promises",
    "actions": "promises",
    "holds": "holds",
    "contacts": "contacts",
    "restore": "numbers",
    "unclear": "unclear",
    "check": "check",
    "simulate": "simulate",
    "start": "calls",
    "pause": "calls",
    "drain": "calls",
    "stop": "calls",
    "status": "calls",
}
"""In which module `campaign_…` a command is."""


class Campaigns(click.Group):
    """Commands by `_ROOMS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_ROOMS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _ROOMS:
            return None
        module = loaded(f"ivr.cli.campaign_{_ROOMS[cmd_name]}")
        found: click.Command = getattr(module, "list_campaigns" if cmd_name == "list" else cmd_name)
        return found


@click.group(cls=Campaigns)
def campaign() -> None:
    """Strategies, customer bases, campaigns and samples: docs/campaigns.md.

    \b
    Examples:
      ivr campaign load fees students list.csv
      ivr campaign create fees reminder
      ivr campaign preview fees reminder --where 'account.stage == "early"'
      ivr campaign sample fees reminder monday
      ivr campaign start fees reminder
      ivr campaign status fees reminder --live
    """


commands = [campaign]
