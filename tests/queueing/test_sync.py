"""A running switch in step with the declared queues: the same on the embedded switch and on FreeSWITCH."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from dialogs.catalogue import Catalogue
from dialogs.source import parse
from esl import commands
from esl.call_centre import CallCentre, read_rows
from esl.embedded.config import read_config
from esl.embedded.switch import EmbeddedSwitch
from esl.errors import CommandRefusedError, UnsafeTextError, WireError
from esl.freeswitch.configuration import SwitchConfiguration
from esl.freeswitch.folder import prepare, write
from esl.inbound import InboundConnection
from ivr.queueing.plan import Plan
from ivr.queueing.reading import read_plan
from ivr.queueing.sync import Wanted, apply, bring_in_step, differences, wanted
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.harness import freeswitch

BEFORE = """
queues:
  billing: {skills: [billing], longest_wait: 600}
  support: {skills: [support], overflow: {to: [billing], after: 60}}
agents:
  1001: {skills: [billing]}
  1002: {skills: [support]}
"""
AFTER = """
queues:
  billing: {skills: [billing], longest_wait: 600}
  support: {skills: [support], overflow: {to: [billing], after: 60}}
agents:
  1001: {skills: [support], wrap_up: 30}
  1003: {skills: [billing, support]}
"""


def plan_of(text: str) -> Plan:
    queues = frozenset(line.split(":")[0].strip() for line in text.splitlines() if "{skills: [" in line)
    plan, problems = read_plan(
        parse(text, "queues.yaml"), Catalogue(queues=queues - {"1001", "1002", "1003"})
    )
    assert problems == []
    return plan


def goal(text: str) -> Wanted:
    return wanted(plan_of(text))


@dataclass
class Running:
    """A switch that was started with `BEFORE`."""

    centre: CallCentre
    rewrite: Callable[[Wanted], None]
    """Writes its files anew, without telling it."""


@contextmanager
def _embedded() -> Iterator[Running]:
    start = goal(BEFORE)

    def queues(of: Wanted) -> list[dict[str, object]]:
        return [
            {
                "name": f"{queue.name}@ivr",
                "longest_wait": queue.longest_wait,
                "longest_wait_without_agents": queue.longest_wait_without_agents,
                "overflow_after": queue.level_wait,
            }
            for queue in of.queues
        ]

    addresses = {"event_socket": "127.0.0.1:0", "line": "127.0.0.1:0"}
    config = read_config({**addresses, "queues": queues(start)})
    switch = EmbeddedSwitch(config)

    def rewrite(to: Wanted) -> None:
        switch.config = switch.config.model_copy(
            update={"queues": read_config({**addresses, "queues": queues(to)}).queues}
        )

    with switch, _connected(switch.event_socket_address, config.password) as centre:
        # Its files hold no agents: those of the beginning are brought by the first run.
        assert apply(centre, differences(centre, start)) == []
        yield Running(centre, rewrite)


@contextmanager
def _real() -> Iterator[Running]:
    need_freeswitch()
    start = goal(BEFORE)
    configuration = SwitchConfiguration(
        queues=start.queues, agents=start.agents, fallback_queue=start.queues[0].name
    )
    with freeswitch(configuration) as switch:

        def rewrite(to: Wanted) -> None:
            now = replace(switch.configuration, queues=to.queues, agents=to.agents)
            write(prepare(switch.folder / "conf", now), force=True)

        port = switch.configuration.event_socket.port
        with _connected(("127.0.0.1", port), switch.password) as centre:
            yield Running(centre, rewrite)


@contextmanager
def _connected(address: tuple[str, int], password: str) -> Iterator[CallCentre]:
    connection = InboundConnection(*address, password)
    connection.connect()
    yield CallCentre(connection.api)
    connection.lose("closed by us")


@pytest.fixture(params=["embedded", pytest.param("freeswitch", marks=pytest.mark.freeswitch)])
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    with _embedded() if request.param == "embedded" else _real() as switch:
        yield switch


def test_a_switch_follows_the_file(running: Running) -> None:
    """In step at the start; agents and tiers change by command; twice changes nothing."""
    centre = running.centre
    assert differences(centre, goal(BEFORE)) == []
    assert {(t.queue, t.agent): t.level for t in centre.tiers().values()} == {
        ("billing@ivr", "1001@ivr"): 0,
        ("support@ivr", "1002@ivr"): 0,
        ("support@ivr", "1001@ivr"): 1,
    }

    done = bring_in_step(centre, goal(AFTER))
    assert [str(one).partition(" [")[0] for one in done.changes] == [
        "~ agent 1001 wrap_up_time 10 → 30",
        "+ agent 1003",
        "~ agent 1001 in support level 1 → 0",
        "+ agent 1003 in billing at level 0",
        "+ agent 1003 in support at level 0",
        "- agent 1001 from billing",
        "- agent 1002",
    ]
    assert (done.refused, done.left) == ((), ())
    assert bring_in_step(centre, goal(AFTER)).changes == ()
    assert set(centre.agents()) == {"1001@ivr", "1003@ivr"}


def test_queues_change_with_their_files(running: Running) -> None:
    """A queue's settings come from the switch's files: with old ones it is said, and people stay in step."""
    centre = running.centre
    longer = AFTER.replace("longest_wait: 600", "longest_wait: 300")
    done = bring_in_step(centre, goal(longer))
    assert str(done.changes[0]) == "~ queue billing longest_wait 600 → 300"
    assert [one.what for one in done.left] == ["queue billing"]
    assert len(done.refused) == 1 and "freeswitch init DIR --force" in done.refused[0]
    more = longer.replace("agents:", "  sales: {skills: [billing]}\nagents:")
    assert "queue sales: -ERR Invalid Queue not found!" in bring_in_step(centre, goal(more)).refused[0]

    running.rewrite(goal(more))
    done = bring_in_step(centre, goal(more))
    assert (done.refused, done.left) == ((), ())
    assert centre.queues()["billing@ivr"].longest_wait == 300
    assert bring_in_step(centre, goal(more)).changes == ()

    done = bring_in_step(centre, goal(longer))
    assert "- queue sales" in map(str, done.changes) and done.left == ()
    assert set(centre.queues()) == {"billing@ivr", "support@ivr"}
    assert {tier.queue for tier in centre.tiers().values()} == {"billing@ivr", "support@ivr"}


class Told:
    """A switch on paper: tables that are given, and the commands that it was told."""

    def __init__(self, **tables: list[dict[str, str]]) -> None:
        self.tables = tables
        self.told: list[str] = []

    def ask(self, command: commands.Command) -> str:
        self.told.append(command.rest)
        if not command.rest.startswith("json "):
            return "+OK\n"
        wanted = json.loads(command.rest.removeprefix("json "))["data"]["arguments"].replace(" ", "_")
        return answer(self.tables.get(wanted, []))


def answer(response: object, status: str = "success") -> str:
    return json.dumps({"command": "callcenter_config", "status": status, "response": response}) + "\n"


def member(**cells: str) -> dict[str, str]:
    whole = {"queue": "old@ivr", "uuid": "m1", "session_uuid": "u1", "state": "Waiting", "score": "9"}
    return whole | cells


def agent(name: str, state: str) -> dict[str, str]:
    return {"name": name, "contact": "c", "status": "Available", "state": state, "max_no_answer": "3"}


def queue(name: str) -> dict[str, str]:
    return {"name": name, "strategy": "longest-idle-agent", "max_wait_time": "600"}


def test_nobody_in_use_is_taken_away() -> None:
    """An agent in a call and a queue in which somebody waits stay; others' are not touched."""
    switch = Told(
        queue_list_members=[member(), member(session_uuid="", state="Abandoned")],
        queue_list=[queue("old@ivr"), queue("fax@default")],
        agent_list=[agent("1009@ivr", "In a queue call"), agent("x@b", "Waiting")],
    )
    changes = differences(CallCentre(switch.ask), Wanted((), ()))
    assert [str(one) for one in changes] == [
        "= agent 1009 (is in a call: sync again afterwards)",
        "= queue old (1 wait there: sync again afterwards)",
    ]
    switch.told.clear()
    assert apply(CallCentre(switch.ask), changes) == []
    assert switch.told == []


