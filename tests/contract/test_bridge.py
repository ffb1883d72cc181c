"""Calls that the switch makes: a caller is connected with somebody, or somebody is called."""

from __future__ import annotations

import pytest

from tests.contract.bridged import FAILURES, MOST_OF_IT, Line, answered, dial, hear
from tests.contract.place import (
    ALMOST_ALL,
    arrived,
    in_a_row,
    loudness,
    pause,
)
from tests.embedded.sound import read_stereo
from tests.freeswitch.harness import wait_until
from tests.freeswitch.sound import noise
from tests.freeswitch.sound import place as position


def test_both_hear_each_other_and_their_keys(line: Line) -> None:
    """Sound and keys, both ways; who hangs up first ends it for both."""
    callee = line.place.callee("34600333444")
    line.set("hangup_after_bridge", "true")
    line.bridge(callee.dial)
    answered(callee)
    line.next("CHANNEL_BRIDGE")
    pause(0.3)
    said, replied = noise(0.6, seed=1), noise(0.6, seed=2)
    outs = [line.caller.say(said), callee.say(replied)]
    assert all(out.wait(5) for out in outs)
    pause(0.4)
    assert arrived(said, b"".join(frame.samples for frame in list(callee.heard))) > ALMOST_ALL
    assert arrived(replied, in_a_row(line.caller)) > ALMOST_ALL
    line.caller.press("5")
    assert line.next("DTMF", DTMF_Digit="5")["Unique-ID"] == line.uuid
    callee.press("7")
    assert line.next("DTMF", DTMF_Digit="7")["Unique-ID"] != line.uuid
    wait_until(lambda: "5" in callee.keys, 3, "the caller's key at the callee's ear")
    callee.hang_up()
    assert line.caller.over.wait(3)
    about = line.bridged()
    assert [about[f"variable_{name}"] for name in RESULTS] == ["SUCCESS", "SUCCESS", "NORMAL_CLEARING"]
    assert about["variable_last_bridge_hangup_cause"] == "NORMAL_CLEARING"
    line.both_over()
    together = ["OUTGOING B", "CREATE B", "ORIGINATE B", "PROGRESS B", "ANSWER B", "BRIDGE A", "HANGUP B"]
    assert line.order()[: len(together)] == together
    assert line.order_of("B")[-2:] == ["HANGUP", "HANGUP_COMPLETE"]
    assert line.order_of("A") == ["BRIDGE", "UNBRIDGE", "HANGUP", "HANGUP_COMPLETE"]


RESULTS = ("originate_disposition", "DIALSTATUS", "bridge_hangup_cause")


def test_the_caller_hangs_up(line: Line) -> None:
    """The callee's telephone hears it, and A's end is told after B's."""
    callee = line.place.callee("34600333444")
    line.bridge(callee.dial)
    answered(callee)
    line.next("CHANNEL_BRIDGE")
    pause(0.3)
    line.caller.hang_up()
    assert callee.over.wait(3)
    about = line.bridged()
    assert about["variable_last_bridge_role"] == "originator"
    line.both_over()
    assert line.order().index("HANGUP A") < line.order().index("HANGUP_COMPLETE B")
    assert line.order_of("A")[-3:] == ["HANGUP", "UNBRIDGE", "HANGUP_COMPLETE"]
    assert line.order_of("B")[-2:] == ["HANGUP", "HANGUP_COMPLETE"]


@pytest.mark.parametrize("cause", FAILURES)
def test_refused(line: Line, cause: str) -> None:
    """The variables say why; with `continue_on_fail` the caller is still ours."""
    callee = line.place.callee("34600333444")
    line.set("continue_on_fail", "true")
    line.bridge(callee.dial)
    callee.wait_for_call()
    callee.refuse(cause)
    about = line.bridged()
    assert about["Answer-State"] == "answered"
    names = ("originate_disposition", "DIALSTATUS", "originate_failed_cause", "last_bridge_hangup_cause")
    assert [about[f"variable_{name}"] for name in names] == [cause, FAILURES[cause], cause, cause]
    assert not line.caller.over.is_set()


def test_refused_and_not_allowed_to_go_on(line: Line) -> None:
    """Without it, the caller's leg ends with the callee's cause."""
    callee = line.place.callee("34600333444")
    line.set("continue_on_fail", "false")
    line.bridge(callee.dial)
    callee.wait_for_call()
    callee.refuse("USER_BUSY")
    assert line.caller.over.wait(3)
    assert line.next("CHANNEL_HANGUP_COMPLETE", Unique_ID=line.uuid)["Hangup-Cause"] == "USER_BUSY"


