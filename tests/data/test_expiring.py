"""What is kept is kept no longer than agreed, each kind its own time; what is still needed is not old."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from data.ids import new_id
from data.models import (
    LockoutRow,
    OrderRow,
    OutboxRow,
    TicketRow,
    TurnRow,
)
from data.protection.ageing import SHORTEST_PAUSE, Ageing
from data.protection.expiring import expire
from data.protection.retention import Retention
from data.records import (
    AgentContact,
    Booking,
    Consent,
    Errand,
    Finished,
    MissedOffer,
    NewTicket,
    NewWork,
    StateChange,
    TicketNote,
    VisitFacts,
)
from data.store import Store
from ivr.config import RetentionSettings
from tests.data.conftest import NOW, begun, ended, turn
from tests.data.kept_of_people import LUCIA, NUMBER, World, everything, folders, world

__all__ = ["folders", "world"]
DAY = timedelta(days=1)


def test_what_is_old_is_forgotten_each_after_its_own_time(world: World) -> None:
    """A recording after 90 days, words after a year, the caller after two; the call itself never."""
    at = NOW + timedelta(days=91)
    assert set(expire(world.store, Retention(), world.folders, at=NOW + timedelta(days=29)).values()) == {0}
    dry = expire(world.store, Retention(), world.folders, at=at, dry_run=True)
    assert world.files[0].exists()
    done = expire(world.store, Retention(), world.folders, at=at)
    assert done == dry
    assert (done["recordings"], done["verification"], done["transcripts"]) == (3, 1, 0)
    assert [file.exists() for file in world.files] == [False, False, True, True, False]
    call = world.store.calls.get(world.call)
    assert call is not None and call.recording is None and call.turns[0].text == "mi secreto"
    done = expire(world.store, Retention(), world.folders, at=NOW + timedelta(days=731))
    assert (done["transcripts"], done["callers"], done["segments"], done["messages"]) == (2, 3, 1, 3)
    call = world.store.calls.get(world.call)
    assert call is not None and (call.caller_number, call.turns) == ("", ())
    assert call.outcome == "balance_told"
    assert set(expire(world.store, Retention(), world.folders, at=NOW + timedelta(days=732)).values()) == {0}


def test_what_is_still_needed_is_not_old(world: World) -> None:
    """A call that is going on, and an errand that waits, however long; a call that was lost is no call."""
    going = begun(recording="2026/antonio.wav")
    world.store.calls.begin(going)
    short = Retention(callers=1, recordings=1)
    expire(world.store, short, world.folders, at=NOW + timedelta(days=1, hours=23))
    call = world.store.calls.get(going.call_id)
    assert call is not None and (call.caller_number, call.recording) == (NUMBER, "2026/antonio.wav")
    expire(world.store, short, world.folders, at=NOW + timedelta(days=3))
    call = world.store.calls.get(going.call_id)
    assert call is not None and (call.caller_number, call.recording) == ("", None)
    expire(world.store, Retention(), world.folders, at=NOW + timedelta(days=5000))
    with world.store.database.reading() as connection:
        assert len(connection.execute(select(OutboxRow)).all()) == 1


def _everything_old(world: World) -> None:
    """Something of each kind that has had its time, beside what the seeds and the world hold."""
    store, lucia = world.store, world.lucia
    for day, given in ((0, True), (9, False)):
        at, clip = NOW + timedelta(days=day), f"2026/said-{day}.wav"
        (world.folders.recordings / clip).write_bytes(b"RIFF")
        store.consents.note(
            Consent(kind="marketing", given=given, terms_version="1", text="x", language="es", at=at,
                    customer_id=lucia, clip=clip)
        )  # fmt: skip
    wanted = Booking(queue="x", number=NUMBER, language="es", joined_at=NOW, at=NOW, customer_id=lucia)
    for queue in ("x", "y"):
        store.callbacks.book(replace(wanted, queue=queue))
    store.callbacks.cancel([lucia.hex], at=NOW, why="x", queue="x")
    store.agents.note_contact(
        AgentContact(key="x", queue="x", leg="leg-1", result="missed", joined_at=NOW, at=NOW)
    )
    store.agents.change_state(StateChange(agent="2001", state="in", at=NOW, by="x", source="cli"))
    store.agents.change_state(StateChange(agent="2001", state="out", at=NOW + DAY, by="x", source="cli"))
    for key in ("done", "lost"):
        store.outbox.put(Errand(kind="write", target="x", body={"a": key}, idempotency_key=key, at=NOW))
    mine = {one.idempotency_key: one.id for one in store.outbox.claim("n", at=NOW, lease=DAY, most=9)}
    store.outbox.done(mine["done"], "n", at=NOW)
    store.outbox.give_up(mine["lost"], "n", at=NOW, error="x")
    _day_in_a_queue(store)
    with store.database.writing() as connection:
        connection.execute(
            insert(LockoutRow).values(
                id=new_id(), scope="caller", subject="x", reason="x", since=NOW, until=NOW
            )
        )
        connection.execute(update(TicketRow).where(TicketRow.customer_id == lucia).values(status="closed"))
    world.folders.spool.mkdir()
    (world.folders.spool / "set-aside.jsonl").write_text(
        json.dumps({"at": NOW.isoformat(), "why": "x", "line": "{"}) + "\n{torn\n"
    )
    (world.folders.prompts / "ab").mkdir(parents=True)
    sounds = ("prompts/ab/name.wav", "prompts/hold_music.wav", "recordings/2026/left.wav")
    for file in (*sounds, "messages/c.json", "recordings/README.md"):
        (world.folders.recordings.parent / file).write_text("x")
    for file in world.folders.recordings.parent.rglob("*.*"):
        os.utime(file, (NOW.timestamp(), NOW.timestamp()))


def _day_in_a_queue(store: Store) -> None:
    """Somebody was there, an agent missed them; and there was work."""
    store.queue_visits.learn(
        [
            VisitFacts(id="m1", queue="x", leg="a", joined_at=NOW),
            MissedOffer(visit_id="m1", at=NOW, agent="1001", queue="x"),
        ]
    )
    for about in ("done", "open"):
        item, _ = store.work_items.add(NewWork(kind="case", about=about, at=NOW, by="eva"))
        store.work_items.assign(item.id, "1001", by="eva", at=NOW)
        if about == "done":
            assert store.work_items.done(item.id, Finished(by="1001", at=NOW))


def test_every_kind_has_its_time(world: World) -> None:
    """Of each something goes, as much as was foretold, with its files; and nothing that still counts."""
    _everything_old(world)
    at = NOW + timedelta(days=2400)
    foretold = expire(world.store, Retention(), world.folders, at=at, dry_run=True)
    before = everything(world.store)
    assert (world.folders.recordings / "2026" / "left.wav").exists()
    done = expire(world.store, Retention(), world.folders, at=at)
    assert [kind for kind, count in done.items() if not count and kind != "audit"] == []
    assert done == foretold and before != everything(world.store)
    assert set(expire(world.store, Retention(), world.folders, at=at).values()) == {0}
    left = {file.name for folder in vars(world.folders).values() for file in folder.rglob("*.*")}
    assert left == {"consent.wav", "said-9.wav", "README.md", "set-aside.jsonl", "hold_music.wav"}
    (no,) = world.store.consents.of(customer_id=world.lucia)[:1]
    assert (no.kind, no.given) == ("marketing", False)
    assert world.store.customers.by_number(LUCIA) is not None
    assert [one.about for one in world.store.work_items.open()] == ["open"]
    assert [one.state for one in world.store.agents.state_changes()] == ["out"]
    with world.store.database.reading() as connection:
        for table, over in ((TicketRow, ("resolved", "closed")), (OrderRow, ("delivered", "cancelled"))):
            states = set(connection.scalars(select(table.status)))
            assert states and not states & set(over), "what is not over was forgotten, or nothing was"


def test_a_file_that_is_needed_elsewhere_outlives_its_call(world: World) -> None:
    """An answer that became a note on an open ticket is the ticket's."""
    note = TicketNote(at=NOW, who="caller", text="x", recording="2026/answer.wav")
    world.store.tickets.add_note("20264511", note)
    expire(world.store, Retention(), world.folders, at=NOW + timedelta(days=400))
    assert (world.folders.recordings / "2026" / "answer.wav").exists()


