"""Reports, work beside calls, contact rules and campaigns over the API: who may, what they are told, and what
is on record."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from data.ids import new_id
from data.models import CustomerRow, DialEntryRow
from data.records import Request, StateChange, SwitchRepair, VisitFacts
from data.records.actions import NewAction
from ivr.agents.roster import Roster
from ivr.api.roles import Role
from ivr.campaigns.contact_rules.gate import Admitted, Gate, Wish
from ivr.campaigns.contact_rules.reading import presets
from ivr.reports.building import agent_report
from ivr.reports.periods import Period
from tests.api.conftest import NOW, Answer, Service, Serving
from tests.api.test_resources import a_call, audited, recorded
from tests.campaigns.actions.desk import Desk, campaign, mobiles, promise
from tests.campaigns.dialling.paper import numbers_of, people_in

REPORTS = ("queues", "agents", "pauses", "callers", "flows", "staffing", "work")
ITEM = "0192f3c1-7a52-7c3e-9d5e-0a1b2c3d4e5f"
ROUTES: dict[tuple[str, str], set[Role]] = {
    **{("GET", f"/reports/{name}{end}"): {Role.SUPERVISOR} for name in REPORTS for end in ("", ".csv")},
    **{
        ("GET", f"/reports/{name}{end}"): {Role.SUPERVISOR, Role.COORDINATOR}
        for name in ("campaigns", "polls")
        for end in ("", ".csv")
    },
    ("POST", "/campaigns/bases/fees/students/load"): {Role.COORDINATOR},
    ("GET", "/campaigns/holds"): {Role.COORDINATOR},
    ("POST", "/campaigns/holds/lift"): {Role.COORDINATOR},
    ("POST", "/campaigns/numbers/restore"): {Role.COORDINATOR},
    ("POST", "/campaigns/payments"): {Role.COORDINATOR},
    ("GET", "/campaigns/contacts"): {Role.COORDINATOR},
    ("GET", "/work"): {Role.COORDINATOR, Role.SUPERVISOR},
    ("POST", "/work"): {Role.COORDINATOR},
    ("GET", "/work/score-card"): {Role.COORDINATOR, Role.SUPERVISOR, Role.AGENT},
    ("POST", "/work/collect"): {Role.COORDINATOR},
    ("POST", "/work/share"): {Role.COORDINATOR},
    ("POST", f"/work/{ITEM}/assign"): {Role.COORDINATOR},
    ("GET", "/agents/me/work"): {Role.AGENT},
    ("POST", f"/agents/me/work/{ITEM}/done"): {Role.AGENT},
    ("GET", f"/agents/me/work/{ITEM}/sound"): {Role.AGENT},
    **{("POST", f"/agents/me/preview{deed}"): {Role.AGENT} for deed in ("", "/call", "/skip", "/later")},
    ("GET", "/agents/me/preview"): {Role.AGENT},
    ("GET", "/agents"): {Role.COORDINATOR, Role.SUPERVISOR},
    ("GET", "/recordings"): {Role.COORDINATOR, Role.SUPERVISOR},
    ("GET", f"/recordings/{ITEM}/sound"): {Role.COORDINATOR, Role.SUPERVISOR},
    ("GET", "/alerts"): {Role.COORDINATOR, Role.SUPERVISOR},
    ("POST", f"/alerts/{ITEM}/acknowledge"): {Role.COORDINATOR, Role.SUPERVISOR},
    ("GET", "/repairs"): {Role.SUPERVISOR},
    ("GET", "/waiting"): {Role.SUPERVISOR},
    ("POST", f"/waiting/{ITEM}/move"): {Role.SUPERVISOR},
    ("POST", "/agents/1001/supervise"): {Role.SUPERVISOR},
    ("POST", "/agents/1001/state"): {Role.SUPERVISOR},
    ("GET", "/rules"): {Role.COORDINATOR, Role.SUPERVISOR},
    ("POST", "/rules/explain"): {Role.COORDINATOR},
    ("GET", "/campaigns"): {Role.COORDINATOR},
    ("POST", "/campaigns"): {Role.COORDINATOR},
    ("GET", "/campaigns/bases"): {Role.COORDINATOR},
    ("GET", "/campaigns/facts"): {Role.COORDINATOR},
    ("POST", "/campaigns/check"): {Role.COORDINATOR},
    ("POST", "/campaigns/simulations"): {Role.COORDINATOR},
    ("GET", f"/campaigns/simulations/{ITEM}"): {Role.COORDINATOR},
    ("GET", "/campaigns/fees/reminder"): {Role.COORDINATOR},
    ("POST", "/campaigns/fees/reminder/preview"): {Role.COORDINATOR},
    ("GET", "/campaigns/fees/reminder/unclear"): {Role.COORDINATOR},
    ("POST", "/campaigns/fees/reminder/unclear/again"): {Role.COORDINATOR},
    ("POST", "/campaigns/fees/reminder/samples"): {Role.COORDINATOR},
    ("GET", "/campaigns/fees/reminder/status"): {Role.COORDINATOR},
    ("GET", "/campaigns/fees/reminder/actions"): {Role.COORDINATOR},
    ("GET", "/campaigns/promises"): {Role.COORDINATOR},
    ("POST", f"/campaigns/promises/{ITEM}/cancel"): {Role.COORDINATOR},
    **{
        ("POST", f"/campaigns/fees/reminder/{verb}"): {Role.COORDINATOR}
        for verb in ("start", "pause", "drain", "stop")
    },
}
STRATEGY = """
strategy: fees
actor: creditor
bases: {students: {mapping: students.map.yaml}}
campaigns:
  reminder:
    base: students
    flow: collection_reminder
    purpose: collection
    sample: account.balance >= 0
    countries: [ES]
