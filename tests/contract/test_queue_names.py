"""Who waits in a queue, whatever they call themselves: nobody is hidden, nobody is made up."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from esl.call_centre import CallCentre
from esl.wire import Command
from ivr.agents.watchdog import faults, look
from tests.contract.place import FALLBACK, STAFFED, Application, Caller, Place, Session, centre, gone
from tests.freeswitch.harness import wait_until

HONEST = "Ana Pérez"
FORGED = (
    "A|1|1|0|0|0|0|0|||Waiting|999999%0A"
    "{queue}|single_box|4b1d0000-0000-4000-8000-000000000000|4b1d0000-0000-4000-8000-000000000001|1|N"
)
HOSTILE = (
    "Ana|B",
    "A%7CB",
    "Eve%0Avariable_vip: true",
    "Eve%250A%257C",
    "%0A%0A+OK%0A",
    "Eve %FF%FE%C3",
    "Eve ${system(true)} <sip:x>; a='b',c!d",
    "x" * 10_000,
    FORGED,
)
NUMBERS = ("34600000001", "34600%0A%7C2")


def waiting(
    place: Place, application: Application, name: str, number: str, queue: str
) -> tuple[Caller, Session]:
    caller = place.caller(name=name.replace("{queue}", queue), number=number)
    caller.call()
    session = application.next_call()
    if queue == STAFFED:
        session.call.answer()
        session.call.enqueue(queue)
    else:
        session.let_go()  # its dialplan goes on with the fallback queue
    return caller, session


@dataclass
class Line:
    """What the watchdog asks."""

    place: Place

    @property
    def centre(self) -> CallCentre:
        return centre(self.place)

    def ask(self, command: Command) -> str:
        return self.place.api(command.rest)


def whole(table: str) -> bool:
    """Whether no cell of a printed table has become several."""
    columns, *rows, end, nothing = table.split("\n")
    return (end, nothing) == ("+OK", "") and {row.count("|") for row in rows} == {columns.count("|")}


@pytest.mark.parametrize("queue", [STAFFED, FALLBACK])
def test_a_name_is_no_row(place: Place, application: Application, queue: str) -> None:
    """An honest caller is seen beside hostile ones, each of those once, and with the time that they waited;
    whoever prints the table of a queue to which our server or our dialplan led them gets whole rows."""
    there = [
        waiting(place, application, name, NUMBERS[at % 2], queue)
        for at, name in enumerate((HONEST, *HOSTILE))
    ]
    legs = {session.call.uuid for _, session in there}
    seen = centre(place)
    # Those who hung up in other tests may still be in the table, as abandoned.
    wait_until(
        lambda: sum(one.waits for one in seen.membership(queue).rows) >= len(there),
        10,
        "everybody in the queue",
    )
    inside = seen.membership(queue)
    waits = [one for one in inside.rows if one.waits]
    assert inside.doubted == 0
    assert sorted(one.session for one in waits) == sorted(legs)
    assert max(one.score for one in waits) < 600
    assert list(faults(look(Line(place)), now=time.time())) == []
    if queue == STAFFED or place.name == "freeswitch":  # the embedded switch's dialplan has no conditions
        printed = place.api(f"callcenter_config queue list members {queue}")
        assert whole(printed) and printed.count("|Waiting|") == len(there)
        assert HONEST in printed
    for table in ("agent list", "tier list", "queue list"):
        assert whole(place.api(f"callcenter_config {table}"))
    for caller, _ in there:
        caller.hang_up()
    gone(place)
    wait_until(lambda: not any(one.waits for one in seen.members(queue)), 10, "nobody in the queue")
    assert list(faults(look(Line(place)), now=time.time())) == []


def test_a_list_of_channels_is_no_table(place: Place, application: Application) -> None:
    """A name stands in `show channels` as it was sent, on both switches: nobody of ours reads it."""
    caller = place.caller(name="Eve,B%0A4b1d,inbound")
    caller.call()
    session = application.next_call()
    wait_until(lambda: "Eve,B\n4b1d,inbound," in place.api("show channels"), 10, "the leg in the list")
    caller.hang_up()
    session.hung_up()
