"""Waiting for a person as whole calls on the embedded switch: what is said, and the ways out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent.event import Event
from sqlalchemy import select

from data.models import QueueVisitRow
from data.records import Booking, CallRecord
from data.store import Store
from esl.embedded.caller import ScriptedCaller
from ivr.moments import HandedOver, Moment, SystemSpoke
from ivr.stage import Stage
from tests.calls.conftest import settings_in

CATALOGUE = "queues: [billing, support]\n"
QUEUES = """
queues:
  billing: {handling_time: 240, announce: {every: 15}, in_language: {ca: billing_ca}}
  billing_ca: {}
  support: {most_waiting: 1}
"""
FLOW = """flow: main
languages: [es]
person: person
steps:
  - menu: main_menu
    prompt: {es: "Diga o pulse."}
    choices:
      person: {key: 0, phrases: {es: [operador]}, then: person}
      overflowing: {key: 2, phrases: {es: [rebosa]}, then: overflowing}
  - id: person
    queue: billing
    waiting:
      say: {es: "Para dejarlo, marque uno."}
      keys: {1: left}
    busy: {offer: callback, declined: bye}
  - id: overflowing
    queue: billing
    overflow:
      - if: queue.agents == 0
        then: nobody
      - if: queue.wait > 200
        then: too_long
    busy: {offer: callback, declined: bye}
  - id: left
    say: {es: "Lo ha dejado."}
    then: more
  - id: too_long
    say: {es: "Sería demasiado."}
    then: more
  - id: nobody
    say: {es: "No hay nadie."}
  - ask: more
    type: yes_no
    retries: {no_input: 0, no_match: 0}
    timeout: 1
    prompt: {es: "¿Otra cosa?"}
    answers: {yes: main_menu, no: bye}
    failed: bye
  - id: bye
    hangup: normal
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One agent, who talks for a minute with whoever comes first."""
    folder = tmp_path_factory.mktemp("waiting")
    (folder / "flows").mkdir()
    for name, text in (("catalogue", CATALOGUE), ("queues", QUEUES), ("main.flow", FLOW)):
        (folder / "flows" / f"{name}.yaml").write_text(text, encoding="utf-8")
    with Stage(settings_in(folder, engine="none"), agent_talks_for=60.0) as playing:
        playing.server.rooms.voice.wait_warm()
        yield playing


@pytest.fixture(scope="module")
def engaged(stage: Stage) -> Iterator[ScriptedCaller]:
    """Somebody who has the agent."""
    first, answered = "+34600000400", Event()
    stage.watch_caller(
        first,
        lambda told: answered.set() if isinstance(told, HandedOver) and told.result == "handed" else None,
    )
    caller = waiting(stage, first, "0")
    assert answered.wait(15)
    yield caller
    caller.hang_up()


def waiting(stage: Stage, number: str, key: str) -> ScriptedCaller:
    caller = stage.caller(number)
    caller.join()
    assert caller.wait_until_quiet(0.5)
    caller.key(key)
    return caller


def record_of(stage: Stage, number: str) -> CallRecord:
    stage.server.rooms.records.wait_until_written()
    store = Store(stage.settings.database_url)
    (found,) = [record for record in store.calls.latest(50) if record.caller_number == number]
    store.close()
    return found


def visits_of(stage: Stage, record: CallRecord) -> list[Any]:
    """What is known of the call's stays in queues: the switch's events are written within the second."""
    with contextlib.closing(Store(stage.settings.database_url)) as store:
        of_call = select(QueueVisitRow).where(QueueVisitRow.call_id == record.call_id)
        for _ in range(50):
            with store.database.reading() as connection:
                found = list(connection.execute(of_call))
            if found and all(one.left_at for one in found):
                break
            gevent.sleep(0.1)  # looks again: nothing tells another process's connection of a row
        return found


def test_told_where_they_stand_and_let_out_by_a_key(stage: Stage, engaged: ScriptedCaller) -> None:
    """After some music: how many are ahead, a range of minutes, the keys; one of them leads out at once."""
    number, said, told = "+34600000401", Event(), list[Moment]()

    def watch(moment: Moment) -> None:
        told.append(moment)
        if isinstance(moment, SystemSpoke) and "marque uno" in moment.text:
            said.set()

    stage.watch_caller(number, watch)
    caller = waiting(stage, number, "0")
    assert said.wait(15)
    caller.key("1")  # while it is said: the queue itself does not hear it
    assert caller.wait_hangup(15)
    (announced,) = [one.text for one in told if isinstance(one, SystemSpoke) and "marque uno" in one.text]
    assert announced == (
        "Es su turno en cuanto quede alguien libre. Le atenderemos en menos de ocho minutos. "
        "Para dejarlo, marque uno."
    )
    assert [one.result for one in told if isinstance(one, HandedOver)] == ["", "left 1"]
    record = record_of(stage, number)
    (visit,) = visits_of(stage, record)
    assert (visit.queue, visit.left_by, visit.left_for) == ("billing", "key", "1")
    assert (visit.position, visit.agent, visit.answered_at) == (1, None, None)
    assert visit.told_wait and visit.left_at > visit.joined_at
    assert [turn.text for turn in record.turns if turn.step == "left"] == ["Lo ha dejado."]
    assert [turn.result for turn in record.turns if turn.kind == "queue"] == ["left 1"]


def test_who_keeps_a_place_is_ahead_of_who_came_later(stage: Stage, engaged: ScriptedCaller) -> None:
    """Another server is calling them: they are next, and who waits on the line is told so."""
    number, said, told = "+34600000403", Event(), list[str]()

    def watch(moment: Moment) -> None:
        if isinstance(moment, SystemSpoke) and "marque uno" in moment.text:
            told.append(moment.text)
            said.set()

    stage.watch_caller(number, watch)
    now, ten_minutes = stage.server.rooms.records.clock.utc(), timedelta(minutes=10)
    kept = Booking(queue="billing", number="+34600000499", language="es", at=now, joined_at=now - ten_minutes)
    with contextlib.closing(Store(stage.settings.database_url)) as store:
        place, _ = store.callbacks.book(kept)
        assert store.callbacks.claim(place.id, "another server", at=now, lease=ten_minutes)
        caller = waiting(stage, number, "0")
        assert said.wait(15)
        caller.key("1")
        assert caller.wait_hangup(15)
        assert store.callbacks.cancel_one(place.id, at=now, why="the test is over")
    assert told[0].startswith("Hay una persona delante de usted. ")
    (visit,) = visits_of(stage, record_of(stage, number))
    assert visit.position == 2


def test_sent_elsewhere_because_it_would_take_too_long(stage: Stage, engaged: ScriptedCaller) -> None:
    """Four minutes are foretold while the only agent talks: the overflow's step, before any music."""
    number, told = "+34600000402", list[Moment]()
    stage.watch_caller(number, told.append)
    caller = waiting(stage, number, "2")
    assert caller.wait_hangup(15)
    record = record_of(stage, number)
    (visit,) = visits_of(stage, record)
    assert (visit.left_by, visit.left_for, visit.left_at) == ("overflow", "overflow 2", visit.joined_at)
    assert [turn.text for turn in record.turns if turn.step == "too_long"] == ["Sería demasiado."]
    assert [one.result for one in told if isinstance(one, HandedOver)] == ["", "overflow overflow 2"]


