"""Many callers in a queue at once on a real FreeSWITCH, served by SIPp's telephones with sound both ways.

Who talked with whom is told four times, and must be the same: by the sound at both ears (`voices`), by the
INVITE at the agent's telephone, by the contacts and the stays of the database, and by the calls' records.
"""

from __future__ import annotations

import audioop
import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gevent
import numpy as np
import pytest

from data.records import CallRecord, Contact
from ivr.agents.desk import Who
from ivr.config import Settings
from ivr.load.callers import Crowd, SippCaller
from ivr.switch_settings import TelephoneSettings
from tests.calls.conftest import settings_in
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.ears import ears_of
from tests.freeswitch.harness import FreeSwitch, wait_until
from tests.freeswitch.product import ProductStage, product_stage
from tests.freeswitch.sipp_agents import SippAgents, sipp_agents
from tests.freeswitch.telephone import telephone
from tests.freeswitch.test_many_calls import need_sipp
from tests.freeswitch.voices import timbre

pytestmark = [pytest.mark.freeswitch, pytest.mark.timeout(400)]

FLOW = """flow: main
languages: [es]
person: person
steps:
  - id: person
    queue: billing
    busy: {offer: callback, declined: bye}
  - id: bye
    hangup: normal
"""
SUPERVISOR = "1050"
TALKS, TALKS_OF_A_CROWD = 7.0, 11.0
"""Seconds from an agent's answer to their hang-up; the announcement of the caller is some of them, and so is
the time in which a supervisor gets to listen."""
HEARD = 0.9
"""Least share of the frames of a conversation that must arrive: the rest is what a busy machine loses."""


def agents_of(count: int) -> list[str]:
    return [str(1001 + n) for n in range(count)]


def settings_for(folder: Path, agents: int) -> Settings:
    """A queue, its people with a short wrap-up, and a supervisor's telephone."""
    flows = folder / "flows"
    flows.mkdir()
    (flows / "main.flow.yaml").write_text(FLOW, encoding="utf-8")
    (flows / "catalogue.yaml").write_text("queues: [billing]\n", encoding="utf-8")
    people = "".join(f"  {name}: {{queues: [billing], wrap_up: 1}}\n" for name in agents_of(agents))
    queue = "queues: {billing: {strategy: longest-idle-agent, longest_wait: 0}}\nagents:\n"
    (flows / "queues.yaml").write_text(queue + people, encoding="utf-8")
    # Each talk is short and nobody gives an outcome: telephones that are silent look like that.
    (flows / "agents.yaml").write_text("hold_off: {short_talks: 0}\n", encoding="utf-8")
    settings = settings_in(folder, engine="none")
    telephones = [TelephoneSettings(name=name, queues=("billing",)) for name in agents_of(agents)]
    own = settings.freeswitch.model_copy(update={"agents": (*telephones, TelephoneSettings(name=SUPERVISOR))})
    return settings.model_copy(update={"freeswitch": own})


@dataclass(frozen=True)
class Talk:
    """A caller and an agent, as both ears have it."""

    caller: int
    agent: str
    frames: int
    """Those that the ear with fewer has heard."""
    missing: int
    share: float
    """Of the places between the first and the last, the lesser of the two ears."""
    announced: int
    """Frames of the announcement that the agent heard before the caller."""


@dataclass
class Crowded:
    """What there was at the end."""

    crowd: Crowd
    agents: SippAgents
    talks: list[Talk]
    contacts: list[Contact]
    calls: dict[int, CallRecord]
    at_once: int
    """Conversations at the same time, the most that were seen."""
    supervised: float
    seconds: float


def talks_of(report: list[list[dict[str, Any]]], callers: int) -> list[Talk]:
    """Each conversation that both ears tell of; one that only one of them tells of is a failure."""
    by_agent = {
        (int(voice), place): (one, call)
        for place, calls in enumerate(report[callers:], callers)
        for call in calls
        for voice, one in call["heard"].items()
    }
    by_caller = {
        (place, int(voice)): one
        for place, calls in enumerate(report[:callers])
        for call in calls
        for voice, one in call["heard"].items()
    }
    assert by_caller.keys() == by_agent.keys(), "heard on one side only"
    found = []
    for (caller, agent), at_caller in by_caller.items():
        at_agent, _ = by_agent[caller, agent]
        both = (at_caller, at_agent)
        found.append(
            Talk(
                caller=caller,
                agent=agents_of(agent - callers + 1)[-1],
                frames=min(one["frames"] for one in both),
                missing=sum(one["missing"] for one in both),
                share=min(one["frames"] / (one["last"] - one["first"] + 1) for one in both),
                announced=at_agent["after_other"],
            )
        )
    return found


