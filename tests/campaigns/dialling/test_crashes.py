"""Servers die at every instant from claim to result: nobody is called twice, nobody is forgotten."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from data.call_log import CallLog
from data.spool import Spool
from data.store import Store
from ivr.campaigns.dialling.dialler import LEASE
from ivr.campaigns.dialling.line import Ending, Order
from ivr.clock import Clock
from ivr.records import Basis, Records
from tests.campaigns.dialling.paper import MONDAY, TRUNK, Telephones, Time, World, server, world
from tests.ivr.paper import PaperCall
from tests.mortal import Killed, Mortal

PEOPLE = 3


def lived(url: str, made: World, mortal: Mortal, telephones: Telephones, time: Time, owner: str) -> bool:
    """A server looks at the campaign until it is killed, or there is nothing to do; whether it was killed."""
    store = Store(url)
    try:
        # Each campaign has a trunk of its own: their clocks begin at the same moment, a trunk's pace goes on.
        trunk = TRUNK.model_copy(update={"name": f"t{made.campaign.hex}"})
        ours = server(store, telephones, time, owner=owner, trunk=trunk)
        while ours.step() or ours.recover():
            pass
    except Killed:
        return True
    else:
        return False
    finally:
        mortal.hang_up()
        store.close()


def play(url: str, store: Store, rounds: int, seed: int) -> Counter[str]:
    """So many campaigns on one database, each with a server that dies at an instant, and one that follows.

    The instants are spread over a campaign's life, which is counted in two that nobody dies in (the first one
    is longer). Returns how many people were in which state after the death, and how many at last.
    """
    dice, found = random.Random(seed), Counter[str]()
    length = 0
    for n in range(-1, rounds + 1):
        time, mortal = Time(), Mortal()
        telephones = Telephones(instant=mortal.instant)
        made = world(store, PEOPLE, first=(n + 1) * PEOPLE, name=f"c{n}")
        if n > 0:
            mortal.kill_at = {1 + int(length * (n - dice.random()) / rounds)}
        with mortal.watching():
            killed = lived(url, made, mortal, telephones, time, "n1@here")
        length = length if killed else mortal.instants
        found["killed"] += killed
        found.update(f"then {made.entry(store, person).state}" for person in range(PEOPLE) if killed)
        mortal.kill_at = set()
        time.at += LEASE + timedelta(seconds=11)
        assert not lived(url, made, Mortal(), telephones, time, "n2@here")
        found.update(judged(store, made, telephones))
    return found


def judged(store: Store, made: World, telephones: Telephones) -> Iterator[str]:
    """Everybody's state at the end, which must be one, and agree with the telephones and the ledger."""
    rung = Counter(telephones.rung)
    assert all(calls == 1 for calls in rung.values()), "somebody was called twice"
    for person in range(PEOPLE):
        entry, number = made.entry(store, person), made.numbers[person][0]
        assert entry.state in ("ended", "unclear"), "somebody was forgotten"
        assert rung[number] == 1, "somebody was never called"
        contacts = store.contacts.history(store.contacts.whom(number))
        assert len(contacts) == 1, "the ledger has one contact for each call"
        assert (entry.state == "unclear") == (contacts[0].conversation is None)
        yield entry.state
    assert store.dial_attempts.under_way(made.sample) == ()


def test_a_server_dies(store: Store, store_url: str) -> None:
    """Ten times, over the whole of a campaign's life: all statements, commits, and moments of a call. On
    PostgreSQL, of which the long test has more, four times."""
    rounds = 10 if store.database.backend == "sqlite" else 4
    found = play(store_url, store, rounds, seed=1)
    assert found["killed"] >= rounds - 1
    assert min(found["then claimed"], found["then dialled"], found["then ended"]) >= (rounds == 10), found


@pytest.mark.parametrize("proves", [True, False])
def test_who_had_proved_themselves_counts_though_the_server_is_gone(
    store: Store, tmp_path: Path, proves: bool
) -> None:
    """The right-party contact is in the reports as soon as there is a server again; and no other is."""
    made, time = world(store, 1), Time()
    clock = Clock(begins=MONDAY)
    records = Records(
        CallLog(store, Spool(tmp_path / "spool")), node="n1", clock=clock, recordings=None, messages=None
    )

    class Fatal(Telephones):
        def dial(self, order: Order, answered: Callable[[], bool]) -> Ending:
            self.orders.append(order)
            assert answered()
            call = PaperCall()
            call.uuid = str(order.attempt_id)
            record = records.begin(call, Basis(flow="reminder", flow_version="1"), language="es")
            record.answered()
            if proves:
                record.verified("right_party", made.people[0])
            records.wait_until_written()
            raise Killed

    telephones = Fatal()
    with pytest.raises(Killed):
        server(store, telephones, time, owner="n1@here").step()
    time.at += LEASE + timedelta(seconds=11)
    assert len(store.calls.complete_unfinished("n1", time.at)) == 1
    server(store, telephones, time, owner="n2@here").step()
    assert made.entry(store).result == "answered"
    (counted,) = store.campaign_figures.reached(MONDAY - timedelta(days=1), MONDAY + timedelta(days=1))
    assert (counted.calls, counted.right_party) == (1, int(proves))
    records.close()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_thousand_servers_die(store: Store, store_url: str) -> None:
    """As above, five hundred times on each database; and every kind of instant was met."""
    found = play(store_url, store, 500, seed=7)
    print(dict(found))
    assert found["killed"] >= 490
    assert min(found["then claimed"], found["then dialled"], found["then ended"], found["unclear"]) > 50