"""


def test_each_role_is_let_in_where_it_belongs_and_nowhere_else(service: Service) -> None:
    """Every route with every role: refused as 403, and on record; an admin has all but an agent's."""
    refused = 0
    for role in Role:
        token = service.token(role, agent="1001" if role is Role.AGENT else None)
        for (method, path), roles in ROUTES.items():
            allowed = role in roles or (role is Role.ADMIN and roles != {Role.AGENT})
            answer = service.ask(path, token, method=method, body={} if method == "POST" else None)
            assert (answer.status != 403) == allowed, (role, method, path, answer.body)
            assert answer.status < 500 or answer.json["code"] == "no_switch", (path, answer.body)
            refused += not allowed
    assert len([one for one in service.store.audit.latest(1000) if one.action == "refused"]) == refused > 100


@pytest.fixture
def busy(service: Service) -> Service:
    """A day with one answered stay and an agent who was there and paused."""
    joined = NOW - timedelta(hours=1)
    answered = joined + timedelta(seconds=20)
    stay = {"id": "m", "queue": "=billing", "leg": "l", "joined_at": joined, "agent": "1001"}
    ended = answered + timedelta(seconds=90)
    service.store.queue_visits.learn(
        [VisitFacts(**stay, answered_at=answered, talk_ended_at=ended, left_at=ended, left_by="answered")]  # type: ignore[arg-type]  # by their names
    )
    for at, state, reason in ((joined, "in", ""), (ended, "paused", "lunch")):
        change = {"agent": "1001", "by": "x", "source": "cli", "reason": reason, "state": state}
        service.store.agents.change_state(StateChange(at=at, **change))  # type: ignore[arg-type]  # by their names
    return service


