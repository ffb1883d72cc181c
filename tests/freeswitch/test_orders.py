"""How long it takes on a real FreeSWITCH until an order is obeyed that is given from another process, with
twenty calls up and others being dialled (`tests/campaigns/dialling/orders.py`, as on the embedded switch)."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from ivr.campaigns.dialling.settings import CampaignSettings
from ivr.clock import Clock
from ivr.config import DatabaseSettings, Settings, SpeechSettings
from tests.campaigns.dialling.callees import write_flow
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
    write_installation,
)
from tests.databases import store_at
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.harness import freeswitch
from tests.freeswitch.product import ProductStage, beside, configuration, on_free_port
from tests.freeswitch.sipp_people import sip_port, sipp_people
from tests.freeswitch.test_many_calls import need_sipp

pytestmark = [pytest.mark.freeswitch, pytest.mark.long, pytest.mark.timeout(900)]

ROUNDS = 2


def test_by_command_under_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start, pause, on again, stop, on again, drain."""
    need_freeswitch()
    need_sipp()
    port, names = sip_port(), [f"orders{n}" for n in range(ROUNDS)]
    dial = f"sofia/ivr/{{digits}}@127.0.0.1:{port}"
    write_flow(tmp_path)
    write_installation(tmp_path, dial, names)
    store = store_at(tmp_path / "ivr.sqlite3")
    settings = on_free_port(
        Settings(
            home=tmp_path,
            database=DatabaseSettings(url=f"sqlite:///{tmp_path}/ivr.sqlite3"),
            prompts=tmp_path.parent / "prompts",
            speech=SpeechSettings(engine="none"),
            campaigns=CampaignSettings(trunks=(trunk(dial),)),
        )
    )
    figures: dict[str, list[float]] = {}
    made = {name: crowd(store, name, n * 2000) for n, name in enumerate(names)}
    numbers = [theirs[0].removeprefix("+") for world in made.values() for theirs in world.numbers]
    talk = [theirs[0].removeprefix("+") for world in made.values() for theirs in world.numbers[:TALK]]
    ring = [
        theirs[0].removeprefix("+") for one in made.values() for theirs in one.numbers[TALK : TALK + RING]
    ]
    with ExitStack() as stack:
        stack.callback(told, figures)  # also those of a run that breaks off
        switch = stack.enter_context(freeswitch(configuration(settings)))
        ear = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        ear.bind(("127.0.0.1", 0))
        audio = dict.fromkeys(numbers, ear.getsockname()[1])
        refuse = dict.fromkeys(set(numbers) - {*talk, *ring}, 486)
        stack.enter_context(sipp_people(tmp_path, port, audio, refuse=refuse, absent=ring))
        had = (tmp_path / "ivr.yaml").read_text()
        stage = ProductStage(beside(settings, switch), clock=Clock(begins=next_morning()))
        (tmp_path / "ivr.yaml").write_text(had)  # what the command reads
        stage.server.start()
        stack.callback(stage.server.stop, 1.0)
        stage.server.rooms.voice.wait_warm()
        campaigning = stage.server.campaigning
        assert campaigning is not None
        leaving = Leaving.of(campaigning.line, monkeypatch)
        for name in names:
            watched = Watched(tmp_path, store, made[name], name, leaving, figures)
            all_orders(watched, lambda: switch.api("hupall"))
            stage.wait_until_idle(switch)
    store.close()
    obeyed = [max(seconds) for what, seconds in figures.items() if "→" in what]
    assert max(obeyed) < 10, "of a machine that stands still"
