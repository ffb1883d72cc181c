"""Campaigns over the API: from a list to a base, a sample, calls, previews, promises and actions."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from data.models import CustomerRow, DialEntryRow
from data.records import StateChange
from data.records.actions import NewAction
from ivr.api.roles import Role
from tests.api.conftest import NOW, Service, Serving
from tests.api.posting import post
from tests.api.test_resources import audited
from tests.campaigns.actions.desk import Desk, campaign, mobiles, promise
from tests.campaigns.dialling.paper import numbers_of, people_in

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
