"""What the switch tells of agents is written down, and telephones that do not work are left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from data.ids import new_id
from data.records import AgentContact
from ivr.agents.desk import NotNow
from ivr.agents.soundless import Answer, Soundless
from ivr.queueing.reserving import virtual_leg
from tests.agents.conftest import AGENTS, ME, House, house
from tests.agents.known import contact_of, presence_of


def answered(home: House) -> list[str]:
    return [one.result for one in home.store.agents.latest("2001", most=9)]


def test_a_conversation_is_a_contact_with_its_wrap_up(home: House) -> None:
    """From the answer to the end, and the seconds that the queue gives after it, on the switch, too."""
    home.desk.check_in("2001", ME)
    desk = home.telephone("1001")
    caller = home.call()
    desk.wait_for_call()
    desk.answer()
    home.settled(lambda: home.store.agents.in_hand("2001"), "the contact")
    contact = home.store.agents.in_hand("2001")
    assert contact is not None and contact.talking
    assert (contact.queue, contact.leg != "", contact.agent_leg != "") == ("billing", True, True)
    home.settled(lambda: home.agent("2001").config.wrap_up == 3, "the queue's wrap-up time on the switch")
    caller.hang_up()
    home.settled(lambda: contact_of(home.store, "2001").ended_at, "its end")
    ended = home.store.agents.in_hand("2001")
    assert ended is not None and ended.ended_at is not None and ended.wrap_up_until is not None
    assert (ended.wrap_up_until - ended.ended_at).total_seconds() == 3
    assert home.agent("2001").state == "Reserved"


def test_one_agent_two_queues_one_call(home: House) -> None:
    """Whoever serves two queues has one call at a time; the second caller waits."""
    home.desk.check_in("2001", ME)
    desk, other = home.telephone("1001"), home.telephone("1001")
    home.call("billing")
    desk.wait_for_call()
    desk.answer()
    home.settled(lambda: home.store.agents.in_hand("2001"), "the first call")
    home.call("support")
    home.settled(
        lambda: home.switch.call_centre.queues["support@ivr"].members, "the second caller in the queue"
    )
    assert not other.called.is_set()
    assert home.switch.call_centre.queues["support@ivr"].members[0].state == "Waiting"


def test_an_agent_in_two_queues_who_checks_in_from_two_telephones(home: House) -> None:
    """The last telephone is theirs, for both queues; the one before does not ring any more, and one call at a
    time comes to it."""
    first, second, again = home.telephone("1001"), home.telephone("1007"), home.telephone("1007")
    home.desk.check_in("2001", ME)
    home.desk.check_in("2001", ME, telephone="user/1007")
    for queue in ("billing", "support"):
        assert {row.contact for row in home.line.centre.people(f"{queue}@ivr") if "2001" in row.name} == {
            "[leg_timeout=20]user/1007@ivr"
        }
        home.call(queue)
    second.wait_for_call()
    second.answer()
    home.settled(lambda: home.store.agents.in_hand("2001"), "the first call")
    served = contact_of(home.store, "2001").queue
    waiting = "support" if served == "billing" else "billing"
    home.settled(lambda: home.switch.call_centre.queues[f"{waiting}@ivr"].members, "the other caller")
    with pytest.raises(NotNow, match="in a call"):
        home.desk.check_in("2001", ME, telephone="user/1001")
    assert not first.called.is_set() and not again.called.is_set()
    assert home.switch.call_centre.queues[f"{waiting}@ivr"].members[0].state == "Waiting"
    second.hang_up()
    again.wait_for_call()  # the next caller, at the same telephone, after the wrap-up
    assert not first.called.is_set()


def test_a_switch_that_counts_no_packets_takes_no_call_away(home: House) -> None:
    """Nothing is known of the telephone's sound: the conversation goes on, and nobody pauses."""
    soundless = Soundless(home.store, home.desk, home.line.ask, now=home.time.now, after=4.0)
    home.desk.check_in("2001", ME)
    desk = home.telephone("1001")
    home.call()
    desk.wait_for_call()
    desk.answer()
    home.settled(lambda: home.store.agents.in_hand("2001"), "the contact")
    contact = contact_of(home.store, "2001")
    answer = Answer(contact.key, "2001", "billing", contact.leg, contact.agent_leg)
    soundless._look(answer)
    assert not soundless.give_back(replace(answer, key="answered:another"))  # they have somebody else by now
    assert presence_of(home.store, "2001").state == "in"
    assert contact_of(home.store, "2001").talking
    assert home.agent("2001").state == "In a queue call"


