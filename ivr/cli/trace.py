"""`ivr trace`: everything that happened in a call."""

from __future__ import annotations

import click

from ivr.cli import pass_settings
from ivr.cli.database import store_of
from ivr.cli.flows import CannotBeDone
from ivr.cli.shown import json_option, show_json, show_table
from ivr.cli.which_call import CALL, call_meant
from ivr.cli.who import noted
from ivr.config import Settings
from ivr.tracing import TraceEvent, trace_of


@click.command()
@click.argument("call", metavar=CALL)
@click.option("--words", is_flag=True, help="Also what was said; sensitive answers stay masked.")
@json_option
@pass_settings
def trace(settings: Settings, call: str, words: bool, as_json: bool) -> None:
    """What happened in a call, in order: the switch, the steps, answers, look-ups with their times, queues.
    `last` is the call that began last.

    \b
    Examples:
      ivr trace last
      ivr trace 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f
      ivr trace 0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f --words --json
      ivr trace 8786c659-67fd-4c18-a63b-11dfdd6d0731       the switch's uuid of the caller's leg
      ivr trace 5f3a1c@sbc.example.net                     the SIP Call-ID, as the trunk's people have it
    """
    with store_of(settings) as store:
        call_id = call_meant(store, call)
        found = trace_of(store, call_id, words=words)
        if found is None:
            raise CannotBeDone(f"there is no call {call_id}: see `ivr recordings list` or GET /calls")
        what = "calls: caller, turns" if words else "calls: trace"
        store.audit.note(
            noted("read", what=what, why="ivr trace", customer_id=found.customer_id, call_id=call_id)
        )
    if as_json:
        show_json(found.model_dump(mode="json"))
        return
    click.echo(
        f"{found.call_id}  {found.direction} from {found.caller_number} to {found.destination}, flow "
        f"{found.flow} ({found.flow_version}), on {found.server}, leg {found.leg}"
    )
    headings = ("seconds", "what", "step", "name", "result", "took ms", "text")
    show_table(headings, [_cells(one) for one in found.events])


def _cells(one: TraceEvent) -> tuple[str, ...]:
    took = "" if one.took_ms is None else str(one.took_ms)
    result = " ".join(filter(None, (one.result, one.by)))
    return (f"{one.after_ms / 1000:.3f}", one.kind, one.step, one.name, result, took, one.text)


commands = [trace]
