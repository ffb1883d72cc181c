"""Legs that are brought together, transferred and listened to by `uuid_…`, and what is told of them."""

from __future__ import annotations

from pathlib import Path

import gevent
import numpy as np
import pytest

from tests.embedded.bridge_desk import DEADLINE, answered, desk
from tests.embedded.sound import counting

__all__ = ["desk"]


def test_uuid_bridge_and_transfer_of_both(desk, call) -> None:
    """Two legs that were apart talk; then both are sent to an extension."""
    here = desk(
        extensions=[
            {"destination": "9100", "actions": [["answer"], ["park"]]},
            {"destination": "9200", "actions": [["playback", "tone_stream://%(5000,0,440)"]]},
        ]
    )
    callee = here.callee("1001")
    caller = call(here.switch)
    placing = gevent.spawn(here.client.ask, "api originate {origination_uuid=dial-b}user/1001 &park()")
    answered(callee)
    assert placing.get().body == b"+OK dial-b\n"
    assert here.client.ask(f"api uuid_bridge {caller.uuid} dial-b").body == b"+OK dial-b\n"
    here.client.wait_for("CHANNEL_BRIDGE")
    caller.speak(counting(20))
    callee.speak(counting(20, start=5000))
    caller.silent(0.2)
    assert counting(20) in callee.heard
    assert counting(20, start=5000) in caller.heard
    assert here.client.ask(f"api uuid_transfer {caller.uuid} -both 9200").body == b"+OK\n"
    here.client.wait_for("CHANNEL_UNBRIDGE")
    for telephone in (caller, callee):
        telephone.wait_for_sound(DEADLINE)
    assert not caller.hung_up.is_set()
    assert not callee.hung_up.is_set()


@pytest.mark.parametrize("whose", ["-bleg", ""])
def test_transfer_of_one(desk, call, whose: str) -> None:
    """The one goes to the extension; a callee who stays is hung up, a caller's dialplan goes on."""
    here = desk(
        extensions=[
            {
                "destination": "9100",
                "actions": [["answer"], ["bridge", "user/1001"], ["hangup", "USER_BUSY"]],
            },
            {"destination": "9200", "actions": [["playback", "tone_stream://%(5000,0,440)"]]},
        ]
    )
    callee = here.callee("1001")
    caller = call(here.switch)
    answered(callee)
    here.client.wait_for("CHANNEL_BRIDGE")
    assert here.client.ask(f"api uuid_transfer {caller.uuid} {whose} 9200").body == b"+OK\n"
    goes, stays = (callee, caller) if whose else (caller, callee)
    assert stays.wait_hangup(DEADLINE) == ("USER_BUSY" if whose else "NORMAL_CLEARING")
    goes.wait_for_sound(DEADLINE)


def test_uuid_bridge_of_what_is_not_there(desk) -> None:
    """Refused with the real switch's words."""
    here = desk()
    assert here.client.ask("api uuid_bridge a b").body == b"-ERR Invalid uuid\n"


def test_a_supervisor_listens_and_whispers(desk, call, tmp_path: Path) -> None:
    """Hears both sides; with 2 is heard by the caller only, with 1 by the agent, with 3 by both; and the
    recording holds none of it."""
    file = tmp_path / "call.wav"
    here = desk(["answer"], ["record_session", str(file)], ["bridge", "user/1001"])
    agent, supervisor = here.callee("1001"), here.callee("1099")
    caller = call(here.switch)
    answered(agent)
    here.client.wait_for("CHANNEL_BRIDGE")
    placing = gevent.spawn(here.client.ask, f"api originate user/1099 &eavesdrop({caller.uuid})")
    answered(supervisor)
    placing.get()
    caller.speak(counting(20))
    agent.speak(counting(20, start=3000))
    agent.silent(0.2)
    assert counting(20) in supervisor.heard
    assert counting(20, start=3000) in supervisor.heard
    heard_by = {}
    for key, start in (("2", 5000), ("1", 7000), ("3", 9000), ("0", 11000)):
        supervisor.key(key)
        supervisor.speak(counting(10, start=start))
        supervisor.silent(0.2)
        heard_by[key] = [
            name
            for name, one in (("caller", caller), ("agent", agent))
            if counting(10, start=start) in one.heard
        ]
    assert heard_by == {"2": ["caller"], "1": ["agent"], "3": ["caller", "agent"], "0": []}
    caller.hang_up()
    assert supervisor.wait_hangup(DEADLINE) == "NORMAL_CLEARING"
    here.client.wait_for("CHANNEL_HANGUP_COMPLETE", Call_Direction="inbound")
    loudest = int(np.abs(np.frombuffer(file.read_bytes()[44:], "<i2").astype(int)).max())
    assert loudest == 3019


def test_nobody_is_left_after_many(desk, call) -> None:
    """Sixteen conversations, ended by either side at different instants: no leg, no greenlet's trace."""
    here = desk(
        ["answer"],
        ["bridge", "user/1001"],
        calls_per_second=200,
        callees=[{"number": "1001", "lines": 99, "answers_after": 0.2, "talks_for": 1.0, "voice": "x.wav"}],
    )
    callers = [call(here.switch) for _ in range(16)]
    for place, caller in enumerate(callers[::2]):
        caller.silent(0.01 * place)
        caller.hang_up()
    for caller in callers[1::2]:
        assert caller.wait_hangup(DEADLINE) == "NORMAL_CLEARING"
    here.client.wait_for("CHANNEL_DESTROY", count=1)
    here.clock.sleep(1.0)
    assert here.switch.sessions == {}
    assert here.switch.callees.find("1001", codecs=("PCMU",))


def test_a_name_without_end_is_shown_harmlessly(desk, call) -> None:
    """What a caller chooses neither breaks the callee's line nor fills their telephone."""
    here = desk(["bridge", "{sip_h_X-Note=short}user/1001"])
    callee = here.callee("1001")
    call(here.switch, name="\x01" * 3_000, number="3" * 3_000)
    invitation = callee.wait_for_call()
    assert (len(invitation.name), len(invitation.number)) == (256, 256)
    assert invitation.variables == {"sip_h_X-Note": "short"}


def test_the_end_is_told_at_once(desk, call) -> None:
    """Nobody waits out a deadline: UNBRIDGE follows the callee's hang-up within a tick."""
    here = desk(["answer"], ["bridge", "user/1001"])
    callee = here.callee("1001")
    caller = call(here.switch)
    answered(callee)
    here.client.wait_for("CHANNEL_BRIDGE")
    caller.silent(0.3)
    callee.hang_up()
    stamps = {
        kind: int(here.client.wait_for(kind, **which).about["Event-Date-Timestamp"])
        for kind, which in (("CHANNEL_HANGUP", {"Call_Direction": "outbound"}), ("CHANNEL_UNBRIDGE", {}))
    }
    assert stamps["CHANNEL_UNBRIDGE"] - stamps["CHANNEL_HANGUP"] <= 20_000


def test_what_is_not_there_is_told(desk, call, caplog: pytest.LogCaptureFixture) -> None:
    """A variable that would change the call, and is not known, does not pass in silence."""
    here = desk(["bridge", "[group_confirm_key=1]user/1001"], callees=[{"number": "1001", "talks_for": 0.5}])
    assert call(here.switch).wait_hangup(DEADLINE) == "NORMAL_CLEARING"
    assert "group_confirm_key is not in the embedded switch" in caplog.text