@pytest.mark.parametrize(
    "row",
    [
        member(score="many"),
        member(session_uuid="u1|x"),
        member(uuid="m 1"),
        member(state="999999"),
        member(joined_epoch="1\n2"),
    ],
)
def test_a_member_who_is_doubted(row: dict[str, str]) -> None:
    """They are no member, the others still are, and a queue with them in it is not taken away."""
    switch = Told(queue_list_members=[row, member(session_uuid="u2")], queue_list=[queue("old@ivr")])
    there = CallCentre(switch.ask).membership("old@ivr")
    assert ([one.session for one in there.rows], there.doubted) == (["u2"], 1)
    switch.tables["queue_list_members"] = [row]
    (change,) = differences(CallCentre(switch.ask), Wanted((), ()))
    assert str(change) == "= queue old (1 wait there: sync again afterwards)"


def test_a_table_that_breaks_off_is_no_table() -> None:
    """Half a table would make a plan that removes the other half."""
    assert read_rows(answer([])) == []
    assert read_rows(answer([{"name": "a|b\nc", "wait": 5, "music": None}])) == [
        {"name": "a|b\nc", "wait": "5"}
    ]
    for broken in (
        "",
        "+OK\n",
        "name|type\na|b\n+OK\n",
        answer([queue("a")])[:-9],
        answer({}),
        answer(["a"]),
    ):
        with pytest.raises(WireError):
            read_rows(broken)
    for refused in (answer(None, "error"), "[]"):
        with pytest.raises(CommandRefusedError):
            read_rows(refused)


@pytest.mark.parametrize("word", ["a'b", "a;b", "$a", "a\nb", "", "-a", "a\\b", "a|b", 'a"'])
def test_no_word_leaves_its_place(word: str) -> None:
    """What means something to the switch is refused before it is sent."""
    with pytest.raises(UnsafeTextError):
        commands.call_centre("agent", "set", "status", "1001@ivr", word)
    assert commands.call_centre("agent", "set", "status", "1@ivr", "Logged Out").rest.endswith("'Logged Out'")