def listen(stage: ProductStage, switch: FreeSwitch, callers: int, agents: int) -> float:
    """A supervisor listens to the first agent who talks: how much clearer the two voices of the conversation
    are in what they hear than anybody else's. 0 would be: they hear nobody."""
    attendance = stage.server.attendance
    assert attendance is not None
    store = stage.server.rooms.store
    with telephone(switch.sip, SUPERVISOR, password=switch.secret(f"agent-{SUPERVISOR}")) as ear:
        assert ear.register() == 200
        talking = [name for name in agents_of(agents) if store.agents.in_hand(name) is not None]
        asking = gevent.spawn(
            attendance.supervision.supervise, "listen", talking[0], SUPERVISOR, by="sup", why="first week"
        )
        ringing = ear.called(15)
        ringing.ring()
        ringing.answer()
        supervised = asking.get(timeout=15)
        call = store.agents.in_hand(talking[0])
        assert call is not None and call.id == supervised.contact.id
        before = len(ringing.heard)
        ringing.wait_heard(lambda heard: len(heard) > before + 75, 10)
        heard = b"".join(one.samples for one in ringing.heard[before:])
        ringing.hang_up()
    record = store.calls.get(call.call_id) if call.call_id else None
    assert record is not None
    pair = {place_of(record), callers + agents_of(agents).index(talking[0])}
    found = {voice: likeness(heard, voice) for voice in range(callers + agents)}
    others = max(likeness for voice, likeness in found.items() if voice not in pair)
    return min(found[voice] for voice in pair) - others


def place_of(record: CallRecord) -> int:
    """Which caller it is: their numbers count from 1."""
    return int(record.caller_number.removeprefix("34600111")) - 1


