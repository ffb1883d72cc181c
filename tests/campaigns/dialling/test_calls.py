"""A campaign on the embedded switch, over real sockets: ten people, and every way in which a call ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gevent
import pytest

from data.records import CallRecord, StateChange
from data.store import Store
from esl import commands
from esl.inbound import InboundConnection
from ivr.campaigns.dialling.agents import QueueView
from ivr.campaigns.dialling.previewing import Previewing
from ivr.config import DatabaseSettings, Settings, SpeechSettings
from ivr.stage import Stage
from tests.campaigns.dialling.callees import (
    Does,
    Telephone,
    answers,
    hangs_up,
    listens,
    never_answers,
    refuses,
    says_nothing,
    write_flow,
)
from tests.campaigns.dialling.paper import World, campaign_of, numbers_of, people_in
from tests.campaigns.own_rule import own_rule
from tests.databases import store_at

WAITS_A_SECOND = own_rule("own.wait", "max_wait_s: 1", zones="every_candidate")
"""A rule of the company's own, for the one campaign here that collects."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A server that dials, by key only, with its switch."""
    folder = tmp_path_factory.mktemp("campaign")
    write_flow(folder)
    (folder / "contact_rules").mkdir()
    (folder / "contact_rules" / "own.yaml").write_text(WAITS_A_SECOND, encoding="utf-8")
    store_at(folder / "ivr.sqlite3").close()
    settings = Settings(
        home=folder,
        database=DatabaseSettings(url=f"sqlite:///{folder}/ivr.sqlite3"),
        prompts=folder.parent / "prompts",
        speech=SpeechSettings(engine="none", prepare=False),
    )
    with Stage(settings, agent_talks_for=0.5) as playing:
        playing.server.rooms.voice.wait_warm()
        yield playing


@pytest.fixture
def store(stage: Stage) -> Iterator[Store]:
    found = Store(stage.settings.database_url)
    yield found
    found.close()


def telephones(stage: Stage, numbers: Sequence[tuple[str, ...]], doings: dict[int, Does]) -> list[Telephone]:
    """Of the people with these places; the others have none."""
    assert stage.switch is not None
    lines = stage.switch.addresses.lines
    return [Telephone(lines, numbers[n][0], does) for n, does in doings.items()]


def wait_until_over(store: Store, made: World, *, tries: int, seconds: float = 120) -> None:
    """Until nobody is under way, and everybody was tried so often."""
    with gevent.Timeout(seconds, TimeoutError("the campaign does not come to its end")):
        while True:
            entries = [made.entry(store, n) for n in range(len(made.people))]
            busy = [one for one in entries if one.state in ("claimed", "dialled")]
            if not busy and all(one.tries >= tries or one.state == "ended" for one in entries):
                return
            gevent.sleep(0.1)  # between two looks: the server goes on by itself


def record_of(store: Store, made: World, person: int) -> CallRecord:
    (attempt,) = store.dial_attempts.of_entry(made.entry(store, person))
    assert attempt.call_id is not None
    found = store.calls.get(attempt.call_id)
    assert found is not None
    return found