@pytest.mark.parametrize("with_its_turn", [True, False])
def test_what_a_case_was_opened_with_is_heard_as_long_as_it_is_open(
    world: World, with_its_turn: bool
) -> None:
    """What a caller told of the fault stands in the case alone; it goes with the case, and not before."""
    call, name = (world.call, "answer.wav") if with_its_turn else (new_id(), "told.wav")
    about = {"topic": "internet", "recording": f"2026/{name}"}
    reference = world.store.tickets.open(NewTicket(at=NOW, kind="fault", about=about, call_id=call))
    sound = world.folders.recordings / "2026" / name
    sound.write_bytes(b"RIFF")
    os.utime(sound, (NOW.timestamp(), NOW.timestamp()))
    expire(world.store, Retention(), world.folders, at=NOW + timedelta(days=400))
    assert sound.exists()
    with world.store.database.writing() as connection:
        closed = update(TicketRow).where(TicketRow.ticket_number == reference).values(status="closed")
        connection.execute(closed)
    expire(world.store, Retention(recordings=None), world.folders, at=NOW + timedelta(days=1826))
    assert not sound.exists()


def test_every_kind_is_a_setting_and_is_told() -> None:
    """In the configuration with the same days, and in the documentation."""
    kinds = asdict(Retention())
    assert RetentionSettings().model_dump() == kinds
    folder = Path(__file__).parents[2] / "docs"
    page, configuration = (
        (folder / name).read_text("utf-8") for name in ("data-protection.md", "configuration.md")
    )
    for kind, days in kinds.items():
        assert f"| `{kind}` | {days} |" in page
        assert f"\n  {kind}: {days}" in configuration