@pytest.mark.parametrize(("reserved", "state"), [(True, "in"), (False, "paused")])
def test_an_agent_who_is_reserved_for_busy_customers_has_no_silent_telephone(
    tmp_path: Path, reserved: bool, state: str
) -> None:
    """Callbacks that ring the agent first end in seconds, one after the other: nobody was there."""
    agents = AGENTS.replace("short_talks: 0", "short_talks: 3")
    with house(tmp_path, agents=agents) as home:
        home.desk.check_in("2001", ME)
        for n in range(3):
            at, leg = home.time.now(), virtual_leg(new_id()) if reserved else str(uuid4())
            told = {"queue": "billing", "agent": "2001", "result": "answered", "joined_at": at, "at": at}
            home.store.agents.note_contact(AgentContact(key=str(n), leg=leg, **told))  # type: ignore[arg-type]  # by their names
            home.store.agents.contact_ended(str(n), at=at + timedelta(seconds=2), wrap_up_until=at)
        home.following._judge_talks("2001")
        assert presence_of(home.store, "2001").state == state


@pytest.mark.parametrize("how", ["refuses", "does not answer", "is gone"])
def test_a_telephone_that_does_not_work_is_left_alone(tmp_path: Path, how: str) -> None:
    """After so many misses in a row its agent is paused, and that is told with the reason."""
    answers = {
        "refuses": {"refuses": "CALL_REJECTED", "answers_after": 0.0},
        "does not answer": {"answers_after": None},
    }
    callees = () if how == "is gone" else ({"number": "1001", **answers[how]},)
    misses = 1 if how == "is gone" else 2  # the switch itself leaves such a telephone alone for seconds
    agents = AGENTS.replace("misses: 2", f"misses: {misses}")
    with house(tmp_path, callees=callees, agents=agents) as home:
        if how == "is gone":  # it was registered once
            home.telephone("1001").hang_up()
            home.settled(lambda: home.switch.callees.gone("1001"), "nobody at the telephone")
        agent = home.agent("2001")
        agent.config = agent.config.model_copy(update={"ring_time": 0.3})
        agent.set_to.update(reject_delay_time="0", max_no_answer="0")
        home.desk.check_in("2001", ME)
        home.call()
        home.settled(lambda: presence_of(home.store, "2001").state == "paused", "the pause", 15)
        assert presence_of(home.store, "2001").reason == "not_answering"
        assert answered(home) == ["missed"] * misses
        assert agent.status == "On Break"
        [last, *_] = home.store.agents.state_changes("2001")
        assert (last.source, last.counts_as_work) == ("watchdog", False)
        assert f"{misses} calls in a row" in last.note


def test_a_telephone_that_answers_and_is_silent_is_left_alone(tmp_path: Path) -> None:
    """Callers who hang up after seconds, several in a row: that telephone is not heard."""
    agents = """
agents:
  2001: {contact: user/1001, queues: [billing], wrap_up: 0}
  2002: {contact: user/1002, queues: [support], wrap_up: 0}
hold_off: {misses: 3, short_talks: 2, shorter_than: 5}
"""
    with house(tmp_path, agents=agents, callees=({"number": "1001", "answers_after": 0.0},)) as home:
        home.desk.check_in("2001", ME)
        for count in (1, 2):
            caller = home.call()
            home.settled(lambda: home.agent("2001").state == "In a queue call", "the conversation")
            caller.hang_up()
            home.settled(lambda: len(home.store.agents.latest("2001", most=9)) == count, "its contact")  # noqa: B023 - waited for here
        home.settled(lambda: presence_of(home.store, "2001").state == "paused", "the pause")
        assert presence_of(home.store, "2001").reason == "hardly_talking"


