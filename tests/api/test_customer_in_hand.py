"""From a caller's keys to an agent's screen and telephone: whole calls on the embedded switch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import gevent
import pytest
import structlog
import urllib3
from gevent.event import Event
from structlog.testing import LogCapture

from data.records import NewToken
from data.store import Store
from dialogs.effects import Spoken
from esl import commands
from esl.embedded.scripted_callee import ScriptedCallee
from esl.inbound import InboundConnection
from ivr.api.api_server import ApiServer
from ivr.api.roles import Role
from ivr.api.settings import ApiLimits, ApiSettings
from ivr.queueing.callback_rules import CallbackSettings
from ivr.queueing.context_settings import HandoverSettings
from ivr.stage import Stage
from tests.calls.conftest import settings_in
from tests.freeswitch.harness import wait_until

FLOW = """flow: main
languages: [es]
person: person
steps:
  - ask: order_number
    type: digits
    length: 4
    prompt: {es: "Número de pedido."}
  - ask: pin
    type: digits
    length: 4
    sensitive: true
    prompt: {es: "Clave."}
  - id: person
    queue: billing
    busy: {offer: callback, declined: bye}
  - id: bye
    hangup: normal
"""
SEGMENTS = """segments:
  - segment: everybody_else
    reason: los demás
    whisper: {es: "Alguien que llama"}
"""
PIN = "8642"
QUEUES = "queues: {billing: {}, support: {}}\nagents: {1001: {queues: [billing, support], wrap_up: 60}}\n"
OUTCOMES = """strategies:
  service:
    queues: [billing]
    outcomes:
      solved: {label: {es: Resuelto}}