def test_for_ever_is_for_ever(world: World) -> None:
    """Kinds without a time are left alone."""
    for_ever = Retention(**dict.fromkeys(Retention.__dataclass_fields__))
    before = everything(world.store)
    assert set(expire(world.store, for_ever, world.folders, at=NOW + timedelta(days=9999)).values()) == {0}
    assert everything(world.store) == before


def test_many_portions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than a portion: all of them go."""
    monkeypatch.setattr("data.protection.ageing.PORTION", 3)
    calls = [begun(started_at=NOW + timedelta(minutes=n)) for n in range(10)]
    for call in calls:
        world.store.calls.begin(call)
        world.store.calls.add_turn(call.call_id, turn(1))
        world.store.calls.finish(ended(call.call_id, at=NOW + timedelta(hours=1)))
    done = expire(
        world.store, Retention(callers=30, transcripts=30), world.folders, at=NOW + timedelta(days=31)
    )
    assert (done["callers"], done["transcripts"]) == (13, 11)
    with world.store.database.reading() as connection:
        assert [row.text for row in connection.execute(select(TurnRow))] == ["2026/answer.wav"]


def test_calls_have_their_turn_between_portions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each portion nothing is held, for at least as long as it took: a record goes in at once."""
    monkeypatch.setattr("data.protection.ageing.PORTION", 1)
    pauses: list[float] = []

    def call_comes(seconds: float) -> None:
        pauses.append(seconds)
        world.store.calls.begin(begun())

    ageing = Ageing(world.store, world.folders, dry_run=False, pause=call_comes)
    calls = len(world.store.calls.latest(99))
    assert ageing.callers(NOW + timedelta(minutes=1)) == len(pauses) == 3
    assert min(pauses) >= SHORTEST_PAUSE
    assert len(world.store.calls.latest(99)) == calls + 3