@pytest.mark.parametrize(("outcome", "state"), [("", "paused"), ("wrong_number", "in")])
def test_patient_callers_of_a_silent_telephone_are_seen(tmp_path: Path, outcome: str, state: str) -> None:
    """Three talks in a row of four to eight seconds; not if the agent has given an outcome."""
    agents = AGENTS.replace("{misses: 2, short_talks: 0}", "{misses: 2}")
    with house(tmp_path, agents=agents) as home:
        home.desk.check_in("2001", ME)
        at = int(home.time.now().timestamp()) + 1
        for number, seconds in enumerate((4, 8, 6)):
            fields = {
                "CC-Agent": "2001@ivr",
                "CC-Queue": "billing@ivr",
                "CC-Member-UUID": f"m-{number}",
                "CC-Member-Session-UUID": f"leg-{number}",
                "CC-Agent-Answered-Time": str(at),
                "CC-Member-Joined-Time": str(at),
                "CC-Bridge-Terminated-Time": str(at + seconds),
                "CC-Agent-Bridged": "true",
            }
            home.following.note({**fields, "CC-Action": "bridge-agent-start"})
            if outcome:
                home.contacts.close("2001", outcome, by="x", answers={"reason": "forgot"})
            home.following.note({**fields, "CC-Action": "bridge-agent-end"})
            at += 20
        presence = home.store.agents.presence("2001")
        assert presence is not None and presence.state == state
        assert presence.reason == ("hardly_talking" if state == "paused" else "")


def test_a_caller_who_gives_up_is_no_fault_of_the_agents(home: House) -> None:
    """They are lost to the queue, and the agent who was ringing has missed nothing."""
    home.desk.check_in("2001", ME)
    desk = home.telephone("1001")
    caller = home.call()
    desk.wait_for_call()
    caller.hang_up()
    home.settled(lambda: not home.switch.call_centre.queues["billing@ivr"].members, "the caller gone")
    home.settled(lambda: home.agent("2001").state == "Waiting", "the agent free")
    assert answered(home) == []


def test_an_agent_who_hangs_up_in_the_whisper_has_missed_the_call(home: House) -> None:
    """They have nobody in hand, and no report says that they answered; the next who does has both."""
    home.desk.check_in("2001", ME)
    desk, again = home.telephone("1001"), home.telephone("1001")
    caller = home.call()
    desk.wait_for_call()
    (session,) = (one for one in home.switch.sessions.values() if one.uuid == caller.uuid)
    session.channel.set("cc_outbound_announce", "silence_stream://60000")
    desk.answer()
    home.settled(lambda: home.store.agents.in_hand("2001"), "the agent in the whisper")
    session.channel.set("cc_outbound_announce", "")
    desk.hang_up()
    home.settled(lambda: answered(home) == ["missed"], "the miss")
    assert home.store.agents.in_hand("2001") is None
    again.wait_for_call()
    again.answer()
    home.settled(lambda: home.store.agents.in_hand("2001"), "the conversation")
    caller.hang_up()
    since = home.time.now() - timedelta(hours=1)
    counts = lambda: home.store.queue_visits.counts(since=since)  # noqa: E731 - asked until it is so
    home.settled(lambda: counts() == {"2001": (1, 1)}, "one answer, one miss")
    day = home.store.queue_visits.queue_day("billing", since=since, within=180)
    assert (day.answered, day.lost) == (1, 0)
    assert answered(home) == ["answered", "missed"]


