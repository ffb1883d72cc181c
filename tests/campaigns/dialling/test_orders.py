"""How long it takes until an order is obeyed on the embedded switch: start, pause, stop, drain."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from gevent.event import Event

from data.records.dialling import CampaignState
from data.store import Store
from esl.embedded.scripted_callee import ScriptedCallee
from ivr.campaigns.dialling.settings import CampaignSettings
from ivr.clock import Clock
from ivr.config import DatabaseSettings, Settings, SpeechSettings
from ivr.stage import Stage
from tests.campaigns.dialling.callees import Does, Telephone, hangs_up, never_answers, write_flow
from tests.campaigns.dialling.orders import (
    RING,
    TALK,
    Leaving,
    Watched,
    all_orders,
    crowd,
    next_morning,
    told,
    trunk,
    waited,
    write_installation,
)
from tests.campaigns.dialling.paper import World, campaign_of, numbers_of, people_in
from tests.campaigns.dialling.test_calls import stage, store, telephones
from tests.databases import store_at

__all__ = ["stage", "store"]
ROUNDS = 12
COMMANDED = 4
LINES = 20


class Round:
    """A campaign with as many people as there are lines; each telephone rings and rings."""

    def __init__(self, stage: Stage, store: Store, first: int, does: object = never_answers) -> None:
        self.store, self._clock = store, stage.server.rooms.records.clock
        numbers = tuple(numbers_of(first + n) for n in range(LINES))
        ids = people_in(store, numbers)
        self.phones: list[Telephone] = telephones(stage, numbers, dict.fromkeys(range(LINES), does))  # type: ignore[arg-type]  # a table
        self.made: World = campaign_of(
            store, ids, numbers, name=f"orders{first}", at=self._clock.utc(), flow="reminder", ring=60
        )

    def order(self, state: CampaignState, *before: CampaignState) -> None:
        at = self._clock.utc()
        assert self.store.dial_list.set_state(self.made.campaign, state, before=before, at=at, by="t")

    def ringing(self) -> int:
        return len(self.store.dial_attempts.under_way(self.made.sample))

    def close(self) -> None:
        for phone in self.phones:
            phone.close()


@pytest.fixture(scope="module")
def figures() -> Iterator[dict[str, list[float]]]:
    """Seconds by order; printed at the end."""
    found: dict[str, list[float]] = {}
    yield found
    for order, seconds in found.items():
        ordered = sorted(seconds)
        worst, half = ordered[-1], ordered[len(ordered) // 2]
        print(f"{order}: {len(ordered)} times, median {half * 1000:.0f} ms, worst {worst * 1000:.0f} ms")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_start_pause_and_stop(stage: Stage, store: Store, figures: dict[str, list[float]]) -> None:
    """Until the first telephone rings, nobody is begun any more, and the last telephone is quiet."""
    for n in range(ROUNDS):
        this = Round(stage, store, 3000 + n * LINES)
        found = figures.setdefault("start", [])
        found.append(waited(lambda this=this: any(one.calls for one in this.phones)))  # type: ignore[misc]  # mypy knows no such default
        began, at = time.monotonic(), this.ringing()
        this.order("paused", "running")
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 3.0:
            gevent.sleep(0.02)
            if this.ringing() != at:
                at, quiet_since = this.ringing(), time.monotonic()
        figures.setdefault("pause", []).append(max(quiet_since - began, 0.0))
        this.order("stopped", "paused")
        figures.setdefault("stop", []).append(waited(lambda this=this: this.ringing() == 0))  # type: ignore[misc]  # as above
        this.close()
    assert max(figures["start"] + figures["pause"] + figures["stop"]) < 10, "of a machine that stands still"


@pytest.mark.long
@pytest.mark.timeout(900)
def test_drain(stage: Stage, store: Store, figures: dict[str, list[float]]) -> None:
    """From the end of the last call until the campaign is stopped; nobody new was called."""
    for n in range(ROUNDS):
        this = Round(stage, store, 6000 + n * LINES, does=hangs_up)
        waited(lambda this=this: any(one.calls for one in this.phones))  # type: ignore[misc]  # mypy knows no such default
        this.order("draining", "running")
        waited(lambda this=this: this.ringing() == 0)  # type: ignore[misc]  # as above
        over = lambda this=this: store.dial_list.states([this.made.campaign])[this.made.campaign] == "stopped"  # type: ignore[misc]  # noqa: E731 -- as above
        figures.setdefault("drain", []).append(waited(over))
        this.close()
    assert max(figures["drain"]) < 10, "of a machine that stands still"


def until(go: Event, *, answers: bool) -> Does:
    """Talks, or lets it ring, until it is time to go."""

    def does(callee: ScriptedCallee) -> None:
        callee.ring()
        if answers:
            callee.answer()
        gevent.wait([go, callee.hung_up], count=1)
        callee.hang_up() if answers else callee.refuse("NO_ANSWER")

    return does


@pytest.mark.long
@pytest.mark.timeout(900)
def test_by_command_under_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From another process, with twenty calls up and others being dialled all the time."""
    dial, names = "user/{number}", [f"orders{n}" for n in range(COMMANDED)]
    write_flow(tmp_path)
    write_installation(tmp_path, dial, names)
    store = store_at(tmp_path / "ivr.sqlite3")
    settings = Settings(
        home=tmp_path,
        database=DatabaseSettings(url=f"sqlite:///{tmp_path}/ivr.sqlite3"),
        prompts=tmp_path.parent / "prompts",
        speech=SpeechSettings(engine="none", prepare=False),
        campaigns=CampaignSettings(trunks=(trunk(dial),)),
    )
    figures: dict[str, list[float]] = {}
    with Stage(settings, clock=Clock(begins=next_morning())) as stage:
        stage.server.rooms.voice.wait_warm()
        campaigning = stage.server.campaigning
        assert campaigning is not None
        leaving = Leaving.of(campaigning.line, monkeypatch)
        for n, name in enumerate(names):
            made = crowd(store, name, n * 2000)
            go = Event()
            doings = dict.fromkeys(range(TALK), until(go, answers=True))
            doings |= dict.fromkeys(range(TALK, TALK + RING), until(go, answers=False))
            phones = [
                # Whoever rang for a campaign that was stopped is called again.
                Telephone(stage.switch.addresses.lines, made.numbers[place][0], *[does] * 4)  # type: ignore[union-attr]  # it is up
                for place, does in doings.items()
            ]
            all_orders(Watched(tmp_path, store, made, name, leaving, figures), go.set)
            stage.wait_until_idle()
            for phone in phones:
                phone.close()
    store.close()
    told(figures)
    obeyed = [max(seconds) for what, seconds in figures.items() if "→" in what]
    assert max(obeyed) < 10, "of a machine that stands still"