"""


class Playing:
    """A stage with its API."""

    def __init__(self, folder: Path) -> None:
        (folder / "flows").mkdir()
        (folder / "flows" / "catalogue.yaml").write_text("queues: [billing, support]\n", encoding="utf-8")
        (folder / "flows" / "queues.yaml").write_text(QUEUES, encoding="utf-8")
        (folder / "flows" / "outcomes.yaml").write_text(OUTCOMES, encoding="utf-8")
        (folder / "flows" / "segments.yaml").write_text(SEGMENTS, encoding="utf-8")
        (folder / "flows" / "main.flow.yaml").write_text(FLOW, encoding="utf-8")
        api = ApiSettings(port=0, limits=ApiLimits(per_token=1000, per_address=1000))
        settings = settings_in(folder, engine="none").model_copy(
            update={
                "api": api,
                "handover": HandoverSettings(headers="full"),
                "callbacks": CallbackSettings(enabled=False),
            }
        )
        self.api = ApiServer(settings)
        self.stage = Stage(settings, watch=self.api.watch)

    def __enter__(self) -> Playing:
        self.stage.__enter__()
        assert self.stage.switch is not None
        where = self.stage.switch.addresses
        self.api.start(self.stage.server, (where.events, where.password))
        self.switch = InboundConnection(*where.events, where.password)
        self.switch.connect()
        self.stage.server.rooms.voice.wait_warm()
        self.pool = urllib3.HTTPConnectionPool(*self.api.address, retries=False, timeout=20.0)
        self.store = Store(self.stage.settings.database_url)
        return self

    def __exit__(self, *fault: Any) -> None:
        self.api.stop()
        self.store.close()
        self.switch.lose("over")
        self.stage.__exit__(*fault)

    def centre(self, *words: str) -> None:
        self.switch.api(commands.call_centre(*words))

    def token(self, *roles: Role, agent: str | None = None) -> dict[str, str]:
        now = datetime.now(UTC)
        new = NewToken(name="test", roles=roles, agent=agent, created_at=now, created_by="tests")
        return {"Authorization": f"Bearer {self.store.api_tokens.create(new)[1]}"}

    def get(self, path: str, headers: dict[str, str]) -> Any:
        return self.pool.request("GET", path, headers=headers)

    def post(self, path: str, headers: dict[str, str], **body: Any) -> Any:
        answer = self.pool.request("POST", path, headers=headers, json=body)
        return {**json.loads(answer.data), "http": answer.status}


@pytest.fixture(scope="module")
def playing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playing]:
    with Playing(tmp_path_factory.mktemp("in_hand")) as one:
        yield one


class Screen:
    """An agent's event stream."""

    def __init__(self, playing: Playing, headers: dict[str, str], last: str = "") -> None:
        sent = headers | ({"Last-Event-ID": last} if last else {})
        self.answer = urllib3.HTTPConnectionPool(*playing.api.address, retries=False).request(
            "GET", "/agents/me/events", headers=sent, preload_content=False, timeout=30.0
        )
        self.last, self.open = "", Event()
        self.told: list[tuple[str, Any]] = []
        self._reading = gevent.spawn(self._read)
        assert self.open.wait(10)

    def _read(self) -> None:
        kind = ""
        for raw in self.answer:
            line = raw.decode().rstrip("\n")
            if line.startswith("retry"):
                self.open.set()
            elif line.startswith("id: "):
                self.last = line[4:]
            elif line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: "):
                self.told.append((kind, json.loads(line[6:])))

    def wait(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        with gevent.Timeout(seconds, AssertionError(f"not told; but {[kind for kind, _ in self.told]}")):
            while not condition():
                gevent.sleep(0.02)  # between two looks: another greenlet reads the stream

    def close(self) -> None:
        self._reading.kill()
        self.answer.close()


def test_the_context_comes_with_the_call(playing: Playing) -> None:
    """Offered, answered, ended: the document on the screen, headers and a sentence on the telephone, and
    nothing that was sensitive anywhere."""
    stage = playing.stage
    assert stage.switch is not None
    desk = ScriptedCallee(stage.switch.addresses.lines, number="1001")
    desk.join()
    agent, supervisor = playing.token(Role.AGENT, agent="1001"), playing.token(Role.SUPERVISOR)
    assert playing.post("/agents/me/state", agent, state="paused", reason="nonsense")["http"] == 409
    assert playing.post("/agents/me/state", agent, state="in")["state"] == "in"
    fraud = playing.post("/agents/me/state", agent, state="in", telephone="sofia/gateway/t/+34803123456")
    assert (fraud["http"], fraud["code"]) == (400, "telephone_refused")
    assert playing.get("/agents/me/contact", agent).status == 404
    screen = Screen(playing, agent)
    caller = stage.caller("+34600000500")
    caller.join()
    for keys in ("4571", PIN):
        assert caller.wait_until_quiet(0.5)
        for key in keys:
            caller.key(key)
    invitation = desk.wait_for_call(60)
    screen.wait(lambda: [told for _, told in screen.told if told.get("context")])
    kind, offered = screen.told[0]
    context = screen.told[-1][1]["context"]
    assert (kind, offered["queue"]) == ("call_offered", "billing")
    assert context["slots"] == {"order_number": "4571"}
    assert (context["version"], context["why"], context["verified"]) == (1, "flow", "")
    assert context["caller"]["known_by"] in ("number", "nothing")
    assert [one["by"] for one in context["transcript"] if one["who"] == "caller"] == ["keys", "keys"]
    assert PIN not in json.dumps(screen.told)
    headers = {name.removeprefix("sip_h_"): value for name, value in invitation.variables.items()}
    assert headers["X-IVR-Call"] == context["call_id"]
    assert headers["X-IVR-About"] == "order 4571"
    assert PIN not in json.dumps(invitation.variables)
    in_hand = json.loads(playing.get("/agents/me/call", agent).data)
    assert in_hand["call_id"] == context["call_id"]
    desk.ring()
    asked = commands.get_variable(offered["leg"], "cc_outbound_announce")
    screen.wait(lambda: ".wav" in playing.switch.api(asked))  # it is synthesised while the telephone rings
    sentence = Spoken("Alguien que llama, sin verificar, pregunta por el pedido 4571.", "es")
    assert playing.switch.api(asked).strip() == str(stage.server.rooms.voice.prompts.file_of(sentence))
    desk.answer()
    screen.wait(lambda: any(desk.heard))  # the whisper: the caller says nothing
    screen.wait(lambda: ("call_answered") in [kind for kind, _ in screen.told])
    screen.wait(lambda: floor(playing, supervisor)["doing"] == "talking")
    queue = json.loads(playing.get("/queues/billing", supervisor).data)
    assert (queue["waiting"], queue["agents"], queue["free"]) == (0, 1, 0)
    desk.hang_up()
    assert caller.wait_hangup(60)
    screen.wait(lambda: screen.told[-1][0] == "call_ended")
    assert json.loads(playing.get("/agents/me/call", agent).data)["code"] == "not_found"
    screen.wait(lambda: playing.get("/agents/me/contact", agent).status == 200)
    contact = json.loads(playing.get("/agents/me/contact", agent).data)
    assert (contact["queue"], list(contact["outcomes"])) == ("billing", ["solved"])
    screen.wait(lambda: floor(playing, supervisor)["doing"] == "wrap_up")
    assert playing.post("/agents/me/contact/close", agent, outcome="nonsense")["http"] == 422
    assert playing.post("/agents/me/contact/close", agent, outcome="solved")["outcome"] == "solved"
    assert playing.post("/agents/me/contact/close", agent, outcome="solved")["http"] == 404
    assert (
        playing.post("/agents/1001/state", supervisor, state="paused", reason="training")["state"] == "paused"
    )
    why = playing.post("/agents/1001/state", supervisor, state="paused", reason="a nap")
    assert why["reason"] == "forced"  # the words are on record, and no new reason in reports of pauses
    assert playing.post("/agents/9999/state", supervisor, state="out", reason="x")["http"] == 404
    listening = {"mode": "listen", "telephone": "1002", "why": "quality"}
    assert playing.post("/agents/1001/supervise", supervisor, **listening)["code"] == "not_supervised"
    stage.wait_until_idle()
    reads = [one for one in playing.store.audit.latest(20) if one.what.startswith("context")]
    assert {one.who for one in reads} == {"api:1001"}
    assert len(reads) == 2
    screen.close()
    the_trace_is_whole(playing, context["call_id"], offered["leg"])


def the_trace_is_whole(playing: Playing, call_id: str, leg: str) -> None:
    """One id from the agent's INVITE to the record; by the leg it is found, too; and what the agent did is in
    it, with their name for those alone who are told words."""
    supervisor, designer = playing.token(Role.SUPERVISOR), playing.token(Role.DESIGNER)
    (line,) = json.loads(playing.get(f"/calls?leg={leg}", supervisor).data)["entries"]
    assert line["call_id"] == call_id
    told = json.loads(playing.get(f"/calls/{call_id}", supervisor).data)
    assert told["leg"] == leg
    kinds = [event["kind"] for event in told["events"]]
    assert {"rang", "answered", "keys", "handover", "queue", "agent", "agent_over", "hung_up"} <= {*kinds}
    answered, over = (one for one in told["events"] if one["kind"] in ("agent", "agent_over"))
    assert (answered["name"], answered["result"], answered["by"]) == ("1001", "answered", "billing")
    assert (over["result"], over["took_ms"] >= 0) == ("solved", True)
    plain = json.loads(playing.get(f"/calls/{call_id}/trace", designer).data)
    assert [event["kind"] for event in plain["events"]] == kinds
    assert {event["name"] for event in plain["events"] if event["kind"].startswith("agent")} == {""}


def test_each_line_of_a_calls_log_bears_its_id(playing: Playing) -> None:
    """From its beginning, with the SIP Call-ID if there is one, to its end; beside it another call has its
    own."""
    captured, before = LogCapture(), structlog.get_config()["processors"]
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, captured])
    try:
        callers = [playing.stage.caller(f"+3460000051{n}") for n in range(2)]
        for caller in callers:
            caller.join()
        for caller in callers:
            assert caller.wait_until_quiet(0.3)
            caller.hang_up()
        playing.stage.wait_until_idle()
    finally:
        structlog.configure(processors=before)
    began, over = (
        {one["call"]: one["leg"] for one in captured.entries if one["event"] == event}
        for event in ("call_began", "call_over")
    )
    assert began == over and len(began) == len(set(began.values())) == 2
    assert all("sip_call_id" in one for one in captured.entries if one["event"] == "call_began")
    for call_id, leg in began.items():
        record = playing.store.calls.get(UUID(call_id))
        assert record is not None and record.switch_uuid == leg


