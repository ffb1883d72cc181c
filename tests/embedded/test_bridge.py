"""`bridge` and what belongs to it: two legs that hear each other, and what becomes of both."""

from __future__ import annotations

from pathlib import Path

import pytest

from esl.embedded.caller import ScriptedCaller
from tests.embedded.bridge_desk import DEADLINE, answered, desk
from tests.embedded.sound import counting, read_stereo, write_wav

__all__ = ["desk"]


def test_both_hear_each_other(desk, call) -> None:
    """Every frame of both arrives at the other's ear, once, in order; the answer is the callee's."""
    here = desk(["bridge", "user/1001"])
    callee = here.callee("1001")
    caller: ScriptedCaller = call(here.switch)
    callee.wait_for_call()
    assert not caller.answered.is_set()
    callee.ring()
    caller._wait(caller.ringing.is_set, DEADLINE, "no ringing")
    callee.answer()
    assert caller.wait_for_answer(DEADLINE)
    here.client.wait_for("CHANNEL_BRIDGE")
    said, replied = counting(60), counting(60, start=5000)
    callee.start_speaking(replied)
    caller.speak(said)
    caller.silent(0.4)
    callee.hang_up()
    caller.wait_hangup(DEADLINE)
    assert said in callee.heard
    assert replied in caller.heard


def test_events_when_the_callee_hangs_up(desk, call) -> None:
    """As captured of FreeSWITCH 1.11.2, with `hangup_after_bridge`."""
    here = desk(["answer"], ["set", "hangup_after_bridge=true"], ["bridge", "user/1001"], ["park"])
    callee = here.callee("1001")
    caller = call(here.switch)
    answered(callee)
    here.client.wait_for("CHANNEL_BRIDGE")
    caller.silent(0.3)
    callee.hang_up()
    assert caller.wait_hangup(DEADLINE) == "NORMAL_CLEARING"
    here.client.wait_for("CHANNEL_HANGUP_COMPLETE", Call_Direction="inbound")
    assert here.told(
        "CHANNEL_CREATE",
        "CHANNEL_PROGRESS",
        "CHANNEL_ANSWER",
        "CHANNEL_BRIDGE",
        "CHANNEL_UNBRIDGE",
        "CHANNEL_HANGUP",
        "CHANNEL_HANGUP_COMPLETE",
    ) == [
        "CREATE A",
        "ANSWER A",
        "CREATE B",
        "PROGRESS B",
        "ANSWER B",
        "BRIDGE A",
        "HANGUP B",
        "HANGUP_COMPLETE B",
        "UNBRIDGE A",
        "HANGUP A",
        "HANGUP_COMPLETE A",
    ]
    states = [
        (m.about["Original-Channel-Call-State"], m.about["Channel-Call-State"])
        for m in here.client.received
        if m.kind == "CHANNEL_CALLSTATE" and m.about["Call-Direction"] == "inbound"
    ]
    assert states[:4] == [
        ("DOWN", "RINGING"),
        ("RINGING", "ACTIVE"),
        ("ACTIVE", "RING_WAIT"),
        ("RING_WAIT", "ACTIVE"),
    ]
    about = here.bridged()
    expected = {
        "originate_disposition": "SUCCESS",
        "DIALSTATUS": "SUCCESS",
        "bridge_hangup_cause": "NORMAL_CLEARING",
        "last_bridge_hangup_cause": "NORMAL_CLEARING",
        "last_bridge_proto_specific_hangup_cause": "sip:200",
    }
    assert {name: about[f"variable_{name}"] for name in expected} == expected
    other = here.client.wait_for("CHANNEL_HANGUP_COMPLETE", Call_Direction="outbound").about
    assert other["variable_last_bridge_role"] == "originatee"
    assert other["variable_originator"] == about["Unique-ID"]