def test_a_campaign_with_every_ending(stage: Stage, store: Store) -> None:
    """Answered, not they, silent, put down, busy, refused, objected, nobody, no number, no telephone."""
    doings: dict[int, Does] = {
        0: answers("1"),
        1: answers("2"),
        2: says_nothing,
        3: hangs_up,
        4: refuses("USER_BUSY"),
        5: refuses("CALL_REJECTED"),
        6: refuses("UNWANTED"),
        7: refuses("NO_ANSWER"),
        8: refuses("UNALLOCATED_NUMBER"),
    }
    people = 10  # nobody has a telephone at the last one's number
    numbers = tuple(numbers_of(n) for n in range(people))
    now = stage.server.rooms.records.clock.utc()
    ids = people_in(store, numbers)
    phones = telephones(stage, numbers, doings)
    made = campaign_of(store, ids, numbers, at=now, flow="reminder", ring=15, attempts=1)
    wait_until_over(store, made, tries=1)
    stage.wait_until_idle()
    assert {n: made.entry(store, n).result for n in range(people)} == {
        0: "answered",
        1: "answered",
        2: "answered",
        3: "answered",
        4: "busy",
        5: "rejected",
        6: "unwanted",
        7: "no_answer",
        8: "invalid",
        9: "unreachable",
    }
    outcomes = [store.dial_attempts.of_entry(made.entry(store, n))[0].outcome for n in range(4)]
    assert outcomes == ["told", "wrong_person", "no_reply", ""]
    assert [phone.calls for phone in phones] == [1] * len(phones)
    record = record_of(store, made, 0)
    assert (record.direction, record.flow, record.outcome) == ("outbound", "reminder", "told")
    assert record.caller_facts["campaign"] == "reminder"
    assert "Persona 0" in " ".join(turn.text for turn in record.turns), "the flow knows whom it calls"
    (contact,) = store.contacts.history(store.contacts.whom(made.numbers[0][0]))
    assert (contact.call_id, contact.conversation) == (record.call_id, True)
    assert store.suppressions.contains("number", made.numbers[6][0])
    assert store.customers.retired(made.numbers[8][0])
    for phone in phones:
        phone.close()


def test_a_congested_trunk_and_one_that_is_not_let_out(stage: Stage, store: Store) -> None:
    """Neither is an attempt to reach anybody, and both are the trunk's."""
    numbers = tuple(numbers_of(100 + n) for n in range(2))
    ids = people_in(store, numbers)
    causes = ("NORMAL_CIRCUIT_CONGESTION", "GATEWAY_DOWN")
    phones = telephones(stage, numbers, {n: refuses(cause) for n, cause in enumerate(causes)})
    now = stage.server.rooms.records.clock.utc()
    made = campaign_of(store, ids, numbers, name="congested", at=now, flow="reminder")
    with gevent.Timeout(60, TimeoutError("nobody was called")):
        while not all(made.entry(store, n).result for n in range(2)):
            gevent.sleep(0.1)  # between two looks: the server goes on by itself
    assert [made.entry(store, n).result for n in range(2)] == ["congestion", "trunk"]
    assert [made.entry(store, n).tries for n in range(2)] == [0, 0]
    assert [made.entry(store, n).state for n in range(2)] == ["waiting", "waiting"]
    assert [store.contacts.history(store.contacts.whom(theirs[0])) for theirs in numbers] == [(), ()]
    assert store.dial_list.set_state(made.campaign, "stopped", before=("running",), at=now, by="t")
    for phone in phones:
        phone.close()


def test_pause_and_stop_while_it_rings(stage: Stage, store: Store) -> None:
    """After a pause no attempt begins; a stop ends what rings, and the person is on the list again."""
    numbers = tuple(numbers_of(200 + n) for n in range(6))
    ids = people_in(store, numbers)
    phones = telephones(stage, numbers, dict.fromkeys(range(6), never_answers))
    clock = stage.server.rooms.records.clock
    made = campaign_of(store, ids, numbers, name="stopped", at=clock.utc(), flow="reminder", ring=60)
    with gevent.Timeout(60, TimeoutError("nobody rings")):
        while not any(phone.calls for phone in phones):
            gevent.sleep(0.05)  # between two looks: the server goes on by itself
    paused_at = clock.utc()
    assert store.dial_list.set_state(made.campaign, "paused", before=("running",), at=paused_at, by="t")
    begun = store.dial_attempts.under_way(made.sample)
    assert store.dial_list.set_state(made.campaign, "stopped", before=("paused",), at=clock.utc(), by="t")
    with gevent.Timeout(60, TimeoutError("they still ring")):
        while store.dial_attempts.under_way(made.sample):
            gevent.sleep(0.05)  # as above
    attempts = [one for n in range(6) for one in store.dial_attempts.of_entry(made.entry(store, n))]
    assert 1 <= len(attempts) == len(begun), "none began after the pause"
    assert {(one.result, one.cause) for one in attempts} == {("cancelled", "ORIGINATOR_CANCEL")}
    with gevent.Timeout(30, TimeoutError("somebody is still claimed")):
        while {made.entry(store, n).state for n in range(6)} != {"waiting"}:
            gevent.sleep(0.05)  # whoever waited for their turn is put back when it comes
    for phone in phones:
        phone.close()