@pytest.mark.parametrize(("cancelled", "state", "misses"), [(True, "in", 0), (False, "paused", 3)])
def test_whoever_is_gone_while_the_agent_is_told_who_comes(
    tmp_path: Path, cancelled: bool, state: str, misses: int
) -> None:
    """The customer has put down, and their place in the queue goes at once: that holds no agent off. Who is
    offered to somebody again was let down by the agent."""
    with house(tmp_path, agents=AGENTS.replace("misses: 2", "misses: 3")) as home:
        home.desk.check_in("2001", ME)
        began = int(home.time.now().timestamp()) + 1
        for number in range(3):
            at = began + 10 * number
            fields = {
                "CC-Agent": "2001@ivr",
                "CC-Queue": "billing@ivr",
                "CC-Member-UUID": f"m-{number}",
                "CC-Member-Session-UUID": virtual_leg(new_id()),
                "CC-Agent-Called-Time": str(at),
                "CC-Agent-Answered-Time": str(at),
                "CC-Member-Joined-Time": str(at),
            }

            def tell(
                action: str, after: float, fields: dict[str, str] = fields, at: int = at, **more: str
            ) -> None:
                stamp = {"Event-Date-Timestamp": str(round((at + after) * 1e6))}
                home.following.note({**fields, **stamp, "CC-Action": action, **more})

            tell("bridge-agent-start", 0.0)
            tell("bridge-agent-end", 3.0, **{"CC-Agent-Bridged": "false"})
            assert answered(home) == ["missed"] * min(misses, number)
            if cancelled:
                tell("member-queue-end", 3.05, **{"Answer-State": "hangup"})
            else:
                tell("agent-offering", 4.0)
        assert answered(home) == ["missed"] * misses
        assert presence_of(home.store, "2001").state == state


def test_whom_only_the_switch_knows_is_there_by_its_word(home: House) -> None:
    """Set available on the switch, by hand: it is noted; not for whoever has checked in with us."""
    home.switch.api("callcenter_config", "agent set status 2002@ivr Available")
    home.settled(lambda: home.store.agents.presence("2002"), "the switch's word")
    assert presence_of(home.store, "2002").state == "in"
    assert [one.source for one in home.store.agents.state_changes("2002")] == ["switch"]
    home.desk.check_in("2001", ME)
    home.switch.api("callcenter_config", "agent set status 2001@ivr 'On Break'")
    home.switch.api("callcenter_config", "agent set status 2003@ivr Available")
    home.settled(lambda: home.store.agents.presence("2003"), "the third's")
    assert presence_of(home.store, "2001").state == "in"


def test_what_the_switch_told_while_nobody_listened_is_adopted(home: House) -> None:
    """Of whoever has never checked in; what stands in the database is the switch's to learn."""
    home.line.events_to = None
    agent = home.agent("2002")
    agent.status = "Available"
    home.desk.check_in("2001", ME)
    assert home.watchdog.adopt() == 1
    assert home.watchdog.adopt() == 0
    assert {name: one.state for name, one in home.store.agents.presences().items()} == {
        "2001": "in",
        "2002": "in",
    }


def test_told_twice_is_written_once(home: House) -> None:
    """Two servers hear the same event, or one hears it again."""
    at = str(int(home.time.now().timestamp()))
    fields = {
        "CC-Action": "bridge-agent-start",
        "CC-Agent": "2001@ivr",
        "CC-Queue": "billing@ivr",
        "CC-Member-UUID": "m-1",
        "CC-Member-Session-UUID": "leg-1",
        "CC-Agent-UUID": "leg-2",
        "CC-Agent-Answered-Time": at,
        "CC-Member-Joined-Time": at,
    }
    talked = {"CC-Agent-Bridged": "true", "CC-Bridge-Terminated-Time": at}
    for _ in range(2):
        home.following.note(fields)
        home.following.note({**fields, "CC-Action": "bridge-agent-end", **talked})
    assert answered(home) == ["answered"]


def test_what_is_not_ours_is_not_written(home: House) -> None:
    """Another domain's agents and queues on the same switch."""
    fields = {"CC-Action": "bridge-agent-fail", "CC-Agent": "2001@other", "CC-Queue": "billing@other"}
    home.following.note({**fields, "CC-Hangup-Cause": "NO_ANSWER"})
    assert answered(home) == []
