"""`ivr agent`, `ivr queue status`, `ivr supervise`: as an operator types them, against a running switch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path

import gevent
import pytest
from rich.console import Console

from data.records import QueueDay
from ivr.agents.live_state import QueueState
from ivr.cli.queue import _table
from ivr.identity.pins import HASHER
from tests.agents.conftest import AGENTS, OUTCOMES, OUTSIDE, QUEUES, House, house
from tests.agents.known import contact_of
from tests.commands import Done, ivr
from tests.databases import store_at

CATALOGUE = "queues: [billing, support]\n"


@dataclass
class Desk:
    """An installation whose switch runs in this process."""

    home: Path
    house: House

    def run(self, *words: str) -> Done:
        return ivr(self.home, *words, SWITCH_PASSWORD=self.house.switch.config.password)


SETTINGS = """
switch: {{event_host: {host}, event_port: {port}, event_password: {{env: SWITCH_PASSWORD}}}}
agents: {{outside: ["{outside}"]}}
messages: {{webhooks: {{crm: {{url: "https://crm.example.net/told", secret: {{env: SWITCH_PASSWORD}}}}}}}}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    flows = tmp_path / "flows"
    flows.mkdir()
    files = {"catalogue": CATALOGUE, "queues": QUEUES, "agents": AGENTS, "outcomes": OUTCOMES}
    for name, text in files.items():
        (flows / f"{name}.yaml").write_text(text, encoding="utf-8")
    with house(tmp_path) as home:
        host, port = home.switch.event_socket_address
        settings = SETTINGS.format(host=host, port=port, outside=OUTSIDE)
        (tmp_path / "ivr.yaml").write_text(settings, encoding="utf-8")
        yield Desk(tmp_path, home)


def test_in_pause_and_out(desk: Desk) -> None:
    """Each command tells what is so now; the switch has it; what cannot be is status 2 with the remedy."""
    done = desk.run("agent", "in", "2001")
    assert (done.returncode, done.stdout) == (0, "2001 is in\n"), done.stderr
    assert desk.house.agent("2001").status == "Available"
    record = json.loads(desk.run("agent", "pause", "2001", "--reason", "lunch", "--json").stdout)
    assert (record["state"], record["reason"], record["on_switch"]) == ("paused", "lunch", True)
    assert "as before" in desk.run("agent", "pause", "2001", "--reason", "lunch").stdout
    refused = desk.run("agent", "pause", "2001", "--reason", "siesta")
    assert refused.returncode == 2
    assert "no declared pause" in refused.stderr and "lunch" in refused.stderr
    desk.run("agent", "out", "2001", "--note", "went home")
    rows = json.loads(desk.run("agent", "list", "--json").stdout)
    assert [(one["agent"], one["state"], one["answered"]) for one in rows] == [
        ("2001", "out", 0),
        ("2002", "out", 0),
        ("2003", "out", 0),
    ]
    assert "went home" in desk.run("agent", "history", "2001").stdout
    assert desk.run("agent", "in", "9999").returncode == 2
    fraud = desk.run("agent", "in", "2001", "--telephone", "loopback/0034803123456")
    assert (fraud.returncode, fraud.stderr.count("\n")) == (2, 1), fraud.stderr
    assert "agents.outside" in fraud.stderr


