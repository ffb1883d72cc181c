"""A trunk that is ill burns no list: it refuses, or it knows no number any more."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from zoneinfo import ZoneInfo

from rich.console import Console

from data.store import Store
from ivr.campaigns.dialling import control
from ivr.campaigns.dialling.capacity import MOST_UNKNOWN
from ivr.campaigns.dialling.line import Ending
from ivr.campaigns.dialling.settings import CampaignSettings
from ivr.cli.campaign_calls import shown
from ivr.config import Settings
from tests.campaigns.dialling.paper import TRUNK, Telephones, Time, numbers_of, on_sqlite, server, world


@on_sqlite
def test_congestion_burns_nothing(store: Store) -> None:
    """The trunk rests after some refusals, finds out with one call, and nobody has lost an attempt."""
    made = world(store, 40)
    refused = Ending(result="congestion", cause="NORMAL_CIRCUIT_CONGESTION")
    telephones, time = Telephones({theirs[0]: [refused] * 99 for theirs in made.numbers}), Time()
    ours = server(store, telephones, time, trunk=TRUNK.model_copy(update={"channels": 5}))
    for _ in range(60):
        ours.step()
        time.at += timedelta(seconds=5)
    assert 5 <= len(telephones.rung) <= 5 + 5 + 6, "five until it rests, those under way, and one each time"
    entries = [made.entry(store, n) for n in range(40)]
    assert {entry.tries for entry in entries} == {0} and {entry.state for entry in entries} == {"waiting"}
    assert store.contacts.history(store.contacts.whom(telephones.rung[0])) == ()
    telephones.script.clear()
    time.at += timedelta(minutes=10)
    for _ in range(40):
        ours.step()
        time.at += timedelta(seconds=5)
    assert {made.entry(store, n).why for n in range(40)} == {"reached"}


@on_sqlite
def test_a_trunk_that_knows_no_number_does_not_retire_the_list(store: Store) -> None:
    """A wrong prefix: each call comes to a number that there is not. The first are believed, until it is
    clear that it is not they; nobody has lost anything, and all are called when it is mended."""
    made = world(store, 60)
    unknown = Ending(result="invalid", cause="UNALLOCATED_NUMBER")
    telephones, time = Telephones({theirs[0]: [unknown] * 99 for theirs in made.numbers}), Time()
    ours = server(store, telephones, time, trunk=TRUNK.model_copy(update={"channels": 5}))
    for _ in range(60):
        ours.step()
        time.at += timedelta(seconds=5)
    assert not any(store.customers.retired(number) for (number,) in made.numbers)
    entries = [made.entry(store, n) for n in range(60)]
    assert {entry.tries for entry in entries} == {0} and {entry.state for entry in entries} == {"waiting"}
    assert store.contacts.history(store.contacts.whom(telephones.rung[0])) == ()
    assert len(telephones.rung) <= MOST_UNKNOWN + 5 + 5 + 6
    telephones.script.clear()
    time.at += timedelta(minutes=10)
    for _ in range(60):
        ours.step()
        time.at += timedelta(seconds=5)
    assert {made.entry(store, n).why for n in range(60)} == {"reached"}


@on_sqlite
def test_a_poor_list_retires_its_numbers(store: Store) -> None:
    """Most numbers are none, and now and again somebody is there: the trunk is well."""
    made = world(store, 60)
    unknown = Ending(result="invalid", cause="UNALLOCATED_NUMBER")
    poor = {theirs[0]: [unknown] for n, theirs in enumerate(made.numbers) if n % 8}
    telephones, time = Telephones(poor), Time()
    ours = server(store, telephones, time, trunk=TRUNK.model_copy(update={"channels": 1}))
    for _ in range(60):
        ours.step()
        time.at += timedelta(seconds=5)
    none = {number for n, (number,) in enumerate(made.numbers) if n % 8}
    assert {number for (number,) in made.numbers if store.customers.retired(number)} == none


@on_sqlite
def test_an_operator_is_told_which_trunk_refuses_and_why(store: Store) -> None:
    """Also while it does not rest; and the bar has a line of its own, in a narrow window, too."""
    world(store, 20)
    down = Ending(result="trunk", cause="INVALID_GATEWAY")
    time = Time()
    telephones = Telephones({theirs: [down] * 99 for n in range(20) for theirs in numbers_of(n)})
    ours = server(store, telephones, time, trunk=TRUNK.model_copy(update={"channels": 5}))
    ours.step()
    (campaign,) = store.campaigns.all()
    settings = Settings(campaigns=CampaignSettings(trunks=(TRUNK,)))

    def told() -> str:
        found = control.status(settings, store, campaign.strategy, campaign.name, at=time.at)
        console = Console(width=80, file=StringIO(), record=True)
        console.print(shown(found, ZoneInfo("Europe/Madrid")))
        return console.export_text()

    assert "the trunk main takes no calls (INVALID_GATEWAY): it rests until" in told()
    time.at += timedelta(seconds=6)
    assert "the trunk main takes no calls (INVALID_GATEWAY): one call at a time finds out" in told()
    telephones.script.clear()
    for _ in range(40):
        ours.step()
        time.at += timedelta(minutes=1)
    assert "takes no calls" not in told()
    assert "\n20 of 20 done; 0 under way, 0 talk; 0 due now, 0 later\n" in told()
