"""A server looks by itself: what is due is done, promises are judged, and after `close` nothing is begun."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.store import Store
from ivr.campaigns.actions import serving
from ivr.campaigns.actions.serving import Acting
from ivr.config import Settings
from tests.campaigns.actions.desk import Desk, campaign, mobiles, promise
from tests.campaigns.actions.test_performing import put
from tests.campaigns.dialling.paper import MONDAY
from tests.clocks import HandClock
from tests.databases import store_at
from tests.freeswitch.harness import wait_until


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = store_at(tmp_path / "ivr.sqlite3")
    yield found
    found.close()


def test_a_server_acts_by_itself(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that is due, and a promise that is broken when its day is over, with the case that follows."""
    monkeypatch.setattr(serving, "EVERY", 0.02)
    world = campaign(store, mobiles(1), promises={"broken": "case"})
    promise(store, world.people[0], world.campaign, MONDAY.date())
    desk, clock = Desk(store), HandClock(MONDAY)
    put(desk, world, {"case": "x"})
    acting = Acting(Settings.model_validate({"home": str(tmp_path)}), store, clock, owner="n1")
    acting.start()

    def done() -> list[str]:
        return [kind for _outcome, kind, state, _result in desk.standing(world.campaign) if state == "done"]

    wait_until(lambda: done() == ["case"], 20, "the case that was due")
    clock.go_on(days=1)
    wait_until(lambda: done() == ["case", "case"], 20, "the case of the broken promise")
    acting.close()
    assert desk.errands() == [("case", "x"), ("case", "broken_promise")]
    put(desk, world, {"case": "y"}, key="after")
    assert acting.step() == 1, "a look that is asked for is still possible"