def test_when_the_caller_hangs_up(desk, call) -> None:
    """The callee's leg ends with it, and before it."""
    here = desk(["answer"], ["bridge", "user/1001"])
    callee = here.callee("1001")
    caller = call(here.switch)
    answered(callee)
    here.client.wait_for("CHANNEL_BRIDGE")
    caller.hang_up()
    assert callee.wait_hangup(DEADLINE) == "NORMAL_CLEARING"
    here.client.wait_for("CHANNEL_HANGUP_COMPLETE", Call_Direction="inbound")
    ends = here.told("CHANNEL_UNBRIDGE", "CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE")
    assert ends == ["HANGUP A", "HANGUP B", "HANGUP_COMPLETE B", "UNBRIDGE A", "HANGUP_COMPLETE A"]
    assert here.bridged()["variable_last_bridge_role"] == "originator"


def test_the_dialplan_goes_on(desk, call) -> None:
    """Without `hangup_after_bridge` the caller hears what comes next."""
    here = desk(["answer"], ["bridge", "user/1001"], ["playback", "tone_stream://%(600,0,440)"])
    callee = here.callee("1001")
    caller = call(here.switch)
    answered(callee)
    here.client.wait_for("CHANNEL_BRIDGE")
    callee.hang_up()
    caller.wait_until_quiet(0.2)
    assert any(caller.heard)


@pytest.mark.parametrize(
    ("config", "cause", "status"),
    [
        ({"refuses": "USER_BUSY"}, "USER_BUSY", "BUSY"),
        ({"refuses": "CALL_REJECTED"}, "CALL_REJECTED", "DONTCALL"),
        ({"refuses": "UNALLOCATED_NUMBER"}, "UNALLOCATED_NUMBER", "UNALLOCATED_NUMBER"),
        ({"answers_after": None}, "NO_ANSWER", "NOANSWER"),
    ],
)
@pytest.mark.parametrize("goes_on", ["true", "false", "USER_BUSY,21"])
def test_a_bridge_that_fails(desk, call, config, cause: str, status: str, goes_on: str) -> None:
    """The variables tell why; whether the caller stays is `continue_on_fail`'s."""
    here = desk(
        ["answer"],
        ["set", f"continue_on_fail={goes_on}"],
        ["set", "call_timeout=3"],
        ["bridge", "user/1001"],
        ["hangup", "MANAGER_REQUEST"],
        callees=[{"number": "1001", **config}],
    )
    caller = call(here.switch)
    stays = goes_on == "true" or (goes_on != "false" and cause in ("USER_BUSY", "CALL_REJECTED"))
    assert caller.wait_hangup(DEADLINE) == ("MANAGER_REQUEST" if stays else cause)
    about = here.bridged()
    names = ("originate_disposition", "DIALSTATUS", "originate_failed_cause", "last_bridge_hangup_cause")
    assert [about[f"variable_{name}"] for name in names] == [cause, status, cause, cause]


def test_no_answer_is_always_a_reason_to_go_on(desk, call) -> None:
    """Unless something is said of it."""
    here = desk(
        ["answer"],
        ["bridge", "{originate_timeout=2}user/1001"],
        ["hangup", "MANAGER_REQUEST"],
        callees=[{"number": "1001", "answers_after": None}],
    )
    assert call(here.switch).wait_hangup(DEADLINE) == "MANAGER_REQUEST"


def test_the_caller_gives_up_while_it_rings(desk, call) -> None:
    """The callee's telephone stops ringing, with the reason."""
    here = desk(["answer"], ["bridge", "user/1001"])
    callee = here.callee("1001")
    caller = call(here.switch)
    callee.wait_for_call()
    callee.ring()
    caller.silent(0.3)
    caller.hang_up()
    assert callee.wait_hangup(DEADLINE) == "ORIGINATOR_CANCEL"
    assert here.bridged()["variable_DIALSTATUS"] == "CANCEL"


def test_at_once_and_one_after_the_other(desk, call) -> None:
    """The first to answer wins, the others lose the race; the second turn is for when the first failed."""
    here = desk(
        ["answer"],
        ["bridge", "user/1001,user/1002|user/1003,user/1004"],
        callees=[
            {"number": "1001", "refuses": "USER_BUSY"},
            {"number": "1002", "refuses": "CALL_REJECTED", "answers_after": 2.0},
            {"number": "1003", "answers_after": 5.0},
            {"number": "1004", "answers_after": 3.0, "talks_for": 1.0},
        ],
    )
    caller = call(here.switch)
    assert caller.wait_hangup(DEADLINE) == "NORMAL_CLEARING"
    about = here.bridged()
    causes = [
        each.partition(";")[2]
        for each in about["variable_originate_causes"].removeprefix("ARRAY::").split("|:")
    ]
    assert causes == ["USER_BUSY", "CALL_REJECTED", "LOSE_RACE", "NONE"]
    legs = about["variable_originated_legs"].removeprefix("ARRAY::").split("|:")
    assert [leg.rpartition(";")[2] for leg in legs] == ["1001", "1002", "1003", "1004"]


