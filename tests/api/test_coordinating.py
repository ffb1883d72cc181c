"""Who may do what of a coordinator's work over the API; alerts, and what is known and allowed of people."""

from __future__ import annotations

from datetime import timedelta

from data.ids import new_id
from data.records import Request, StateChange, SwitchRepair
from ivr.api.roles import Role
from ivr.campaigns.contact_rules.gate import Admitted, Gate, Wish
from ivr.campaigns.contact_rules.reading import presets
from tests.api.conftest import NOW, Service, Serving
from tests.api.posting import post
from tests.api.test_resources import audited

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