def test_reports_are_those_of_the_command(busy: Service) -> None:
    """Cell by cell, also as CSV, where no name becomes a formula; and figures leave no trace in the audit."""
    token, day = busy.token(Role.SUPERVISOR), NOW.date().isoformat()
    told = busy.ask(f"/reports/agents?first={day}&by=60,agent", token).json
    period = Period(date(2026, 11, 23), date(2026, 11, 23), ZoneInfo("Europe/Madrid"))
    report = agent_report(busy.store.figures, period, by=["60", "agent"], now=NOW)
    bare = [{one.name: row.get(one.name) for one in report.all_columns} for row in report.rows]
    assert told["rows"] == bare and len(bare) == 1
    assert told["total"]["answered"] == 1
    table = busy.ask("/reports/queues.csv", token)
    assert table.headers["Content-Type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(table.body.decode()))
    assert (row["queue"], row["offered"], row["wait_mean"]) == ("'=billing", "1", "20.0")
    for report in ("queues", "staffing"):  # an empty one would say that nobody called
        nobodys = busy.ask(f"/reports/{report}?queue=nobodys", token)
        assert (nobodys.status, nobodys.json["code"]) == (422, "report")
        assert "there is no queue 'nobodys'" in nobodys.json["detail"]
    (pause,) = busy.ask("/reports/pauses", token).json["rows"]
    assert (pause["agent"], pause["reason"], pause["pauses"]) == ("1001", "lunch", 1)
    assert busy.store.audit.latest(10) == ()


@pytest.mark.parametrize(
    "asked",
    [
        *("queues?by=agent", "agents?by=15,30", "flows?by=queue", "staffing?by=queue"),
        *("queues?first=2026-11-23&last=2026-11-22", "queues?first=2024-01-01&last=2026-01-01"),
        *("queues?first=yesterday", "callers?days=0", "staffing?share=2", "queues?nothing=1"),
        *("queues?first=9999-12-31", "agents?by=%00"),
    ],
)
def test_a_report_that_makes_no_sense_is_422(service: Service, asked: str) -> None:
    """With what is wrong."""
    answer = service.ask(f"/reports/{asked}", service.token(Role.SUPERVISOR))
    assert (answer.status, bool(answer.json["detail"])) == (422, True)


def post(service: Service, path: str, token: str, **body: object) -> Answer:
    return service.ask(path, token, method="POST", body=body)


def test_work_from_the_coordinator_to_the_agent(serving: Serving) -> None:
    """Added once, given out, seen by its holder alone, reviewed by the score card, and done once."""
    service = serving(customers=10)
    coordinator = service.token(Role.COORDINATOR, name="Eva")
    mine, other = (service.token(Role.AGENT, agent=agent) for agent in ("1001", "1002"))
    call = str(a_call(service.store, recording="a.wav"))
    added = post(service, "/work", coordinator, kind="recording", about=call, due_hours=4).json
    assert (added["new"], added["item"]["created_by"]) == (True, "api:Eva")
    assert post(service, "/work", coordinator, kind="recording", about=call).json["new"] is False
    for about in ("nobody", str(new_id())):
        refused = post(service, "/work", coordinator, kind="recording", about=about)
        assert (refused.status, refused.json["code"]) == (422, "work_unfit")
    item = added["item"]["id"]
    assert post(service, "/work/share", coordinator, among=["1001"]).json == {"given": {"1001": 1}}
    assert post(service, f"/work/{item}/assign", coordinator, to="1002").status == 409  # it is 1001's
    assert [one["id"] for one in service.ask("/agents/me/work", mine).json["items"]] == [item]
    assert service.ask("/agents/me/work", other).json["items"] == []
    scores = {"greeting": 2, "identity": 3, "listening": 5, "solution": 8, "closing": 2}
    done = f"/agents/me/work/{item}/done"
    assert post(service, done, other, scores=scores).json["code"] == "work_not_theirs"
    assert post(service, done, mine).json["code"] == "work_unfit"  # a review has points
    finished = post(service, done, mine, scores=scores, note="well done").json
    assert (finished["done_by"], finished["scores"]) == ("1001", scores)
    assert post(service, done, mine, scores=scores).status == 409
    assert service.ask("/work", coordinator).json["entries"] == []
    (over,) = service.ask("/work?done=true&kind=recording&holder=1001", coordinator).json["entries"]
    assert over["id"] == item
    assert {one.what for one in audited(service)} == {"work_items: list", "work_items: their own"}
    assert len(audited(service, "write")) == 10


@pytest.mark.parametrize("name", ["2001", "100", "marta", "'; DROP TABLE work_items", " "])
def test_work_is_given_to_declared_agents_alone(serving: Serving, name: str) -> None:
    """Whoever is no agent gets nothing, one by one or among others; and one line says who there is."""
    service = serving(customers=10)
    token = service.token(Role.COORDINATOR)
    call = str(a_call(service.store, recording="a.wav"))
    item = post(service, "/work", token, kind="recording", about=call).json["item"]["id"]
    for path, body in ((f"/work/{item}/assign", {"to": name}), ("/work/share", {"among": ["1001", name]})):
        answer = post(service, path, token, **body)
        assert (answer.status, answer.json["code"]) == (422, "agent_unknown"), name
        assert "`100" in answer.json["remedy"]
    (entry,) = service.ask("/work", token).json["entries"]
    assert entry["holder"] is None
    service.rooms.roster = Roster
    nobody = post(service, f"/work/{item}/assign", token, to="1001")
    assert (nobody.status, "agents.yaml" in nobody.json["remedy"]) == (422, True)


def test_a_reviewer_hears_the_recording_that_they_hold_and_no_other(serving: Serving) -> None:
    """Whole and in parts, as long as it is theirs to do; each hearing is on record under their name."""
    service = serving(customers=10)
    coordinator = service.token(Role.COORDINATOR)
    mine, other = (service.token(Role.AGENT, agent=agent) for agent in ("1001", "1002"))
    call_id, sound = recorded(service)
    item = post(service, "/work", coordinator, kind="recording", about=str(call_id)).json["item"]["id"]
    path = f"/agents/me/work/{item}/sound"
    assert service.ask(path, mine).status == 404  # nobody's yet
    post(service, f"/work/{item}/assign", coordinator, to="1001")
    part = service.ask(path, mine, headers={"Range": "bytes=44-143"})
    assert (part.status, part.body) == (206, sound[44:144])
    assert service.ask(path, mine).body == sound
    assert service.ask(path, other).status == 404
    assert service.ask(f"/recordings/{call_id}/sound", mine).status == 403
    assert [one.who for one in audited(service, "play")] == ["api:1001"] * 2
    assert service.ask(f"/recordings/{call_id}/sound", coordinator).body == sound
    scores = {"greeting": 2, "identity": 3, "listening": 5, "solution": 8, "closing": 2}
    assert post(service, f"/agents/me/work/{item}/done", mine, scores=scores).status == 200
    assert service.ask(path, mine).status == 404


def test_the_score_card_is_told(service: Service) -> None:
    """The built-in one, the company's, and one that cannot be used: without a path of this machine."""
    token = service.token(Role.AGENT, agent="1001")
    assert service.ask("/work/score-card", token).json["criteria"]["greeting"] == 2
    folder = service.rooms.settings.home / "flows"  # the home's own come before the shipped ones
    folder.mkdir()
    assert service.rooms.settings.flows_folder == folder
    (folder / "score_card.yaml").write_text("kindness: 5\n", encoding="utf-8")
    assert service.ask("/work/score-card", token).json["criteria"] == {"kindness": 5}
    (folder / "score_card.yaml").write_text("kindness: many\n", encoding="utf-8")
    wrong = service.ask("/work/score-card", token)
    assert (wrong.status, wrong.json["code"]) == (409, "score_card")
    assert str(folder).encode() not in wrong.body


def test_agents_are_listed_also_where_the_switch_cannot_be_asked(service: Service) -> None:
    """For whoever gives out work: who is declared, what they serve, and whether they are there."""
    change = {"agent": "1001", "by": "x", "source": "cli", "state": "paused", "reason": "lunch"}
    service.store.agents.change_state(StateChange(at=NOW, **change))  # type: ignore[arg-type]  # by their names
    marta, joan = service.ask("/agents", service.token(Role.COORDINATOR)).json["agents"]
    assert (marta["name"], marta["state"], marta["reason"]) == ("Marta", "paused", "lunch")
    assert (marta["queues"], marta["languages"], marta["on_switch"]) == (["billing"], ["es", "ca"], False)
    assert (joan["agent"], joan["state"], joan["doing"]) == ("1002", "out", "")


def test_an_alert_from_its_rise_to_its_end(service: Service) -> None:
    """Listed, taken by one person, and nobody takes what is taken or over; pages and repairs beside it."""
    eva, ana = (service.token(Role.SUPERVISOR, name=name) for name in ("Eva", "Ana"))
    alerts = service.store.alerts
    first = alerts.raise_alert("long_wait", "billing", at=NOW, value=200.0, threshold=180.0)
    alerts.raise_alert("nobody", "sales", at=NOW + timedelta(seconds=1), value=1.0, threshold=0.0)
    page = service.ask("/alerts?limit=1", eva).json
    assert (page["entries"][0]["rule"], page["entries"][0]["acknowledged_by"]) == ("nobody", "")
    (older,) = service.ask(f"/alerts?limit=1&cursor={page['next']}", eva).json["entries"]
    assert (older["id"], older["value"], older["cleared_at"]) == (str(first), 200.0, None)
    taking = f"/alerts/{first}/acknowledge"
    assert [post(service, taking, eva).json["acknowledged_by"] for _ in range(2)] == ["api:Eva"] * 2
    taken = post(service, taking, ana)
    assert (taken.status, taken.json["code"], "api:Eva" in taken.json["title"]) == (409, "alert_taken", True)
    second = page["entries"][0]["id"]
    alerts.clear("nobody", "sales", at=NOW + timedelta(minutes=1), value=0.0)
    assert post(service, f"/alerts/{second}/acknowledge", ana).json["code"] == "alert_over"
    assert [one["id"] for one in service.ask("/alerts?standing=true", ana).json["entries"]] == [str(first)]
    metrics = service.ask("/metrics", service.token(Role.MONITOR)).body.decode()
    assert 'ivr_alerts_standing{rule="long_wait"} 1.0' in metrics and 'rule="nobody"' not in metrics
    assert [one["id"] for one in service.ask("/alerts?standing=false", ana).json["entries"]] == [second]
    assert post(service, f"/alerts/{new_id()}/acknowledge", ana).status == 404
    for n in range(3):
        told = {"kind": "stuck_agent", "agent": "1001", "repaired": n > 0, "node": "here", "detail": f"{n}"}
        alerts.note_repair(SwitchRepair(id=new_id(), at=NOW + timedelta(seconds=n), **told))  # type: ignore[arg-type]  # by their names
    page = service.ask("/repairs?limit=2", ana).json
    rest = service.ask(f"/repairs?limit=2&cursor={page['next']}", ana).json
    repairs = [(one["detail"], one["repaired"]) for one in page["entries"] + rest["entries"]]
    assert repairs == [("2", True), ("1", True), ("0", False)]


def test_work_comes_in_pages(serving: Serving) -> None:
    """None twice, the newest first."""
    service = serving(customers=10)
    token = service.token(Role.COORDINATOR)
    for n in range(5):
        call = a_call(service.store, n, recording="a.wav")
        post(service, "/work", token, kind="recording", about=str(call))
        service.wait(1)
    first = service.ask("/work?limit=3", token).json
    second = service.ask(f"/work?limit=3&cursor={first['next']}", token).json
    seen = [one["created_at"] for one in first["entries"] + second["entries"]]
    assert (len(seen), sorted(seen, reverse=True), second["next"]) == (5, seen, None)


def test_money_holds_and_contacts_of_a_customer(serving: Serving) -> None:
    """Payments by their reference once, and none of a day to come; a hold is lifted with a reason; every
    contact is told, and of its number the end."""
    service = serving(customers=10)
    token, lucia = service.token(Role.COORDINATOR, name="Eva"), {"customer_number": "45716"}
    paid = {**lucia, "amount_cents": 1500, "received_on": "2026-11-20", "reference": "R1"}
    sent = [paid, paid, {**paid, "customer_number": "00000"}, {**paid, "received_on": "2026-12-20"}]
    sent += [{**paid, "currency": "MXN"}, {**paid, "customer_number": "=1+1", "reference": ""}]
    answer = post(service, "/campaigns/payments", token, payments=sent).json
    assert (answer["new"], answer["known"]) == (1, 1), answer
    assert [one["at"] for one in answer["refused"]] == [2, 3, 4, 5]
    for wrong in ({"amount_cents": 0}, {"amount_cents": 1.5}, {"received_on": "yesterday"}, {"cents": 1}):
        unfit = post(service, "/campaigns/payments", token, payments=[{**paid, **wrong}])
        assert unfit.status == 422, wrong
    service.store.collection_holds.hold("45716", "dispute", Request(at=NOW))
    (hold,) = service.ask("/campaigns/holds?customer_number=45716", token).json["holds"]
    assert (hold["reason"], hold["lifted_at"]) == ("dispute", None)
    assert post(service, "/campaigns/holds/lift", token, **lucia).status == 422, (
        "nobody lifts without a reason"
    )
    (lifted,) = post(service, "/campaigns/holds/lift", token, **lucia, why="it was right").json["holds"]
    assert lifted["lifted_by"] == "api:Eva"
    again = post(service, "/campaigns/holds/lift", token, **lucia, why="once more")
    assert (again.status, again.json["title"]) == (404, "There is no hold on that customer")
    customer = service.store.customers.by_number("45716")
    assert customer is not None
    gate = Gate(service.store.contacts, presets(), now=lambda: NOW)
    wish = Wish(to="+34934445566", channel="call", purpose="collection", customer_id=customer.id)
    assert isinstance(gate.admit(wish), Admitted)
    (made,) = service.ask("/campaigns/contacts?customer_number=45716", token).json["contacts"]
    assert (made["channel"], made["address"], made["rules"].split()[0]) == ("call", "…566", "es.collection")
    for path in ("holds", "contacts"):
        assert service.ask(f"/campaigns/{path}?customer_number=nobody", token).status == 404
    assert len(audited(service, "write")) == 1 and len(audited(service, "import")) == 1
    assert service.ask("/reports/polls?poll=none", token).json["rows"] == []


def test_a_number_that_was_retired_by_mistake(serving: Serving) -> None:
    """It is dialled again, with a reason on record; of a number that was not retired nothing is changed."""
    service = serving(customers=10)
    token, number = service.token(Role.COORDINATOR, name="Eva"), "+34934445566"
    service.store.customers.retire_unallocated(number, at=NOW, why="UNALLOCATED_NUMBER in campaign x")
    ask = {"number": "934 44 55 66", "why": "the trunk was wrong"}
    assert post(service, "/campaigns/numbers/restore", token, number=number).status == 422
    restored = post(service, "/campaigns/numbers/restore", token, **ask)
    assert restored.json == {"number": number, "was": "UNALLOCATED_NUMBER in campaign x"}
    assert not service.store.customers.retired(number)
    assert post(service, "/campaigns/numbers/restore", token, **ask).status == 404
    assert post(service, "/campaigns/numbers/restore", token, number="12", why="x").status == 422


def test_whether_somebody_may_be_contacted(serving: Serving) -> None:
    """Allowed, or forbidden with rule, source and next lawful moment; the look is on record, no number is."""
    service = serving(customers=8)
    token = service.token(Role.COORDINATOR)
    asked = {"number": "+573001234567", "purpose": "collection"}
    saturday = post(service, "/rules/explain", token, **asked, at="2026-11-21T21:30:00+00:00").json
    assert saturday["allowed"] is False and saturday["next_lawful"]
    assert all(one["source"] for one in saturday["why"])
    monday = post(service, "/rules/explain", token, **asked, at="2026-11-23T15:00:00+00:00").json
    assert (monday["allowed"], bool(monday["rules"])) == (True, True)
    assert post(service, "/rules/explain", token, number="112", purpose="service").status == 422
    unknown = post(service, "/rules/explain", token, **asked, customer_number="nobody")
    assert unknown.status == 404
    assert (
        post(service, "/rules/explain", token, **asked, at="2026-11-21T21:30:00").status == 422
    )  # whose clock?
    assert len(audited(service)) == 3
    assert all("573001234567" not in f"{one.what} {one.why}" for one in audited(service))
    listed = service.ask("/rules", token).json
    assert "co.collection" in {one["id"].rsplit("@")[0] for one in listed["rules"]}


@pytest.fixture
def campaigning(serving: Serving, tmp_path: Path) -> Service:
    """A strategy with a base of the seeded customers."""
    service = serving(customers=12)
    settings = service.rooms.settings
    folder = settings.path(settings.strategies)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fees.yaml").write_text(STRATEGY, encoding="utf-8")
    (folder / "students.map.yaml").write_text("columns: {customer_number: n, name: m}\n", encoding="utf-8")
    numbers = [
        one.customer_number for one in service.store.pages.cases(None, 100).entries if one.customer_number
    ]
    service.store.campaigns.load("fees", "students", [*numbers, "45716"], at=NOW)
    return service


def test_a_list_into_a_base(campaigning: Service) -> None:
    """Checked without a trace, then taken once; refused row by row, without anybody's values."""
    service, token = campaigning, campaigning.token(Role.COORDINATOR, name="Eva")
    path = "/campaigns/bases/fees/students/load"
    rows = "n;m\n70001;Ana Gil\n70002;=1+1\n70003;JosÃ©\n"
    (before,) = service.ask("/campaigns/bases", token).json["bases"]
    dry = post(service, path, token, csv=rows, dry_run=True).json
    assert (dry["new"], dry["joined"], dry["refused"]) == (1, 0, 2)
    assert audited(service, "import") == [] and service.store.customers.by_number("70001") is None
    done = post(service, path, token, csv=rows).json
    assert (done["rows"], done["new"], done["joined"], done["refused"]) == (3, 1, 1, 2)
    assert [one["row"] for one in done["problems"]] == [3, 4] and "=1+1" not in str(done)
    again = post(service, path, token, csv=rows).json
    assert (again["new"], again["same"], again["joined"]) == (0, 1, 0)
    (after,) = service.ask("/campaigns/bases", token).json["bases"]
    assert after["customers"] == before["customers"] + 1 and len(audited(service, "import")) == 2
    wrong = post(service, path, token, csv="a;b\n1;2\n")
    assert wrong.status == 422 and wrong.json["title"].startswith("The list:1 has no column"), wrong.body
    for nowhere in ("fees/nobody", "nobody/students", "..%2F..%2Fetc/students"):
        assert post(service, f"/campaigns/bases/{nowhere}/load", token, csv=rows).status == 404, nowhere


def test_a_campaign_from_its_base_to_a_sample(campaigning: Service) -> None:
    """Created once, previewed without a trace of people, cut once by that name, and reported."""
    service, token = campaigning, campaigning.token(Role.COORDINATOR, name="Eva")
    (base,) = service.ask("/campaigns/bases", token).json["bases"]
    assert (base["strategy"], base["name"], base["customers"] > 0) == ("fees", "students", True)
    assert service.ask("/campaigns/fees/reminder", token).status == 404
    assert post(service, "/campaigns/fees/reminder/preview", token).json["code"] == "campaign_unknown"
    made = post(service, "/campaigns", token, strategy="fees", name="reminder").json
    assert made == {"customers": base["customers"], "new": True}
    assert post(service, "/campaigns", token, strategy="fees", name="reminder").json["new"] is False
    quick = post(service, "/campaigns/fees/reminder/preview", token, quick=True).json
    full = post(service, "/campaigns/fees/reminder/preview", token).json
    assert quick["matched"] == full["matched"] == sum(quick["by_stage"].values()) > 0
    assert full["included"] + sum(full["excluded"].values()) == full["matched"]
    cut = post(service, "/campaigns/fees/reminder/samples", token, name="monday").json
    assert cut == full
    again = post(service, "/campaigns/fees/reminder/samples", token, name="monday")
    assert (again.status, again.json["code"]) == (409, "sample_exists")
    report = service.ask("/campaigns/fees/reminder", token).json
    (sample,) = report["samples"]
    assert (sample["name"], sample["cut_by"], sample["included"]) == ("monday", "api:Eva", cut["included"])
    assert report["campaign"]["created_by"] == "api:Eva"
    assert [one["name"] for one in service.ask("/campaigns", token).json["campaigns"]] == ["reminder"]
    assert [one.what for one in audited(service, "write")].count(f"samples: {cut['matched']} customers") == 1


def test_a_campaign_s_calls(campaigning: Service) -> None:
    """Started on a sample, looked at, paused, stopped: each is in the database, where every server looks."""
    service, token = campaigning, campaigning.token(Role.COORDINATOR, name="Eva")
    one = "/campaigns/fees/reminder"
    assert post(service, f"{one}/start", token).status == 404
    post(service, "/campaigns", token, strategy="fees", name="reminder")
    assert post(service, f"{one}/start", token).json["code"] == "campaign_not_ready"
    assert post(service, f"{one}/pause", token).json["code"] == "not_at_work"
    # The seeds' numbers are nobody's; these may be called.
    people = people_in(service.store, [numbers_of(n) for n in range(2)])
    theirs = [who.customer_number for key in people if (who := service.store.customers.by_id(key))]
    service.store.campaigns.load("fees", "students", theirs, at=NOW)
    included = post(service, f"{one}/samples", token, name="monday", where="true").json["included"]
    assert included == 2
    assert post(service, f"{one}/start", token).json == {"sample": "monday", "new": included}
    assert post(service, f"{one}/start", token).json["code"] == "campaign_not_ready"
    now = service.ask(f"{one}/status", token).json
    assert (now["state"], now["changed_by"], now["sample"]) == ("running", "api:Eva", "monday")
    assert (now["waiting"], now["due"], now["under_way"], now["calls"]) == (included, included, 0, [])
    assert post(service, f"{one}/pause", token).json == {"state": "paused"}
    assert post(service, f"{one}/drain", token).json == {"state": "draining"}
    assert post(service, f"{one}/stop", token).json == {"state": "stopped"}
    assert post(service, f"{one}/start", token, sample="tuesday").status == 409
    assert service.ask(f"{one}/unclear", token).json == {"people": []}
    number = one_becomes(service, "unclear")
    assert post(service, f"{one}/unclear/again", token, customer_number="nobody").status == 409
    assert service.ask(f"{one}/unclear", token).json["people"][0]["customer_number"] == number
    assert post(service, f"{one}/unclear/again", token, customer_number=number).json == {"people": []}


def one_becomes(service: Service, state: str) -> str:
    """The first of those who wait to be called is in that state now; their customer number."""
    with service.store.database.writing() as connection:
        found = select(DialEntryRow.customer_id).where(DialEntryRow.state == "waiting")
        first = connection.scalars(found.order_by(DialEntryRow.customer_id)).first()
        theirs = update(DialEntryRow).where(DialEntryRow.customer_id == first)
        connection.execute(theirs.values(state=state, due_at=None, ended_at=NOW))
        known = select(CustomerRow.customer_number).where(CustomerRow.id == first)
        return str(connection.scalar(known))


def test_an_agent_looks_first(campaigning: Service) -> None:
    """One person at a time, each on record with whoever saw them; the lists stay the coordinators'."""
    service, boss = campaigning, campaigning.token(Role.COORDINATOR, name="Eva")
    settings = service.rooms.settings
    written = STRATEGY.replace("[ES]", "[ES]\n    mode: preview\n    queue: billing")
    written = written.replace("purpose: collection", "purpose: service")
    written = written.replace("collection_reminder", "announcement")
    (settings.path(settings.strategies) / "fees.yaml").write_text(written, encoding="utf-8")
    service.rooms.serves = lambda agent, queue: (agent, queue) == ("1001", "billing")
    post(service, "/campaigns", boss, strategy="fees", name="reminder")
    # The seeds' numbers are nobody's; these may be called.
    people = people_in(service.store, [numbers_of(n) for n in range(3)])
    theirs = [one.customer_number for key in people if (one := service.store.customers.by_id(key))]
    service.store.campaigns.load("fees", "students", theirs, at=NOW)
    cut = post(service, "/campaigns/fees/reminder/samples", boss, name="monday").json
    assert cut["included"] == 3
    strategy = settings.path(settings.strategies) / "fees.yaml"
    strategy.write_text(written.replace("announcement", "survey"), encoding="utf-8")
    refused = post(service, "/campaigns/fees/reminder/start", boss)
    assert (refused.status, "`objection: STEP`" in refused.json["title"]) == (409, True), (
        "nobody could object"
    )
    strategy.write_text(written, encoding="utf-8")
    assert post(service, "/campaigns/fees/reminder/start", boss).status == 200
    token, other = (service.token(Role.AGENT, agent=agent) for agent in ("1001", "1002"))
    for agent in ("1001", "1002"):
        change = StateChange(agent=agent, state="in", at=NOW, by="t", source="api")
        service.store.agents.change_state(change)
    assert service.ask("/agents/me/preview", token).json["code"] == "nobody_to_show"
    assert post(service, "/agents/me/preview", other).status == 404, "they serve another queue"
    first = post(service, "/agents/me/preview", token).json
    assert first["numbers"] and (first["decision"], first["call"]) == ("", "")
    assert post(service, "/agents/me/preview/skip", token).status == 422
    skipped = post(service, "/agents/me/preview/skip", token, reason="paid this morning").json
    assert (skipped["decision"], skipped["reason"]) == ("skip", "paid this morning")
    assert skipped["customer_number"] == first["customer_number"]
    assert post(service, "/agents/me/preview/call", token).json["code"] == "not_decided"
    second = post(service, "/agents/me/preview", token).json
    assert second["customer_number"] != first["customer_number"]
    assert post(service, "/agents/me/preview/call", token, number=9).json["code"] == "not_decided"
    assert post(service, "/agents/me/preview/call", token, number=1).json["decision"] == "call"
    read = [one for one in audited(service, "read") if one.what.startswith("campaign reminder: ")]
    assert {one.customer_id is None for one in read} == {False} and len(read) == 4
    third = post(service, "/agents/me/preview", token).json
    assert third["customer_number"] == second["customer_number"], "until a server has called them"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/campaigns", {"strategy": "../fees", "name": "x"}, 409, "strategy"),
        ("/campaigns", {"strategy": "fees", "name": "nothing"}, 404, "campaign_unknown"),
        ("/campaigns/fees/reminder/preview", {"where": "customer.name == 'x'"}, 422, "sample_unfit"),
        ("/campaigns/fees/reminder/preview", {"where": "__import__('os')"}, 422, "sample_unfit"),
        ("/campaigns/fees/reminder/samples", {"name": " "}, 422, "sample_unfit"),
        ("/campaigns/fees/reminder/samples", {}, 422, "unfit"),
    ],
)
def test_what_cannot_be_cut_is_told(
    campaigning: Service, path: str, body: dict[str, object], status: int, code: str
) -> None:
    """With one line, and nothing is evaluated."""
    token = campaigning.token(Role.COORDINATOR)
    post(campaigning, "/campaigns", token, strategy="fees", name="reminder")
    answer = post(campaigning, path, token, **body)
    assert (answer.status, answer.json["code"]) == (status, code)