@pytest.mark.long
def test_the_shipped_way_to_a_person_lands_on_a_callback(tmp_path: Path) -> None:
    """`hand_over` as it is shipped, the only agent busy: the keys are told, one keeps the place, and they
    may go on; nobody hears that they should call later."""
    with Stage(settings_in(tmp_path, engine="none"), agent_talks_for=60.0) as playing:
        playing.server.rooms.voice.wait_warm()
        answered, told, said = Event(), list[Moment](), Event()
        playing.watch_caller(
            "+34600000410",
            lambda one: answered.set() if isinstance(one, HandedOver) and one.result == "handed" else None,
        )
        first = waiting(playing, "+34600000410", "0")
        assert answered.wait(30)

        def watch(moment: Moment) -> None:
            told.append(moment)
            if isinstance(moment, SystemSpoke) and "sin perder su turno, marque uno" in moment.text:
                said.set()

        playing.watch_caller("+34600000411", watch)
        caller = waiting(playing, "+34600000411", "0")
        assert said.wait(90)
        caller.key("1")
        assert caller.wait_until_quiet(0.5)
        caller.key("1")  # at that number
        assert caller.wait_until_quiet(0.5)
        caller.key("1")  # as soon as it is their turn
        assert caller.wait_until_quiet(0.5)
        caller.hang_up()
        first.hang_up()
        record = record_of(playing, "+34600000411")
        assert [turn.result for turn in record.turns if turn.kind == "queue"] == ["left 1"]
        assert any("Ya puede colgar" in (turn.text or "") for turn in record.turns)
        with contextlib.closing(Store(playing.settings.database_url)) as store:
            (kept,) = store.callbacks.waiting()
        assert (kept.queue, kept.number, kept.call_id) == ("billing", "+34600000411", record.call_id)
        assert kept.joined_at < kept.booked_at