def floor(playing: Playing, supervisor: dict[str, str]) -> Any:
    (one,) = json.loads(playing.get("/agents", supervisor).data)["agents"]
    return one


def test_a_caller_is_moved_over_the_interface(playing: Playing) -> None:
    """Seen by leg and call, taken to the other queue with who and why on record; nobody is moved to a queue
    that does not exist, twice, or after they have gone."""
    supervisor = playing.token(Role.SUPERVISOR)
    caller = playing.stage.caller("+34600000501")
    caller.join()
    for keys in ("4571", PIN):
        assert caller.wait_until_quiet(0.5)
        for key in keys:
            caller.key(key)
    wait_until(lambda: waiting(playing, supervisor), 60, "nobody waits")
    (one,) = waiting(playing, supervisor, "billing")
    assert json.loads(playing.get(f"/calls/{one['call_id']}", supervisor).data)["leg"] == one["leg"]
    moving = f"/waiting/{one['leg']}/move"
    nowhere = playing.post(moving, supervisor, to="sales", why="asked for sales")
    assert (nowhere["http"], nowhere["code"], "support" in nowhere["remedy"]) == (409, "not_supervised", True)
    assert playing.post(moving, supervisor, to="support", why="wrong queue")["queue"] == "support"
    (there,) = waiting(playing, supervisor, "support")
    assert there["leg"] == one["leg"] and waiting(playing, supervisor, "billing") == []
    assert playing.post(moving, supervisor, to="support", why="again")["http"] == 409
    entry = next(entry for entry in playing.store.audit.latest(50) if entry.what == "move to support")
    assert (entry.who, entry.why) == ("api:test", "wrong queue")
    caller.hang_up()
    wait_until(lambda: not waiting(playing, supervisor), 60, "somebody waits still")
    assert playing.post(moving, supervisor, to="billing", why="late")["http"] == 409
    injected = playing.post("/waiting/x%0Aapi%20status/move", supervisor, to="billing", why="x")
    assert injected["http"] == 409
    playing.stage.wait_until_idle()