def likeness(heard: bytes, voice: int) -> float:
    """How much of a mixture is that voice, whose frames all end alike: the best fit within a frame."""
    own = np.frombuffer(audioop.ulaw2lin(bytes([0xFF]) * 17 + timbre(voice), 2), "<i2").astype(float)
    samples = np.frombuffer(heard, "<i2").astype(float)
    folded = samples[: len(samples) // 160 * 160].reshape(-1, 160).mean(axis=0)
    fits = np.fft.irfft(np.fft.rfft(folded) * np.conj(np.fft.rfft(own)), 160)
    return float(fits.max() / (np.linalg.norm(folded) * np.linalg.norm(own) or 1.0))


def play(folder: Path, callers: int, agents: int, talks: float) -> Crowded:
    """`callers` come at once, `agents` serve them, a supervisor listens to one; until all is over and the
    switch is as it was."""
    need_freeswitch()
    need_sipp()
    began = time.monotonic()
    with (
        product_stage(settings_for(folder, agents)) as (stage, switch),
        ears_of("voices", callers + agents) as (ports, process),
        sipp_agents(
            switch, folder, dict(zip(agents_of(agents), ports[callers:], strict=True)), rings=0.5, talks=talks
        ) as telephones,
    ):
        attendance = stage.server.attendance
        assert attendance is not None
        for name in agents_of(agents):
            wait_until(
                lambda name=name: attendance.desk.check_in(name, Who("test", "cli")).on_switch,
                30,
                f"{name} on the switch",
            )
        stage.server.rooms.voice.wait_warm()
        calling = gevent.spawn(
            SippCaller(switch.sip, folder, number="34600111[call_number]").call,
            "9100",
            calls=callers,
            per_second=10,
            patience=90.0,
            audio_ports=ports[:callers],
        )
        busy = lambda: switch.api("callcenter_config agent list").count("|In a queue call|")  # noqa: E731
        wait_until(lambda: busy() == min(callers, agents), 60, "everybody in a conversation")
        at_once = busy()
        supervised = listen(stage, switch, callers, agents)
        crowd = calling.get(timeout=120)
        stage.wait_until_idle(switch)
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        report = json.loads(process.stdout.readline())
        wait_until(lambda: telephones.over >= callers, 10, "the agents' ends")
        as_it_was(stage, switch, agents)
        store = stage.server.rooms.store
        contacts = [one for name in agents_of(agents) for one in store.agents.latest(name, most=2 * callers)]
        records = [store.calls.get(one.call_id) for one in contacts if one.call_id is not None]
        calls = {place_of(one): one for one in records if one is not None}
        stays_are_told(stage, contacts, callers)
        return Crowded(
            crowd,
            telephones,
            talks_of(report, callers),
            contacts,
            calls,
            at_once,
            supervised,
            time.monotonic() - began,
        )


def as_it_was(stage: ProductStage, switch: FreeSwitch, agents: int) -> None:
    """Nobody is stuck: no member, every agent waits for the next one, every tier is ready, no contact is
    open, and the watchdog has found nothing."""
    attendance = stage.server.attendance
    assert attendance is not None
    centre, store = attendance.line.centre, stage.server.rooms.store
    assert centre.members("billing@ivr") == []
    rows = [row for name, row in centre.agents().items() if name.partition("@")[0] in agents_of(agents)]
    assert Counter((row.status, row.state) for row in rows) == {("Available", "Waiting"): agents}
    tiers = {tier.state for (queue, _), tier in centre.tiers().items() if queue == "billing@ivr"}
    assert tiers <= {"Ready", "No Answer"}
    wait_until(lambda: not store.agents.all_in_hand(), 20, "the end of the wrap-ups")
    assert attendance.watchdog.step() == []
    assert store.alerts.repairs() == ()
    assert switch.channels() == 0


def stays_are_told(stage: ProductStage, contacts: list[Contact], callers: int) -> None:
    """The queue's own record: all came, all were answered, by the agent of the contact."""
    store = stage.server.rooms.store
    since = min(one.joined_at for one in contacts)
    day = lambda: store.queue_visits.queue_day("billing", since=since, within=180)  # noqa: E731
    wait_until(lambda: day().answered == callers, 10, "the stays")
    assert (day().offered, day().answered, day().lost) == (callers, callers, 0)
    counts = store.queue_visits.counts(since=since)
    answered = Counter(one.agent for one in contacts if one.result == "answered")
    assert {agent: found[0] for agent, found in counts.items()} == dict(answered)


def all_is_true(done: Crowded, callers: int) -> None:
    """Nobody was lost, everybody was heard on both sides, and every record says what the ears say."""
    assert (done.crowd.succeeded, done.crowd.failed) == (callers, 0)
    assert sorted(one.caller for one in done.talks) == list(range(callers))
    by_sound = {(one.caller, one.agent) for one in done.talks}
    by_contact = {
        (place_of(done.calls[place]), contact.agent)
        for contact in done.contacts
        for place, record in done.calls.items()
        if contact.call_id == record.call_id
    }
    assert by_contact == by_sound
    assert {one.result for one in done.contacts} == {"answered"}
    by_invite = {(one.agent, one.call) for one in done.agents.rang}
    assert by_invite == {(one.agent, str(one.call_id)) for one in done.contacts}
    assert {(one.queue, one.language) for one in done.agents.rang} == {("billing", "es")}
    for record in done.calls.values():
        assert (record.outcome, record.ended_by) == ("handed_over", "agent")
        assert record.recording
    for talk in done.talks:
        assert talk.share >= HEARD, talk
        assert talk.frames >= 100, talk  # two seconds of each other at the very least
        assert talk.announced >= 25, talk  # half a second of the announcement
    assert done.supervised > 0.1  # the two clearest voices of all are those of the conversation
    frames = sum(one.frames for one in done.talks)
    print(
        f"\n{callers} callers, {done.at_once} conversations at once; {frames} frames each way, "
        f"{sum(t.missing for t in done.talks)} missing, worst share {min(t.share for t in done.talks):.3f}; "
        f"announcement {min(t.announced for t in done.talks) / 50:.1f} s at least; supervisor "
        f"{done.supervised:.2f} above anybody else; {done.seconds:.0f} s in all"
    )


def test_four_callers_at_once(tmp_path: Path) -> None:
    """A sample, each with an agent of their own."""
    done = play(tmp_path, 4, 4, TALKS)
    all_is_true(done, 4)
    assert done.at_once == 4


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("agents", [20, 7])
def test_twenty_callers_at_once(tmp_path: Path, agents: int) -> None:
    """Each with an agent of their own, and with fewer agents than callers."""
    done = play(tmp_path, 20, agents, TALKS_OF_A_CROWD)
    all_is_true(done, 20)
    assert done.at_once == agents