def test_progressive_with_one_agent(stage: Stage, store: Store) -> None:
    """One is called at a time: the agent is there in time, and the next one follows when they are free."""
    numbers = tuple(numbers_of(300 + n) for n in range(2))
    ids = people_in(store, numbers)
    phones = telephones(stage, numbers, dict.fromkeys(range(2), listens))
    agents: dict[str, Any] = {"mode": "progressive", "queue": "agents", "agent_within": 60}
    now = stage.server.rooms.records.clock.utc()
    made = campaign_of(store, ids, numbers, name="staffed", at=now, flow="with_agent", attempts=1, **agents)
    wait_until_over(store, made, tries=1)
    stage.wait_until_idle()
    first, second = sorted(
        (store.dial_attempts.of_entry(made.entry(store, n))[0] for n in range(2)),
        key=lambda one: one.dialled_at,
    )
    assert [(one.result, one.agent) for one in (first, second)] == [("answered", "agent")] * 2
    assert first.ended_at is not None and first.ended_at <= second.dialled_at
    for phone in phones:
        phone.close()


def test_no_agent_in_time_is_an_abandoned_call(
    stage: Stage, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent leaves while it rings: they hear the apology, and are called another day; it counts."""
    campaigning = stage.server.campaigning
    assert campaigning is not None
    # As it was seen just before; nobody is there any more.
    monkeypatch.setattr(campaigning.line, "view", lambda *_: QueueView(free=1))
    set_status(stage, "On Break")
    numbers = (numbers_of(400),)
    ids = people_in(store, numbers)
    (phone,) = telephones(stage, numbers, {0: listens})
    agents = {
        "mode": "predictive",
        "queue": "agents",
        "agent_within": 1,
    }  # the agent answers after two seconds
    now = stage.server.rooms.records.clock.utc()
    made = campaign_of(store, ids, numbers, name="abandons", at=now, flow="with_agent", days=5, **agents)
    wait_until_over(store, made, tries=1)
    stage.wait_until_idle()
    entry = made.entry(store)
    (attempt,) = store.dial_attempts.of_entry(entry)
    assert (attempt.result, attempt.agent, entry.state) == ("abandoned", "", "waiting")
    assert entry.due_at is not None and (entry.due_at - now).total_seconds() >= 86_400
    record = record_of(store, made, 0)
    assert "Disculpe" in " ".join(turn.text for turn in record.turns)
    assert store.dial_list.set_state(made.campaign, "stopped", before=("running",), at=now, by="t")
    set_status(stage, "Available")
    phone.close()


def test_nobody_who_is_called_waits_longer_than_a_rule_lets_them(stage: Stage, store: Store) -> None:
    """The flow alone talks, and hands over to a queue without agents: after a second it goes on at `busy`,
    and counts as answered, for it was not made for an agent. Who is under no such rule still waits."""
    set_status(stage, "On Break")
    numbers = tuple(numbers_of(450 + n) for n in range(2))
    ids = people_in(store, numbers)
    bounded, waiting = telephones(stage, numbers, dict.fromkeys(range(2), listens))
    now = stage.server.rooms.records.clock.utc()
    told: dict[str, Any] = {"at": now, "flow": "with_agent", "attempts": 1}
    free = campaign_of(store, ids[1:], numbers[1:], name="waits", purpose="service", **told)
    with gevent.Timeout(60, TimeoutError("nobody waits in the queue")):
        while not waiting.calls:
            gevent.sleep(0.05)  # between two looks: the server goes on by itself
    made = campaign_of(store, ids[:1], numbers[:1], name="bounded", purpose="collection", **told)
    wait_until_over(store, made, tries=1)
    record = record_of(store, made, 0)
    assert "Disculpe" in " ".join(turn.text for turn in record.turns)
    (attempt,) = store.dial_attempts.of_entry(made.entry(store))
    assert (attempt.result, attempt.agent) == ("answered", "")
    assert free.entry(store).state == "dialled", "who was called before them still waits"
    set_status(stage, "Available")
    wait_until_over(store, free, tries=1)
    stage.wait_until_idle()
    assert "Disculpe" not in " ".join(turn.text for turn in record_of(store, free, 0).turns)
    for phone in (bounded, waiting):
        phone.close()


def test_an_agent_looks_and_has_them_called(stage: Stage, store: Store) -> None:
    """Nobody rings until the agent says so; then the second number does, and the agent talks with them."""
    numbers = (numbers_of(500, 2),)
    ids = people_in(store, numbers)
    phone = Telephone(stage.switch.addresses.lines if stage.switch else ("", 0), numbers[0][1], listens)
    now = stage.server.rooms.records.clock.utc
    looking: dict[str, Any] = {"mode": "preview", "queue": "agents", "agent_within": 60, "attempts": 1}
    made = campaign_of(store, ids, numbers, name="looks", at=now(), flow="with_agent", **looking)
    store.agents.change_state(StateChange(agent="agent", state="in", at=now(), by="t", source="cli"))
    agent = Previewing.of(stage.settings, store, now=now)
    seen = agent.show("agent", lambda queue: queue == "agents")
    assert (seen.customer.name, seen.numbers) == ("Persona 0", numbers[0]) and phone.calls == 0
    agent.call("agent", number=2)
    wait_until_over(store, made, tries=1)
    stage.wait_until_idle()
    (attempt,) = store.dial_attempts.of_entry(made.entry(store))
    assert (attempt.number, attempt.result, attempt.agent) == (numbers[0][1], "answered", "agent")
    told = agent.in_view("agent")
    assert told.attempt is not None and told.attempt.id == attempt.id
    phone.close()


def set_status(stage: Stage, status: str) -> None:
    """Of the one agent that the stage has."""
    assert stage.switch is not None
    addresses = stage.switch.addresses
    connection = InboundConnection(*addresses.events, addresses.password)
    connection.connect()
    connection.api(commands.call_centre("agent", "set", "status", "agent", status))
    connection.stop()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_two_hundred_people(stage: Stage, store: Store) -> None:
    """Every ending twenty times and more: each telephone rings once, and each is noted as it was."""
    kinds: tuple[tuple[Does, str, str], ...] = (
        (answers("1"), "answered", "told"),
        (answers("1"), "answered", "told"),
        (answers("2"), "answered", "wrong_person"),
        (says_nothing, "answered", "no_reply"),
        (hangs_up, "answered", ""),
        (refuses("NO_ANSWER"), "no_answer", ""),
        (refuses("USER_BUSY"), "busy", ""),
        (refuses("CALL_REJECTED"), "rejected", ""),
        (refuses("UNALLOCATED_NUMBER"), "invalid", ""),
        (refuses("UNWANTED"), "unwanted", ""),
    )
    people = 200
    numbers = tuple(numbers_of(1000 + n) for n in range(people))
    ids = people_in(store, numbers)
    phones = telephones(stage, numbers, {n: kinds[n % len(kinds)][0] for n in range(people)})
    now = stage.server.rooms.records.clock.utc()
    made = campaign_of(store, ids, numbers, name="crowd", at=now, flow="reminder", ring=60, attempts=1)
    wait_until_over(store, made, tries=1, seconds=800)
    stage.wait_until_idle()
    for n in range(people):
        (attempt,) = store.dial_attempts.of_entry(made.entry(store, n))
        assert (attempt.result, attempt.outcome) == kinds[n % len(kinds)][1:], (n, attempt)
    assert {phone.calls for phone in phones} == {1}
    for phone in phones:
        phone.close()
