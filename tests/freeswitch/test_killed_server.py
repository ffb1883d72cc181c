"""`kill -9` of `ivr serve` at random instants of a call: the caller reaches people, the record is kept."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import gevent
import pytest

from data.records import SERVER_LOST, CallRecord
from data.seeds import DEMO_PIN, demo_customers
from data.store import Store
from ivr.config import Settings
from ivr.switch_settings import TelephoneSettings
from tests.calls.conftest import settings_in
from tests.commands import ivr
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.harness import FreeSwitch, freeswitch, taps, wait_until
from tests.freeswitch.leg import CallRefused, Frame, Leg
from tests.freeswitch.product import ServerProcess, beside, configuration, on_free_port
from tests.freeswitch.sound import strength, tone
from tests.freeswitch.telephone import telephone
from tests.models import need_model

pytestmark = pytest.mark.freeswitch

KEYS = ((2.5, "1"), (3.5, demo_customers()[1].customer_number), (5.5, DEMO_PIN), (11.0, "2"))
"""Seconds after the answer, and what is keyed: balance, customer number, PIN, nothing else."""
WRITTEN_WITHIN = 0.5
"""Seconds after which a call that was answered must have its record: it is written beside the call."""
RINGING = 425
"""Hertz of what callers hear who wait in the fallback queue."""
PATIENCE = 60.0
"""Seconds: longer than any machine is busy. What took how long is measured and told, not demanded."""


@dataclass
class Scene:
    switch: FreeSwitch
    settings: Settings
    server: ServerProcess
    store: Store


@contextmanager
def scene_in(
    folder: Path, engine: str = "none", agents: tuple[TelephoneSettings, ...] = ()
) -> Iterator[Scene]:
    """A FreeSWITCH as the settings want it, a database with customers, a server that has not started."""
    settings = on_free_port(settings_in(folder, engine=engine))
    freeswitch_settings = settings.freeswitch.model_copy(update={"agents": agents})
    settings = settings.model_copy(update={"freeswitch": freeswitch_settings})
    store = Store(settings.database_url)
    try:
        with freeswitch(configuration(settings)) as switch:
            settings = beside(settings, switch)
            server = ServerProcess(settings, folder / "serve.log")
            try:
                yield Scene(switch, settings, server, store)
            finally:
                server.kill()
    finally:
        store.close()


def waiting(switch: FreeSwitch) -> int:
    """Callers in the fallback queue."""
    table = switch.api("callcenter_config queue list members agents@ivr")
    return len(re.findall(r"\|Waiting\||\|Trying\|", table))


def play(leg: Leg, target: str) -> None:
    """A caller who keys their way to the balance and says good-bye."""
    try:
        leg.call(target, [], seconds=30)
    except (CallRefused, TimeoutError):
        return
    answered = time.monotonic()
    for after, keys in KEYS:
        if leg.over.wait(max(0.0, answered + after - time.monotonic())):
            return
        leg.press(keys)


def record_of(store: Store, number: str) -> CallRecord | None:
    found = [one for one in store.calls.latest(200) if one.caller_number == number]
    assert len(found) <= 1, "one call, one record"
    return found[0] if found else None


def whole_call(scene: Scene, number: str) -> float:
    """One call that nobody disturbs; its seconds."""
    scene.server.start()
    with telephone(scene.switch.sip, number) as phone:
        leg = phone.dial("9100")
        began = time.monotonic()
        playing = gevent.spawn(play, leg, f"sip:9100@{scene.switch.sip[0]}:{scene.switch.sip[1]}")
        leg.wait_over(60)
        lasted = time.monotonic() - began
        playing.kill()
    wait_until(
        lambda: (one := record_of(scene.store, number)) is not None and one.finished, PATIENCE, "its record"
    )
    record = record_of(scene.store, number)
    assert record is not None
    assert (record.outcome, record.ended_by, record.hangup_cause) == (
        "balance_told",
        "system",
        "NORMAL_CLEARING",
    )
    return lasted


@dataclass(frozen=True)
class Kill:
    """A call whose server was killed. Had it been answered for long enough to be on record; how many seconds
    after the kill did its caller wait in the fallback queue (None: the server had just said good-bye)?"""

    on_record: bool
    landed_after: float | None


def killed_call(scene: Scene, number: str, instant: float) -> Kill | None:
    """A call whose server is killed `instant` seconds after the caller has dialled. None if that call was
    over before, and nobody was killed: no two calls of a busy machine last equally long."""
    switch = scene.switch
    with telephone(switch.sip, number) as phone:
        leg = phone.dial("9100")
        dialled = time.monotonic()
        playing = gevent.spawn(play, leg, f"sip:9100@{switch.sip[0]}:{switch.sip[1]}")
        answered_at = time.monotonic() if leg.answered.wait(instant) else None
        over = leg.over.wait(max(0.0, dialled + instant - time.monotonic()))
        kill = None if over else kill_under(scene, leg, number, answered_at)
        playing.kill()
    wait_until(lambda: switch.channels() == 0, PATIENCE, "no channel left")
    wait_until(lambda: "\n0 session(s) - peak" in switch.api("status"), PATIENCE, "no session left")
    return kill


def kill_under(scene: Scene, leg: Leg, number: str, answered_at: float | None) -> Kill:
    """Kills the server of the caller, who has to land in the fallback queue and to hear it."""
    switch, killed_at = scene.switch, time.monotonic()
    scene.server.kill()
    on_record = answered_at is not None and killed_at - answered_at > WRITTEN_WITHIN
    landed = f"the caller {number} in the fallback queue"
    wait_until(lambda: waiting(switch) == 1 or leg.over.is_set(), PATIENCE, landed)
    if leg.over.is_set():
        return Kill(on_record, None)
    landed_after = time.monotonic() - killed_at
    wait_until(lambda: not taps(switch.pid), PATIENCE, "no live audio that goes on")
    began = len(leg.heard)
    leg.wait_heard(lambda heard: ringing(b"".join(frame.samples for frame in heard[began:])), PATIENCE)
    assert not leg.over.is_set()
    leg.hang_up()
    return Kill(on_record, landed_after)


def ringing(samples: bytes) -> bool:
    """Half a second of the tone that callers hear who wait."""
    return len(samples) >= 8000 and strength(samples[-8000:], RINGING) > 0.5


@dataclass
class Toll:
    """What became of the records, counted, and after how many seconds each caller had landed."""

    endings: Counter[str] = field(default_factory=Counter)
    landed_after: list[float] = field(default_factory=list)


def killed_at(folder: Path, kills: int, seed: int, engine: str) -> Toll:
    """Kills the server under `kills` calls, each at an instant between the first packet of the call and its
    end. Each next start has to complete the record."""
    order, toll = random.Random(seed), Toll()
    with scene_in(folder, engine) as scene:
        lasts = whole_call(scene, "34600000000")
        for number in range(1, 3 * kills):
            if len(toll.landed_after) == kills:
                break
            caller, instant = f"34600{number:06}", order.uniform(0, lasts * 0.98)
            kill = killed_call(scene, caller, instant)
            if kill is None:
                continue
            left = record_of(scene.store, caller)
            assert left is not None or not kill.on_record, f"no record of a call killed after {instant:.2f} s"
            if kill.landed_after is None:
                # It was killed between its hang-up and the record of it: good-bye is the last thing said.
                assert left is not None, f"no record of a call that ended itself after {instant:.2f} s"
                assert left.turns[-1].flow == "goodbye", f"hung up in mid-call, after {instant:.2f} s"
            else:
                toll.landed_after.append(kill.landed_after)
            scene.server.start()
            toll.endings[completed(record_of(scene.store, caller))] += 1
        assert all(one.finished for one in scene.store.calls.latest(200))
    assert len(toll.landed_after) == kills, "most calls were over before their server was killed"
    return toll


def completed(record: CallRecord | None) -> str:
    """How a call ends whose server was killed, after the server's next start."""
    if record is None:
        return "killed before the record was begun"
    assert record.finished, f"still open after the next start: {record}"
    assert record.ended_at is not None
    assert record.ended_at >= record.started_at
    if record.hangup_cause == SERVER_LOST:
        assert record.ended_by == "unknown"
    return str(record.hangup_cause)