def test_promises_and_actions_over_the_api(service: Service) -> None:
    """What was done about each, what is dropped and why; and one is taken back, once."""
    made = campaign(service.store, mobiles(1))
    mine = promise(service.store, made.people[0], made.campaign, NOW.date() + timedelta(days=2), at=NOW)
    due = NewAction(
        key="k",
        campaign_id=made.campaign,
        customer_id=made.people[0],
        promise_id=mine,
        occasion="broken",
        outcome="broken",
        kind="case",
        declared={"case": "x"},
        at=NOW,
        due_at=NOW,
    )
    assert service.store.actions.put([due]) == 1
    token = service.token(Role.COORDINATOR)
    (told,) = service.ask("/campaigns/promises", token).json["promises"]
    assert (told["id"], told["campaign"], told["state"], told["amount_cents"]) == (
        str(mine),
        "s/reminder",
        "open",
        5000,
    )
    assert [(one["occasion"], one["kind"], one["state"]) for one in told["actions"]] == [
        ("broken", "case", "waiting")
    ]
    Desk(service.store, at=NOW).step()
    (line,) = service.ask("/campaigns/s/reminder/actions?state=dropped", token).json["actions"]
    assert (line["result"], line["why"]) == ("no_longer", "the promise is open by now")
    assert service.ask("/campaigns/s/reminder/actions?state=done", token).json == {"actions": []}
    assert service.ask("/campaigns/promises?state=kept", token).json == {"promises": []}
    cancel = f"/campaigns/promises/{mine}/cancel"
    assert service.ask(cancel, token, method="POST", body={}).json == {"state": "cancelled"}
    assert service.ask(cancel, token, method="POST", body={}).status == 409
    report = service.ask("/reports/campaigns?by=promise&first=2026-11-01&last=2026-11-30", token)
    assert [row["taken_back"] for row in report.json["rows"]] == [1]