def waiting(playing: Playing, supervisor: dict[str, str], queue: str = "") -> list[Any]:
    path = f"/waiting?queue={queue}" if queue else "/waiting"
    callers: list[Any] = json.loads(playing.get(path, supervisor).data)["callers"]
    return callers


def test_a_screen_that_was_away_hears_what_it_missed(playing: Playing) -> None:
    """By the id of the last event; a stream ends with its token."""
    agent = playing.token(Role.AGENT, agent="1007")
    screen = Screen(playing, agent)
    desks = playing.api.desks
    desks.tell("1007", "call_missed", {"n": 1})
    screen.wait(lambda: len(screen.told) == 1)
    screen.close()
    desks.tell("1007", "call_missed", {"n": 2})
    again = Screen(playing, agent, screen.last)
    again.wait(lambda: again.told)
    assert again.told == [("call_missed", {"n": 2})]
    (token,) = [one for one in playing.store.api_tokens.all() if one.agent == "1007"]
    playing.store.api_tokens.revoke(token.id, at=datetime.now(UTC), who="tests")
    desks.tell("1007", "call_missed", {"n": 3})
    gevent.with_timeout(10, again._reading.join)
    assert again.told == [("call_missed", {"n": 2})]


def test_many_screens_cost_no_thread(playing: Playing) -> None:
    """And calls, lists and figures are served beside them."""
    import threading  # noqa: PLC0415 - only here

    before = threading.active_count()
    screens = [Screen(playing, playing.token(Role.AGENT, agent=f"20{n:02}")) for n in range(25)]
    assert threading.active_count() <= before
    metrics = playing.get("/metrics", playing.token(Role.MONITOR)).data.decode()
    assert "ivr_switch_connected 1.0" in metrics
    assert "ivr_calls_admitted " in metrics
    assert 'ivr_queue_waiting{queue="billing"} 0.0' in metrics
    assert 'ivr_queue_agents{queue="support"} ' in metrics
    for screen in screens:
        screen.close()
