"""PostgreSQL goes away in mid-call: cases, messages and consents of that call are there when it is back."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from data.ids import new_id
from data.store import Store
from dialogs.effects import Consent, Notify, OpenCase
from dialogs.results import CaseOpened, Done
from ivr.occasion import Occasion
from tests.data.postgresql import Server
from tests.self_service.world import World

KINDS = ("case", "message", "consent")


@pytest.mark.parametrize(
    "repetitions", [2, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_no_outage_loses_what_a_caller_was_told(
    seeded_postgresql: Server, tmp_path: Path, repetitions: int
) -> None:
    """The server goes before, between or after them, and comes back later: each is there, and once."""
    chance = random.Random(11)
    seeded_postgresql.sql("CREATE DATABASE outages TEMPLATE seeded")
    store = Store(seeded_postgresql.url("outages"))
    world = World(store, tmp_path)
    told = []
    for place in range(repetitions):
        number = f"+34600{place:06}"
        occasion = Occasion(new_id(), number, "new_ticket", "told", "es")
        goes = chance.randrange(4)
        for at in range(4):
            if at == goes:
                seeded_postgresql.stop(chance.choice(["fast", "immediate"]))
            if at < 3:
                told.append((occasion, _done(world, at, occasion)))
        seeded_postgresql.start()
        # As every ten seconds in a server; twice, because whatever is interrupted is begun again.
        for _ in range(2):
            world.spool.drain(store)
            for kind in KINDS:
                world.outbox.carry(kind)
                world.outbox.wait_until_carried()
    assert not world.spool.waiting and not (world.spool.folder / "set-aside.jsonl").exists()
    for occasion, reference in told:
        if reference:
            case = store.tickets.by_number(reference)
            assert case is not None and case.call_id == occasion.call_id
        assert [one.recipient for one in store.messages.latest(call_id=occasion.call_id)] == [
            occasion.caller_number
        ]
        assert len(store.consents.of_call(occasion.call_id)) == 1
    assert not store.outbox.given_up()
    world.closing.close()
    store.close()
    seeded_postgresql.sql("DROP DATABASE outages WITH (FORCE)")


def _done(world: World, what: int, occasion: Occasion) -> str:
    """Does it; the reference of a case."""
    performers = world.performers
    assert performers.cases and performers.notices and performers.consents
    if what == 0:
        opened = performers.cases.open(OpenCase("fault", {"topic": "internet"}, "fault"), occasion)
        assert isinstance(opened, CaseOpened)
        return opened.reference
    if what == 1:
        message = Notify("sms", occasion.caller_number, "Su referencia", {}, "es", "told")
        assert performers.notices.send(message, occasion) == Done()
    else:
        consent = Consent("terms", True, "1", "¿Acepta?", "1", "keys", "", "es", "ask")
        assert performers.consents.keep(consent, occasion) == Done()
    return ""
