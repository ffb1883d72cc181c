"""A campaign on a real FreeSWITCH, over SIP: the same endings as on the embedded switch."""

from __future__ import annotations

import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import gevent
import pytest

from data.store import Store
from ivr.campaigns.dialling.settings import CampaignSettings, TrunkSettings
from ivr.config import DatabaseSettings, Settings, SpeechSettings
from tests.campaigns.dialling.callees import write_flow
from tests.campaigns.dialling.paper import World, campaign_of, numbers_of, people_in
from tests.databases import store_at
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.harness import find_sipp, free_port, freeswitch, wait_until
from tests.freeswitch.leg import Leg
from tests.freeswitch.product import ProductStage, beside, configuration, on_free_port
from tests.freeswitch.telephone import Telephone, telephone

pytestmark = [pytest.mark.freeswitch, pytest.mark.timeout(180)]

MANY = 50


@dataclass
class Place:
    """A server that dials for campaigns, by a trunk to one telephone and by one to SIPp."""

    stage: ProductStage
    store: Store
    telephone: Telephone
    sipp_port: int
    _made: Iterator[int] = field(default_factory=lambda: count(0, 1000))
    """A test that is run again calls others."""

    def campaign(self, people: int, *, first: int, trunk: str) -> World:
        first += next(self._made)
        numbers = tuple(numbers_of(first + n) for n in range(people))
        ids = people_in(self.store, numbers)
        now = self.stage.server.rooms.records.clock.utc()
        flow: dict[str, Any] = {"flow": "reminder", "trunk": trunk, "attempts": 1, "ring": 20}
        return campaign_of(self.store, ids, numbers, name=f"{trunk}{first}", at=now, **flow)

    def entries(self, made: World) -> list[str]:
        """How the last attempt to each ended; empty while it has not."""
        entries = [made.entry(self.store, n) for n in range(len(made.people))]
        return [one.result if one.state not in ("claimed", "dialled") else "" for one in entries]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    need_freeswitch()
    folder = tmp_path_factory.mktemp("campaign")
    write_flow(folder)
    store_at(folder / "ivr.sqlite3").close()
    settings = on_free_port(
        Settings(
            home=folder,
            database=DatabaseSettings(url=f"sqlite:///{folder}/ivr.sqlite3"),
            prompts=folder.parent / "prompts",
            speech=SpeechSettings(engine="none"),
        )
    )
    with freeswitch(configuration(settings)) as switch, telephone(switch.sip, "34930000000") as everybody:
        port = free_port()
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        silent.bind(("127.0.0.1", 0))
        trunks = (
            TrunkSettings(name="telephone", dial=f"sofia/ivr/{{digits}}@{everybody.host}:{everybody.port}"),
            TrunkSettings(name="dead", dial=f"sofia/ivr/{{digits}}@127.0.0.1:{silent.getsockname()[1]}"),
            TrunkSettings(name="closed", dial=f"sofia/ivr/{{digits}}@127.0.0.1:{free_port()}"),
            TrunkSettings(
                name="crowd", dial=f"sofia/ivr/{{digits}}@127.0.0.1:{port}", channels=20, calls_per_second=10
            ),
        )
        settings = settings.model_copy(update={"campaigns": CampaignSettings(trunks=trunks)})
        stage = ProductStage(beside(settings, switch))
        stage.server.start()
        store = Store(settings.database_url)
        try:
            stage.server.rooms.voice.wait_warm()
            yield Place(stage, store, everybody, port)
        finally:
            stage.server.stop(1.0)
            store.close()
            silent.close()


def test_four_people(place: Place) -> None:
    """One answers and presses a key, one is busy, one is none, and for one the trunk is not let out (403)."""
    statuses = {"1": 486, "2": 404, "3": 403}

    def lived(leg: Leg) -> None:
        assert leg.invite is not None
        number = leg.invite.start.split(":")[1].split("@")[0]
        if number[-1] in statuses:
            leg.refuse(statuses[number[-1]])
            return
        leg.ring()
        leg.answer()
        leg.wait_heard(lambda heard: any(any(frame.samples) for frame in heard), 30)
        leg.press("1")
        leg.over.wait(60)

    def everybody() -> None:
        while True:
            gevent.spawn(lived, place.telephone.called(170))

    living = gevent.spawn(everybody)
    made = place.campaign(4, first=500, trunk="telephone")
    wait_until(lambda: all(place.entries(made)), 120, "not everybody was called")
    living.kill()
    assert place.entries(made) == ["answered", "busy", "invalid", "trunk"]
    (attempt,) = place.store.dial_attempts.of_entry(made.entry(place.store, 0))
    assert (attempt.outcome, attempt.cause) == ("told", "NORMAL_CLEARING")
    assert made.entry(place.store, 3).tries == 0, "the trunk's refusal is nobody's attempt"
    place.store.dial_list.set_state(
        made.campaign, "stopped", before=("running",), at=attempt.dialled_at, by="t"
    )


@pytest.mark.parametrize("trunk", ["dead", "closed"])
def test_a_trunk_that_does_not_answer_burns_nothing(place: Place, trunk: str) -> None:
    """Neither one that takes everything in silence, nor one where nobody listens: nobody's attempt is used
    up, and after five calls it rests."""
    made = place.campaign(6, first=700 if trunk == "dead" else 720, trunk=trunk)

    def rests() -> bool:
        now = place.stage.server.rooms.records.clock.utc()
        return place.store.trunks.rests_until(trunk, at=now) is not None

    wait_until(rests, 90, "the trunk does not rest")
    entries = [made.entry(place.store, n) for n in range(6)]
    now = place.stage.server.rooms.records.clock.utc()
    place.store.dial_list.set_state(made.campaign, "stopped", before=("running",), at=now, by="t")
    attempts = [one for entry in entries for one in place.store.dial_attempts.of_entry(entry)]
    assert {one.result for one in attempts if one.ended_at} == {"congestion"}
    assert {one.tries for one in entries if one.state == "waiting"} <= {0}


@pytest.mark.long
def test_fifty_by_sipp(place: Place, tmp_path: Path) -> None:
    """Each is called once, hears the flow, says nothing, and is let go."""
    sipp = find_sipp()
    if sipp is None:
        pytest.skip("SIPp is not installed: put `sipp` on PATH (Debian: sip-tester)")
    answering = [str(sipp), "-sn", "uas", "-i", "127.0.0.1", "-p", str(place.sipp_port), "-nostdin"]
    with subprocess.Popen(answering, cwd=tmp_path, stdout=subprocess.DEVNULL) as crowd:
        try:
            made = place.campaign(MANY, first=600, trunk="crowd")
            wait_until(lambda: all(place.entries(made)), 170, "not everybody was called")
        finally:
            crowd.terminate()
            crowd.wait(10)
    assert Counter(place.entries(made)) == {"answered": MANY}
    attempts = [place.store.dial_attempts.of_entry(made.entry(place.store, n)) for n in range(MANY)]
    assert [len(one) for one in attempts] == [1] * MANY
    assert {one[0].outcome for one in attempts} == {"no_reply"}
