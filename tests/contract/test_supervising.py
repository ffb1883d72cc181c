"""Supervisors on both switches: who hears what they say, and that the conversation does not notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import gevent
import pytest

from data.records import AgentContact
from data.store import Store
from ivr.agents.beside import beside
from ivr.agents.line import SwitchLine
from ivr.agents.supervising import Mode, NotSupervised, Supervision
from tests.contract.bridged import MOST_OF_IT, Line, answered, hear
from tests.contract.place import Callee, pause
from tests.databases import store_at
from tests.freeswitch.sound import noise
from tests.freeswitch.sound import place as position

TELEPHONE = "+34600333555"
HEARS: dict[Mode, tuple[bool, bool]] = {
    "listen": (False, False),
    "whisper": (True, False),
    "join": (True, True),
}
"""Whether the agent and the caller hear the supervisor."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    empty = store_at(tmp_path / "ivr.sqlite3")
    yield empty
    empty.close()


def in_hand(store: Store, caller: str, agent: str) -> None:
    """The agent talks with that caller, as the contact says."""
    now = datetime.now(UTC)
    contact = AgentContact(
        key=f"answered:{agent}",
        queue="billing",
        leg=caller,
        agent="1001",
        agent_leg=agent,
        result="answered",
        joined_at=now,
        at=now,
    )
    assert store.agents.note_contact(contact)


def supervision(line: Line, store: Store, supervisor: Callee) -> Supervision:
    address, password = line.place.events
    dial = supervisor.dial.replace("34600333555", "{digits}", 1)
    return Supervision(
        beside(store),
        SwitchLine(address, password),
        now=lambda: datetime.now(UTC),
        outside=dial,
        allowed=[TELEPHONE],
    )


def on_the_line(line: Line, supervisor: Callee) -> None:
    """A busy switch lets a supervisor in some time after they answered: they hear the caller."""
    for seed in range(10, 20):
        sign = noise(0.3, seed=seed)
        assert line.caller.say(sign).wait(5)
        pause(0.3)
        if hear(supervisor, sign) > MOST_OF_IT:
            return
    pytest.fail("the supervisor never heard the caller")


@pytest.mark.parametrize("mode", HEARS)
def test_who_hears_the_supervisor(line: Line, store: Store, mode: Mode) -> None:
    """They hear both sides in every mode; the audit log had it before their telephone rang."""
    agent, supervisor = line.place.callee("34600333444"), line.place.callee("34600333555")
    line.bridge(agent.dial)
    answered(agent)
    bridged = line.next("CHANNEL_BRIDGE")
    in_hand(store, line.uuid, bridged["Other-Leg-Unique-ID"])
    there = supervision(line, store, supervisor)
    asking = gevent.spawn(there.supervise, mode, "1001", TELEPHONE, by="sup", why="first week")
    supervisor.wait_for_call()
    assert [(one.action, one.what) for one in store.audit.latest(1)] == [("supervise", f"{mode} 1001")]
    supervisor.ring()
    supervisor.answer()
    asking.get(timeout=10)
    on_the_line(line, supervisor)
    said, replied, spoken = (noise(0.5, seed=seed) for seed in (1, 2, 3))
    assert line.caller.say(said).wait(5)
    assert agent.say(replied).wait(5)
    assert supervisor.say(spoken).wait(5)
    pause(0.5)
    assert hear(supervisor, said) > MOST_OF_IT
    assert hear(supervisor, replied) > MOST_OF_IT
    for ear, hears in zip((agent, line.caller), HEARS[mode], strict=True):
        heard = b"".join(frame.samples for frame in list(ear.heard))
        if hears:
            assert hear(ear, spoken) > MOST_OF_IT
        else:
            assert position(spoken[:8000], heard)[1] < 0.5
    supervisor.hang_up()
    pause(0.2)
    assert not line.caller.over.is_set()
    line.caller.hang_up()


def test_nobody_is_listened_to_without_a_call(line: Line, store: Store) -> None:
    """Nor by whoever cannot be called; and nothing of it is dialled."""
    supervisor = line.place.callee("34600333555")
    there = supervision(line, store, supervisor)
    with pytest.raises(NotSupervised, match="is in no call"):
        there.supervise("listen", "1001", TELEPHONE, by="sup", why="x")
    in_hand(store, line.uuid, "0b6f7a52-7c3e-4d5e-9a1b-0a1b2c3d4e5f")
    with pytest.raises(NotSupervised, match="no leg of theirs"):
        there.supervise("listen", "1001", TELEPHONE, by="sup", why="x")
    line.caller.hang_up()


@pytest.mark.parametrize("telephone", ["+34600333556", "1050,sofia/x/y", "user/1@evil", "&park", ""])
def test_only_telephones_are_rung(line: Line, store: Store, telephone: str) -> None:
    """Nothing else can be smuggled into a dial string."""
    in_hand(store, line.uuid, line.uuid)
    there = supervision(line, store, line.place.callee("34600333555"))
    with pytest.raises(NotSupervised, match=r"not called|no telephone"):
        there.supervise("listen", "1001", telephone, by="sup", why="x")
    line.caller.hang_up()
