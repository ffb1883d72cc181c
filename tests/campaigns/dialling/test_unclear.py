"""Whose call was lost with its server: listed, and called again by a person's decision alone."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from ivr.campaigns.dialling.line import Ending
from tests.campaigns.dialling.paper import Telephones, Time, server, world
from tests.commands import ivr
from tests.databases import store_at
from tests.to_come import monday_to_come


def test_a_person_decides_that_they_are_called_again(tmp_path: Path) -> None:
    """By command; a campaign that was over is started once more for them, and nobody else is called."""
    store = store_at(tmp_path / "ivr.sqlite3")
    monday = monday_to_come()  # the commands look at the machine's clock
    made = world(store, 3, at=monday)
    (campaign,) = store.campaigns.all()
    lost = store.customers.by_id(made.people[1])
    assert lost is not None
    telephones, time = Telephones({made.numbers[1][0]: [Ending(result="unclear")]}), Time(monday)
    ours = server(store, telephones, time)
    while ours.step():
        pass
    assert made.entry(store, 1).state == "unclear"
    one = ("campaign", "unclear", campaign.strategy, campaign.name)
    (told,) = json.loads(ivr(tmp_path, *one, "--json").stdout)
    assert told["customer_number"] == lost.customer_number
    status = ivr(tmp_path, "campaign", "status", campaign.strategy, campaign.name).stdout
    assert f"ivr campaign unclear {campaign.strategy} {campaign.name}" in " ".join(status.split())

    other = store.customers.by_id(made.people[0])
    assert other is not None
    refused = ivr(tmp_path, *one, "--again", other.customer_number)
    assert (refused.returncode, "is not among them" in refused.stderr) == (1, True)
    again = ivr(tmp_path, *one, "--again", lost.customer_number)
    assert (again.returncode, "is called again" in again.stdout) == (0, True), again.stderr
    assert json.loads(ivr(tmp_path, *one, "--json").stdout) == []
    time.at += timedelta(days=1)  # their contact of yesterday counts
    store.dial_list.set_state(campaign.id, "running", before=("finished",), at=time.at, by="ana")
    time.at += timedelta(days=1)
    while ours.step():
        pass
    assert made.entry(store, 1).why == "reached"
    assert sorted(telephones.rung).count(made.numbers[1][0]) == 2 and len(telephones.rung) == 4
    store.close()