def test_nobody_answers(line: Line) -> None:
    """`originate_timeout`: the callee's telephone stops ringing; no answer is always a reason to go on."""
    callee = line.place.callee("34600333444")
    line.bridge(f"{{originate_timeout=1}}{callee.dial}")
    callee.wait_for_call()
    callee.ring()
    about = line.bridged()
    assert [about[f"variable_{name}"] for name in RESULTS[:2]] == ["NO_ANSWER", "NOANSWER"]
    assert callee.over.wait(3)
    assert not line.caller.over.is_set()


def test_the_caller_gives_up_while_it_rings(line: Line) -> None:
    """ORIGINATOR_CANCEL, and the callee's telephone is quiet."""
    callee = line.place.callee("34600333444")
    line.bridge(callee.dial)
    callee.wait_for_call()
    callee.ring()
    line.next("CHANNEL_PROGRESS")
    line.caller.hang_up()
    assert callee.over.wait(3)
    assert line.bridged()["variable_DIALSTATUS"] == "CANCEL"


def test_at_once(line: Line) -> None:
    """The first to answer wins, and the other loses the race."""
    slow, quick = line.place.callee("34600333444"), line.place.callee("34600333555")
    line.bridge(f"{slow.dial},{quick.dial}")
    slow.wait_for_call()
    slow.ring()
    answered(quick)
    about = line.next("CHANNEL_BRIDGE")
    assert about["Other-Leg-Destination-Number"] == "34600333555"
    causes = about["variable_originate_causes"].removeprefix("ARRAY::").split("|:")
    assert [cause.partition(";")[2] for cause in causes] == ["LOSE_RACE", "NONE"]
    assert slow.over.wait(3)


def test_one_after_the_other(line: Line) -> None:
    """`|`: the second is called when the first has refused."""
    first, second = line.place.callee("34600333444"), line.place.callee("34600333555")
    line.bridge(f"{first.dial}|{second.dial}")
    first.wait_for_call()
    first.refuse("USER_BUSY")
    answered(second)
    causes = line.next("CHANNEL_BRIDGE")["variable_originate_causes"].removeprefix("ARRAY::").split("|:")
    assert [cause.partition(";")[2] for cause in causes] == ["USER_BUSY", "NONE"]


def test_a_recording_holds_both_sides(line: Line) -> None:
    """Stereo, of the caller's leg: the caller left, whom they talk with right."""
    callee, file = line.place.callee("34600333444"), line.place.folder / "bridged.wav"
    line.set("RECORD_STEREO", "true")
    assert line.place.api(f"uuid_record {line.uuid} start {file}").startswith("+OK")
    line.bridge(callee.dial)
    answered(callee)
    line.next("CHANNEL_BRIDGE")
    pause(0.3)
    said, replied = noise(0.5, seed=1), noise(0.5, seed=2)
    outs = [line.caller.say(said), callee.say(replied)]
    assert all(out.wait(5) for out in outs)
    pause(0.4)
    line.caller.hang_up()
    line.next("CHANNEL_HANGUP_COMPLETE", Unique_ID=line.uuid)
    left, right = read_stereo(file)
    assert arrived(said, left) > ALMOST_ALL
    assert arrived(replied, right) > ALMOST_ALL
    file.unlink()


def test_a_supervisor_listens_and_whispers(line: Line) -> None:
    """Hears both; what is said after key 2 is heard by the caller, and not by the callee."""
    agent, supervisor = line.place.callee("34600333444"), line.place.callee("34600333555")
    line.bridge(agent.dial)
    answered(agent)
    line.next("CHANNEL_BRIDGE")
    result = dial(line.esl, line.place, f"{supervisor.dial} &eavesdrop({line.uuid})", "dial-s")
    answered(supervisor)
    assert result() == "+OK dial-s"
    pause(0.5)
    said, replied, whispered = (noise(0.5, seed=seed) for seed in (1, 2, 3))
    assert line.caller.say(said).wait(5)
    assert agent.say(replied).wait(5)
    supervisor.press("2")
    pause(0.3)
    assert supervisor.say(whispered).wait(5)
    pause(0.5)
    assert hear(supervisor, said) > MOST_OF_IT
    assert hear(supervisor, replied) > MOST_OF_IT
    assert hear(line.caller, whispered) > MOST_OF_IT
    heard = b"".join(frame.samples for frame in list(agent.heard))
    assert position(whispered[:8000], heard)[1] < 0.5
    line.caller.hang_up()
    assert supervisor.over.wait(5)
    assert loudness(heard) > 0