def test_early_media_is_heard_before_the_answer(desk, call) -> None:
    """An announcement reaches the caller, who is not answered by it; the answer then reaches them too."""
    here = desk(["bridge", "user/1001"])
    callee = here.callee("1001")
    caller = call(here.switch)
    callee.wait_for_call()
    callee.sound_early()
    callee.speak(counting(30))
    assert counting(20) in caller.heard
    assert not caller.answered.is_set()
    callee.answer()
    assert caller.wait_for_answer(DEADLINE)
    callee.hang_up()
    caller.wait_hangup(DEADLINE)


def test_ignored_early_media_is_not_heard(desk, call) -> None:
    """`ignore_early_media=true` waits for the answer."""
    here = desk(["bridge", "{ignore_early_media=true}user/1001"])
    callee = here.callee("1001")
    caller = call(here.switch)
    callee.wait_for_call()
    callee.sound_early()
    callee.speak(counting(30))
    assert not any(caller.heard)
    callee.answer()
    assert caller.wait_for_answer(DEADLINE)


def test_keys_pass(desk, call) -> None:
    """In both directions, each told as its own leg's."""
    here = desk(["answer"], ["bridge", "user/1001"])
    callee = here.callee("1001")
    caller = call(here.switch)
    answered(callee)
    here.client.wait_for("CHANNEL_BRIDGE")
    caller.key("45")
    callee.key("7#")
    here.client.wait_for("DTMF", DTMF_Digit="#")
    caller.silent(0.5)
    assert (callee.keys_heard, caller.keys_heard) == ("45", "7#")
    assert [
        f"{m.about['Call-Direction']} {m.about['DTMF-Digit']}"
        for m in here.client.received
        if m.kind == "DTMF"
    ] == [
        "inbound 4",
        "inbound 5",
        "outbound 7",
        "outbound #",
    ]


def test_a_recording_holds_both_sides(desk, call, tmp_path: Path) -> None:
    """Stereo: the caller left, the callee right, each in full."""
    file = tmp_path / "both.wav"
    here = desk(
        ["answer"], ["set", "RECORD_STEREO=true"], ["record_session", str(file)], ["bridge", "user/1001"]
    )
    callee = here.callee("1001")
    caller = call(here.switch)
    answered(callee)
    here.client.wait_for("CHANNEL_BRIDGE")
    said, replied = counting(40), counting(40, start=5000)
    callee.start_speaking(replied)
    caller.speak(said)
    caller.silent(0.4)
    caller.hang_up()
    here.client.wait_for("CHANNEL_HANGUP_COMPLETE", Call_Direction="inbound")
    left, right = read_stereo(file)
    assert said in left
    assert replied in right


def test_a_prompt_in_the_middle_is_for_one(desk, call, tmp_path: Path) -> None:
    """`uuid_broadcast UUID FILE aleg`: the caller hears it, and the callee hears neither meanwhile."""
    file = write_wav(tmp_path / "notice.wav", counting(50, start=9000))
    here = desk(["answer"], ["bridge", "user/1001"])
    callee = here.callee("1001")
    caller = call(here.switch)
    answered(callee)
    here.client.wait_for("CHANNEL_BRIDGE")
    assert here.client.ask(f"api uuid_broadcast {caller.uuid} {file} aleg").body == b"+OK Message sent\n"
    caller.speak(counting(40))
    caller.silent(1.0)
    assert counting(50, start=9000) in caller.heard
    assert counting(5) not in callee.heard
    caller.speak(counting(10, start=3000))
    caller.silent(0.2)
    assert counting(10, start=3000) in callee.heard