def kills_reach_people(folder: Path, kills: int, engine: str = "none") -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"\nseed {seed}")
    toll = killed_at(folder, kills, seed, engine)
    landed = sorted(toll.landed_after)
    print(f"{kills} kills, {kills} callers in the fallback queue, no channel left; {dict(toll.endings)}")
    print(f"in the queue after {landed[len(landed) // 2]:.2f} s (median), {landed[-1]:.2f} s (longest)")
    assert toll.endings[SERVER_LOST] >= kills // 2


def test_a_killed_server_loses_neither_the_caller_nor_the_record(tmp_path: Path) -> None:
    """A sample of the next one."""
    need_freeswitch()
    kills_reach_people(tmp_path, 2)


def test_an_agent_who_is_in_takes_the_caller_of_a_killed_server(tmp_path: Path) -> None:
    """A telephone of `freeswitch.agents` as `init` generates it: `ivr agent in`, and the fallback queue is
    served by its agent, with sound both ways, although no server lives."""
    need_freeswitch()
    staffed = (TelephoneSettings(name="1001", queues=("agents",)),)
    with scene_in(tmp_path, agents=staffed) as scene:
        switch = scene.switch
        settings = tmp_path / "ivr.yaml"
        own = 'freeswitch: {agents: [{name: "1001", queues: [agents]}]}\n'
        settings.write_text(settings.read_text() + own)
        scene.server.start()
        with (
            telephone(switch.sip, "1001", password=switch.secret("agent-1001")) as desk,
            telephone(switch.sip, "34600111222") as phone,
        ):
            assert desk.register() == 200
            done = ivr(tmp_path, "agent", "in", "1001", IVR_DATABASE__URL=scene.settings.database_url)
            assert done.returncode == 0, done.stderr
            leg = phone.dial("9100")
            target = f"sip:9100@{switch.sip[0]}:{switch.sip[1]}"
            calling = gevent.spawn(leg.call, target, [], seconds=30)
            assert leg.answered.wait(10)
            scene.server.kill()
            ringing = desk.called(20)
            ringing.ring()
            ringing.answer()
            leg.say(tone(700, 1.0))
            ringing.say(tone(1100, 1.0))
            ringing.wait_heard(lambda heard: sounds(heard, 700), 8)
            leg.wait_heard(lambda heard: sounds(heard, 1100), 8)
            leg.hang_up()
            calling.join(5)
        wait_until(lambda: switch.channels() == 0, 5, "no channel left")


def sounds(heard: Sequence[Frame], hertz: float) -> bool:
    """Whether its last quarter of a second is that tone."""
    samples = b"".join(frame.samples for frame in heard)[-4000:]
    return len(samples) == 4000 and strength(samples, hertz) > 0.5


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("engine", ["none", "whisper"])
def test_fifty_kills(tmp_path: Path, engine: str) -> None:
    """At 50 random instants of a call: the fallback every time, no zombie channel, every record completed,
    no live audio that goes on. With a recogniser, each question is listened to: live audio is on."""
    need_freeswitch()
    if engine == "whisper":
        need_model("whisper-base")
    kills_reach_people(tmp_path, 50, engine)
