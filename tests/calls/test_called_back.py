"""Somebody asks for a callback, hangs up, is called back at their turn, and talks with a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from gevent.event import Event

from data.store import Store
from ivr.moments import Moment, SystemSpoke
from ivr.stage import Stage
from tests.calls.called_back import Watched, asked_for, callback_of, record_of, tried, write_flows
from tests.calls.conftest import settings_in


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One agent, who answers after two seconds."""
    folder = tmp_path_factory.mktemp("called_back")
    write_flows(folder)
    with Stage(settings_in(folder, engine="none"), agent_talks_for=1.0) as playing:
        playing.server.rooms.voice.wait_warm()
        yield playing


@pytest.fixture
def lonely(tmp_path: Path) -> Iterator[Stage]:
    """The agent is there, and never answers; nobody waits for longer than a second."""

    write_flows(tmp_path)
    (tmp_path / "flows" / "queues.yaml").write_text(
        "queues: {billing: {longest_wait: 1}}\n", encoding="utf-8"
    )
    settings = settings_in(tmp_path, engine="none")
    agent = settings.switch.stand_in_agent.model_copy(update={"answers_after": 60.0})
    switch = settings.switch.model_copy(update={"stand_in_agent": agent})
    with Stage(settings.model_copy(update={"switch": switch})) as playing:
        playing.server.rooms.voice.wait_warm()
        yield playing


def test_called_back_and_talks_with_an_agent(stage: Stage) -> None:
    """They press one, come to the queue at the place that they kept, and an agent has them."""
    number, watched = "+34600111222", Watched()
    telephone = asked_for(stage, number)
    stage.watch_caller(number, watched)
    invitation = telephone.wait_for_call(15)
    telephone.answer()
    watched.press_one(telephone)
    assert watched.handed.wait(15)
    assert telephone.wait_hangup(15)
    callback = tried(stage, number)
    assert (callback.state, callback.last_result, callback.tries) == ("reached", "reached", 1)
    record = record_of(stage, number)
    assert record.switch_uuid == invitation.uuid
    assert [(turn.kind, turn.result) for turn in record.turns if turn.kind == "queue"] == [
        ("queue", "handed")
    ]


def test_nobody_comes_after_all_and_who_no_longer_needs_it_says_so(lonely: Stage) -> None:
    """They press one, nobody is free, they are told so, press two, and are not called again."""
    number, asked, still = "+34600111777", Event(), Event()

    def watch(moment: Moment) -> None:
        if isinstance(moment, SystemSpoke):
            {"wanted": asked, "still_wanted": still}.get(moment.step, Event()).set()

    telephone = asked_for(lonely, number)
    lonely.watch_caller(number, watch)
    telephone.wait_for_call(15)
    telephone.answer()
    assert asked.wait(15)
    telephone.key("1")
    assert still.wait(30)
    telephone.key("2")
    assert telephone.wait_hangup(15)
    callback = tried(lonely, number)
    assert (callback.state, callback.last_result, callback.tries) == ("given_up", "unwanted", 1)
    turns = record_of(lonely, number).turns
    assert [turn.result for turn in turns if turn.kind == "queue"] == ["timeout"]
    assert "De acuerdo. Adiós." in [turn.text for turn in turns]


def test_who_answers_and_hangs_up_is_not_put_through(stage: Stage) -> None:
    """That is a person, who does not want to be called just now."""
    number = "+34600111666"
    telephone = asked_for(stage, number)
    telephone.wait_for_call(15)
    telephone.answer()
    assert telephone.wait_for_sound(15)
    telephone.hang_up()
    callback = tried(stage, number)
    assert (callback.state, callback.last_result, callback.tries) == ("waiting", "rejected", 1)
    assert not [turn for turn in record_of(stage, number).turns if turn.kind == "queue"]


@pytest.mark.long
def test_a_machine_is_not_put_through(stage: Stage) -> None:
    """Whoever presses nothing never comes to the queue, and is tried again later."""
    number = "+34600111333"
    telephone = asked_for(stage, number)
    telephone.wait_for_call(15)
    telephone.answer()
    assert telephone.wait_hangup(60)
    callback = tried(stage, number)
    assert (callback.state, callback.last_result, callback.tries) == ("waiting", "machine", 1)
    assert not [turn for turn in record_of(stage, number).turns if turn.kind == "queue"]


def test_busy_is_tried_again_later(stage: Stage) -> None:
    """What the telephone says decides when."""
    number = "+34600111444"
    telephone = asked_for(stage, number)
    telephone.wait_for_call(15)
    telephone.refuse("USER_BUSY")
    callback = tried(stage, number)
    assert (callback.state, callback.last_result, callback.tries) == ("waiting", "busy", 1)
    assert (callback.due_at - callback.booked_at).total_seconds() >= 600


def test_cancelled_while_it_rings(stage: Stage) -> None:
    """An apology, and nobody is put through."""
    number = "+34600111555"
    telephone = asked_for(stage, number)
    telephone.wait_for_call(15)
    callback = callback_of(stage, number)
    store = Store(stage.settings.database_url)
    assert store.callbacks.cancel_one(callback.id, at=stage.server.rooms.records.clock.utc(), why="a test")
    store.close()
    telephone.answer()
    assert telephone.wait_hangup(30)
    assert callback_of(stage, number).state == "cancelled"
    assert "anulado" in " ".join(turn.text for turn in record_of(stage, number).turns)