def test_who_is_declared_is_listed_without_a_switch_to_ask(tmp_path: Path) -> None:
    """Before anybody has ever checked in, too: out, and what they do is not known."""
    (tmp_path / "flows").mkdir()
    for name, text in {"catalogue": CATALOGUE, "queues": QUEUES, "agents": AGENTS}.items():
        (tmp_path / "flows" / f"{name}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "ivr.yaml").write_text(f'agents: {{outside: ["{OUTSIDE}"]}}\n', encoding="utf-8")
    store_at(tmp_path / "ivr.sqlite3").close()
    came = ivr(tmp_path, "agent", "in", "2002")
    assert came.returncode == 0, came.stderr
    listed = ivr(tmp_path, "agent", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    rows = json.loads(listed.stdout)
    assert [(one["agent"], one["state"]) for one in rows] == [
        ("2001", "out"),
        ("2002", "in"),
        ("2003", "out"),
    ]
    shown = ivr(tmp_path, "agent", "list").stdout
    assert "2003" in shown and "–" in shown


def test_a_contact_from_the_call_to_its_outcome(desk: Desk) -> None:
    """Seen, made longer, refused where a field is missing, closed; and the queue's figures of the day."""
    desk.run("agent", "in", "2001")
    telephone = desk.house.telephone("1001")
    caller = desk.house.call()
    telephone.wait_for_call()
    telephone.answer()
    desk.house.settled(lambda: desk.house.store.agents.in_hand("2001"), "the contact")
    found = json.loads(desk.run("agent", "contact", "2001", "--json").stdout)
    assert (found["queue"], found["strategy"], found["questions"]) == ("billing", "collections", ["reason"])
    visits, since = desk.house.store.queue_visits, desk.house.time.now() - timedelta(hours=1)
    desk.house.settled(lambda: visits.counts(since=since), "the answer in the queue's figures")
    states = json.loads(desk.run("queue", "status", "--json").stdout)
    assert (states["billing"]["busy"], states["billing"]["free"], states["billing"]["answered_today"]) == (
        1,
        0,
        1,
    )
    assert states["billing"]["service_level_today"] == 1.0
    caller.hang_up()
    desk.house.settled(lambda: contact_of(desk.house.store, "2001").ended_at, "the end")
    assert desk.run("agent", "extend", "2001", "--seconds", "60").returncode == 0
    wrong = desk.run("agent", "close", "2001", "promise_to_pay", "--field", "amount=5")
    assert wrong.returncode == 2 and "day: must be filled in" in wrong.stderr
    assert desk.run("agent", "close", "2001", "wrong_number", "--answer", "reason=forgot").returncode == 0
    assert desk.run("agent", "contact", "2001").returncode == 2


def test_a_supervisor_listens_in_and_moves_nobody_whom_no_server_has(desk: Desk) -> None:
    """Their telephone rings, and they are told its keys; a caller of no server stays where they wait."""
    desk.run("agent", "in", "2001")
    telephone = desk.house.telephone("1001")
    desk.house.call()
    telephone.wait_for_call()
    telephone.answer()
    desk.house.settled(lambda: desk.house.store.agents.in_hand("2001"), "the contact")
    for mode in ("listen", "whisper", "join"):
        supervisor = desk.house.telephone("1050")
        asking = gevent.spawn(desk.run, "supervise", mode, "2001", "--phone", "1050", "--why", "first week")
        supervisor.wait_for_call()
        supervisor.answer()
        done = asking.get(timeout=30)
        assert (done.returncode, done.stdout.startswith("you hear 2001; keys: 0 listen")) == (0, True), done
        noted = [(one.action, one.what, one.why) for one in desk.house.store.audit.latest(1)]
        assert noted == [("supervise", f"{mode} 2001", "first week")]
        supervisor.hang_up()
    desk.house.call("support")
    queues = desk.house.switch.call_centre.queues
    desk.house.settled(lambda: queues["support@ivr"].members, "somebody in the queue")
    leg = queues["support@ivr"].members[0].session.uuid
    moved = desk.run("supervise", "move", leg, "--to", "billing", "--why", "asked for billing")
    said = "The caller was not moved, and waits in support as before. Only callers whom our server has"
    assert (moved.returncode, said in moved.stderr) == (2, True), moved
    there = desk.run("supervise", "move", leg, "--to", "support", "--why", "asked for support")
    assert (there.returncode, "waits in support already" in there.stderr) == (2, True), there
    assert [one.session.uuid for one in queues["support@ivr"].members] == [leg]


def test_queues_can_be_looked_at_before_anybody_is_declared(desk: Desk) -> None:
    """Who waits waits, also where agents are declared nowhere; what is about agents still wants them."""
    (desk.home / "flows" / "agents.yaml").unlink()
    (desk.home / "flows" / "outcomes.yaml").unlink()
    desk.house.call("support")
    queue = desk.house.switch.call_centre.queues["support@ivr"]
    desk.house.settled(lambda: queue.members, "somebody in the queue")
    done = desk.run("queue", "status", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["support"]["waiting"] == 1
    refused = desk.run("agent", "in", "2001")
    assert refused.returncode == 2 and "no agents are declared: write" in refused.stderr


def test_who_waits_and_what_was_mended(desk: Desk) -> None:
    """Tables for people; an alert that stands is status 1."""
    desk.house.call("support")
    queue = desk.house.switch.call_centre.queues["support@ivr"]
    desk.house.settled(lambda: queue.members, "somebody in the queue")
    shown = desk.run("queue", "status")
    assert "support" in shown.stdout and shown.returncode == 0
    assert queue.members[0].session.uuid[:8] in desk.run("queue", "status", "--callers").stdout
    assert desk.run("supervise", "alerts").returncode == 0
    desk.house.store.alerts.raise_alert("long", "billing", at=desk.house.time.now(), value=9, threshold=5)
    alerts = desk.run("supervise", "alerts", "--json")
    (one,) = json.loads(alerts.stdout)
    assert alerts.returncode == 1 and (one["rule"], one["acknowledged_by"]) == ("long", "")
    taken = desk.run("supervise", "acknowledge", one["id"])
    assert (taken.returncode, "long in billing" in taken.stdout) == (0, True)
    assert "cli:" in desk.run("supervise", "alerts", "--all").stdout
    desk.house.store.alerts.clear("long", "billing", at=desk.house.time.now(), value=1)
    unknown = desk.run("supervise", "acknowledge", "0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f")
    assert unknown.returncode == 2 and "ivr supervise alerts" in unknown.stderr
    assert json.loads(desk.run("supervise", "repairs", "--json").stdout) == []
    assert desk.run("supervise", "force", "2001", "in", "--why", "forgot to").returncode == 0
    none = desk.run("supervise", "listen", "2001", "--phone", "1050", "--why", "x")
    assert none.returncode == 2 and "is in no call" in none.stderr


def test_the_files_are_checked(desk: Desk) -> None:
    """Status 1, with file and line; right, it says how many."""
    assert desk.run("agent", "check").stdout == "3 agents, no mistakes\n"
    file = desk.home / "flows" / "agents.yaml"
    file.write_text(AGENTS.replace("key: 2", "key: 1"), encoding="utf-8")
    done = desk.run("agent", "check")
    assert done.returncode == 1 and "agents.yaml:7" in done.stdout + done.stderr
    schema = json.loads(desk.run("agent", "schema").stdout)
    assert "pauses" in schema["properties"]


def test_agents_who_are_free_too_soon_are_noted(desk: Desk) -> None:
    """Where the agent is called before the customer; it is no mistake."""
    with (desk.home / "ivr.yaml").open("a", encoding="utf-8") as settings:
        settings.write("callbacks: {first: agent}\n")
    done = desk.run("agent", "check")
    assert done.returncode == 0
    assert "note: callbacks call the agent first, and 2001, 2003, 2002 are free within 10 s" in done.stdout
    patient = AGENTS.replace("wrap_up: 2}", "wrap_up: 12}").replace("wrap_up: 0", "wrap_up: 10")
    (desk.home / "flows" / "agents.yaml").write_text(
        patient.replace("billing: 3}", "billing: 10}"), encoding="utf-8"
    )
    assert "note:" not in desk.run("agent", "check").stdout


def test_the_switch_is_brought_in_step_with_agents_too(desk: Desk) -> None:
    """`ivr queues sync` after a change of the file: levels, positions, contacts."""
    file = desk.home / "flows" / "agents.yaml"
    changed = AGENTS.replace("position: 2", "position: 3").replace("user/1002", "user/1012")
    file.write_text(changed, encoding="utf-8")
    done = desk.run("queues", "sync", "--dry-run")
    assert "agent 2001 in support position 2 → 3" in done.stdout
    assert "user/1012@ivr" in done.stdout


def test_a_pin_is_never_written_down(desk: Desk) -> None:
    """Only its hash fits; the hash of `ivr agent pin` is taken by the check."""
    file = desk.home / "flows" / "agents.yaml"
    file.write_text(
        AGENTS.replace("name: Joan,", f'name: Joan, pin: "{HASHER.hash("4821")}",'), encoding="utf-8"
    )
    assert desk.run("agent", "check").returncode == 0


def test_the_queues_are_readable_at_80_columns() -> None:
    """No figure is cut, however long the queue's name is."""
    today = QueueDay(answered=1234, in_time=1234, lost=321, lost_late=0)
    state = QueueState(
        queue="collections_of_university_fees", open=False, waiting=112, longest_wait=3599,
        expected_wait=(3599.0, 5999.0), agents=250, free=123, busy=127, paused=100, today=today, callers=(),
    )  # fmt: skip
    console = Console(width=80, file=StringIO())
    console.print(_table([state], callers=False))
    shown = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    assert "…" not in shown and max(map(len, shown.splitlines())) <= 80
    for figure in ("112", "59:59", "59:59–99:59", "123", "127", "100% of 1234", "321"):
        assert figure in shown
